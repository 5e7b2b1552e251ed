"""What reports and screens read: queries that change nothing, each answered from one moment's rows.

Money is in credits, moments and durations are game time.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Engine, Select, and_, case, cast, func, select
from sqlalchemy.dialects.postgresql import aggregate_order_by
from sqlalchemy.types import BigInteger

from manufacturing.adapters.postgres import tables
from manufacturing.domain.credit_floor import CreditFloor
from manufacturing.domain.decision import DecisionKind
from manufacturing.domain.forecast_accuracy import Comparison
from manufacturing.domain.ids import PipelineId, PlayerId
from manufacturing.domain.ledger import EntryKind
from manufacturing.domain.manufacturing_pipeline import PipelineKind, PipelineStatus
from manufacturing.domain.manufacturing_task import TaskStatus, TaskType
from manufacturing.domain.player import PlayerStatus
from manufacturing.domain.prices import Activity, Supply
from manufacturing.domain.profit_forecast import ConfidenceLevel
from manufacturing.domain.trade_intent import IntentStatus
from manufacturing.domain.universe import NavStatus

_players = tables.players.c
_pipelines = tables.manufacturing_pipelines.c
_tasks = tables.manufacturing_tasks.c
_dependencies = tables.manufacturing_task_dependencies.c
_ships = tables.ships.c
_ledger = tables.ledger_entries.c
_intents = tables.trade_intents.c
_usage = tables.api_usage.c
_decisions = tables.decisions.c
_reservations = tables.factory_reservations.c
_factories = tables.manufacturing_factory_states.c
_forecasts = tables.profit_forecasts.c

_FINAL_TASKS = [status for status in TaskStatus if status.is_final]
_FINAL_PIPELINES = [status for status in PipelineStatus if status.is_final]


@dataclass(frozen=True, slots=True, kw_only=True)
class PlayerView:
    """A player."""

    id: PlayerId
    agent_symbol: str
    server_url: str
    reset_date: str
    system_symbol: str
    credits: int
    start_credits: int
    credits_reserved: int
    status: PlayerStatus
    status_reason: str | None
    time_scale: str | None
    created_at: datetime
    floor_amount: int | None = None
    floor_share: float | None = None
    budget_weight: int = 1

    @property
    def own_floor(self) -> CreditFloor | None:
        """The floor set for it; None where the policy's holds."""
        if self.floor_amount is None or self.floor_share is None:
            return None
        return CreditFloor(amount=self.floor_amount, share=self.floor_share)


@dataclass(frozen=True, slots=True, kw_only=True)
class PipelineView:
    """A pipeline, with what it earned so far."""

    id: PipelineId
    kind: PipelineKind
    status: PipelineStatus
    product_good: str
    factory_symbol: str
    sell_market: str
    planned_quantity: int
    estimated_profit: int | None
    profit: int
    """Sum of its ledger entries."""
    tasks_ended: int
    tasks: int
    created_at: datetime
    ended_at: datetime | None
    reason: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskView:
    """A task, with the tasks it depends on."""

    id: str
    pipeline_id: PipelineId | None
    type: TaskType
    status: TaskStatus
    good: str | None
    waypoint: str
    quantity: int
    units_moved: int
    ship_symbol: str | None
    reason: str | None
    depends_on: tuple[str, ...]
    amount: int
    """Sum of its ledger entries."""
    created_at: datetime
    assigned_at: datetime | None
    ended_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ShipView:
    """A ship and what it does."""

    symbol: str
    role: str
    frame: str
    waypoint: str
    """Where it is; in transit, where it is going."""
    origin: str
    nav_status: NavStatus
    arrival_at: datetime | None
    fuel_current: int
    fuel_capacity: int
    cargo_items: dict[str, int]
    cargo_capacity: int
    reserved_by_player: bool
    idle_since: datetime | None
    task_type: TaskType | None
    task_good: str | None
    task_waypoint: str | None
    task_due_at: datetime | None
    pipeline_id: PipelineId | None
    product_good: str | None
    """What the pipeline of its task makes."""
    reason: str | None
    """Why it waits, or why it was given its task."""

    @property
    def can_haul(self) -> bool:
        """Whether it has a hold."""
        return self.cargo_capacity > 0


@dataclass(frozen=True, slots=True, kw_only=True)
class LedgerView:
    """A movement of credits."""

    id: int
    at: datetime
    kind: EntryKind
    amount: int
    ship_symbol: str | None
    waypoint: str | None
    good: str | None
    units: int
    unit_price: int
    task_id: str | None
    pipeline_id: PipelineId | None


