"""Rows of a small world, each valid as it is; a test names only what matters to it."""

from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

from manufacturing.domain.factory_reservation import FactoryReservation
from manufacturing.domain.factory_state import FactoryState
from manufacturing.domain.intermediate_good_pool import IntermediateGoodPool, PoolLot, PoolReservation
from manufacturing.domain.ledger import EntryKind, LedgerEntry
from manufacturing.domain.manufacturing_pipeline import ManufacturingPipeline, PipelineKind
from manufacturing.domain.manufacturing_task import ManufacturingTask, TaskType
from manufacturing.domain.market_listing import ListingChange, MarketListing, SupplyLevelChange
from manufacturing.domain.player import Player
from manufacturing.domain.pre_positioning import PrePositioning
from manufacturing.domain.prices import Activity, ListingType, Supply
from manufacturing.domain.production_estimate import ProductionEstimate
from manufacturing.domain.profit_forecast import ConfidenceLevel, ProfitForecast
from manufacturing.domain.ship import Ship
from manufacturing.domain.trade_intent import IntentKind, TradeIntent
from manufacturing.domain.travel import FlightMode
from manufacturing.domain.universe import NavStatus
from manufacturing.domain.waypoint import Waypoint

NOW = datetime(2031, 5, 4, 12, 0, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
SECOND = timedelta(seconds=1)

_numbers = count(1)


def an_id(kind: str = "id") -> str:
    """An identifier nobody else has."""
    return f"{kind}-{next(_numbers)}"


def a_player(**but: Any) -> Player:
    facts: dict[str, Any] = {
        "agent_symbol": an_id("AGENT"),
        "server_url": "http://127.0.0.1:9",
        "reset_date": "2031-05-01",
        "faction": "COSMIC",
        "headquarters": "X1-T1-A1",
        "system_symbol": "X1-T1",
        "credits": 100_000,
        "start_credits": 100_000,
        "created_at": NOW,
    }
    return Player(**facts | but)


def a_waypoint(player: Player, symbol: str = "X1-T1-A1", **but: Any) -> Waypoint:
    facts: dict[str, Any] = {"system_symbol": "X1-T1", "type": "PLANET", "x": 3, "y": -4, "traits": ["MARKETPLACE"]}
    return Waypoint(player_id=player.id, symbol=symbol, **facts | but)


def a_listing(player: Player, waypoint: str = "X1-T1-A1", good: str = "IRON", **but: Any) -> MarketListing:
    facts: dict[str, Any] = {
        "system_symbol": "X1-T1",
        "type": ListingType.EXPORT,
        "trade_volume": 60,
        "supply": Supply.MODERATE,
        "activity": Activity.WEAK,
        "ask": 50,
        "bid": 48,
        "observed_at": NOW,
    }
    return MarketListing(player_id=player.id, waypoint=waypoint, good=good, **facts | but)


def a_listing_change(player: Player, **but: Any) -> ListingChange:
    facts: dict[str, Any] = {
        "waypoint": "X1-T1-A1",
        "good": "IRON",
        "type": ListingType.EXPORT,
        "trade_volume": 60,
        "supply": Supply.HIGH,
        "activity": None,
        "ask": 50,
        "bid": 48,
        "recorded_at": NOW,
    }
    return ListingChange(player_id=player.id, **facts | but)


def a_level_change(player: Player, **but: Any) -> SupplyLevelChange:
    facts: dict[str, Any] = {
        "waypoint": "X1-T1-A1",
        "good": "IRON",
        "from_supply": Supply.MODERATE,
        "to_supply": Supply.HIGH,
        "activity": Activity.WEAK,
        "seen_from": NOW - MINUTE,
        "recorded_at": NOW,
    }
    return SupplyLevelChange(player_id=player.id, **facts | but)


def a_ship(player: Player, symbol: str = "AGENT-1", **but: Any) -> Ship:
    facts: dict[str, Any] = {
        "role": "HAULER",
        "frame": "FRAME_LIGHT_FREIGHTER",
        "speed": 15,
        "fuel_current": 400,
        "fuel_capacity": 600,
        "cargo_capacity": 80,
        "system_symbol": "X1-T1",
        "waypoint": "X1-T1-A1",
        "origin": "X1-T1-A1",
        "nav_status": NavStatus.DOCKED,
        "flight_mode": FlightMode.CRUISE,
        "observed_at": NOW,
    }
    return Ship(player_id=player.id, symbol=symbol, **facts | but)


def a_pipeline(player: Player, **but: Any) -> ManufacturingPipeline:
    facts: dict[str, Any] = {
        "id": an_id("pipeline"),
        "system_symbol": "X1-T1",
        "product_good": an_id("PRODUCT"),
        "sell_market": "X1-T1-B2",
        "factory_symbol": "X1-T1-A1",
        "kind": PipelineKind.FABRICATION,
        "planned_quantity": 40,
        "created_at": NOW,
    }
    return ManufacturingPipeline(player_id=player.id, **facts | but)


def a_task(pipeline: ManufacturingPipeline, **but: Any) -> ManufacturingTask:
    facts: dict[str, Any] = {
        "id": an_id("task"),
        "type": TaskType.ACQUIRE,
        "good": "IRON",
        "waypoint": "X1-T1-C3",
        "quantity": 40,
        "created_at": NOW,
    }
    return ManufacturingTask(player_id=pipeline.player_id, pipeline_id=pipeline.id, **facts | but)


def a_ready_task(pipeline: ManufacturingPipeline, **but: Any) -> ManufacturingTask:
    task = a_task(pipeline, **but)
    task.make_ready(NOW)
    return task


def a_task_with_ship(pipeline: ManufacturingPipeline, ship_symbol: str, **but: Any) -> ManufacturingTask:
    """Its first step is due at NOW."""
    task = a_ready_task(pipeline, **but)
    task.assign(ship_symbol, NOW)
    return task


def a_liquidation(player: Player, ship_symbol: str, good: str = "IRON", **but: Any) -> ManufacturingTask:
    facts: dict[str, Any] = {"id": an_id("task"), "waypoint": "X1-T1-A1", "quantity": 5, "created_at": NOW}
    return ManufacturingTask(
        player_id=player.id,
        pipeline_id=None,
        type=TaskType.LIQUIDATE,
        good=good,
        bound_ship=ship_symbol,
        **facts | but,
    )


def a_factory_state(pipeline: ManufacturingPipeline, **but: Any) -> FactoryState:
    facts: dict[str, Any] = {
        "id": an_id("factory"),
        "factory_symbol": "X1-T1-A1",
        "output_good": "MACHINERY",
        "required_inputs": ["IRON"],
        "created_at": NOW,
    }
    return FactoryState(player_id=pipeline.player_id, pipeline_id=pipeline.id, **facts | but)


def a_reservation(pipeline: ManufacturingPipeline, **but: Any) -> FactoryReservation:
    facts: dict[str, Any] = {
        "id": an_id("reservation"),
        "factory_symbol": "X1-T1-A1",
        "output_good": "MACHINERY",
        "reserved_at": NOW,
        "expires_at": NOW + 30 * MINUTE,
    }
    return FactoryReservation(player_id=pipeline.player_id, pipeline_id=pipeline.id, **facts | but)


def an_intent(player: Player, ship_symbol: str = "AGENT-1", **but: Any) -> TradeIntent:
    facts: dict[str, Any] = {
        "id": an_id("intent"),
        "task_id": None,
        "pipeline_id": None,
        "kind": IntentKind.BUY,
        "waypoint": "X1-T1-A1",
        "good": "IRON",
        "units": 10,
        "unit_price": 50,
        "held_before": 0,
        "credits_reserved": 600,
        "created_at": NOW,
    }
    return TradeIntent(player_id=player.id, ship_symbol=ship_symbol, **facts | but)


def an_entry(player: Player, **but: Any) -> LedgerEntry:
    facts: dict[str, Any] = {"kind": EntryKind.PURCHASE, "amount": -500, "at": NOW, "units": 10, "unit_price": 50}
    return LedgerEntry(player_id=player.id, **facts | but)


def a_forecast(player: Player, **but: Any) -> ProfitForecast:
    facts: dict[str, Any] = {
        "id": an_id("forecast"),
        "pipeline_id": None,
        "target_good": "MACHINERY",
        "kind": PipelineKind.FABRICATION,
        "quantity": 40,
        "estimated_cost": 45_000,
        "estimated_revenue": 78_000,
        "estimated_profit": 33_000,
        "confidence_level": ConfidenceLevel.HIGH,
        "valid_until": NOW + 5 * MINUTE,
        "created_at": NOW,
    }
    return ProfitForecast(player_id=player.id, **facts | but)


def an_estimate(player: Player, **but: Any) -> ProductionEstimate:
    facts: dict[str, Any] = {
        "id": an_id("estimate"),
        "factory_symbol": "X1-T1-A1",
        "output_good": "MACHINERY",
        "pipeline_id": None,
        "confidence_level": ConfidenceLevel.LOW,
        "created_at": NOW,
    }
    return ProductionEstimate(player_id=player.id, **facts | but)


def a_pool(player: Player, **but: Any) -> IntermediateGoodPool:
    facts: dict[str, Any] = {"good": "IRON", "system_symbol": "X1-T1", "updated_at": NOW}
    return IntermediateGoodPool(player_id=player.id, **facts | but)


def a_lot(pool: IntermediateGoodPool, **but: Any) -> PoolLot:
    facts: dict[str, Any] = {
        "good": pool.good,
        "holder_ship": "AGENT-1",
        "waypoint": "X1-T1-A1",
        "units_added": 20,
        "units_held": 20,
        "units_reserved": 5,
        "unit_cost": 50,
        "added_at": NOW,
    }
    return PoolLot(pool_id=pool.id, player_id=pool.player_id, **facts | but)


def a_pool_reservation(lot: PoolLot, pipeline: ManufacturingPipeline, **but: Any) -> PoolReservation:
    facts: dict[str, Any] = {
        "id": an_id("promise"),
        "units": 5,
        "reserved_at": NOW,
        "expires_at": NOW + 10 * MINUTE,
    }
    return PoolReservation(
        pool_id=lot.pool_id, lot_id=lot.id, player_id=lot.player_id, pipeline_id=pipeline.id, **facts | but
    )


def a_pre_positioning(
    player: Player, task: ManufacturingTask, ship_symbol: str = "AGENT-1", **but: Any
) -> PrePositioning:
    """A ship on its way to wait for the task."""
    facts: dict[str, Any] = {
        "waypoint": "X1-T1-A1",
        "predicted_type": TaskType.COLLECT,
        "probability": 0.5,
        "expected_saving": 100,
        "fuel_cost": 40,
        "created_at": NOW,
        "expires_at": NOW + 20 * MINUTE,
    }
    return PrePositioning(
        id=an_id("move"), player_id=player.id, ship_symbol=ship_symbol, predicted_task_id=task.id, **facts | but
    )
