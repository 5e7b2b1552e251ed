"""Redis (or Valkey): the API budget and locks. Nothing in it is the truth; it may be flushed at any time."""
