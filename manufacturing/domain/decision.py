"""Decision: why something was done, or not done."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from manufacturing.domain.ids import PlayerId


class DecisionKind(StrEnum):
    """What was decided upon."""

    ASSIGN = "ASSIGN"
    """A task was given to a ship."""
    SKIP = "SKIP"
    """An opportunity, a task or a ship was passed over."""
    PLAN = "PLAN"
    """A pipeline was created."""
    PARK = "PARK"
    """Work was put off."""
    POLL = "POLL"
    """A factory was looked at, or could not be."""
    REFUSE = "REFUSE"
    """A guard said no."""
    END = "END"
    """A task or pipeline ended."""
    RECOVER = "RECOVER"
    """Something left behind was put right."""
    ERROR = "ERROR"
    """Something went wrong that nobody foresaw: most likely a mistake of the program's own."""


@dataclass(kw_only=True, eq=False)
class Decision:
    """One decision; the same one repeated is one row, counted."""

    player_id: PlayerId
    kind: DecisionKind
    subject: str
    """The ship, task, pipeline, good or factory it is about."""
    reason: str
    first_at: datetime
    last_at: datetime
    times: int = 1
    details: dict[str, Any] = field(default_factory=dict)
    """What was known: figures the decision was taken on."""
    id: int = 0


@dataclass(kw_only=True, eq=False)
class ApiUsage:
    """Calls by purpose and endpoint within one hour of game time."""

    player_id: PlayerId
    hour: datetime
    purpose: str
    endpoint: str
    calls: int = 0
    rejected_429: int = 0
    id: int = 0
