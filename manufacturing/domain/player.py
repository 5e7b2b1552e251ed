"""The player: one agent in one universe, its money and its floor."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from manufacturing.domain.credit_floor import CreditFloor
from manufacturing.domain.ids import PlayerId


class PlayerStatus(StrEnum):
    """Whether work is done for a player."""

    ACTIVE = "ACTIVE"
    PAUSED = "PAUSED"
    """No new work is started; what is under way is finished."""
    RESET = "RESET"
    """The universe was reset: the rows stay readable and are never acted on."""


@dataclass(kw_only=True, eq=False)
class Player:
    """An agent, with its credits as our own bookkeeping has them."""

    agent_symbol: str
    server_url: str
    reset_date: str
    """The day its universe began, ``YYYY-MM-DD``."""
    faction: str
    headquarters: str
    system_symbol: str
    """The system it manufactures in."""
    credits: int
    """Start credits plus the ledger."""
    start_credits: int
    created_at: datetime
    time_scale: str | None = None
    """How game time runs, as ``TimeScale`` writes it; None for the real game's."""
    credits_reserved: int = 0
    """Credits promised to purchases under way."""
    status: PlayerStatus = PlayerStatus.ACTIVE
    status_reason: str | None = None
    last_market_update: datetime | None = None
    peak_credits: int | None = None
    """The most credits it had since some were spent without us; None before any moved."""
    floor_amount: int | None = None
    """With ``floor_share`` the player's own floor; None for the policy's."""
    floor_share: float | None = None
    budget_weight: int = 1
    """Its part of the API calls, against the parts of others that want calls of the same budget."""
    id: PlayerId = field(default=PlayerId(0))
    version: int = 1

    @property
    def is_active(self) -> bool:
        """Whether new work may be started."""
        return self.status is PlayerStatus.ACTIVE

    @property
    def floor_basis(self) -> int:
        """The credits of which a floor may be a share: the most there were, for a share of what is left would fall with
        every purchase and hold nothing back."""
        return max(self.credits, self.peak_credits or 0)

    @property
    def own_floor(self) -> CreditFloor | None:
        """The floor that the player has set for this agent; None where the policy's holds."""
        if self.floor_amount is None or self.floor_share is None:
            return None
        return CreditFloor(amount=self.floor_amount, share=self.floor_share)

    @own_floor.setter
    def own_floor(self, floor: CreditFloor | None) -> None:
        self.floor_amount = floor.amount if floor is not None else None
        self.floor_share = floor.share if floor is not None else None
