"""The figures of a run: what reports compute from the rows.

Money is in credits, moments and durations are game time.
"""

import itertools
from bisect import bisect_left
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import (
    ColumnElement,
    DateTime,
    Engine,
    Select,
    Subquery,
    and_,
    case,
    cast,
    exists,
    func,
    literal,
    or_,
    select,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.types import BigInteger

from manufacturing.adapters.postgres import tables
from manufacturing.adapters.postgres.read_model import rows
from manufacturing.domain.ids import PlayerId
from manufacturing.domain.ledger import EntryKind
from manufacturing.domain.manufacturing_pipeline import PipelineStatus
from manufacturing.domain.manufacturing_task import TaskStatus, TaskType
from manufacturing.domain.pre_positioning import PrePositioningStatus

_pipelines = tables.manufacturing_pipelines.c
_tasks = tables.manufacturing_tasks.c
_dependencies = tables.manufacturing_task_dependencies.c
_ships = tables.ships.c
_ledger = tables.ledger_entries.c
_promises = tables.pool_reservations.c
_factories = tables.manufacturing_factory_states.c
_reservations = tables.factory_reservations.c
_forecasts = tables.profit_forecasts.c
_moves = tables.pre_positionings.c

_WITH_CARGO = [type_ for type_ in TaskType if type_.moves_cargo]


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """Why something failed, and how often."""

    what: str
    reason: str
    times: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Forecasts:
    """Pipelines that were completed, and what is known of their forecasts."""

    completed: int
    with_forecast: int
    with_actual: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PrePositionings:
    """How often idle ships were sent ahead, and what came of it."""

    hits: int
    misses: int
    waiting: int
    """Whose outcome is open."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """A part of a player's history: from ``since`` on, with the ledger's entries after ``ledger_id`` that do not settle
    one of ``earlier_intents``."""

    since: datetime
    ledger_id: int
    earlier_intents: tuple[str, ...]


class RunFigures:
    """Computes the figures of one player's run from the database of ``engine``."""

    def __init__(self, engine: Engine, player_id: PlayerId, span: Span) -> None:
        self._engine = engine
        self._player_id = player_id
        self._span = span

    def moved_credits(self) -> tuple[int, int]:
        """What the ledger's entries of the span add up to: our own doing, and what moved without us."""
        without_us = _ledger.kind == EntryKind.RECONCILIATION
        statement = select(
            func.coalesce(func.sum(case((without_us, 0), else_=_ledger.amount)), 0).label("ours"),
            func.coalesce(func.sum(case((without_us, _ledger.amount), else_=0)), 0).label("others"),
        ).where(self._in_span())
        row = self._rows(statement)[0]
        return int(row["ours"]), int(row["others"])

    def profit_by_good(self) -> dict[str | None, int]:
        """What each pipeline's product earned in the span, best first; under None what belongs to no pipeline."""
        profit = cast(func.sum(_ledger.amount), BigInteger).label("profit")
        statement = (
            select(_pipelines.product_good, profit)
            .select_from(
                tables.ledger_entries.outerjoin(tables.manufacturing_pipelines, _pipelines.id == _ledger.pipeline_id)
            )
            .where(self._in_span(), _ledger.kind != EntryKind.RECONCILIATION)
            .group_by(_pipelines.product_good)
            .order_by(profit.desc(), _pipelines.product_good)
        )
        return {row["product_good"]: int(row["profit"]) for row in self._rows(statement)}

    def goods_reused(self) -> int:
        """Units that pipelines took from the pool, by promises made in the span."""
        statement = select(cast(func.coalesce(func.sum(_promises.units_consumed), 0), BigInteger).label("units")).where(
            _promises.player_id == self._player_id, _promises.reserved_at >= self._span.since
        )
        return int(self._rows(statement)[0]["units"])

    def pipeline_counts(self) -> dict[PipelineStatus, int]:
        """Pipelines by status: the active ones, and those that ended in the span."""
        statement = (
            select(_pipelines.status, func.count().label("number"))
            .where(
                _pipelines.player_id == self._player_id,
                or_(_pipelines.ended_at.is_(None), _pipelines.ended_at >= self._span.since),
            )
            .group_by(_pipelines.status)
        )
        return {row["status"]: row["number"] for row in self._rows(statement)}

    def task_counts(self) -> dict[TaskStatus, int]:
        """Tasks by status: the open ones, and those that ended in the span."""
        statement = (
            select(_tasks.status, func.count().label("number"))
            .where(
                _tasks.player_id == self._player_id, or_(_tasks.ended_at.is_(None), _tasks.ended_at >= self._span.since)
            )
            .group_by(_tasks.status)
        )
        return {row["status"]: row["number"] for row in self._rows(statement)}

    def failures(self) -> list[Failure]:
        """Why tasks and pipelines failed in the span, the most frequent first."""
        number = func.count().label("times")
        of_tasks = (
            select(_tasks.type.label("what"), _tasks.reason, number)
            .where(
                _tasks.player_id == self._player_id,
                _tasks.status == TaskStatus.FAILED,
                _tasks.ended_at >= self._span.since,
            )
            .group_by(_tasks.type, _tasks.reason)
        )
        of_pipelines = (
            select(literal("pipeline").label("what"), _pipelines.reason, number)
            .where(
                _pipelines.player_id == self._player_id,
                _pipelines.status == PipelineStatus.FAILED,
                _pipelines.ended_at >= self._span.since,
            )
            .group_by(_pipelines.reason)
        )
        found = [
            Failure(what=str(row["what"]), reason=row["reason"] or "no reason was noted", times=row["times"])
            for row in [*self._rows(of_pipelines), *self._rows(of_tasks)]
        ]
        return sorted(found, key=lambda failure: (-failure.times, failure.what, failure.reason))

    def conflicts(self, now: datetime) -> int:
        """How often two pipelines ran the same (factory, output) at the same time, in the span: pairs of reservations
        that both held it, and pairs of production cycles where factories are not reserved."""
        return self._reservations_at_once(now) + self._unreserved_cycles_at_once(now)

    def _reservations_at_once(self, now: datetime) -> int:
        one, other = tables.factory_reservations.alias(), tables.factory_reservations.alias()
        one_ended = func.coalesce(one.c.ended_at, now)
        other_ended = func.coalesce(other.c.ended_at, now)
        statement = (
            select(func.count().label("number"))
            .select_from(one)
            .join(
                other,
                and_(
                    one.c.player_id == other.c.player_id,
                    one.c.factory_symbol == other.c.factory_symbol,
                    one.c.output_good == other.c.output_good,
                    one.c.fencing_token < other.c.fencing_token,
                ),
            )
            .where(
                one.c.player_id == self._player_id,
                func.greatest(one.c.reserved_at, other.c.reserved_at) < func.least(one_ended, other_ended),
                func.least(one_ended, other_ended) >= self._span.since,
            )
        )
        return int(self._rows(statement)[0]["number"])

    def _unreserved_cycles_at_once(self, now: datetime) -> int:
        one, other = self._unreserved_cycles(now).alias(), self._unreserved_cycles(now).alias()
        statement = (
            select(func.count().label("number"))
            .select_from(one)
            .join(
                other,
                and_(
                    one.c.factory_symbol == other.c.factory_symbol,
                    one.c.output_good == other.c.output_good,
                    one.c.id < other.c.id,
                ),
            )
            .where(
                func.greatest(one.c.began, other.c.began) < func.least(one.c.ended, other.c.ended),
                func.least(one.c.ended, other.c.ended) >= self._span.since,
            )
        )
        return int(self._rows(statement)[0]["number"])

    def _unreserved_cycles(self, now: datetime) -> Subquery:
        """From when to when pipelines without a reservation ran a factory: until its last input was delivered, or,
        when it is given none, until the collection ended. That is how long a reservation would have held it."""
        collected = _end_of_collection(_tasks.ended_at)
        fed = case((func.jsonb_array_length(_factories.required_inputs) > 0, _factories.all_inputs_at))
        reserved = exists().where(_reservations.pipeline_id == _factories.pipeline_id)
        return (
            select(
                _factories.id,
                _factories.factory_symbol,
                _factories.output_good,
                _factories.created_at.label("began"),
                func.least(func.coalesce(fed, collected, now), func.coalesce(_pipelines.ended_at, now)).label("ended"),
            )
            .join(tables.manufacturing_pipelines, _pipelines.id == _factories.pipeline_id)
            .where(_factories.player_id == self._player_id, ~reserved)
            .subquery()
        )

    def watched_seconds(self, now: datetime) -> float:
        """Game seconds for which outputs of factories were waited for, summed over production cycles, in the span: from
        the cycle's beginning until a ship was sent to collect, or the pipeline ended."""
        sent = _end_of_collection(_tasks.assigned_at)
        until = func.least(func.coalesce(sent, now), func.coalesce(_pipelines.ended_at, now))
        seconds = func.extract("epoch", until - func.greatest(_factories.created_at, self._span.since))
        statement = (
            select(func.coalesce(func.sum(func.greatest(seconds, 0)), 0).label("seconds"))
            .select_from(
                tables.manufacturing_factory_states.join(
                    tables.manufacturing_pipelines, _pipelines.id == _factories.pipeline_id
                )
            )
            .where(_factories.player_id == self._player_id)
        )
        return float(self._rows(statement)[0]["seconds"])

    def forecasts(self) -> Forecasts:
        """How many of the pipelines completed in the span had a forecast, and an actual profit to compare it with."""
        of_it = _forecasts.pipeline_id == _pipelines.id
        with_forecast = exists().where(of_it)
        compared = exists().where(of_it, _forecasts.actual_profit.is_not(None))
        statement: Any = select(
            func.count().label("completed"),
            func.count(case((with_forecast, 1))).label("with_forecast"),
            func.count(case((compared, 1))).label("with_actual"),
        ).where(
            _pipelines.player_id == self._player_id,
            _pipelines.status == PipelineStatus.COMPLETED,
            _pipelines.ended_at >= self._span.since,
        )
        return Forecasts(**self._rows(statement)[0])

    def mean_idle_seconds_with_work(self, now: datetime) -> float | None:
        """Of the time between a hauler's tasks, the mean game seconds in which some task was ready that it could have
        taken; None before a ship had two tasks. A ship that waits now counts with what it has waited so far."""
        waits = [(row["freed_at"], row["until"]) for row in self._rows(self._waits(now))]
        if not waits:
            return None
        ready = _united([(row["ready_at"], row["until"]) for row in self._rows(self._ready_spells(now))])
        return sum(_seconds_shared(wait, ready) for wait in waits) / len(waits)

    def _waits(self, now: datetime) -> Select[Any]:
        between = self._between_tasks()
        idle_now = select(
            _ships.idle_since.label("freed_at"), literal(now, DateTime(timezone=True)).label("until")
        ).where(
            _ships.player_id == self._player_id,
            _ships.cargo_capacity > 0,
            _ships.container_id.is_(None),
            _ships.reserved_by_player.is_(False),
            _ships.cargo_items == cast({}, JSONB),
            _ships.idle_since >= self._span.since,
        )
        ended = select(between.c.freed_at, between.c.assigned_at.label("until")).where(
            between.c.freed_at >= self._span.since
        )
        both = ended.union_all(idle_now).subquery()
        return select(both).order_by(both.c.freed_at, both.c.until)

    def _ready_spells(self, now: datetime) -> Select[Any]:
        until = func.coalesce(_tasks.assigned_at, _tasks.ended_at, now)
        return select(_tasks.ready_at, until.label("until")).where(
            _tasks.player_id == self._player_id,
            _tasks.type.in_(_WITH_CARGO),
            _tasks.bound_ship.is_(None),
            _tasks.ready_at < until,
            until >= self._span.since,
            ~exists().where(_dependencies.task_id == _tasks.id, _dependencies.same_ship),
        )

    def mean_idle_seconds(self) -> float | None:
        """Mean game seconds between the end of a hauler's task and the assignment of its next; None without a pair.

        Only ends in the span count, and not the second half of a haul: there the ship goes straight on. Time spent on a
        task that was put off again counts as idle.
        """
        between = self._between_tasks()
        waited = func.extract("epoch", between.c.assigned_at - between.c.freed_at)
        statement = select(func.avg(func.greatest(waited, 0)).label("mean")).where(
            between.c.freed_at >= self._span.since
        )
        mean = self._rows(statement)[0]["mean"]
        return None if mean is None else float(mean)

    def mean_seconds_to_cargo(self, *types: TaskType) -> float | None:
        """Mean game seconds from the moment a purchase was ready to be given to a ship until its first cargo was
        aboard, of tasks of these types (both ACQUIRE and COLLECT when none is named); None before there was one."""
        aboard = select(func.min(_ledger.at)).where(_ledger.task_id == _tasks.id, _ledger.kind == EntryKind.PURCHASE)
        aboard_at = aboard.scalar_subquery()
        seconds = func.greatest(func.extract("epoch", aboard_at - _tasks.ready_at), 0)
        statement = select(func.avg(seconds).label("mean")).where(
            _tasks.player_id == self._player_id,
            _tasks.type.in_(types or [type_ for type_ in TaskType if type_.buys]),
            _tasks.ready_at.is_not(None),
            aboard_at >= self._span.since,
        )
        mean = self._rows(statement)[0]["mean"]
        return None if mean is None else float(mean)

    def pre_positionings(self) -> PrePositionings:
        """How often ships were sent ahead in the span, and what came of it."""
        statement = (
            select(_moves.status, func.count().label("number"))
            .where(_moves.player_id == self._player_id, _moves.created_at >= self._span.since)
            .group_by(_moves.status)
        )
        counts = {row["status"]: row["number"] for row in self._rows(statement)}
        return PrePositionings(
            hits=counts.get(PrePositioningStatus.HIT, 0),
            misses=counts.get(PrePositioningStatus.MISS, 0),
            waiting=counts.get(PrePositioningStatus.OPEN, 0),
        )

    def _between_tasks(self) -> Subquery:
        """When each task's hauler had been freed from the one before."""
        haulers = select(_ships.symbol).where(_ships.player_id == self._player_id, _ships.cargo_capacity > 0)
        order = (_tasks.assigned_at, _tasks.id)
        work = (
            select(
                _tasks.id,
                _tasks.assigned_at,
                func.lag(_tasks.ended_at).over(partition_by=_tasks.ship_symbol, order_by=order).label("freed_at"),
                func.lag(_tasks.id).over(partition_by=_tasks.ship_symbol, order_by=order).label("before"),
            )
            .where(
                _tasks.player_id == self._player_id,
                _tasks.ship_symbol.in_(haulers),
                _tasks.assigned_at.is_not(None),
                # A ship that moves to wait elsewhere is idle all the same.
                _tasks.type != TaskType.POSITION,
            )
            .subquery()
        )
        straight_on = exists().where(
            _dependencies.task_id == work.c.id, _dependencies.depends_on == work.c.before, _dependencies.same_ship
        )
        return select(work.c.freed_at, work.c.assigned_at).where(~straight_on).subquery()

    def _rows(self, statement: Select[Any]) -> list[dict[str, Any]]:
        return rows(self._engine, statement)

    def _in_span(self) -> ColumnElement[bool]:
        earlier = _ledger.intent_id.in_(self._span.earlier_intents)
        return and_(
            _ledger.player_id == self._player_id,
            _ledger.id > self._span.ledger_id,
            or_(_ledger.intent_id.is_(None), ~earlier) if self._span.earlier_intents else literal(True),
        )


def _end_of_collection(moment: ColumnElement[Any]) -> ColumnElement[Any]:
    """When the collection at a cycle's factory was assigned, or ended."""
    return (
        select(func.max(moment))
        .where(
            _tasks.pipeline_id == _factories.pipeline_id,
            _tasks.type == TaskType.COLLECT,
            _tasks.factory_symbol == _factories.factory_symbol,
            _tasks.output_good == _factories.output_good,
        )
        .correlate(tables.manufacturing_factory_states)
        .scalar_subquery()
    )


def _united(spells: list[tuple[datetime, datetime]]) -> list[tuple[datetime, datetime]]:
    """The spells in order, those that touch or overlap made one."""
    united: list[tuple[datetime, datetime]] = []
    for began, ended in sorted(spells):
        if united and began <= united[-1][1]:
            united[-1] = united[-1][0], max(united[-1][1], ended)
        else:
            united.append((began, ended))
    return united


def _seconds_shared(wait: tuple[datetime, datetime], spells: list[tuple[datetime, datetime]]) -> float:
    """How much of the wait lies within the spells, which are in order and apart."""
    began, ended = wait
    first = bisect_left(spells, began, key=lambda spell: spell[1])
    shared = 0.0
    for ready_at, until in itertools.islice(spells, first, None):
        if ready_at >= ended:
            break
        shared += (min(until, ended) - max(ready_at, began)).total_seconds()
    return shared
