"""Builders: the things of a test, with everything that does not matter filled in.

Quotes follow the game's price law: a builder is told how plentiful a good is, and works out what it costs.
"""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from manufacturing.domain.factory_reservation import FactoryReservation
from manufacturing.domain.factory_state import FactoryState
from manufacturing.domain.facts import base_prices, recipes
from manufacturing.domain.ids import IntentId, PipelineId, PlayerId, ReservationId, TaskId
from manufacturing.domain.manufacturing_pipeline import ManufacturingPipeline, PipelineKind, PipelineStatus
from manufacturing.domain.manufacturing_task import ManufacturingTask, TaskStatus, TaskType
from manufacturing.domain.market_listing import ListingChange, MarketListing
from manufacturing.domain.prices import Activity, ListingType, Supply, quote, supply_label
from manufacturing.domain.ship import Ship
from manufacturing.domain.system_markets import SystemMarkets
from manufacturing.domain.trade_intent import IntentKind, TradeIntent
from manufacturing.domain.travel import FlightMode
from manufacturing.domain.universe import NavStatus, TradeGood
from manufacturing.domain.waypoint import Waypoint

#: The moment at which a test plays unless it says otherwise.
NOW = datetime(2026, 1, 4, 12, 0, tzinfo=UTC)
PLAYER = PlayerId(1)
SYSTEM = "X1-PX"

#: A stock, in trade volumes, in the middle of each supply level.
STOCK_AT = {
    Supply.SCARCE: -5.0,
    Supply.LIMITED: -3.0,
    Supply.MODERATE: 0.0,
    Supply.HIGH: 3.0,
    Supply.ABUNDANT: 5.0,
}


def after(**stretch: float) -> datetime:
    """The moment so long after NOW: ``after(minutes=5)``."""
    return NOW + timedelta(**stretch)


def a_task(type: TaskType = TaskType.ACQUIRE, **fields: Any) -> ManufacturingTask:
    """A task of a pipeline that moves 40 IRON at X1-PX-A1."""
    belongs_to_pipeline = type.moves_cargo and type is not TaskType.LIQUIDATE
    defaults: dict[str, Any] = {
        "id": TaskId("task"),
        "player_id": PLAYER,
        "pipeline_id": PipelineId("pipeline") if belongs_to_pipeline else None,
        "good": "IRON" if type.moves_cargo else None,
        "waypoint": "X1-PX-A1",
        "quantity": 40 if type.moves_cargo else 0,
        "created_at": NOW,
    }
    if type in (TaskType.DELIVER, TaskType.COLLECT):
        defaults |= {"factory_symbol": "X1-PX-A1", "output_good": "MACHINERY"}
    return ManufacturingTask(type=type, **(defaults | fields))


def a_task_under_way(type: TaskType = TaskType.ACQUIRE, ship: str = "HAULER-1", **fields: Any) -> ManufacturingTask:
    """The same, being carried out by a ship."""
    return a_task(type, **({"status": TaskStatus.EXECUTING, "ship_symbol": ship, "started_at": NOW} | fields))


def a_ship(symbol: str = "HAULER-1", *, cargo: Mapping[str, int] | None = None, **fields: Any) -> Ship:
    """A light hauler, fuelled and docked at X1-PX-A1."""
    defaults: dict[str, Any] = {
        "player_id": PLAYER,
        "role": "HAULER",
        "frame": "FRAME_LIGHT_FREIGHTER",
        "speed": 15,
        "fuel_current": 600,
        "fuel_capacity": 600,
        "cargo_capacity": 80,
        "cargo_items": dict(cargo or {}),
        "system_symbol": SYSTEM,
        "waypoint": "X1-PX-A1",
        "origin": "X1-PX-A1",
        "nav_status": NavStatus.DOCKED,
        "flight_mode": FlightMode.CRUISE,
        "observed_at": NOW,
        "idle_since": NOW,
    }
    return Ship(symbol=symbol, **(defaults | fields))


def a_flying_ship(until: datetime, **fields: Any) -> Ship:
    """A light hauler on its way."""
    flying: dict[str, Any] = {"nav_status": NavStatus.IN_TRANSIT, "departure_at": NOW, "arrival_at": until}
    return a_ship(**(flying | fields))


def a_waypoint(symbol: str = "X1-PX-A1", x: int = 0, y: int = 0, **fields: Any) -> Waypoint:
    """A planet with a market."""
    defaults: dict[str, Any] = {"player_id": PLAYER, "system_symbol": SYSTEM, "type": "PLANET", "has_market": True}
    return Waypoint(symbol=symbol, x=x, y=y, **(defaults | fields))


