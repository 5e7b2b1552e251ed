"""Events: what happened in a unit of work, published once it has committed. Each is a hint; the rows are the truth."""

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from manufacturing.domain.ids import PipelineId, PlayerId, TaskId


@dataclass(frozen=True, kw_only=True)
class StepDue:
    """A task's next step was queued and is due at ``due_at``; ``version`` is the row's."""

    task_id: TaskId
    version: int
    due_at: datetime


@dataclass(frozen=True, kw_only=True)
class PollDue:
    """A factory's next poll was queued and is due at ``due_at``; ``version`` is the row's."""

    factory_state_id: str
    version: int
    due_at: datetime


@dataclass(frozen=True, kw_only=True)
class WorkChanged:
    """Tasks became ready, or a ship became free: assign."""

    player_id: PlayerId


@dataclass(frozen=True, kw_only=True)
class PipelineEnded:
    """Its factories are free: look for the next opportunity."""

    player_id: PlayerId
    pipeline_id: PipelineId


Event = StepDue | PollDue | WorkChanged | PipelineEnded


class EventPublisher(Protocol):
    """Delivers events after the commit. It may lose them: a sweep finds what was lost."""

    def publish(self, events: list[Event]) -> None:
        """Sends each event to whoever acts on it."""
        ...
