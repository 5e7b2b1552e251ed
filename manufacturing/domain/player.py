"""The player: one agent in one universe, its money and its floor."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

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
    id: PlayerId = field(default=PlayerId(0))
    version: int = 1

    @property
    def is_active(self) -> bool:
        """Whether new work may be started."""
        return self.status is PlayerStatus.ACTIVE
