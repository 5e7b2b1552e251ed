"""Wear of ships: what flying and mining takes off them. By default nothing (see ``EconomyParameters.wear``)."""

from typing import Final

from manufacturing.simulator.catalogue import SHIP_TYPES
from manufacturing.simulator.entities import Ship
from manufacturing.simulator.universe import Universe
from manufacturing.simulator.views import View

_EVENTS: Final = {
    "FRAME": "HULL_MICROMETEORITE_STRIKES",
    "REACTOR": "COOLANT_LEAK",
    "ENGINE": "THRUSTER_NOZZLE_WEAR",
}


def wear_out(universe: Universe, ship: Ship, hours: float) -> list[View]:
    """Wears a ship by so many hours of use; returns what happened, for the answer."""
    lost = universe.economy.wear * hours
    if lost <= 0:
        return []
    for part in (ship.frame, ship.reactor, ship.engine):
        part.condition = round(max(0.0, part.condition - lost), 6)
        part.integrity = round(max(0.0, part.integrity - lost / 10), 6)
    ship.outfit_changed()
    component = universe.chance(ship, "wear").choice(sorted(_EVENTS))
    return [_event(component)]


def _event(component: str) -> View:
    symbol = _EVENTS[component]
    return {
        "symbol": symbol,
        "component": component,
        "name": symbol.replace("_", " ").capitalize(),
        "description": f"The {component.lower()} has suffered from use.",
    }


def ship_value(ship: Ship) -> int:
    """What a ship of this frame costs new, in credits."""
    prices = [facts.price for facts in SHIP_TYPES.values() if facts.frame == ship.frame.symbol]
    return min(prices, default=50_000)


def repair_price(ship: Ship) -> int:
    """What mending all parts costs, in credits."""
    worn = sum(1 - part.condition for part in (ship.frame, ship.reactor, ship.engine)) / 3
    return round(ship_value(ship) * worn * 0.25)


def repair(ship: Ship) -> None:
    """Brings all parts back to the best their integrity allows."""
    for part in (ship.frame, ship.reactor, ship.engine):
        part.condition = part.integrity
    ship.outfit_changed()


def scrap_price(ship: Ship) -> int:
    """What the parts bring, in credits."""
    whole = sum(part.integrity for part in (ship.frame, ship.reactor, ship.engine)) / 3
    return round(ship_value(ship) * 0.5 * whole)
