"""Where a ship goes next: the port of the router (docs/domain.md, "Flying")."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Protocol

from manufacturing.domain.ship import Ship
from manufacturing.domain.travel import FlightMode


@dataclass(frozen=True, slots=True, kw_only=True)
class Hop:
    """The next flight on the way to a destination."""

    waypoint: str
    """Where to: the destination, or a fuel stop."""
    mode: FlightMode
    fuel_needed: int
    """Ship fuel units this flight burns."""
    refuel_first: bool
    """Whether the tank must be filled before leaving."""
    fuel_sold_here: bool
    """Whether the waypoint it leaves from sells fuel."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ways:
    """The ways of several ships to several destinations: a row for each ship, a column for each destination."""

    seconds: Sequence[Sequence[float]]
    """Game seconds, from where the ship is or arrives."""
    fuel: Sequence[Sequence[float]]
    """Credits for the fuel."""


class Router(Protocol):
    """Finds the cheapest ways with fuel stops, a ship's time counted at what it is worth. A way is always found: DRIFT
    takes one unit of fuel."""

    @property
    def ship_second_worth(self) -> float:
        """Credits that a second of a ship's time is worth to it."""
        ...

    def next_hop(self, ship: Ship, destination: str) -> Hop:
        """The next flight of ``ship`` towards ``destination``; ValueError when it is there already."""
        ...

    def travel_time(self, ship: Ship, destination: str) -> timedelta:
        """How long the whole way takes from where the ship is (or arrives), 0 when it is there."""
        ...

    def leg_time(self, ship: Ship, origin: str, destination: str) -> timedelta:
        """How long the way takes from ``origin`` with a full tank."""
        ...

    def ways(self, ships: Sequence[Ship], destinations: Sequence[str]) -> Ways:
        """How long each ship would take to each destination, and what for fuel: all of them at once."""
        ...
