"""What can be mined and siphoned, and where."""

import random
from collections.abc import Mapping
from typing import Final

from manufacturing.simulator.entities import Place

#: How often each good comes up, by the trait of an asteroid.
_BY_TRAIT: Final[Mapping[str, Mapping[str, int]]] = {
    "MINERAL_DEPOSITS": {
        "SILICON_CRYSTALS": 30,
        "QUARTZ_SAND": 30,
        "ICE_WATER": 15,
        "AMMONIA_ICE": 12,
        "PRECIOUS_STONES": 10,
        "DIAMONDS": 3,
    },
    "COMMON_METAL_DEPOSITS": {
        "IRON_ORE": 25,
        "COPPER_ORE": 25,
        "ALUMINUM_ORE": 25,
        "QUARTZ_SAND": 10,
        "SILICON_CRYSTALS": 10,
        "ICE_WATER": 5,
    },
    "PRECIOUS_METAL_DEPOSITS": {
        "SILVER_ORE": 30,
        "GOLD_ORE": 25,
        "PLATINUM_ORE": 20,
        "COPPER_ORE": 15,
        "ICE_WATER": 10,
    },
    "RARE_METAL_DEPOSITS": {"URANITE_ORE": 30, "MERITIUM_ORE": 10, "PLATINUM_ORE": 20, "IRON_ORE": 40},
    "ICE_CRYSTALS": {"ICE_WATER": 50, "AMMONIA_ICE": 50},
}
_OF_A_GAS_GIANT: Final = {"LIQUID_HYDROGEN": 40, "LIQUID_NITROGEN": 35, "HYDROCARBON": 25}

_MINEABLE: Final = frozenset({"ASTEROID", "ENGINEERED_ASTEROID", "ASTEROID_FIELD"})

#: Units after which an asteroid becomes unstable, and those after which nothing more can be taken from it.
UNSTABLE_AFTER: Final = 3_000
EXHAUSTED_AFTER: Final = 5_000


def is_mineable(place: Place) -> bool:
    """Whether there is something to mine."""
    return place.type in _MINEABLE and bool(deposits_at(place))


def is_siphonable(place: Place) -> bool:
    """Whether there is something to siphon."""
    return place.type == "GAS_GIANT"


def deposits_at(place: Place) -> Mapping[str, int]:
    """How often each good comes up there."""
    found: dict[str, int] = {}
    for trait in place.traits:
        for good, weight in _BY_TRAIT.get(trait, {}).items():
            found[good] = found.get(good, 0) + weight
    return found


def draw_good(weights: Mapping[str, int], chance: random.Random) -> str:
    """One good, the frequent ones more often."""
    return chance.choices(list(weights), weights=list(weights.values()))[0]


def draw_gas(chance: random.Random) -> str:
    """One of the gases of a gas giant."""
    return draw_good(_OF_A_GAS_GIANT, chance)


def note_extraction(place: Place, units: int) -> None:
    """Takes units out of a place; one that has lost much shows it."""
    place.extracted += units
    for modifier, limit in (("UNSTABLE", UNSTABLE_AFTER), ("CRITICAL_LIMIT", EXHAUSTED_AFTER)):
        if place.extracted >= limit and modifier not in place.modifiers:
            place.modifiers.append(modifier)