@dataclass(frozen=True, slots=True, kw_only=True)
class DecisionView:
    """A decision and its reason."""

    id: int
    kind: DecisionKind
    subject: str
    reason: str
    times: int
    first_at: datetime
    last_at: datetime
    details: dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class FactoryView:
    """A factory at work for a pipeline."""

    factory_symbol: str
    output_good: str
    supply: Supply | None
    activity: Activity | None
    required_inputs: list[str]
    inputs_delivered: dict[str, int]
    polls: int
    is_watched: bool
    observed_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ForecastView:
    """A completed pipeline with its forecast and what it earned; None for what there is not. Money in credits."""

    pipeline_id: PipelineId
    kind: PipelineKind
    product_good: str
    planned_quantity: int
    ended_at: datetime
    estimated_cost: int | None
    fuel_cost: int | None
    estimated_revenue: int | None
    correction: int | None
    estimated_profit: int | None
    low_profit: int | None
    high_profit: int | None
    feeding_value: int | None
    estimated_hours: float | None
    ship_hours: float | None
    waiting_hours: float | None
    profit_per_ship_hour: int | None
    break_even_quantity: int | None
    confidence_level: ConfidenceLevel | None
    legs: list[dict[str, Any]] | None
    actual_profit: int | None
    variance: float | None

    @property
    def comparison(self) -> Comparison:
        """Forecast and actual, to be judged."""
        return Comparison(
            good=self.product_good,
            turnover=(self.estimated_cost or 0) + (self.estimated_revenue or 0),
            estimated=self.estimated_profit,
            low=self.low_profit,
            high=self.high_profit,
            actual=self.actual_profit,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Calls:
    """API calls ever made."""

    by_purpose: dict[str, int]
    rejected_429: int

    @property
    def total(self) -> int:
        """Of all purposes."""
        return sum(self.by_purpose.values())


@dataclass(frozen=True, slots=True, kw_only=True)
class Books:
    """Our bookkeeping at one moment."""

    credits: int
    start_credits: int
    ledger_total: int
    open_intents: int

    @property
    def balance(self) -> bool:
        """Whether the ledger accounts for every credit."""
        return self.start_credits + self.ledger_total == self.credits


def rows(engine: Engine, statement: Select[Any]) -> list[dict[str, Any]]:
    """What the statement finds, by the names of its columns."""
    with engine.connect() as connection:
        return [dict(row) for row in connection.execute(statement).mappings()]


class ReadModel:
    """Read-only queries on the database of ``engine``."""

    def __init__(self, engine: Engine) -> None:
        #: The database.
        self.engine = engine

    def players(self) -> list[PlayerView]:
        """Every player ever, newest last."""
        columns = [_players[name] for name in PlayerView.__slots__]
        return [PlayerView(**row) for row in self._rows(select(*columns).order_by(_players.id))]

    def latest_moment(self, player_id: PlayerId) -> datetime | None:
        """The last moment of game time anything was recorded for the player."""
        moments = (
            select(func.max(_decisions.last_at).label("at")).where(_decisions.player_id == player_id),
            select(func.max(_ledger.at)).where(_ledger.player_id == player_id),
            select(func.max(_ships.observed_at)).where(_ships.player_id == player_id),
        )
        union = moments[0].union_all(*moments[1:]).subquery()
        latest: datetime | None = self._rows(select(func.max(union.c.at).label("at")))[0]["at"]
        return latest

    def active_pipelines(self, player_id: PlayerId) -> list[PipelineView]:
        """Pipelines that have not ended, oldest first."""
        chosen = and_(_pipelines.player_id == player_id, _pipelines.status.not_in(_FINAL_PIPELINES))
        return self._pipelines(chosen, _pipelines.created_at, _pipelines.id)

    def ended_pipelines(
        self, player_id: PlayerId, since: datetime | None = None, limit: int = 50
    ) -> list[PipelineView]:
        """Pipelines that have ended, at ``since`` or later, newest first."""
        chosen = and_(_pipelines.player_id == player_id, _pipelines.status.in_(_FINAL_PIPELINES))
        if since is not None:
            chosen = and_(chosen, _pipelines.ended_at >= since)
        return self._pipelines(chosen, _pipelines.ended_at.desc(), _pipelines.id, limit=limit)

    def pipelines_like(self, player_id: PlayerId, prefix: str) -> list[PipelineView]:
        """Pipelines whose id begins with ``prefix``."""
        chosen = and_(_pipelines.player_id == player_id, _pipelines.id.startswith(prefix, autoescape=True))
        return self._pipelines(chosen, _pipelines.created_at, _pipelines.id, limit=20)

    def _pipelines(self, chosen: ColumnElement[bool], *order: Any, limit: int | None = None) -> list[PipelineView]:
        names = [name for name in PipelineView.__slots__ if name not in ("profit", "tasks", "tasks_ended")]
        of_it = _tasks.pipeline_id == _pipelines.id
        statement = (
            select(
                *(_pipelines[name] for name in names),
                _sum(_ledger.amount, _ledger.pipeline_id == _pipelines.id).label("profit"),
                select(func.count())
                .select_from(tables.manufacturing_tasks)
                .where(of_it)
                .scalar_subquery()
                .label("tasks"),
                select(func.count())
                .select_from(tables.manufacturing_tasks)
                .where(of_it, _tasks.status.in_(_FINAL_TASKS))
                .scalar_subquery()
                .label("tasks_ended"),
            )
            .where(chosen)
            .order_by(*order)
            .limit(limit)
        )
        return [PipelineView(**row) for row in self._rows(statement)]

    def tasks_of(self, pipeline_id: PipelineId) -> list[TaskView]:
        """The tasks of a pipeline in their sequence."""
        return self._tasks(_tasks.pipeline_id == pipeline_id, _tasks.sequence)

    def tasks_like(self, player_id: PlayerId, prefix: str) -> list[TaskView]:
        """Tasks whose id begins with ``prefix``."""
        chosen = and_(_tasks.player_id == player_id, _tasks.id.startswith(prefix, autoescape=True))
        return self._tasks(chosen, _tasks.created_at, limit=20)

    def failed_tasks(self, player_id: PlayerId, since: datetime) -> list[TaskView]:
        """Tasks that failed at ``since`` or later, oldest first."""
        chosen = and_(_tasks.player_id == player_id, _tasks.status == TaskStatus.FAILED, _tasks.ended_at >= since)
        return self._tasks(chosen, _tasks.ended_at, limit=200)

    def _tasks(self, chosen: ColumnElement[bool], order: Any, limit: int | None = None) -> list[TaskView]:
        names = [name for name in TaskView.__slots__ if name not in ("depends_on", "amount")]
        needed = func.array_agg(aggregate_order_by(_dependencies.depends_on, _dependencies.depends_on))
        statement = (
            select(
                *(_tasks[name] for name in names),
                select(needed).where(_dependencies.task_id == _tasks.id).scalar_subquery().label("depends_on"),
                _sum(_ledger.amount, _ledger.task_id == _tasks.id).label("amount"),
            )
            .where(chosen)
            .order_by(order, _tasks.id)
            .limit(limit)
        )
        return [TaskView(**{**row, "depends_on": tuple(row["depends_on"] or ())}) for row in self._rows(statement)]

    def factories_of(self, pipeline_id: PipelineId) -> list[FactoryView]:
        """The factories that work for a pipeline."""
        columns = [_factories[name] for name in FactoryView.__slots__]
        statement = select(*columns).where(_factories.pipeline_id == pipeline_id)
        return [FactoryView(**row) for row in self._rows(statement.order_by(_factories.factory_symbol))]

    def ships(self, player_id: PlayerId) -> list[ShipView]:
        """The fleet, in the order the game counts its ships."""
        own = [_ships[name] for name in ShipView.__slots__ if name in _ships]
        # Why an idle ship was given the task it had before says nothing about why it is idle.
        idle_now = and_(_ships.container_id.is_(None), _decisions.kind == DecisionKind.ASSIGN)
        last_decision = (
            select(case((idle_now, None), else_=_decisions.reason))
            .where(_decisions.player_id == player_id, _decisions.subject == _ships.symbol)
            .order_by(_decisions.last_at.desc(), _decisions.id.desc())
            .limit(1)
            .correlate(tables.ships)
            .scalar_subquery()
        )
        statement = (
            select(
                *own,
                _tasks.type.label("task_type"),
                _tasks.good.label("task_good"),
                _tasks.waypoint.label("task_waypoint"),
                _tasks.due_at.label("task_due_at"),
                _tasks.pipeline_id,
                _pipelines.product_good,
                func.coalesce(_tasks.reason, last_decision).label("reason"),
            )
            .select_from(
                tables.ships.outerjoin(
                    tables.manufacturing_tasks, and_(_tasks.id == _ships.container_id, _tasks.player_id == player_id)
                ).outerjoin(tables.manufacturing_pipelines, _pipelines.id == _tasks.pipeline_id)
            )
            .where(_ships.player_id == player_id)
            .order_by(func.length(_ships.symbol), _ships.symbol.collate("C"))
        )
        return [ShipView(**row) for row in self._rows(statement)]

    def ledger(
        self,
        player_id: PlayerId,
        *,
        limit: int,
        good: str | None = None,
        pipeline_id: PipelineId | None = None,
        after: int = 0,
    ) -> list[LedgerView]:
        """Entries with a number above ``after``, newest first."""
        columns = [_ledger[name] for name in LedgerView.__slots__]
        statement = select(*columns).where(_ledger.player_id == player_id, _ledger.id > after)
        if good is not None:
            statement = statement.where(_ledger.good == good)
        if pipeline_id is not None:
            statement = statement.where(_ledger.pipeline_id == pipeline_id)
        return [LedgerView(**row) for row in self._rows(statement.order_by(_ledger.id.desc()).limit(limit))]

    def forecasts(self, player_id: PlayerId) -> list[ForecastView]:
        """Every completed pipeline with its forecast, the latest first."""
        own = ("kind", "product_good", "planned_quantity", "ended_at")
        of_pipeline = [_pipelines[name] for name in own]
        of_forecast = [_forecasts[name] for name in ForecastView.__slots__ if name not in (*own, "pipeline_id")]
        both = tables.manufacturing_pipelines.outerjoin(
            tables.profit_forecasts, _forecasts.id == _pipelines.forecast_id
        )
        statement = (
            select(_pipelines.id.label("pipeline_id"), *of_pipeline, *of_forecast)
            .select_from(both)
            .where(_pipelines.player_id == player_id, _pipelines.status == PipelineStatus.COMPLETED)
            .order_by(_pipelines.ended_at.desc(), _pipelines.id)
        )
        return [ForecastView(**row) for row in self._rows(statement)]

    def decisions_about(self, player_id: PlayerId, subjects: Sequence[str], limit: int) -> list[DecisionView]:
        """Decisions about any of the subjects, newest first."""
        return self._decisions(and_(_decisions.player_id == player_id, _decisions.subject.in_(subjects)), limit)

    def decisions_since(
        self, player_id: PlayerId, since: datetime, kinds: Sequence[DecisionKind], limit: int = 200
    ) -> list[DecisionView]:
        """Decisions of these kinds taken at ``since`` or later, newest first."""
        chosen = and_(_decisions.player_id == player_id, _decisions.last_at >= since, _decisions.kind.in_(list(kinds)))
        return self._decisions(chosen, limit)

    def _decisions(self, chosen: ColumnElement[bool], limit: int) -> list[DecisionView]:
        columns = [_decisions[name] for name in DecisionView.__slots__]
        statement = select(*columns).where(chosen).order_by(_decisions.last_at.desc(), _decisions.id.desc())
        return [DecisionView(**row) for row in self._rows(statement.limit(limit))]

    def calls(self, player_id: PlayerId) -> Calls:
        """API calls stored so far."""
        statement = (
            select(
                _usage.purpose, func.sum(_usage.calls).label("calls"), func.sum(_usage.rejected_429).label("rejected")
            )
            .where(_usage.player_id == player_id)
            .group_by(_usage.purpose)
            .order_by(_usage.purpose.collate("C"))
        )
        found = self._rows(statement)
        return Calls(
            by_purpose={row["purpose"]: int(row["calls"]) for row in found},
            rejected_429=sum(int(row["rejected"]) for row in found),
        )

    def books(self, player_id: PlayerId) -> Books:
        """Credits, ledger and open intents, all of the same moment."""
        open_intents = (
            select(func.count())
            .select_from(tables.trade_intents)
            .where(_intents.player_id == player_id, _intents.status == IntentStatus.OPEN)
            .scalar_subquery()
        )
        statement = select(
            _players.credits,
            _players.start_credits,
            _sum(_ledger.amount, _ledger.player_id == player_id).label("ledger_total"),
            open_intents.label("open_intents"),
        ).where(_players.id == player_id)
        return Books(**self._rows(statement)[0])

    def open_intents(self, player_id: PlayerId) -> tuple[str, ...]:
        """The trades of which it is not known yet whether they happened."""
        statement = select(_intents.id).where(_intents.player_id == player_id, _intents.status == IntentStatus.OPEN)
        return tuple(row["id"] for row in self._rows(statement.order_by(_intents.id)))

    def last_ledger_id(self, player_id: PlayerId) -> int:
        """The number of the newest ledger entry, 0 when there is none."""
        statement = select(func.coalesce(func.max(_ledger.id), 0).label("id")).where(_ledger.player_id == player_id)
        return int(self._rows(statement)[0]["id"])

    def _rows(self, statement: Select[Any]) -> list[dict[str, Any]]:
        return rows(self.engine, statement)


def _sum(column: ColumnElement[int], of: ColumnElement[bool]) -> ColumnElement[int]:
    """The sum of a ledger column as a whole number, 0 when there is nothing to add."""
    return select(cast(func.coalesce(func.sum(column), 0), BigInteger)).where(of).scalar_subquery()
