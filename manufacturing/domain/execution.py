"""The next action of a ship at work, derived from what is (docs/architecture.md, "Flying a ship").

One pure function: never a remembered step number, so a task that was interrupted at any point goes on where the
world stands.
"""

from dataclasses import dataclass
from datetime import datetime

from manufacturing.domain.manufacturing_task import ManufacturingTask, TaskType
from manufacturing.domain.market_listing import MarketListing
from manufacturing.domain.policy import FleetPolicy
from manufacturing.domain.prices import Supply
from manufacturing.domain.routing import Hop
from manufacturing.domain.ship import Ship
from manufacturing.domain.trade_intent import IntentKind
from manufacturing.domain.travel import FlightMode
from manufacturing.domain.universe import NavStatus, TradeGood


@dataclass(frozen=True, slots=True)
class WaitUntil:
    """Nothing to do before ``at``: the ship is flying."""

    at: datetime


@dataclass(frozen=True, slots=True)
class Dock:
    """Dock at the waypoint."""


@dataclass(frozen=True, slots=True)
class Orbit:
    """Leave the dock."""


@dataclass(frozen=True, slots=True)
class SetFlightMode:
    """Change how the ship flies."""

    mode: FlightMode


@dataclass(frozen=True, slots=True)
class Refuel:
    """Fill the tank with ``units`` ship fuel units."""

    units: int


@dataclass(frozen=True, slots=True)
class Navigate:
    """Fly to ``waypoint``."""

    waypoint: str


@dataclass(frozen=True, slots=True)
class LookAtMarket:
    """Read the market: nothing is traded on a quote that may be another one by now."""


@dataclass(frozen=True, slots=True)
class Trade:
    """Buy or sell ``units`` of ``good``, quoted at ``unit_price``."""

    kind: IntentKind
    good: str
    units: int
    unit_price: int


@dataclass(frozen=True, slots=True)
class DockGiver:
    """Dock the ship that is to hand over the cargo: goods change ships between two that are docked."""

    giver: str


@dataclass(frozen=True, slots=True)
class TakeOver:
    """Let ``giver`` hand over ``units`` of ``good``."""

    giver: str
    good: str
    units: int


@dataclass(frozen=True, slots=True)
class HandBack:
    """The cargo cannot be taken over: its holder delivers it."""

    reason: str


@dataclass(frozen=True, slots=True)
class Complete:
    """The task is done."""


@dataclass(frozen=True, slots=True)
class Park:
    """The task cannot go on now; waiting is not failing."""

    reason: str
    until: datetime


@dataclass(frozen=True, slots=True)
class Fail:
    """The task can never be done as it stands."""

    reason: str