def a_trade_good(
    good: str = "IRON",
    type: ListingType = ListingType.EXPORT,
    supply: Supply = Supply.MODERATE,
    *,
    trade_volume: int = 20,
    margin: int = 8,
    net_supply: int | None = None,
    activity: Activity | None = Activity.WEAK,
) -> TradeGood:
    """A listing as the game shows it, priced by its stock: that of ``supply``, unless given exactly."""
    stock = round(STOCK_AT[supply] * trade_volume) if net_supply is None else net_supply
    return TradeGood(
        good=good,
        type=type,
        trade_volume=trade_volume,
        supply=supply_label(stock, trade_volume),
        activity=None if type is ListingType.EXCHANGE else activity,
        quote=quote(type, base_prices()[good], margin, stock, trade_volume),
    )


def a_listing(
    good: str = "IRON",
    type: ListingType = ListingType.EXPORT,
    supply: Supply = Supply.MODERATE,
    *,
    at: str = "X1-PX-A1",
    seen: datetime = NOW,
    **stock: Any,
) -> MarketListing:
    """What we know of a listing that a ship has seen; ``stock`` as for ``a_trade_good``."""
    listing = an_unseen_listing(good, type, at=at)
    listing.observe(a_trade_good(good, type, supply, **stock), seen)
    return listing


def the_listing(seen: ListingChange) -> MarketListing:
    """The listing as it was when this was seen of it."""
    listing = an_unseen_listing(seen.good, seen.type, at=seen.waypoint)
    listing.trade_volume, listing.supply, listing.activity = seen.trade_volume, seen.supply, seen.activity
    listing.ask, listing.bid, listing.observed_at = seen.ask, seen.bid, seen.recorded_at
    return listing


def an_unseen_listing(good: str = "IRON", type: ListingType = ListingType.EXPORT, *, at: str) -> MarketListing:
    """A listing of which only the good is known."""
    return MarketListing(player_id=PLAYER, system_symbol=SYSTEM, waypoint=at, good=good, type=type)


def a_factory(
    output: str,
    supply: Supply = Supply.MODERATE,
    *,
    at: str,
    inputs: Supply = Supply.LIMITED,
    **stock: Any,
) -> list[MarketListing]:
    """A market that makes ``output``: its export, and an import for every input of the recipe."""
    return [
        a_listing(output, ListingType.EXPORT, supply, at=at, **stock),
        *(a_listing(needed, ListingType.IMPORT, inputs, at=at) for needed in recipes()[output]),
    ]


def a_system(waypoints: Mapping[str, tuple[int, int]], listings: Iterable[MarketListing]) -> SystemMarkets:
    """A system: where its waypoints are, and what is known of its markets."""
    places = [a_waypoint(symbol, x, y, sells_fuel=True) for symbol, (x, y) in waypoints.items()]
    return SystemMarkets(places, list(listings), recipes())


def a_pipeline(status: PipelineStatus = PipelineStatus.EXECUTING, **fields: Any) -> ManufacturingPipeline:
    """A pipeline that makes MACHINERY."""
    defaults: dict[str, Any] = {
        "id": PipelineId("pipeline"),
        "player_id": PLAYER,
        "system_symbol": SYSTEM,
        "product_good": "MACHINERY",
        "sell_market": "X1-PX-B2",
        "kind": PipelineKind.FABRICATION,
        "planned_quantity": 40,
        "created_at": NOW,
        "factory_symbol": "X1-PX-A1",
    }
    return ManufacturingPipeline(status=status, **(defaults | fields))


def a_reservation(**fields: Any) -> FactoryReservation:
    """A factory reserved for an hour."""
    defaults: dict[str, Any] = {
        "id": ReservationId("reservation"),
        "player_id": PLAYER,
        "factory_symbol": "X1-PX-A1",
        "output_good": "MACHINERY",
        "pipeline_id": PipelineId("pipeline"),
        "reserved_at": NOW,
        "expires_at": after(hours=1),
    }
    return FactoryReservation(**(defaults | fields))


def a_factory_state(**fields: Any) -> FactoryState:
    """A factory that waits for its IRON."""
    defaults: dict[str, Any] = {
        "id": "factory-state",
        "player_id": PLAYER,
        "pipeline_id": PipelineId("pipeline"),
        "factory_symbol": "X1-PX-A1",
        "output_good": "MACHINERY",
        "required_inputs": ["IRON"],
        "created_at": NOW,
    }
    return FactoryState(**(defaults | fields))


def an_intent(kind: IntentKind = IntentKind.BUY, **fields: Any) -> TradeIntent:
    """An intent to move 20 IRON at 120 credits each."""
    defaults: dict[str, Any] = {
        "id": IntentId("intent"),
        "player_id": PLAYER,
        "task_id": TaskId("task"),
        "pipeline_id": PipelineId("pipeline"),
        "ship_symbol": "HAULER-1",
        "waypoint": "X1-PX-A1",
        "good": "IRON",
        "units": 20,
        "unit_price": 120,
        "held_before": 20,
        "credits_reserved": 2_640,
        "created_at": NOW,
    }
    return TradeIntent(kind=kind, **(defaults | fields))
