"""The lab: the same services on a virtual clock, against the simulator in the same process (docs/lab.md)."""
