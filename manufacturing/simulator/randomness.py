"""Chance without surprise: every draw follows from the seed and its purpose alone.

A purpose is a handful of names (``"margin", "X1-AB12-A1", "IRON", 3``). Draws for one purpose never disturb those for
another, so the order in which players act in one corner of the universe leaves all other corners as they were.
"""

import random
from hashlib import blake2b
from typing import Final

_MASK: Final = 0xFFFFFFFFFFFFFFFF


def key(seed: int, *purpose: str | int) -> int:
    """A 64-bit number that stands for ``purpose`` in the universe of ``seed``."""
    text = "\x1f".join([str(seed), *map(str, purpose)])
    return int.from_bytes(blake2b(text.encode(), digest_size=8).digest(), "big")


def stream(seed: int, *purpose: str | int) -> random.Random:
    """A generator of its own for ``purpose``: created anew, it draws the same values again."""
    return random.Random(key(seed, *purpose))


def noise(purpose_key: int, index: int) -> float:
    """The ``index``-th uniform draw from [0, 1) of a purpose's key, in any order and at little cost."""
    z = (purpose_key + (index + 1) * 0x9E3779B97F4A7C15) & _MASK
    z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & _MASK
    z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & _MASK
    return ((z ^ (z >> 31)) >> 11) / 9007199254740992.0
