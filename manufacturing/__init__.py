"""Runs a SpaceTraders manufacturing fleet unattended."""
