"""TradeIntent: written before anything that spends, earns or moves goods, so that a lost answer can be settled
(docs/domain.md, "Trades happen once")."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from manufacturing.domain.errors import IllegalTransition
from manufacturing.domain.ids import IntentId, PipelineId, PlayerId, TaskId


class IntentKind(StrEnum):
    """What was about to be done."""

    BUY = "BUY"
    SELL = "SELL"
    REFUEL = "REFUEL"
    TRANSFER = "TRANSFER"


class IntentStatus(StrEnum):
    """What became of it."""

    OPEN = "OPEN"
    """Issued, or about to be: whether it took effect is not known yet."""
    CONFIRMED = "CONFIRMED"
    """It took effect and stands in the ledger."""
    REFUSED = "REFUSED"
    """It did not take effect."""


@dataclass(kw_only=True, eq=False)
class TradeIntent:
    """What we are about to do, and how the world looked before."""

    id: IntentId
    player_id: PlayerId
    task_id: TaskId | None
    pipeline_id: PipelineId | None
    ship_symbol: str
    """For TRANSFER, the ship that hands over."""
    kind: IntentKind
    waypoint: str
    good: str
    units: int
    """Units of cargo; for REFUEL, ship fuel units."""
    unit_price: int
    """The quote it was decided on, in credits."""
    held_before: int
    """Units of the good aboard before; for REFUEL, fuel in the tank before."""
    credits_reserved: int
    """The most it can cost."""
    created_at: datetime
    to_ship: str | None = None
    """TRANSFER: the ship that receives."""
    fencing_token: int | None = None
    status: IntentStatus = IntentStatus.OPEN
    settled_at: datetime | None = None
    outcome: str | None = None
    """How it was settled, in words."""
    version: int = 1

    def confirm(self, now: datetime, outcome: str) -> None:
        """OPEN → CONFIRMED: it took effect."""
        self._settle(IntentStatus.CONFIRMED, now, outcome)

    def refuse(self, now: datetime, outcome: str) -> None:
        """OPEN → REFUSED: it did not take effect."""
        self._settle(IntentStatus.REFUSED, now, outcome)

    def _settle(self, status: IntentStatus, now: datetime, outcome: str) -> None:
        if self.status is not IntentStatus.OPEN:
            raise IllegalTransition("intent", self.id, self.status, "be settled")
        self.status = status
        self.settled_at = now
        self.outcome = outcome
