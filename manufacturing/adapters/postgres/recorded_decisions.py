"""Recorded decisions, in the order they were taken, each with what was known then."""

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Engine, Select, and_, exists, or_, select, tuple_

from manufacturing.adapters.postgres import tables
from manufacturing.adapters.postgres.read_model import DecisionView, rows
from manufacturing.domain.decision import DecisionKind
from manufacturing.domain.ids import PlayerId
from manufacturing.domain.prices import Supply

_decisions = tables.decisions.c
_tasks = tables.manufacturing_tasks.c
_history = tables.market_listing_history.c


@dataclass(frozen=True, slots=True, kw_only=True)
class DecisionFilter:
    """Which decisions are wanted; None leaves nothing out."""

    kinds: tuple[DecisionKind, ...] = ()
    """None at all means every kind."""
    ship: str | None = None
    pipeline: str | None = None
    """A pipeline's id, or its beginning."""
    about: str | None = None
    """A good, a factory or another subject, as it is written."""
    since: datetime | None = None
    until: datetime | None = None
    limit: int = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownQuote:
    """What a market was known to quote, by the last look at it that showed a change."""

    waypoint: str
    good: str
    ask: int
    bid: int
    supply: Supply
    seen_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordedDecision:
    """A decision, what it was about, and what was known."""

    decision: DecisionView
    task: dict[str, Any] | None
    """The task it was about: type, good, waypoint, quantity, ship and pipeline."""
    quotes: tuple[KnownQuote, ...]
    """Of the goods and places of the task, or of all tasks of the pipeline that was planned."""


class RecordedDecisions:
    """The decisions of one player in the database of ``engine``."""

    def __init__(self, engine: Engine, player_id: PlayerId) -> None:
        self._engine = engine
        self._player_id = player_id

    def find(self, wanted: DecisionFilter) -> list[RecordedDecision]:
        """Those the filter lets through, in the order they were first taken, as many as it asks for."""
        columns = [_decisions[name] for name in DecisionView.__slots__]
        statement = select(*columns).where(and_(*self._conditions(wanted)))
        found = rows(self._engine, statement.order_by(_decisions.first_at, _decisions.id).limit(wanted.limit))
        views = [DecisionView(**row) for row in found]
        tasks = self._tasks_of(views)
        history = self._history_of([task for of_it in tasks.values() for task in of_it])
        return [_known(view, tasks.get(view.id, []), history) for view in views]

    def _conditions(self, wanted: DecisionFilter) -> list[ColumnElement[bool]]:
        conditions: list[ColumnElement[bool]] = [_decisions.player_id == self._player_id]
        if wanted.kinds:
            conditions.append(_decisions.kind.in_(wanted.kinds))
        if wanted.about is not None:
            conditions.append(_decisions.subject == wanted.about)
        if wanted.since is not None:
            conditions.append(_decisions.last_at >= wanted.since)
        if wanted.until is not None:
            conditions.append(_decisions.first_at <= wanted.until)
        if wanted.ship is not None:
            of_its_task = exists().where(_about_task, _tasks.ship_symbol == wanted.ship)
            conditions.append(or_(_decisions.subject == wanted.ship, of_its_task))
        if wanted.pipeline is not None:
            of_it = _tasks.pipeline_id.startswith(wanted.pipeline, autoescape=True)
            conditions.append(
                or_(
                    _decisions.subject.startswith(wanted.pipeline, autoescape=True),
                    exists().where(or_(_about_task, _assigned_by_it), of_it),
                )
            )
        return conditions

    def _tasks_of(self, views: Sequence[DecisionView]) -> dict[int, list[dict[str, Any]]]:
        """The tasks each decision was about, by the decision's number."""
        columns = ("id", "type", "good", "waypoint", "quantity", "ship_symbol", "pipeline_id")
        about = or_(_about_task, _assigned_by_it, _tasks.pipeline_id == _decisions.subject)
        statement: Select[Any] = (
            select(_decisions.id.label("decision_id"), *(_tasks[name] for name in columns))
            .select_from(tables.decisions.join(tables.manufacturing_tasks, and_(about, _of_one_player)))
            .where(_decisions.id.in_([view.id for view in views]))
            .order_by(_decisions.id, _tasks.sequence, _tasks.id)
        )
        found: dict[int, list[dict[str, Any]]] = {}
        for row in rows(self._engine, statement):
            found.setdefault(row.pop("decision_id"), []).append(row)
        return found

    def _history_of(self, tasks: Sequence[dict[str, Any]]) -> dict[tuple[str, str], list[KnownQuote]]:
        """What was seen of the listings the tasks deal in, oldest first."""
        places = sorted({(task["waypoint"], task["good"]) for task in tasks if task["good"] is not None})
        if not places:
            return {}
        statement = select(
            _history.waypoint, _history.good, _history.ask, _history.bid, _history.supply, _history.recorded_at
        ).where(_history.player_id == self._player_id, tuple_(_history.waypoint, _history.good).in_(places))
        found: dict[tuple[str, str], list[KnownQuote]] = {}
        for row in rows(self._engine, statement.order_by(_history.recorded_at, _history.id)):
            seen_at = row.pop("recorded_at")
            found.setdefault((row["waypoint"], row["good"]), []).append(KnownQuote(**row, seen_at=seen_at))
        return found


_of_one_player = _tasks.player_id == _decisions.player_id
_about_task = and_(_of_one_player, _tasks.id == _decisions.subject)
#: An assignment is noted at the moment the task got its ship.
_assigned_by_it = and_(
    _of_one_player,
    _decisions.kind == DecisionKind.ASSIGN,
    _tasks.ship_symbol == _decisions.subject,
    _tasks.assigned_at.between(_decisions.first_at, _decisions.last_at),
)


def _known(
    view: DecisionView, tasks: Sequence[dict[str, Any]], history: dict[tuple[str, str], list[KnownQuote]]
) -> RecordedDecision:
    quotes: dict[tuple[str, str], KnownQuote] = {}
    for task in tasks:
        seen = history.get((task["waypoint"], task["good"]), [])
        position = bisect_right(seen, view.last_at, key=lambda quote: quote.seen_at)
        if position:
            quotes[task["waypoint"], task["good"]] = seen[position - 1]
    of_one_task = tasks[0] if len(tasks) == 1 and view.subject != tasks[0]["pipeline_id"] else None
    return RecordedDecision(decision=view, task=of_one_task, quotes=tuple(quotes.values()))
