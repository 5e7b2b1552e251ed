"""To other systems: through jump gates, or with a warp drive."""

import math
from typing import Final

from manufacturing.domain.travel import FlightMode
from manufacturing.simulator import catalogue, views
from manufacturing.simulator.entities import MarketTransaction, Place, Ship
from manufacturing.simulator.errors import Code, Refusal
from manufacturing.simulator.messages import Text
from manufacturing.simulator.operation import (
    Call,
    Reply,
    operation,
    own_ship,
    require_arrived,
    require_cooled_down,
    require_credits,
    require_in_orbit,
)
from manufacturing.simulator.operations.places import find_place
from manufacturing.simulator.universe import Universe

_TARGET = {"waypointSymbol": Text()}
#: A jump cools down for this long, and a second more for every so many units between the systems.
_JUMP_COOLDOWN: Final = 60
_UNITS_PER_COOLDOWN_SECOND: Final = 10
_WARP_SECONDS_PER_DISTANCE: Final = {
    FlightMode.CRUISE: 50.0,
    FlightMode.BURN: 25.0,
    FlightMode.DRIFT: 300.0,
    FlightMode.STEALTH: 60.0,
}


@operation("POST", "/my/ships/{}/jump", body=_TARGET)
def jump_ship(universe: Universe, call: Call) -> Reply:
    """Takes a ship from one jump gate to another at once, for a unit of antimatter bought at the gate."""
    ship = own_ship(universe, call)
    require_in_orbit(ship, call.now)
    require_cooled_down(ship, call.now)
    gate = universe.state.places[ship.waypoint]
    target = find_place(universe, call.body["waypointSymbol"])
    _require_gates(universe, ship, gate, target)
    market = universe.market(gate)
    fuel = market.listings.get("ANTIMATTER") if market else None
    if fuel is None:
        raise Refusal(Code.JUMP_NO_ANTIMATTER, f"{gate.symbol} has no antimatter.", waypointSymbol=gate.symbol)
    price = fuel.quote.ask
    require_credits(call.agent, price)
    call.agent.credits -= price
    fuel.net_supply -= 1
    trade = MarketTransaction(
        waypoint=gate.symbol,
        ship=ship.symbol,
        good="ANTIMATTER",
        kind="PURCHASE",
        units=1,
        unit_price=price,
        at=call.now,
    )
    gate.remember_trade(trade)
    universe.depart(ship, target, 0)
    universe.cool_down(ship, _JUMP_COOLDOWN + _system_distance(universe, gate, target) // _UNITS_PER_COOLDOWN_SECOND)
    return Reply(
        {
            "nav": views.nav(ship, call.now, universe.state.places),
            "cooldown": views.cooldown(ship, call.now),
            "transaction": views.market_transaction(trade),
            "agent": views.agent(call.agent, len(universe.fleets[call.agent.symbol])),
        }
    )


def _require_gates(universe: Universe, ship: Ship, gate: Place, target: Place) -> None:
    data = {"shipSymbol": ship.symbol, "waypointSymbol": gate.symbol, "destinationSymbol": target.symbol}
    if gate.type != "JUMP_GATE":
        raise Refusal(Code.JUMP_NOT_FROM_GATE, f"Ship {ship.symbol} is at no jump gate.", **data)
    if target.system == gate.system:
        raise Refusal(Code.JUMP_SAME_SYSTEM, f"{target.symbol} is in this system.", **data)
    if target.symbol not in universe.state.connections.get(gate.symbol, ()):
        raise Refusal(Code.JUMP_NOT_CONNECTED, f"{gate.symbol} does not lead to {target.symbol}.", **data)
    if gate.under_construction:
        raise Refusal(Code.JUMP_ORIGIN_UNDER_CONSTRUCTION, f"{gate.symbol} is under construction.", **data)
    if target.under_construction:
        raise Refusal(Code.JUMP_TARGET_UNDER_CONSTRUCTION, f"{target.symbol} is under construction.", **data)


@operation("POST", "/my/ships/{}/warp", body=_TARGET)
def warp_ship(universe: Universe, call: Call) -> Reply:
    """Flies a ship with a warp drive to another system."""
    ship = own_ship(universe, call)
    require_arrived(ship, call.now, Code.ALREADY_IN_TRANSIT)
    require_in_orbit(ship, call.now)
    ranges = [catalogue.MODULES[m].range or 0 for m in ship.modules if m.startswith("MODULE_WARP_DRIVE")]
    if not ranges:
        raise Refusal(Code.NO_WARP_DRIVE, f"Ship {ship.symbol} has no warp drive.", shipSymbol=ship.symbol)
    here = universe.state.places[ship.waypoint]
    target = find_place(universe, call.body["waypointSymbol"])
    if target.system == here.system:
        raise Refusal(Code.WARP_INSIDE_SYSTEM, f"{target.symbol} is in this system.", destinationSymbol=target.symbol)
    span = _system_distance(universe, here, target)
    burned = 1 if ship.flight_mode is FlightMode.DRIFT else span * (2 if ship.flight_mode is FlightMode.BURN else 1)
    if span > max(ranges) or burned > ship.fuel:
        raise Refusal(
            Code.NOT_ENOUGH_FUEL,
            f"{target.symbol} is {span} away and takes {burned} fuel; ship {ship.symbol} warps {max(ranges)} far "
            f"and has {ship.fuel} fuel.",
            shipSymbol=ship.symbol,
            destinationSymbol=target.symbol,
            fuelRequired=burned,
            fuelAvailable=ship.fuel,
        )
    ship.fuel -= burned
    ship.fuel_consumed, ship.fuel_consumed_at = burned, call.now
    seconds = math.floor(span * _WARP_SECONDS_PER_DISTANCE[ship.flight_mode] / ship.speed + 15.5)
    universe.depart(ship, target, seconds)
    return Reply({"fuel": views.fuel(ship), "nav": views.nav(ship, call.now, universe.state.places)})


def _system_distance(universe: Universe, a: Place, b: Place) -> int:
    one, other = universe.state.systems[a.system], universe.state.systems[b.system]
    return max(1, round(math.dist((one.x, one.y), (other.x, other.y))))
