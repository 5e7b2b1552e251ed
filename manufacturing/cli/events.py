"""What is worth a line: finds in each look at the fleet what has happened since the one before."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from manufacturing.adapters.postgres.read_model import PipelineView
from manufacturing.cli.supervisor import ProcessEvent, ProcessNotice
from manufacturing.cli.watching import ALLOWED_PER_MINUTE, Snapshot
from manufacturing.cli.wording import change, credits, short_id, short_span
from manufacturing.domain.decision import DecisionKind
from manufacturing.domain.manufacturing_pipeline import PipelineStatus
from manufacturing.domain.player import PlayerStatus

#: How often a run sums up, in game time.
_SUMMARY_INTERVAL = timedelta(hours=1)
#: At most one line about something that waits in so much game time.
_WAITING_INTERVAL = timedelta(minutes=30)
#: Decisions that are told whenever they are taken, and how.
_HAPPENINGS = {DecisionKind.RECOVER: "recovered", DecisionKind.ERROR: "error"}


class Events:
    """Turns looks into lines."""

    def __init__(self) -> None:
        self._running: set[str] = set()
        self._ended: set[str] = set()
        self._failed: set[str] = set()
        self._told: dict[int, int] = {}
        self._waiting_told_at: datetime | None = None
        self._summaries = 0
        self._status: PlayerStatus | None = None
        self._first_look = True

    def lines(self, snapshot: Snapshot) -> list[str]:
        """What to tell after this look."""
        found = [
            *self._pipelines(snapshot),
            *self._tasks(snapshot),
            *self._happenings(snapshot),
            *self._waits(snapshot),
            *self._player(snapshot),
            *self._summary(snapshot),
        ]
        self._first_look = False
        return found

    def _pipelines(self, snapshot: Snapshot) -> Iterator[str]:
        for pipeline in snapshot.running:
            if pipeline.id not in self._running:
                self._running.add(pipeline.id)
                yield f"{'goes on' if self._first_look else 'started'}: {_described(pipeline)}"
        for pipeline in reversed(snapshot.ended):
            if pipeline.id not in self._ended:
                self._ended.add(pipeline.id)
                why = f": {pipeline.reason}" if pipeline.status is not PipelineStatus.COMPLETED else ""
                took = f" after {short_span(pipeline.ended_at - pipeline.created_at)}" if pipeline.ended_at else ""
                yield (
                    f"{pipeline.status.lower()}: {pipeline.product_good} ({short_id(pipeline.id)}) "
                    f"with {change(pipeline.profit)} credits{took}{why}"
                )

    def _tasks(self, snapshot: Snapshot) -> Iterator[str]:
        for task in snapshot.failed_tasks:
            if task.id not in self._failed:
                self._failed.add(task.id)
                ship = f" by {task.ship_symbol}" if task.ship_symbol else ""
                yield f"failed: {task.type} {task.good or ''} at {task.waypoint}{ship}: {task.reason}"

    def _happenings(self, snapshot: Snapshot) -> Iterator[str]:
        """What was put right, and what went wrong, as often as it did."""
        for decision in reversed(snapshot.decisions):
            word = _HAPPENINGS.get(decision.kind)
            if word is not None and self._told.get(decision.id, 0) < decision.times:
                self._told[decision.id] = decision.times
                yield f"{word}: {decision.subject}: {decision.reason}"

    def _waits(self, snapshot: Snapshot) -> Iterator[str]:
        """One of the things that wait, now and then: `ships` and `why` tell them all."""
        told_at = self._waiting_told_at
        if told_at is not None and snapshot.now < told_at + _WAITING_INTERVAL:
            return
        parks = [decision for decision in snapshot.decisions if decision.kind is DecisionKind.PARK]
        if parks:
            self._waiting_told_at = snapshot.now
            yield f"waits: {short_id(parks[0].subject)}: {parks[0].reason}"

    def _player(self, snapshot: Snapshot) -> Iterator[str]:
        status = snapshot.player.status
        if status is not self._status and not (self._first_look and status is PlayerStatus.ACTIVE):
            yield f"{snapshot.player.agent_symbol} is {status}: {snapshot.player.status_reason or 'no reason given'}"
        self._status = status

    def _summary(self, snapshot: Snapshot) -> Iterator[str]:
        whole = int(snapshot.elapsed / _SUMMARY_INTERVAL)
        if whole > self._summaries:
            self._summaries = whole
            yield summary(snapshot)


def summary(snapshot: Snapshot) -> str:
    """A run so far, in a line."""
    completed = snapshot.counts.get(PipelineStatus.COMPLETED, 0)
    working = sum(ship.task_type is not None for ship in snapshot.ships)
    rate = sum(snapshot.calls_per_minute.values())
    return (
        f"== {credits(snapshot.player.credits)} credits ({change(snapshot.earned)}), {completed} pipelines completed, "
        f"{len(snapshot.running)} running, {working} of {len(snapshot.ships)} ships at work, "
        f"{rate:.0f} of {ALLOWED_PER_MINUTE:.0f} calls a minute, {snapshot.calls.rejected_429} answered 429"
    )


class ProcessNews:
    """Turns what happens to processes into lines; nothing of their ordinary coming and going."""

    def __init__(self) -> None:
        self._down: set[str] = set()

    def line(self, notice: ProcessNotice) -> str | None:
        """What to tell of it, if anything."""
        name = notice.name
        match notice.event:
            case ProcessEvent.DIED:
                self._down.add(name)
                return f"process {name} died: {notice.reason}"
            case ProcessEvent.READY if name in self._down:
                self._down.remove(name)
                return f"process {name} runs again"
            case ProcessEvent.GAVE_UP:
                return f"process {name} failed too often and stays down: {notice.reason}"
            case _:
                return None


def _described(pipeline: PipelineView) -> str:
    expected = f", {change(pipeline.estimated_profit)} expected" if pipeline.estimated_profit is not None else ""
    return (
        f"{pipeline.kind} of {pipeline.planned_quantity} {pipeline.product_good} at {pipeline.factory_symbol} "
        f"for {pipeline.sell_market} ({short_id(pipeline.id)}){expected}"
    )
