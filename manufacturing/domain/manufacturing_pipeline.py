"""ManufacturingPipeline: one product on its way from inputs to a sale (docs/domain.md, "Pipelines")."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from manufacturing.domain.errors import IllegalTransition
from manufacturing.domain.ids import PipelineId, PlayerId

#: Progress is told in hours: what moves within this much game time is one piece of it.
_A_MOMENT = timedelta(minutes=1)


class PipelineKind(StrEnum):
    """How the product comes about."""

    FABRICATION = "FABRICATION"
    """Its factory is fed until the output is plentiful."""
    COLLECTION = "COLLECTION"
    """It is plentiful already: collect and sell."""
    HAUL = "HAUL"
    """One ship, one trip: bought where it is made, delivered or sold where it is wanted."""


class PipelineStatus(StrEnum):
    """How far a pipeline is."""

    PLANNING = "PLANNING"
    EXECUTING = "EXECUTING"
    COMPLETED = "COMPLETED"
    FAILED = "FAILED"
    CANCELLED = "CANCELLED"

    @property
    def is_final(self) -> bool:
        """Whether it can no longer change."""
        return self not in (PipelineStatus.PLANNING, PipelineStatus.EXECUTING)


@dataclass(kw_only=True, eq=False)
class ManufacturingPipeline:
    """One product from inputs to sale. Its profit is a sum over the ledger, never a field."""

    id: PipelineId
    player_id: PlayerId
    system_symbol: str
    product_good: str
    sell_market: str
    kind: PipelineKind
    planned_quantity: int
    created_at: datetime
    factory_symbol: str
    """The factory of the product."""
    status: PipelineStatus = PipelineStatus.PLANNING
    forecast_id: str | None = None
    estimated_profit: int | None = None
    """Advisory: what the plan promised, in credits."""
    started_at: datetime | None = None
    ended_at: datetime | None = None
    progress_at: datetime | None = None
    """When something last moved for it."""
    reason: str | None = None
    """Why it failed or was cancelled."""
    version: int = 1

    @property
    def is_active(self) -> bool:
        """Whether it still works towards a sale."""
        return not self.status.is_final

    def start(self, now: datetime) -> None:
        """PLANNING → EXECUTING."""
        self._move("start", PipelineStatus.EXECUTING, PipelineStatus.PLANNING)
        self.started_at = self.progress_at = now

    def note_progress(self, now: datetime) -> bool:
        """Something moved for it: its reservations are renewed by this. False when that was noted a moment ago."""
        if self.progress_at is not None and now < self.progress_at + _A_MOMENT:
            return False
        self.progress_at = now
        return True

    def complete(self, now: datetime) -> None:
        """EXECUTING → COMPLETED."""
        self._move("complete", PipelineStatus.COMPLETED, PipelineStatus.EXECUTING)
        self.ended_at = now

    def fail(self, reason: str, now: datetime) -> None:
        """PLANNING or EXECUTING → FAILED: what it needs can no longer happen."""
        self._move("fail", PipelineStatus.FAILED, PipelineStatus.PLANNING, PipelineStatus.EXECUTING)
        self.reason = reason
        self.ended_at = now

    def cancel(self, reason: str, now: datetime) -> None:
        """PLANNING or EXECUTING → CANCELLED."""
        self._move("be cancelled", PipelineStatus.CANCELLED, PipelineStatus.PLANNING, PipelineStatus.EXECUTING)
        self.reason = reason
        self.ended_at = now

    def _move(self, move: str, to: PipelineStatus, *allowed: PipelineStatus) -> None:
        if self.status not in allowed:
            raise IllegalTransition("pipeline", self.id, self.status, move)
        self.status = to
