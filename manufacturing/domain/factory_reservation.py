"""FactoryReservation: the exclusive right to one production cycle (docs/domain.md, "Factory reservations")."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from manufacturing.domain.errors import IllegalTransition
from manufacturing.domain.ids import PipelineId, PlayerId, ReservationId


class ReservationStatus(StrEnum):
    """Whether the right is still held."""

    ACTIVE = "ACTIVE"
    FULFILLED = "FULFILLED"
    """Every input was delivered; the holder may still collect first."""
    EXPIRED = "EXPIRED"
    """No progress for too long."""
    CANCELLED = "CANCELLED"
    """Its pipeline ended early."""


@dataclass(kw_only=True, eq=False)
class FactoryReservation:
    """One pipeline's exclusive right to run one production cycle at (player, factory, output good)."""

    id: ReservationId
    player_id: PlayerId
    factory_symbol: str
    output_good: str
    pipeline_id: PipelineId
    reserved_at: datetime
    expires_at: datetime
    fencing_token: int = 0
    """Grows with every reservation made: an older holder's token is stale."""
    delivery_slots: list[dict[str, Any]] = field(default_factory=list)
    """One per input: input good, expected ship, units, window start and end."""
    status: ReservationStatus = ReservationStatus.ACTIVE
    collect_until: datetime | None = None
    ended_at: datetime | None = None
    version: int = 1

    def renew(self, expires_at: datetime) -> None:
        """Progress moves the expiry out; never in."""
        self._require_active("be renewed")
        self.expires_at = max(self.expires_at, expires_at)

    def fulfil(self, now: datetime, collect_until: datetime | None = None) -> None:
        """ACTIVE → FULFILLED."""
        self._require_active("be fulfilled")
        self.status = ReservationStatus.FULFILLED
        self.collect_until = collect_until
        self.ended_at = now

    def expire(self, now: datetime) -> None:
        """ACTIVE → EXPIRED."""
        self._require_active("expire")
        self.status = ReservationStatus.EXPIRED
        self.ended_at = now

    def cancel(self, now: datetime) -> None:
        """ACTIVE → CANCELLED."""
        self._require_active("be cancelled")
        self.status = ReservationStatus.CANCELLED
        self.ended_at = now

    def _require_active(self, move: str) -> None:
        if self.status is not ReservationStatus.ACTIVE:
            raise IllegalTransition("factory reservation", self.id, self.status, move)
