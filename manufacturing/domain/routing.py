"""Where a ship goes next: the port of the router (docs/domain.md, "Flying")."""

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


class Router(Protocol):
    """Finds the quickest way with fuel stops. A way is always found: DRIFT takes one unit of fuel."""

    def next_hop(self, ship: Ship, destination: str) -> Hop:
        """The next flight of ``ship`` towards ``destination``; ValueError when it is there already."""
        ...

    def travel_time(self, ship: Ship, destination: str) -> timedelta:
        """How long the whole way takes from where the ship is (or arrives), 0 when it is there."""
        ...

    def leg_time(self, ship: Ship, origin: str, destination: str) -> timedelta:
        """How long the way takes from ``origin`` with a full tank."""
        ...
