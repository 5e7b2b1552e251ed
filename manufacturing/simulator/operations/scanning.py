"""Looking around: scans, and charting what nobody has charted."""

import math
from typing import Final

from manufacturing.simulator import views
from manufacturing.simulator.catalogue import MOUNTS
from manufacturing.simulator.entities import Ship
from manufacturing.simulator.errors import Code, Refusal
from manufacturing.simulator.operation import (
    Call,
    Reply,
    operation,
    own_ship,
    require_arrived,
    require_cooled_down,
    require_in_orbit,
)
from manufacturing.simulator.universe import Universe

_SCAN_COOLDOWN: Final = 70
#: Most systems and ships that one scan shows.
_SHOWN: Final = 20
#: How far a ship scan reaches, per unit of sensor strength.
_SHIP_SCAN_REACH: Final = 100
#: What charting a waypoint earns, in credits.
_CHART_REWARD: Final = 2_000


@operation("POST", "/my/ships/{}/scan/systems")
def create_ship_system_scan(universe: Universe, call: Call) -> Reply:
    """Shows other systems, the nearest first."""
    ship = _scanning_ship(universe, call)
    here = universe.state.systems[ship.system]
    found = sorted(
        (math.dist((here.x, here.y), (system.x, system.y)), system.symbol)
        for system in universe.state.systems.values()
        if system is not here
    )
    systems = [views.scanned_system(universe.state.systems[symbol], round(away)) for away, symbol in found[:_SHOWN]]
    return _scanned(universe, call, ship, "systems", systems)


@operation("POST", "/my/ships/{}/scan/waypoints")
def create_ship_waypoint_scan(universe: Universe, call: Call) -> Reply:
    """Shows the waypoints of the system with their traits, charted or not."""
    ship = _scanning_ship(universe, call)
    symbols = universe.state.systems[ship.system].waypoints
    waypoints = [views.scanned_waypoint(universe.state.places[symbol]) for symbol in symbols]
    return _scanned(universe, call, ship, "waypoints", waypoints)


@operation("POST", "/my/ships/{}/scan/ships")
def create_ship_ship_scan(universe: Universe, call: Call) -> Reply:
    """Shows ships within reach of the sensors, the nearest first."""
    ship = _scanning_ship(universe, call)
    strength = max(MOUNTS[mount].strength or 0 for mount in ship.mounts_of("MOUNT_SENSOR_ARRAY"))
    here = universe.state.places[ship.waypoint]
    near = sorted(
        (math.dist((here.x, here.y), (place.x, place.y)), place.symbol)
        for place in (universe.state.places[symbol] for symbol in universe.state.systems[ship.system].waypoints)
    )
    ships: list[views.View] = []
    for away, symbol in near:
        if away > strength * _SHIP_SCAN_REACH or len(ships) >= _SHOWN:
            break
        seen = [other for other in universe.ships_at(symbol) if other is not ship]
        ships += [views.scanned_ship(other, call.now, universe.state.places) for other in seen]
    return _scanned(universe, call, ship, "ships", ships[:_SHOWN])


def _scanning_ship(universe: Universe, call: Call) -> Ship:
    ship = own_ship(universe, call)
    require_in_orbit(ship, call.now)
    require_cooled_down(ship, call.now)
    if not ship.mounts_of("MOUNT_SENSOR_ARRAY"):
        raise Refusal(Code.NO_SENSOR_ARRAY, f"Ship {ship.symbol} has no sensor array.", shipSymbol=ship.symbol)
    return ship


def _scanned(universe: Universe, call: Call, ship: Ship, name: str, found: list[views.View]) -> Reply:
    universe.cool_down(ship, _SCAN_COOLDOWN)
    return Reply({"cooldown": views.cooldown(ship, call.now), name: found}, status=201)


@operation("POST", "/my/ships/{}/chart")
def create_chart(universe: Universe, call: Call) -> Reply:
    """Puts a waypoint on everyone's map."""
    ship = own_ship(universe, call)
    require_arrived(ship, call.now)
    place = universe.state.places[ship.waypoint]
    if place.charted_at is not None:
        raise Refusal(Code.ALREADY_CHARTED, f"{place.symbol} is charted already.", waypointSymbol=place.symbol)
    place.charted_by, place.charted_at = call.agent.symbol, call.now
    call.agent.charts += 1
    call.agent.credits += _CHART_REWARD
    return Reply(
        {
            "chart": views.chart(place),
            "waypoint": views.waypoint(place),
            "agent": views.agent(call.agent, len(universe.fleets[call.agent.symbol])),
        },
        status=201,
    )
