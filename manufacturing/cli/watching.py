"""Looks at a running fleet every second or so, through the database."""

from collections import deque
from dataclasses import dataclass
from datetime import datetime, timedelta

from manufacturing.adapters.postgres.read_model import (
    Books,
    Calls,
    DecisionView,
    PipelineView,
    PlayerView,
    ReadModel,
    ShipView,
    TaskView,
)
from manufacturing.adapters.postgres.run_figures import RunFigures
from manufacturing.cli.report import Baseline
from manufacturing.cli.supervisor import ProcessState
from manufacturing.domain.api_budget import BURST_POOL, STEADY_POOL
from manufacturing.domain.clock import Clock
from manufacturing.domain.decision import DecisionKind
from manufacturing.domain.ids import PlayerId
from manufacturing.domain.manufacturing_pipeline import PipelineStatus

#: Counts of calls are stored every few seconds: over so much wall time they make a rate.
_RATE_WINDOW = timedelta(seconds=12)
#: What may have been written meanwhile by a transaction that began before the last look, in wall time.
_OVERLAP = timedelta(seconds=10)

#: Decisions that may be worth a line.
_NEWS = (DecisionKind.PARK, DecisionKind.RECOVER, DecisionKind.ERROR)

#: Calls the game allows in a minute.
ALLOWED_PER_MINUTE = STEADY_POOL.tokens * (timedelta(minutes=1) / STEADY_POOL.window) + BURST_POOL.tokens * (
    timedelta(minutes=1) / BURST_POOL.window
)


@dataclass(frozen=True, kw_only=True)
class Snapshot:
    """The fleet at one moment of game time."""

    now: datetime
    elapsed: timedelta
    """Since the run began."""
    player: PlayerView
    books: Books
    earned: int
    """Change of the credits since the run began."""
    running: list[PipelineView]
    ended: list[PipelineView]
    """In this run, the newest first, and not all of a long one."""
    counts: dict[PipelineStatus, int]
    """Pipelines by status, the ended ones of this run."""
    ships: list[ShipView]
    calls: Calls
    """In this run."""
    calls_per_minute: dict[str, float]
    """By purpose, per minute of game time, of late."""
    processes: tuple[ProcessState, ...]
    failed_tasks: list[TaskView]
    decisions: list[DecisionView]
    """Parks, recoveries and errors of late; the same may be there again at the next look."""


class Watch:
    """Looks at one player."""

    def __init__(self, model: ReadModel, clock: Clock, player_id: PlayerId, baseline: Baseline) -> None:
        self._model = model
        self._clock = clock
        self._player_id = player_id
        self._baseline = baseline
        self._figures = RunFigures(model.engine, player_id, baseline.span)
        self._rates = _CallRates()
        self._looked_at = baseline.since

    def look(self, processes: tuple[ProcessState, ...]) -> Snapshot:
        """How things are now."""
        model, since = self._model, self._baseline.since
        now = self._clock.now()
        player = next(player for player in model.players() if player.id == self._player_id)
        calls = self._baseline.calls_since(model.calls(player.id))
        recently = max(since, self._looked_at - self._clock.game_time(_OVERLAP))
        self._looked_at = now
        return Snapshot(
            now=now,
            elapsed=now - since,
            player=player,
            books=model.books(player.id),
            earned=player.credits - self._baseline.credits,
            running=model.active_pipelines(player.id),
            ended=model.ended_pipelines(player.id, since),
            counts=self._figures.pipeline_counts(),
            ships=model.ships(player.id),
            calls=calls,
            calls_per_minute=self._rates.note(calls, now, self._clock.game_time(_RATE_WINDOW)),
            processes=processes,
            failed_tasks=model.failed_tasks(player.id, recently),
            decisions=model.decisions_since(player.id, recently, _NEWS),
        )


class _CallRates:
    """Calls per minute, from counts that grow by leaps."""

    def __init__(self) -> None:
        self._counts: deque[tuple[datetime, dict[str, int]]] = deque()

    def note(self, calls: Calls, now: datetime, window: timedelta) -> dict[str, float]:
        self._counts.append((now, calls.by_purpose))
        while len(self._counts) > 2 and self._counts[1][0] <= now - window:
            self._counts.popleft()
        began, before = self._counts[0]
        minutes = (now - began) / timedelta(minutes=1)
        if minutes <= 0:
            return {}
        rates = {purpose: (n - before.get(purpose, 0)) / minutes for purpose, n in calls.by_purpose.items()}
        return {purpose: rate for purpose, rate in rates.items() if rate}
