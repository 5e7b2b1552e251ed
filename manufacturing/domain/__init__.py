"""The rules of manufacturing, as plain values and pure functions.

Nothing in here knows of a database, a broker, the network or the current time: what a rule needs, it is given.
"""
