"""IntermediateGoods: the pool's side of the SharedResourceCoordinator (docs/domain.md, "The pool")."""

from datetime import datetime

from manufacturing.domain.decision import DecisionKind
from manufacturing.domain.ids import IdSource, PipelineId, PlayerId
from manufacturing.domain.intermediate_good_pool import (
    IntermediateGoodPool,
    LotStatus,
    PoolLot,
    PoolReservation,
    PoolReservationStatus,
    PoolTooSmall,
)
from manufacturing.domain.ledger import EntryKind, LedgerEntry
from manufacturing.domain.manufacturing_task import ManufacturingTask
from manufacturing.domain.policy import FleetPolicy
from manufacturing.domain.ports import UnitOfWork
from manufacturing.domain.ship import Ship


class IntermediateGoods:
    """Keeps lots, promises and sums in step, within the caller's unit of work."""

    def __init__(self, ids: IdSource, policy: FleetPolicy) -> None:
        self._ids = ids
        self._policy = policy

    def add(
        self,
        uow: UnitOfWork,
        holder: Ship,
        good: str,
        units: int,
        *,
        unit_cost: int,
        source: PipelineId | None,
        now: datetime,
    ) -> PoolLot:
        """``units`` of a good in the holder's hold are anybody's from now on."""
        pool = uow.pools.lock(holder.player_id, holder.system_symbol, good, now)
        lot = PoolLot(
            pool_id=pool.id,
            player_id=holder.player_id,
            good=good,
            holder_ship=holder.symbol,
            waypoint=holder.waypoint,
            units_added=units,
            units_held=units,
            unit_cost=unit_cost,
            added_at=now,
            source_pipeline_id=source,
        )
        pool.add(lot, now)
        uow.pools.add_lot(lot)
        reason = f"{units} {good} at {unit_cost} each wait aboard for whoever needs them"
        uow.decisions.note(holder.player_id, DecisionKind.PLAN, holder.symbol, reason, now)
        return lot

    def reserve(
        self,
        uow: UnitOfWork,
        player_id: PlayerId,
        system_symbol: str,
        good: str,
        units: int,
        consumer: PipelineId,
        now: datetime,
        *,
        lot_id: int | None = None,
    ) -> list[PoolReservation]:
        """Promises ``units`` to a pipeline, oldest lot first, over several lots if need be; all or PoolTooSmall.

        With ``lot_id`` they all come from that lot.
        """
        pool = uow.pools.lock(player_id, system_symbol, good, now)
        lots = [lot for lot in uow.pools.open_lots(pool.id) if lot_id in (None, lot.id)]
        free = sum(lot.free_units for lot in lots)
        if units > free:
            raise PoolTooSmall(good, units, free)
        promised: list[PoolReservation] = []
        for lot in lots:
            share = min(lot.free_units, units)
            if share > 0:
                pool.reserve(lot, share, now)
                promised.append(self._promise(uow, lot, share, consumer, now))
                units -= share
        uow.flush()
        return promised

    def _promise(
        self, uow: UnitOfWork, lot: PoolLot, units: int, consumer: PipelineId, now: datetime
    ) -> PoolReservation:
        reservation = PoolReservation(
            id=self._ids(),
            pool_id=lot.pool_id,
            lot_id=lot.id,
            player_id=lot.player_id,
            pipeline_id=consumer,
            units=units,
            reserved_at=now,
            expires_at=now + self._policy.pool_reservation_time,
        )
        uow.pools.add_reservation(reservation)
        return reservation

    def consume(self, uow: UnitOfWork, reservation_id: str, units: int, now: datetime) -> int:
        """``units`` of a promise were delivered: they leave the pool, and their cost moves to the consumer's ledger, so
        that the profits of both pipelines are true. How many of them the promise covered."""
        pool, lot, reservation = self._locked(uow, reservation_id, now)
        taken = min(units, reservation.units_open)
        if taken:
            pool.consume(lot, reservation, taken, now)
            self._transfer(
                uow, lot, taken, lot.unit_cost, now, payer=reservation.pipeline_id, payee=lot.source_pipeline_id
            )
        return taken

    def hand_over(self, uow: UnitOfWork, reservation_id: str, receiver: Ship, units: int, now: datetime) -> None:
        """``units`` of a promise's lot are in the receiver's hold now, and so is the promise, if it still holds."""
        pool, lot, reservation = self._locked(uow, reservation_id, now)
        able = min(units, reservation.units_open + lot.units_held - lot.units_reserved)
        if able <= 0:
            return
        part = pool.hand_over(lot, reservation, able, receiver.symbol, now)
        if part is not None:
            uow.pools.add_lot(part)
            if part.units_reserved:
                reservation.lot_id = part.id

    @staticmethod
    def _transfer(
        uow: UnitOfWork,
        lot: PoolLot,
        units: int,
        price: int,
        now: datetime,
        *,
        payer: PipelineId | None,
        payee: PipelineId | None,
    ) -> None:
        """Two entries that add up to 0: units of the lot change hands between pipelines at ``price`` each."""
        for pipeline_id, amount in ((payer, -units * price), (payee, units * price)):
            uow.ledger.add(
                LedgerEntry(
                    player_id=lot.player_id,
                    kind=EntryKind.TRANSFER,
                    amount=amount,
                    at=now,
                    ship_symbol=lot.holder_ship,
                    waypoint=lot.waypoint,
                    good=lot.good,
                    units=units,
                    unit_price=price,
                    pipeline_id=pipeline_id,
                )
            )

    def release_all(self, uow: UnitOfWork, pipeline_id: PipelineId, now: datetime) -> None:
        """The pipeline has ended: what was promised to it is anybody's again."""
        for reservation in self._in_order_of_pools(uow, uow.pools.reserved_by(pipeline_id)):
            self.release(uow, reservation.id, PoolReservationStatus.RELEASED, now)

    def release(self, uow: UnitOfWork, reservation_id: str, status: PoolReservationStatus, now: datetime) -> None:
        """Ends a promise that has not been kept; nothing when it has ended already."""
        pool, lot, reservation = self._locked(uow, reservation_id, now)
        if reservation.status is PoolReservationStatus.RESERVED:
            pool.release(lot, reservation, status, now)

    def expire_stale(self, uow: UnitOfWork, now: datetime) -> int:
        """Ends the promises whose time has passed; how many."""
        late = self._in_order_of_pools(uow, uow.pools.stale(now))
        for reservation in late:
            self.release(uow, reservation.id, PoolReservationStatus.EXPIRED, now)
        return len(late)

    def begin_sale_of_idle(self, uow: UnitOfWork, player_id: PlayerId, now: datetime) -> list[PoolLot]:
        """Takes out the lots nobody has wanted for the policy's time; their holders may sell them now."""
        return [
            lot
            for lot in uow.pools.lots_aboard(player_id)
            if lot.status is LotStatus.OPEN
            and lot.units_reserved == 0
            and now - lot.added_at >= self._policy.pool_idle_time
            and self._begin_sale(uow, lot, now)
        ]

    def _begin_sale(self, uow: UnitOfWork, lot: PoolLot, now: datetime) -> bool:
        pool = self._lock_pool(uow, lot, now)
        current = uow.pools.lot(lot.id)
        if current.status is not LotStatus.OPEN or current.units_reserved:
            return False
        pool.begin_sale(current, now)
        return True

    def sold_from(
        self,
        uow: UnitOfWork,
        ship: Ship,
        good: str,
        units: int,
        now: datetime,
        *,
        seller: ManufacturingTask | None = None,
        price: int = 0,
    ) -> None:
        """The ship sold ``units`` that were promised to nobody, at ``price`` each: they are no longer in the pool's
        lots aboard it, and what they brought belongs to the pipelines that paid for them."""
        for lot in uow.pools.lots_aboard(ship.player_id, ship.symbol):
            if lot.good != good or units <= 0:
                continue
            pool = self._lock_pool(uow, lot, now)
            current = uow.pools.lot(lot.id)
            share = min(units, current.units_held - current.units_reserved)
            if share <= 0:
                continue
            pool.liquidate(current, share, now)
            units -= share
            if seller is not None and seller.pipeline_id != current.source_pipeline_id:
                self._transfer(
                    uow, current, share, price, now, payer=seller.pipeline_id, payee=current.source_pipeline_id
                )

    def match_hold(self, uow: UnitOfWork, ship: Ship, now: datetime) -> None:
        """Units that a hold no longer has (the player took a hand in it) are written off its lots."""
        lots = uow.pools.lots_aboard(ship.player_id, ship.symbol)
        for good in sorted({lot.good for lot in lots}):
            missing = sum(lot.units_held for lot in lots if lot.good == good) - ship.units_of(good)
            if missing <= 0:
                continue
            reason = f"{missing} {good} of the pool are no longer aboard: written off"
            uow.decisions.note(ship.player_id, DecisionKind.RECOVER, ship.symbol, reason, now)
            self.sold_from(uow, ship, good, missing, now)

    def _locked(
        self, uow: UnitOfWork, reservation_id: str, now: datetime
    ) -> tuple[IntermediateGoodPool, PoolLot, PoolReservation]:
        lot = uow.pools.lot(uow.pools.reservation(reservation_id).lot_id)
        pool = self._lock_pool(uow, lot, now)
        return pool, uow.pools.lot(lot.id), uow.pools.reservation(reservation_id)

    @staticmethod
    def _in_order_of_pools(uow: UnitOfWork, promises: list[PoolReservation]) -> list[PoolReservation]:
        """Whoever locks several pools does it in one order, or two would wait for each other."""
        return sorted(promises, key=lambda promise: (promise.player_id, uow.pools.lot(promise.lot_id).good))

    @staticmethod
    def _lock_pool(uow: UnitOfWork, lot: PoolLot, now: datetime) -> IntermediateGoodPool:
        system = lot.waypoint.rpartition("-")[0]
        return uow.pools.lock(lot.player_id, system, lot.good, now)
