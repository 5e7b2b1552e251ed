"""IntermediateGoodPool: goods in holds that any pipeline may use (docs/domain.md, "The pool").

Goods exist only in a hold, so a pool is backed by lots. Every change goes through the pool's methods, which keep its
sums and the lot in step: units added = held + consumed + liquidated, and reserved ≤ held, always.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from manufacturing.domain.errors import IllegalTransition, ManufacturingError
from manufacturing.domain.ids import PipelineId, PlayerId


class PoolTooSmall(ManufacturingError):
    """The pool has fewer free units than were asked for."""

    def __init__(self, good: str, asked: int, free: int) -> None:
        super().__init__(f"the pool has {free} free units of {good}, {asked} were asked for")
        self.free = free


class LotStatus(StrEnum):
    """Whether a lot still has goods to give."""

    OPEN = "OPEN"
    SELLING = "SELLING"
    """Nobody wanted it for too long: its holder is on the way to sell it, and it can no longer be reserved."""
    CLOSED = "CLOSED"
    """Its holder has nothing of it left."""


@dataclass(kw_only=True, eq=False)
class PoolLot:
    """Units of a pool's good in one ship's hold, at one cost."""

    pool_id: int
    player_id: PlayerId
    good: str
    holder_ship: str
    waypoint: str
    """Where its holder waits with it."""
    units_added: int
    units_held: int
    unit_cost: int
    """What one unit cost its source, in credits."""
    added_at: datetime
    units_reserved: int = 0
    units_consumed: int = 0
    units_liquidated: int = 0
    source_pipeline_id: PipelineId | None = None
    status: LotStatus = LotStatus.OPEN
    id: int = 0
    version: int = 1

    @property
    def free_units(self) -> int:
        """Units held that are promised to nobody and not being sold."""
        return self.units_held - self.units_reserved if self.status is LotStatus.OPEN else 0


class PoolReservationStatus(StrEnum):
    """What became of a promise."""

    RESERVED = "RESERVED"
    CONSUMED = "CONSUMED"
    RELEASED = "RELEASED"
    EXPIRED = "EXPIRED"


@dataclass(kw_only=True, eq=False)
class PoolReservation:
    """Units of one lot promised to one pipeline; a promise over several lots has a row for each."""

    id: str
    pool_id: int
    lot_id: int
    player_id: PlayerId
    pipeline_id: PipelineId
    units: int
    reserved_at: datetime
    expires_at: datetime
    units_consumed: int = 0
    """Units its pipeline has taken so far."""
    status: PoolReservationStatus = PoolReservationStatus.RESERVED
    ended_at: datetime | None = None
    version: int = 1

    @property
    def units_open(self) -> int:
        """Units still promised."""
        return self.units - self.units_consumed if self.status is PoolReservationStatus.RESERVED else 0


@dataclass(kw_only=True, eq=False)
class IntermediateGoodPool:
    """(player, system, good), with the sums over its lots."""

    player_id: PlayerId
    good: str
    system_symbol: str
    updated_at: datetime
    available_units: int = 0
    """In holds and promised to nobody."""
    reserved_units: int = 0
    """In holds and promised."""
    id: int = 0
    version: int = 1

    def add(self, lot: PoolLot, now: datetime) -> None:
        """A lot comes in."""
        self.available_units += lot.units_held
        self.updated_at = now

    def reserve(self, lot: PoolLot, units: int, now: datetime) -> None:
        """``units`` of the lot are promised. PoolTooSmall when it has not so many free."""
        if units > lot.free_units:
            raise PoolTooSmall(self.good, units, lot.free_units)
        lot.units_reserved += units
        self.available_units -= units
        self.reserved_units += units
        self.updated_at = now

    def release(self, lot: PoolLot, reservation: PoolReservation, status: PoolReservationStatus, now: datetime) -> None:
        """What is left of the promise is free again: it was given up (RELEASED) or came too late (EXPIRED)."""
        units = reservation.units_open
        self._end(reservation, status, now)
        lot.units_reserved -= units
        self.reserved_units -= units
        self.available_units += units
        self.updated_at = now

    def consume(self, lot: PoolLot, reservation: PoolReservation, units: int, now: datetime) -> None:
        """``units`` of the promise have left the hold for the pipeline's use. PoolTooSmall when fewer are promised."""
        if units > reservation.units_open:
            raise PoolTooSmall(self.good, units, reservation.units_open)
        reservation.units_consumed += units
        lot.units_reserved -= units
        lot.units_held -= units
        lot.units_consumed += units
        self.reserved_units -= units
        self.updated_at = now
        if reservation.units_open == 0:
            self._end(reservation, PoolReservationStatus.CONSUMED, now)
        self._close_empty(lot)

    def hand_over(
        self, lot: PoolLot, reservation: PoolReservation, units: int, receiver: str, now: datetime
    ) -> PoolLot | None:
        """``units`` of the lot, those of the promise first, are now in the receiver's hold: the lot they make there, or
        None when the whole lot has moved. Of the promise no more is left than has moved. PoolTooSmall when the lot has
        fewer that are promised to nobody else."""
        promised = min(units, reservation.units_open)
        if units - promised > lot.units_held - lot.units_reserved:
            raise PoolTooSmall(self.good, units, promised + lot.units_held - lot.units_reserved)
        self._shrink(lot, reservation, promised, now)
        if units == lot.units_held:
            lot.holder_ship = receiver
            return None
        lot.units_added -= units
        lot.units_held -= units
        lot.units_reserved -= promised
        return PoolLot(
            pool_id=lot.pool_id,
            player_id=lot.player_id,
            good=lot.good,
            holder_ship=receiver,
            waypoint=lot.waypoint,
            units_added=units,
            units_held=units,
            units_reserved=promised,
            unit_cost=lot.unit_cost,
            added_at=lot.added_at,
            source_pipeline_id=lot.source_pipeline_id,
            status=lot.status,
        )

    def _shrink(self, lot: PoolLot, reservation: PoolReservation, to: int, now: datetime) -> None:
        surplus = reservation.units_open - to
        reservation.units -= surplus
        lot.units_reserved -= surplus
        self.reserved_units -= surplus
        self.available_units += surplus
        self.updated_at = now

    def begin_sale(self, lot: PoolLot, now: datetime) -> None:
        """Nobody wants the lot: it can no longer be reserved. IllegalTransition when units of it are promised."""
        if lot.status is not LotStatus.OPEN or lot.units_reserved:
            raise IllegalTransition("pool lot", str(lot.id), f"{lot.status} with promises", "be sold")
        self.available_units -= lot.units_held
        lot.status = LotStatus.SELLING
        self.updated_at = now

    def liquidate(self, lot: PoolLot, units: int, now: datetime) -> None:
        """``units`` of the lot were sold, or are gone. Free ones only: promised ones must be released first."""
        if lot.status is LotStatus.OPEN:
            if units > lot.free_units:
                raise PoolTooSmall(self.good, units, lot.free_units)
            self.available_units -= units
        elif units > lot.units_held:
            raise PoolTooSmall(self.good, units, lot.units_held)
        lot.units_held -= units
        lot.units_liquidated += units
        self.updated_at = now
        self._close_empty(lot)

    @staticmethod
    def _end(reservation: PoolReservation, status: PoolReservationStatus, now: datetime) -> None:
        if reservation.status is not PoolReservationStatus.RESERVED:
            raise IllegalTransition("pool reservation", reservation.id, reservation.status, f"become {status}")
        reservation.status = status
        reservation.ended_at = now

    @staticmethod
    def _close_empty(lot: PoolLot) -> None:
        if lot.units_held == 0:
            lot.status = LotStatus.CLOSED
