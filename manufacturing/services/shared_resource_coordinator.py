"""SharedResourceCoordinator: who may use which factory (docs/domain.md, "Factory reservations")."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from manufacturing.domain.clock import Clock
from manufacturing.domain.errors import StaleFencingToken
from manufacturing.domain.factory_reservation import FactoryReservation, ReservationStatus
from manufacturing.domain.ids import IdSource, PipelineId, PlayerId, ReservationId
from manufacturing.domain.policy import FleetPolicy
from manufacturing.domain.ports import UnitOfWork, UnitOfWorkFactory


class SharedResourceCoordinator:
    """Hands out factories: one pipeline at a time runs (factory, output good)."""

    def __init__(self, uow: UnitOfWorkFactory, clock: Clock, ids: IdSource, policy: FleetPolicy) -> None:
        self._uow = uow
        self._clock = clock
        self._ids = ids
        self._policy = policy

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
            reservation = self._reserve(uow, player_id, factory_symbol, output_good, pipeline_id, duration)
            uow.commit()
        return reservation

    def reserve_factories(
        self,
        uow: UnitOfWork,
        player_id: PlayerId,
        pipeline_id: PipelineId,
        factories: Sequence[tuple[str, str]],
    ) -> list[FactoryReservation]:
        """Reserves all (factory, output good) in the caller's transaction, in one order for everybody.

        FactoryAlreadyReserved when one is taken: the caller's transaction must then be given up, so that a pipeline
        never holds some and waits for others.
        """
        return [
            self._reserve(uow, player_id, factory, output_good, pipeline_id, None)
            for factory, output_good in sorted(factories)
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
        """The pipeline ended: its factories are free."""
        status = ReservationStatus.FULFILLED if fulfilled else ReservationStatus.CANCELLED
        for reservation in uow.reservations.find_by_pipeline_id(pipeline_id):
            if reservation.status is ReservationStatus.ACTIVE:
                uow.reservations.end(reservation.id, status, now)

    def check_token(self, uow: UnitOfWork, pipeline_id: PipelineId, factory_symbol: str, output_good: str) -> int:
        """The fencing token of the pipeline's right to the factory; StaleFencingToken when it has ended."""
        for reservation in uow.reservations.find_by_pipeline_id(pipeline_id):
            if (reservation.factory_symbol, reservation.output_good) != (factory_symbol, output_good):
                continue
            if reservation.status is ReservationStatus.ACTIVE:
                return reservation.fencing_token
        raise StaleFencingToken(
            f"pipeline {pipeline_id} no longer holds {factory_symbol} for {output_good}: it must not trade there"
        )

    def expire_stale_reservations(self) -> list[FactoryReservation]:
        """Ends the reservations whose pipelines made no progress in time; the ones this call ended."""
        with self._uow() as uow:
            expired = uow.reservations.expire_stale(self._clock.now())
            uow.commit()
        return expired

    def _reserve(
        self,
        uow: UnitOfWork,
        player_id: PlayerId,
        factory_symbol: str,
        output_good: str,
        pipeline_id: PipelineId,
        duration: timedelta | None,
    ) -> FactoryReservation:
        now = self._clock.now()
        reservation = FactoryReservation(
            id=ReservationId(self._ids()),
            player_id=player_id,
            factory_symbol=factory_symbol,
            output_good=output_good,
            pipeline_id=pipeline_id,
            reserved_at=now,
            expires_at=now + (duration or self._policy.reservation_time),
        )
        uow.reservations.create(reservation)
        return reservation
