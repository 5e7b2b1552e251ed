"""The figures of a run: what reports compute from the rows.

Money is in credits, moments and durations are game time.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Engine, Select, and_, case, cast, exists, func, literal, or_, select
from sqlalchemy.types import BigInteger

from manufacturing.adapters.postgres import tables
from manufacturing.adapters.postgres.read_model import rows
from manufacturing.domain.ids import PlayerId
from manufacturing.domain.ledger import EntryKind
from manufacturing.domain.manufacturing_pipeline import PipelineStatus
from manufacturing.domain.manufacturing_task import TaskStatus

_pipelines = tables.manufacturing_pipelines.c
_tasks = tables.manufacturing_tasks.c
_dependencies = tables.manufacturing_task_dependencies.c
_ships = tables.ships.c
_ledger = tables.ledger_entries.c
_promises = tables.pool_reservations.c


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """Why something failed, and how often."""

    what: str
    reason: str
    times: int


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
        """Pairs of reservations that held the same (factory, output) at the same time, in the span."""
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

    def mean_idle_seconds(self) -> float | None:
        """Mean game seconds between the end of a hauler's task and the assignment of its next; None without a pair.

        Only ends in the span count, and not the second half of a haul: there the ship goes straight on. Time spent on a
        task that was put off again counts as idle.
        """
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
                _tasks.player_id == self._player_id, _tasks.ship_symbol.in_(haulers), _tasks.assigned_at.is_not(None)
            )
            .subquery()
        )
        straight_on = exists().where(
            _dependencies.task_id == work.c.id, _dependencies.depends_on == work.c.before, _dependencies.same_ship
        )
        waited = func.extract("epoch", work.c.assigned_at - work.c.freed_at)
        statement = select(func.avg(func.greatest(waited, 0)).label("mean")).where(
            work.c.freed_at >= self._span.since, ~straight_on
        )
        mean = self._rows(statement)[0]["mean"]
        return None if mean is None else float(mean)

    def _rows(self, statement: Select[Any]) -> list[dict[str, Any]]:
        return rows(self._engine, statement)

    def _in_span(self) -> ColumnElement[bool]:
        earlier = _ledger.intent_id.in_(self._span.earlier_intents)
        return and_(
            _ledger.player_id == self._player_id,
            _ledger.id > self._span.ledger_id,
            or_(_ledger.intent_id.is_(None), ~earlier) if self._span.earlier_intents else literal(True),
        )
