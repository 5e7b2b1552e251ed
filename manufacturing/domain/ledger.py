"""LedgerEntry: every credit that came or went. Profit is always a sum over these (docs/domain.md, "Money")."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from manufacturing.domain.ids import IntentId, PipelineId, PlayerId, TaskId


class EntryKind(StrEnum):
    """Why credits moved."""

    PURCHASE = "PURCHASE"
    SALE = "SALE"
    REFUEL = "REFUEL"
    FEE = "FEE"
    """Anything else that was paid: a ship, a repair."""
    TRANSFER = "TRANSFER"
    """Cost basis moved between two pipelines; the two entries add up to 0."""
    RECONCILIATION = "RECONCILIATION"
    """Credits that moved without us, found by comparing with the server."""


@dataclass(kw_only=True, eq=False)
class LedgerEntry:
    """One movement of credits: ``amount`` is positive when earned, negative when spent."""

    player_id: PlayerId
    kind: EntryKind
    amount: int
    at: datetime
    ship_symbol: str | None = None
    waypoint: str | None = None
    good: str | None = None
    units: int = 0
    unit_price: int = 0
    task_id: TaskId | None = None
    pipeline_id: PipelineId | None = None
    intent_id: IntentId | None = None
    """At most one entry per intent."""
    id: int = 0


class SpendStatus(StrEnum):
    """What became of reserved credits."""

    HELD = "HELD"
    ENDED = "ENDED"


@dataclass(kw_only=True, eq=False)
class SpendReservation:
    """Credits promised to one purchase while it is under way."""

    player_id: PlayerId
    intent_id: IntentId
    amount: int
    created_at: datetime
    status: SpendStatus = SpendStatus.HELD
    ended_at: datetime | None = None
    id: int = 0
