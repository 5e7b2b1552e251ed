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


def delivery_slot(input_good: str, window_start: datetime, window_end: datetime) -> dict[str, Any]:
    """A slot for one input, not yet taken by a ship. Times are kept in ISO format, units in units of the good."""
    return {
        "input_good": input_good,
        "expected_ship": None,
        "delivered": 0,
        "delivered_at": None,
        "window_start": window_start.isoformat(),
        "window_end": window_end.isoformat(),
    }


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
    """After fulfilment: until when the holder keeps the first right to collect."""
    collected_at: datetime | None = None
    """When the holder collected what it came for."""
    ended_at: datetime | None = None
    version: int = 1

    def may_collect(self, now: datetime) -> bool:
        """Whether its pipeline may still collect by it: while it is held, and after fulfilment while agreed."""
        if self.status is ReservationStatus.ACTIVE:
            return True
        if self.status is not ReservationStatus.FULFILLED or self.collected_at is not None:
            return False
        return self.collect_until is not None and now < self.collect_until

    def has_run_out(self, now: datetime) -> bool:
        """Whether it ended before its pipeline was done: no progress, or not collected in time."""
        if self.status is ReservationStatus.FULFILLED and self.collected_at is None:
            return not self.may_collect(now)
        return self.status is ReservationStatus.EXPIRED

    def note_collection(self, now: datetime) -> None:
        """Its pipeline has collected: the right is used up, and the factory free if it was still held."""
        if self.status is ReservationStatus.ACTIVE:
            self.fulfil(now)
        self.collected_at = now

    def give_up_collecting(self, now: datetime) -> None:
        """Its pipeline will not collect any more: the next in order may."""
        if self.collect_until is not None:
            self.collect_until = min(self.collect_until, now)

    def note_delivery(self, good: str, ship: str, units: int, at: datetime) -> None:
        """A ship delivered ``units`` of an input: its slot says so."""
        self.delivery_slots = [
            {**slot, "expected_ship": ship, "delivered": slot["delivered"] + units, "delivered_at": at.isoformat()}
            if slot["input_good"] == good
            else slot
            for slot in self.delivery_slots
        ]

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
