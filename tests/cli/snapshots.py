"""Looks at a fleet that never was."""

from datetime import timedelta
from typing import Any

from manufacturing.adapters.postgres.read_model import (
    Books,
    Calls,
    DecisionView,
    PipelineView,
    PlayerView,
    ShipView,
    TaskView,
)
from manufacturing.cli.watching import Snapshot
from manufacturing.domain.decision import DecisionKind
from manufacturing.domain.ids import PipelineId, PlayerId
from manufacturing.domain.manufacturing_pipeline import PipelineKind, PipelineStatus
from manufacturing.domain.manufacturing_task import TaskStatus, TaskType
from manufacturing.domain.player import PlayerStatus
from manufacturing.domain.universe import NavStatus
from tests.postgres.builders import NOW


def a_player_view(**but: Any) -> PlayerView:
    facts: dict[str, Any] = {
        "id": PlayerId(1),
        "agent_symbol": "FOREMAN",
        "server_url": "simulator:seed-1:abc",
        "reset_date": "2026-01-04",
        "system_symbol": "X1-T1",
        "credits": 112_000,
        "start_credits": 100_000,
        "credits_reserved": 0,
        "status": PlayerStatus.ACTIVE,
        "status_reason": None,
        "time_scale": None,
        "created_at": NOW,
    }
    return PlayerView(**facts | but)


def a_pipeline_view(ident: str = "0123456789", **but: Any) -> PipelineView:
    facts: dict[str, Any] = {
        "id": PipelineId(ident),
        "kind": PipelineKind.FABRICATION,
        "status": PipelineStatus.EXECUTING,
        "product_good": "MACHINERY",
        "factory_symbol": "X1-T1-A1",
        "sell_market": "X1-T1-B2",
        "planned_quantity": 40,
        "estimated_profit": 9_000,
        "profit": -500,
        "tasks_ended": 1,
        "tasks": 6,
        "created_at": NOW,
        "ended_at": None,
        "reason": None,
    }
    return PipelineView(**facts | but)


def a_ship_view(symbol: str = "FOREMAN-1", **but: Any) -> ShipView:
    facts: dict[str, Any] = {
        "symbol": symbol,
        "role": "HAULER",
        "frame": "FRAME_LIGHT_FREIGHTER",
        "waypoint": "X1-T1-A1",
        "origin": "X1-T1-A1",
        "nav_status": NavStatus.DOCKED,
        "arrival_at": None,
        "fuel_current": 400,
        "fuel_capacity": 600,
        "cargo_items": {},
        "cargo_capacity": 80,
        "reserved_by_player": False,
        "idle_since": None,
        "task_type": None,
        "task_good": None,
        "task_waypoint": None,
        "task_due_at": None,
        "pipeline_id": None,
        "product_good": None,
        "reason": None,
    }
    return ShipView(**facts | but)


def a_failed_task(ident: str = "task-1") -> TaskView:
    return TaskView(
        id=ident,
        pipeline_id=None,
        type=TaskType.SELL,
        status=TaskStatus.FAILED,
        good="MACHINERY",
        waypoint="X1-T1-B2",
        quantity=40,
        units_moved=0,
        ship_symbol="FOREMAN-1",
        reason="the market does not buy it",
        depends_on=(),
        amount=0,
        created_at=NOW,
        assigned_at=NOW,
        ended_at=NOW,
    )


def a_decision(ident: int, kind: DecisionKind, reason: str, times: int = 1) -> DecisionView:
    return DecisionView(
        id=ident,
        kind=kind,
        subject="FOREMAN-1",
        reason=reason,
        times=times,
        first_at=NOW,
        last_at=NOW,
        details={},
    )


def a_snapshot(minutes: float = 0, **but: Any) -> Snapshot:
    elapsed = timedelta(minutes=minutes)
    facts: dict[str, Any] = {
        "now": NOW + elapsed,
        "elapsed": elapsed,
        "player": a_player_view(),
        "books": Books(credits=112_000, start_credits=100_000, ledger_total=12_000, open_intents=0),
        "earned": 12_000,
        "running": [],
        "ended": [],
        "counts": {},
        "ships": [],
        "calls": Calls(by_purpose={"TRADE": 30}, rejected_429=0),
        "calls_per_minute": {"TRADE": 12.0},
        "processes": (),
        "failed_tasks": [],
        "decisions": [],
    }
    return Snapshot(**facts | but)
