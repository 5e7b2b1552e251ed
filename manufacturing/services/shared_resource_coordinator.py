"""SharedResourceCoordinator: who may use which factory, and which goods (docs/domain.md, "Factory reservations" and
"The pool")."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from datetime import datetime, timedelta

from manufacturing.domain.clock import Clock
from manufacturing.domain.errors import StaleFencingToken
from manufacturing.domain.factory_reservation import FactoryReservation, ReservationStatus, delivery_slot
from manufacturing.domain.ids import IdSource, PipelineId, PlayerId, ReservationId
from manufacturing.domain.intermediate_good_pool import PoolLot, PoolReservation
from manufacturing.domain.manufacturing_pipeline import ManufacturingPipeline
from manufacturing.domain.manufacturing_task import ManufacturingTask
from manufacturing.domain.policy import FleetPolicy
from manufacturing.domain.ports import Locks, UnitOfWork, UnitOfWorkFactory
from manufacturing.services.intermediate_goods import IntermediateGoods

#: How long, in wall time, a factory's lock may be held: one transaction.
_CLAIM_TTL = timedelta(seconds=10)


class SharedResourceCoordinator:
    """Hands out factories (one pipeline at a time runs a factory's output) and the goods of the pool."""

    def __init__(self, uow: UnitOfWorkFactory, clock: Clock, ids: IdSource, policy: FleetPolicy, locks: Locks) -> None:
        self._uow = uow
        self._clock = clock
        self._ids = ids
        self._policy = policy
        self._locks = locks
        self.goods = IntermediateGoods(ids, policy)

    def reserve_factory(
        self,
        player_id: PlayerId,
        factory_symbol: str,
        output_good: str,
        pipeline_id: PipelineId,
        duration: timedelta | None = None,
    ) -> FactoryReservation:
        """Reserves one factory, for the policy's time unless told. FactoryAlreadyReserved when it is taken."""
        with self._uow() as uow:
            reservation = self._reserve(uow, player_id, factory_symbol, output_good, pipeline_id, (), duration)
            uow.commit()
        return reservation

    @contextmanager
    def claiming(self, player_id: PlayerId, factories: Sequence[tuple[str, str]]) -> Iterator[None]:
        """Keeps others from even trying for these (factory, output good) meanwhile. LockHeld when somebody is at one of
        them. It spares work; who gets a factory is decided by the database alone."""
        with ExitStack() as held:
            for factory, output_good in sorted(factories):
                held.enter_context(self._locks.lock(f"factory:{player_id}:{factory}:{output_good}", _CLAIM_TTL))
            yield

    def reserve_factories(
        self,
        uow: UnitOfWork,
        player_id: PlayerId,
        pipeline_id: PipelineId,
        cycles: Mapping[tuple[str, str], Sequence[str]],
    ) -> list[FactoryReservation]:
        """Reserves all (factory, output good) in the caller's transaction, in one order for everybody, each with a slot
        for every input it is to be given.

        FactoryAlreadyReserved when one is taken: the caller's transaction must then be given up, so that a pipeline
        never holds some and waits for others.
        """
        return [
            self._reserve(uow, player_id, factory, output_good, pipeline_id, cycles[factory, output_good], None)
            for factory, output_good in sorted(cycles)
        ]

    def release_reservation(self, reservation_id: ReservationId) -> bool:
        """ACTIVE → CANCELLED; False when it had ended already."""
        with self._uow() as uow:
            ended = uow.reservations.end(reservation_id, ReservationStatus.CANCELLED, self._clock.now())
            uow.commit()
        return ended

    def is_factory_available(self, player_id: PlayerId, factory_symbol: str, output_good: str) -> bool:
        """Whether nobody holds it at this moment. For display: only ``reserve_factory`` decides."""
        with self._uow() as uow:
            return uow.reservations.find_active_by_factory(player_id, factory_symbol, output_good) is None

    def get_active_reservations(
        self, player_id: PlayerId, factory_symbol: str | None = None
    ) -> list[FactoryReservation]:
        """The reservations held now, of one factory or of all."""
        with self._uow() as uow:
            active = uow.reservations.active(player_id)
        return [r for r in active if factory_symbol in (None, r.factory_symbol)]

    def renew(self, uow: UnitOfWork, pipeline_id: PipelineId, now: datetime) -> None:
        """The pipeline made progress: its reservations last longer."""
        uow.reservations.renew_of_pipeline(pipeline_id, now + self._policy.reservation_time)

    def end_all(self, uow: UnitOfWork, pipeline_id: PipelineId, *, fulfilled: bool, now: datetime) -> None:
        """The pipeline ended: its factories are free, and so are the goods promised to it."""
        status = ReservationStatus.FULFILLED if fulfilled else ReservationStatus.CANCELLED
        for reservation in uow.reservations.find_by_pipeline_id(pipeline_id):
            if reservation.status is ReservationStatus.ACTIVE:
                uow.reservations.end(reservation.id, status, now)
            elif reservation.status is ReservationStatus.FULFILLED and reservation.collected_at is None:
                reservation.give_up_collecting(now)
        self.goods.release_all(uow, pipeline_id, now)

    def run_out(self, uow: UnitOfWork, pipelines: Sequence[ManufacturingPipeline]) -> list[PipelineId]:
        """Those of the pipelines that are to be given up, in their order, as it seems without a lock."""
        now = self._clock.now()
        theirs = uow.reservations.find_by_pipeline_ids([pipeline.id for pipeline in pipelines])
        ended = {reservation.pipeline_id for reservation in theirs if reservation.has_run_out(now)}
        return [pipeline.id for pipeline in pipelines if pipeline.id in ended]

    def why_run_out(self, uow: UnitOfWork, pipeline: ManufacturingPipeline) -> str | None:
        """Why the pipeline must be given up: its right to a factory has ended without it. None while it may go on."""
        now = self._clock.now()
        for reservation in uow.reservations.find_by_pipeline_id(pipeline.id):
            if reservation.has_run_out(now):
                return f"no progress at {reservation.factory_symbol} until {reservation.expires_at:%Y-%m-%d %H:%M}"
        return None

    def right_to_deliver(
        self, uow: UnitOfWork, pipeline_id: PipelineId, factory_symbol: str, output_good: str
    ) -> FactoryReservation | None:
        """The pipeline's reservation of the factory, by which it may deliver; None where factories are not reserved.
        StaleFencingToken when it has ended."""
        for reservation in self._of_factory(uow, pipeline_id, factory_symbol, output_good):
            if reservation.status is ReservationStatus.ACTIVE:
                return reservation
        raise _stale(pipeline_id, factory_symbol, output_good)

    def right_to_collect(
        self, uow: UnitOfWork, pipeline_id: PipelineId, factory_symbol: str, output_good: str
    ) -> FactoryReservation | None:
        """The reservation by which the pipeline may collect; None where factories are not reserved. StaleFencingToken
        when it has none any more."""
        for reservation in self._of_factory(uow, pipeline_id, factory_symbol, output_good):
            if reservation.may_collect(self._clock.now()):
                return reservation
        raise _stale(pipeline_id, factory_symbol, output_good)

    def ahead_of(self, uow: UnitOfWork, task: ManufacturingTask) -> PipelineId | None:
        """The pipeline that may collect at the task's factory before it: those who fulfilled first collect first."""
        if task.factory_symbol is None or task.output_good is None:
            return None
        entitled = uow.reservations.entitled_to_collect(
            task.player_id, task.factory_symbol, task.output_good, self._clock.now()
        )
        first = entitled[0].pipeline_id if entitled else None
        return first if first != task.pipeline_id else None

    @staticmethod
    def _of_factory(
        uow: UnitOfWork, pipeline_id: PipelineId, factory_symbol: str, output_good: str
    ) -> list[FactoryReservation]:
        return [
            reservation
            for reservation in uow.reservations.find_by_pipeline_id(pipeline_id)
            if (reservation.factory_symbol, reservation.output_good) == (factory_symbol, output_good)
        ]

    def note_delivery(self, uow: UnitOfWork, task: ManufacturingTask, units: int, now: datetime) -> None:
        """A DELIVER sold ``units`` to its factory: the slot of that input says so."""
        if task.pipeline_id is None or task.factory_symbol is None or task.output_good is None:
            return
        for reservation in self._of_factory(uow, task.pipeline_id, task.factory_symbol, task.output_good):
            if reservation.status is ReservationStatus.ACTIVE and task.good and task.ship_symbol:
                reservation.note_delivery(task.good, task.ship_symbol, units, now)

    def fulfil(self, uow: UnitOfWork, pipeline_id: PipelineId, factory_symbol: str, output_good: str) -> None:
        """Every input the pipeline has for the factory is delivered: others may feed it, this one collects first."""
        now = self._clock.now()
        for reservation in self._of_factory(uow, pipeline_id, factory_symbol, output_good):
            if reservation.status is ReservationStatus.ACTIVE and reservation.delivery_slots:
                reservation.fulfil(now, now + self._policy.collect_time)

    def note_collection(self, uow: UnitOfWork, task: ManufacturingTask, now: datetime) -> None:
        """A COLLECT has got what it came for: the next in order may collect."""
        if task.pipeline_id is None or task.factory_symbol is None or task.output_good is None:
            return
        for reservation in self._of_factory(uow, task.pipeline_id, task.factory_symbol, task.output_good):
            if reservation.may_collect(now):
                reservation.note_collection(now)

    def add_to_pool(
        self, player_id: PlayerId, holder_ship: str, good: str, units: int, source_pipeline: PipelineId | None
    ) -> PoolLot:
        """Goods in a ship's hold become anybody's, at what they cost. UnknownThing when there is no such ship."""
        now = self._clock.now()
        with self._uow() as uow:
            holder = uow.ships.get(player_id, holder_ship)
            bought = uow.ledger.last_purchase(player_id, holder_ship, good)
            cost = bought.unit_price if bought is not None else 0
            lot = self.goods.add(uow, holder, good, units, unit_cost=cost, source=source_pipeline, now=now)
            uow.commit()
        return lot

    def reserve_from_pool(
        self, player_id: PlayerId, system_symbol: str, good: str, units: int, consumer_pipeline: PipelineId
    ) -> list[PoolReservation]:
        """Promises goods of the pool to a pipeline, oldest first, all or PoolTooSmall; one row for each lot."""
        with self._uow() as uow:
            promised = self.goods.reserve(
                uow, player_id, system_symbol, good, units, consumer_pipeline, self._clock.now()
            )
            uow.commit()
        return promised

    def consume_reservation(self, reservation_id: str, units: int | None = None) -> None:
        """The consumer has taken ``units`` of what it was promised, all unless told; their cost becomes its own."""
        with self._uow() as uow:
            wanted = uow.pools.reservation(reservation_id).units_open if units is None else units
            self.goods.consume(uow, reservation_id, wanted, self._clock.now())
            uow.commit()

    def get_pool_availability(self, player_id: PlayerId, system_symbol: str, good: str) -> tuple[int, int]:
        """Units free and units promised."""
        with self._uow() as uow:
            pool = uow.pools.find(player_id, system_symbol, good)
        return (pool.available_units, pool.reserved_units) if pool is not None else (0, 0)

    def expire_stale_reservations(self) -> list[FactoryReservation]:
        """Ends the reservations of factories and goods whose pipelines made no progress in time; the factories' that
        this call ended."""
        now = self._clock.now()
        with self._uow() as uow:
            expired = uow.reservations.expire_stale(now)
            self.goods.expire_stale(uow, now)
            uow.commit()
        return expired

    def _reserve(
        self,
        uow: UnitOfWork,
        player_id: PlayerId,
        factory_symbol: str,
        output_good: str,
        pipeline_id: PipelineId,
        inputs: Sequence[str],
        duration: timedelta | None,
    ) -> FactoryReservation:
        now = self._clock.now()
        expires_at = now + (duration or self._policy.reservation_time)
        reservation = FactoryReservation(
            id=ReservationId(self._ids()),
            player_id=player_id,
            factory_symbol=factory_symbol,
            output_good=output_good,
            pipeline_id=pipeline_id,
            reserved_at=now,
            expires_at=expires_at,
            delivery_slots=[delivery_slot(good, now, expires_at) for good in inputs],
        )
        uow.reservations.create(reservation)
        return reservation


def _stale(pipeline_id: PipelineId, factory_symbol: str, output_good: str) -> StaleFencingToken:
    return StaleFencingToken(
        f"pipeline {pipeline_id} no longer holds {factory_symbol} for {output_good}: it must not trade there"
    )
