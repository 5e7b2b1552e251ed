"""How far, how long and how much fuel: the game's travel law (docs/game.md, "Travel")."""

import math
from enum import StrEnum
from typing import Final

from manufacturing.domain.prices import round_half_up


class FlightMode(StrEnum):
    """How a ship flies: speed against fuel."""

    CRUISE = "CRUISE"
    """The usual: one fuel per unit of distance."""
    BURN = "BURN"
    """Twice as fast for twice the fuel."""
    DRIFT = "DRIFT"
    """Ten times slower, for one fuel in all: the way home with an empty tank."""
    STEALTH = "STEALTH"
    """A little slower than CRUISE, unseen by scans."""


_SECONDS_PER_DISTANCE: Final = {
    FlightMode.CRUISE: 25.0,
    FlightMode.BURN: 12.5,
    FlightMode.DRIFT: 250.0,
    FlightMode.STEALTH: 30.0,
}

#: Ship fuel units in one market unit of FUEL.
FUEL_PER_MARKET_UNIT: Final = 100


def distance(x1: int, y1: int, x2: int, y2: int) -> int:
    """The game's distance between two points: rounded, at least 1."""
    return max(1, round_half_up(math.dist((x1, y1), (x2, y2))))


def travel_seconds(span: int, mode: FlightMode, speed: int) -> int:
    """How long a flight over ``span`` takes, in game seconds."""
    return round_half_up(span * _SECONDS_PER_DISTANCE[mode] / speed + 15)


def fuel_cost(span: int, mode: FlightMode) -> int:
    """How much fuel a flight over ``span`` burns, in ship fuel units (ships without a tank burn none)."""
    if mode is FlightMode.DRIFT:
        return 1
    return 2 * span if mode is FlightMode.BURN else span


def refuel_units(missing: int) -> int:
    """How many market units of FUEL fill ``missing`` ship fuel units."""
    return math.ceil(missing / FUEL_PER_MARKET_UNIT)
