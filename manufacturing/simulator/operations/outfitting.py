"""Mounts and modules: what is installed, installing and removing it at a shipyard."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from manufacturing.simulator import catalogue, views
from manufacturing.simulator.entities import Ship, cargo_capacity
from manufacturing.simulator.errors import Code, Refusal
from manufacturing.simulator.messages import Text
from manufacturing.simulator.operation import (
    Call,
    Reply,
    operation,
    own_ship,
    require_aboard,
    require_credits,
    require_docked,
    require_room,
)
from manufacturing.simulator.operations.shipyards import MODIFICATIONS_FEE
from manufacturing.simulator.universe import Universe

_PART = {"symbol": Text()}


@dataclass(frozen=True, slots=True)
class _Kind:
    """Mounts or modules: where a ship has them, how they look, and what may go wrong."""

    word: str
    parts: Callable[[Ship], list[str]]
    view: Callable[[list[str]], list[views.View]]
    no_shipyard: Code
    not_installed: Code
    no_credits: Code


_MOUNTS: Final = _Kind(
    "mounts", lambda ship: ship.mounts, views.mounts,
    Code.MOUNT_NO_SHIPYARD, Code.MOUNT_NOT_INSTALLED, Code.MOUNT_NO_CREDITS,
)  # fmt: skip
_MODULES: Final = _Kind(
    "modules", lambda ship: ship.modules, views.modules,
    Code.MODULE_NO_SHIPYARD, Code.MODULE_NOT_INSTALLED, Code.MODULE_NO_CREDITS,
)  # fmt: skip


@operation("GET", "/my/ships/{}/mounts")
def get_mounts(universe: Universe, call: Call) -> Reply:
    """What is mounted on a ship."""
    return Reply(views.mounts(own_ship(universe, call).mounts))


@operation("POST", "/my/ships/{}/mounts/install", body=_PART)
def install_mount(universe: Universe, call: Call) -> Reply:
    """Mounts a mount from the hold."""
    return _install(universe, call, _MOUNTS)


@operation("POST", "/my/ships/{}/mounts/remove", body=_PART)
def remove_mount(universe: Universe, call: Call) -> Reply:
    """Takes a mount off, into the hold."""
    return _remove(universe, call, _MOUNTS)


@operation("GET", "/my/ships/{}/modules")
def get_ship_modules(universe: Universe, call: Call) -> Reply:
    """What is built into a ship."""
    return Reply(views.modules(own_ship(universe, call).modules))


@operation("POST", "/my/ships/{}/modules/install", body=_PART)
def install_ship_module(universe: Universe, call: Call) -> Reply:
    """Builds a module from the hold in."""
    return _install(universe, call, _MODULES)


@operation("POST", "/my/ships/{}/modules/remove", body=_PART)
def remove_ship_module(universe: Universe, call: Call) -> Reply:
    """Takes a module out, into the hold."""
    return _remove(universe, call, _MODULES)


def _install(universe: Universe, call: Call, kind: _Kind) -> Reply:
    ship, symbol = _at_yard(universe, call, kind), call.body["symbol"]
    if symbol not in (catalogue.MOUNTS if kind is _MOUNTS else catalogue.MODULES):
        raise Refusal(Code.BAD_INPUT, f"{symbol} is none of the {kind.word}.", symbol=["is unknown"])
    require_aboard(ship, symbol, 1)
    if kind is _MOUNTS:
        _require_mountable(ship, symbol)
    else:
        _require_slots(ship, symbol)
    _require_supported(ship, symbol)
    require_credits(call.agent, MODIFICATIONS_FEE, kind.no_credits)
    ship.unload(symbol, 1)
    kind.parts(ship).append(symbol)
    return _modified(universe, call, ship, kind)


def _remove(universe: Universe, call: Call, kind: _Kind) -> Reply:
    ship, symbol = _at_yard(universe, call, kind), call.body["symbol"]
    parts = kind.parts(ship)
    if symbol not in parts:
        raise Refusal(kind.not_installed, f"Ship {ship.symbol} has no {symbol}.", shipSymbol=ship.symbol, symbol=symbol)
    require_room(ship, 1 + (_holds(symbol) if kind is _MODULES else 0))
    require_credits(call.agent, MODIFICATIONS_FEE, kind.no_credits)
    parts.remove(symbol)
    ship.load(symbol, 1)
    return _modified(universe, call, ship, kind)


def _holds(module: str) -> int:
    return cargo_capacity([module])


def _at_yard(universe: Universe, call: Call, kind: _Kind) -> Ship:
    ship = own_ship(universe, call)
    require_docked(ship, call.now)
    if not universe.state.places[ship.waypoint].yard:
        raise Refusal(kind.no_shipyard, f"{ship.waypoint} has no shipyard.", waypointSymbol=ship.waypoint)
    return ship


def _require_mountable(ship: Ship, symbol: str) -> None:
    points = catalogue.FRAMES[ship.frame.symbol].mounting_points
    if len(ship.mounts) >= points:
        _lacking(Code.NO_MOUNTING_POINTS, ship, symbol, f"{points} mounting points, all taken")


def _require_slots(ship: Ship, symbol: str) -> None:
    slots = catalogue.FRAMES[ship.frame.symbol].module_slots
    used = sum(catalogue.MODULES[module].requirements.slots or 0 for module in [*ship.modules, symbol])
    if used > slots:
        _lacking(Code.NO_SLOTS, ship, symbol, f"{slots} module slots, of which {used} would be needed")


def _require_supported(ship: Ship, symbol: str) -> None:
    """Raises Refusal when power or crew quarters do not suffice for one more part."""
    part = catalogue.MOUNTS.get(symbol) or catalogue.MODULES[symbol]
    output = catalogue.REACTORS[ship.reactor.symbol].power_output
    used = _power_used(ship) + (part.requirements.power or 0)
    if used > output:
        _lacking(Code.NO_POWER, ship, symbol, f"{output} power, of which {used} would be needed")
    if ship.crew_required + (part.requirements.crew or 0) > ship.crew_capacity:
        _lacking(Code.NO_CREW, ship, symbol, f"quarters for a crew of {ship.crew_capacity}")


def _power_used(ship: Ship) -> int:
    needs = [
        catalogue.FRAMES[ship.frame.symbol].requirements,
        catalogue.ENGINES[ship.engine.symbol].requirements,
        *(catalogue.MODULES[module].requirements for module in ship.modules),
        *(catalogue.MOUNTS[mount].requirements for mount in ship.mounts),
    ]
    return sum(need.power or 0 for need in needs)


def _lacking(code: Code, ship: Ship, symbol: str, has: str) -> None:
    raise Refusal(code, f"{symbol} does not fit: ship {ship.symbol} has {has}.", shipSymbol=ship.symbol, symbol=symbol)


def _modified(universe: Universe, call: Call, ship: Ship, kind: _Kind) -> Reply:
    call.agent.credits -= MODIFICATIONS_FEE
    ship.cargo_capacity = cargo_capacity(ship.modules)
    ship.outfit_changed()
    data: dict[str, Any] = {
        "agent": views.agent(call.agent, len(universe.fleets[call.agent.symbol])),
        kind.word: kind.view(kind.parts(ship)),
        "cargo": views.cargo(ship),
        "transaction": {
            "waypointSymbol": ship.waypoint,
            "shipSymbol": ship.symbol,
            "tradeSymbol": call.body["symbol"],
            "totalPrice": MODIFICATIONS_FEE,
            "timestamp": views.iso(call.now),
        },
    }
    return Reply(data, status=201)
