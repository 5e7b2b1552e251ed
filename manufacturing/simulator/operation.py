"""What an operation of the API is, and the table of all of them.

An operation is a function of the universe and a call. It checks everything before it changes anything, so that a
refusal leaves no trace.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum
from typing import Any, Final

from manufacturing.simulator.entities import Agent, Ship
from manufacturing.simulator.errors import Code, Refusal
from manufacturing.simulator.messages import BodyRule
from manufacturing.simulator.universe import Universe
from manufacturing.simulator.views import cooldown, iso


class Access(Enum):
    """Who may call an operation."""

    ANYONE = "anyone"
    """A token is not needed; if one comes, it must be right."""
    AGENT = "agent"
    """Only a registered agent."""
    UNCHECKED = "unchecked"
    """Anyone; tokens are not looked at, so that an old one does no harm."""


@dataclass(slots=True)
class Call:
    """A request that has found its operation."""

    now: datetime
    caller: Agent | None
    names: tuple[str, ...]
    """The symbols in the path, in order."""
    body: Mapping[str, Any] = field(default_factory=dict)
    query: str = ""
    strict: bool = False
    """Whether to answer exactly what is documented, without what only older clients look for."""

    @property
    def agent(self) -> Agent:
        """The agent who calls; only operations for agents ask."""
        assert self.caller is not None
        return self.caller


@dataclass(slots=True)
class Reply:
    """What an operation answers."""

    data: Any
    status: int = 200
    meta: Mapping[str, int] | None = None
    bare: bool = False
    """Whether the answer is ``data`` itself rather than an envelope around it."""


Handler = Callable[[Universe, Call], Reply]


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """One method of one path."""

    method: str
    path: str
    """With ``{}`` for each symbol in it."""
    handler: Handler
    access: Access
    body: BodyRule
    changes: bool
    """Whether it may change the universe."""

    @property
    def name(self) -> str:
        """Method and path in one."""
        return f"{self.method} {self.path}"


OPERATIONS: Final[list[Operation]] = []


def operation(
    method: str,
    path: str,
    *,
    access: Access = Access.AGENT,
    body: BodyRule | None = None,
    changes: bool | None = None,
) -> Callable[[Handler], Handler]:
    """Registers a function as an operation. Unless told otherwise, everything but GET changes the universe."""

    def register(handler: Handler) -> Handler:
        OPERATIONS.append(
            Operation(
                method=method,
                path=path,
                handler=handler,
                access=access,
                body=body or {},
                changes=method != "GET" if changes is None else changes,
            )
        )
        return handler

    return register


def own_ship(universe: Universe, call: Call) -> Ship:
    """The ship named first in the path. Raises Refusal (404) when the caller has none of that name."""
    return ship_named(universe, call, call.names[0])


def ship_named(universe: Universe, call: Call, symbol: str) -> Ship:
    """The caller's ship of that name. Raises Refusal (404) when the caller has none."""
    ship = universe.state.ships.get(symbol)
    if ship is None or ship.agent != call.agent.symbol:
        raise Refusal(Code.NOT_FOUND, f"Ship {symbol} not found.", shipSymbol=symbol)
    return ship


def require_arrived(ship: Ship, now: datetime, code: Code = Code.SHIP_IN_TRANSIT) -> None:
    """Raises Refusal (4214) while the ship flies."""
    if now < ship.arrives_at:
        left = -int(-(ship.arrives_at - now).total_seconds() // 1)
        raise Refusal(
            code,
            f"Ship {ship.symbol} is in transit from {ship.origin} to {ship.waypoint} and arrives in {left} seconds.",
            departureSymbol=ship.origin,
            destinationSymbol=ship.waypoint,
            arrival=iso(ship.arrives_at),
            departureTime=iso(ship.departed_at),
            secondsToArrival=left,
        )


def require_docked(ship: Ship, now: datetime) -> None:
    """Raises Refusal unless the ship is docked (4244; 4214 while it flies)."""
    require_arrived(ship, now)
    if not ship.docked:
        raise Refusal(Code.NOT_DOCKED, f"Ship {ship.symbol} is not docked.", waypointSymbol=ship.waypoint)


def require_in_orbit(ship: Ship, now: datetime) -> None:
    """Raises Refusal unless the ship is in orbit (4236; 4214 while it flies)."""
    require_arrived(ship, now)
    if ship.docked:
        raise Refusal(Code.NOT_IN_ORBIT, f"Ship {ship.symbol} is not in orbit.", waypointSymbol=ship.waypoint)


def require_aboard(ship: Ship, good: str, units: int) -> None:
    """Raises Refusal unless the ship carries so many units (4218 none at all, 4219 too few)."""
    aboard = ship.cargo.get(good, 0)
    data: dict[str, Any] = {
        "shipSymbol": ship.symbol,
        "tradeSymbol": good,
        "cargoUnits": aboard,
        "unitsToRemove": units,
    }
    if aboard == 0:
        raise Refusal(Code.CARGO_MISSING, f"Ship {ship.symbol} carries no {good}.", **data)
    if aboard < units:
        raise Refusal(Code.CARGO_TOO_FEW, f"Ship {ship.symbol} carries {aboard} {good}, not {units}.", **data)


def require_room(ship: Ship, units: int) -> None:
    """Raises Refusal (4217) when so many more units do not fit."""
    if ship.cargo_units + units > ship.cargo_capacity:
        raise Refusal(
            Code.CARGO_OVER_LIMIT,
            f"Ship {ship.symbol} carries {ship.cargo_units} of {ship.cargo_capacity} units; {units} more do not fit.",
            shipSymbol=ship.symbol,
            cargoCapacity=ship.cargo_capacity,
            cargoUnits=ship.cargo_units,
            unitsToAdd=units,
        )


def require_credits(agent: Agent, total: int, code: Code = Code.NO_CREDITS) -> None:
    """Raises Refusal when the agent cannot pay ``total``."""
    if agent.credits < total:
        raise Refusal(
            code,
            f"Agent {agent.symbol} has {agent.credits} credits, but {total} are needed.",
            agentSymbol=agent.symbol,
            agentCredits=agent.credits,
            totalPrice=total,
        )


def require_cooled_down(ship: Ship, now: datetime) -> None:
    """Raises Refusal (4000) while the ship cools down."""
    if ship.cooldown_until is not None and now < ship.cooldown_until:
        raise Refusal(Code.COOLDOWN, f"Ship {ship.symbol} is still cooling down.", cooldown=cooldown(ship, now))