Action = (
    WaitUntil
    | Dock
    | Orbit
    | SetFlightMode
    | Refuel
    | Navigate
    | LookAtMarket
    | Trade
    | DockGiver
    | TakeOver
    | HandBack
    | Complete
    | Park
    | Fail
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Situation:
    """What is, as far as a decision needs it."""

    task: ManufacturingTask
    ship: Ship
    now: datetime
    hop: Hop | None
    """The next flight towards the task's waypoint; None when the ship is there or flying."""
    market_seen: bool
    """Whether it is known what the market quotes now: read since the ship's last trade or arrival in this step, or
    unchanged since it was seen before."""
    listing: TradeGood | None
    """The task's good at its waypoint, as quoted now; None when that is not known, or it is not dealt in there."""
    policy: FleetPolicy
    giver: Ship | None = None
    """The ship that still has the task's cargo, where it is to be handed over first."""
    price_ceiling: int | None = None
    """The most to pay for the good, from what the other markets ask; None where there is no other."""


def next_action(here: Situation) -> Action:
    """What the ship does next for its task."""
    ship, task = here.ship, here.task
    if ship.is_flying(here.now):
        assert ship.arrival_at is not None
        return WaitUntil(ship.arrival_at)
    if here.giver is not None:
        return _take_over(here, here.giver)
    if _is_done(here):
        return Complete()
    if impossible := _impossible(here):
        return Fail(impossible)
    if ship.waypoint != task.waypoint:
        return _travel(here)
    if task.type is TaskType.OBSERVE:
        return LookAtMarket()
    if ship.nav_status is not NavStatus.DOCKED:
        return Dock()
    if not here.market_seen:
        return LookAtMarket()
    if here.listing is None:
        return Fail(f"{task.waypoint} does not deal in {task.good}")
    return _buy(here, here.listing) if task.type.buys else _sell(here, here.listing)


def _take_over(here: Situation, giver: Ship) -> Action:
    task, ship = here.task, here.ship
    assert task.good is not None
    if giver.is_flying(here.now) or giver.waypoint != ship.waypoint:
        return HandBack(f"{giver.symbol} with the {task.good} is not at {ship.waypoint}")
    if giver.units_of(task.good) < task.quantity:
        return HandBack(f"{giver.symbol} has {giver.units_of(task.good)} {task.good}, not {task.quantity}")
    if ship.cargo_free < task.quantity:
        return HandBack(f"the hold of {ship.symbol} has room for {ship.cargo_free}, not for {task.quantity}")
    if ship.nav_status is not NavStatus.DOCKED:
        return Dock()
    if giver.nav_status is not NavStatus.DOCKED:
        return DockGiver(giver.symbol)
    return TakeOver(giver.symbol, task.good, task.quantity)


def _is_done(here: Situation) -> bool:
    task, ship = here.task, here.ship
    if task.type is TaskType.OBSERVE:
        return here.market_seen
    if task.type is TaskType.POSITION:
        return ship.waypoint == task.waypoint
    if task.units_moved <= 0 or task.good is None:
        return False
    if task.units_moved >= task.quantity:
        return True
    return ship.cargo_free <= 0 if task.type.buys else ship.units_of(task.good) == 0


def _impossible(here: Situation) -> str | None:
    task, ship = here.task, here.ship
    if task.good is None:
        return None
    if task.type.sells and ship.units_of(task.good) == 0:
        return f"{ship.symbol} has no {task.good} aboard to sell"
    if task.type.buys and task.units_moved == 0 and ship.cargo_free <= 0:
        return f"the hold of {ship.symbol} is full of other goods"
    return None


def _travel(here: Situation) -> Action:
    hop, ship = here.hop, here.ship
    assert hop is not None
    if ship.fuel_capacity and hop.fuel_sold_here and wants_fuel(ship, hop, here.policy):
        if ship.nav_status is not NavStatus.DOCKED:
            return Dock()
        return Refuel(ship.fuel_capacity - ship.fuel_current)
    if ship.nav_status is NavStatus.DOCKED:
        return Orbit()
    if ship.flight_mode is not hop.mode:
        return SetFlightMode(hop.mode)
    return Navigate(hop.waypoint)


def wants_fuel(ship: Ship, hop: Hop, policy: FleetPolicy) -> bool:
    """Whether a ship fills up before the flight, at a waypoint that sells fuel."""
    if ship.fuel_current >= ship.fuel_capacity:
        return False
    if hop.refuel_first or ship.fuel_current < hop.fuel_needed:
        return True
    return (
        ship.nav_status is NavStatus.DOCKED
        and ship.fuel_current - hop.fuel_needed < policy.min_fuel_share * ship.fuel_capacity
    )


def _buy(here: Situation, listing: TradeGood) -> Action:
    task, ship, policy = here.task, here.ship, here.policy
    refusal = _buying_refused(here, listing)
    if refusal is not None:
        return Complete() if task.units_moved else Park(refusal, here.now + policy.park_time)
    units = min(listing.trade_volume, task.quantity - task.units_moved, ship.cargo_free)
    return Trade(IntentKind.BUY, listing.good, units, listing.quote.ask)


def _buying_refused(here: Situation, listing: TradeGood) -> str | None:
    task, policy = here.task, here.policy
    supply = policy.counted_supply(listing.type, listing.supply, hauled=task.is_hauled)
    if not supply.at_least(_gate(task, policy)):
        return f"{listing.good} is {listing.supply} at {task.waypoint}: bought from {_gate(task, policy)} on"
    if task.trades >= policy.tranches(supply):
        return f"{task.trades} tranches of {listing.good} were bought in this visit"
    if here.price_ceiling is not None and listing.quote.ask > here.price_ceiling:
        return (
            f"{listing.good} costs {listing.quote.ask} at {task.waypoint}: others make the limit {here.price_ceiling}"
        )
    if task.price_limit is not None and listing.quote.ask > task.price_limit:
        return f"{listing.good} costs {listing.quote.ask} at {task.waypoint}: at most {task.price_limit} is paid"
    return None


def _sell(here: Situation, listing: TradeGood) -> Action:
    task, ship = here.task, here.ship
    if task.price_limit is not None and listing.quote.bid < task.price_limit and not _has_waited_enough(here):
        reason = f"{listing.good} brings {listing.quote.bid} at {task.waypoint}: sold from {task.price_limit} on"
        return Park(reason, here.now + here.policy.park_time)
    units = min(listing.trade_volume, ship.units_of(listing.good), task.quantity - task.units_moved)
    return Trade(IntentKind.SELL, listing.good, units, listing.quote.bid)


def _has_waited_enough(here: Situation) -> bool:
    started = here.task.started_at
    return started is not None and here.now - started > here.policy.sale_patience


def supply_allows(task: ManufacturingTask, listing: MarketListing, policy: FleetPolicy) -> bool:
    """Whether a task that buys may begin at the listing as last seen."""
    if listing.supply is None:
        return False
    supply = policy.counted_supply(listing.type, listing.supply, hauled=task.is_hauled)
    return supply.at_least(_gate(task, policy))


def _gate(task: ManufacturingTask, policy: FleetPolicy) -> Supply:
    """The supply from which on a task buys. A collection that has begun goes on below its own."""
    begins_collecting = task.type is TaskType.COLLECT and not task.units_moved
    return policy.collect_gate if begins_collecting else policy.source_gate
