"""Factory reservations; the partial unique index on ACTIVE ones is what keeps a factory to one pipeline."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Select, any_, bindparam, func, select, update
from sqlalchemy.dialects.postgresql import ARRAY, insert
from sqlalchemy.orm import Session, make_transient_to_detached
from sqlalchemy.sql.dml import ReturningUpdate

from manufacturing.adapters.postgres.returning import updated
from manufacturing.adapters.postgres.shared_statement import shared_statement
from manufacturing.adapters.postgres.tables import factory_reservations, fencing_tokens
from manufacturing.domain.errors import FactoryAlreadyReserved, UnknownThing
from manufacturing.domain.factory_reservation import FactoryReservation, ReservationStatus
from manufacturing.domain.ids import PipelineId, PlayerId, ReservationId

_reservations = factory_reservations.c
_is_active = _reservations.status == ReservationStatus.ACTIVE


class PostgresFactoryReservationRepository:
    """See ports.FactoryReservationRepository."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def create(self, reservation: FactoryReservation) -> None:
        """Stores it and gives it its fencing token; FactoryAlreadyReserved when the factory is taken.

        While another transaction is about to take the same factory, this waits for what becomes of it. The
        transaction is still good after a refusal.
        """
        while (token := self._try_insert(reservation)) is None:
            holder = self.find_active_by_factory(
                reservation.player_id, reservation.factory_symbol, reservation.output_good
            )
            if holder is not None:
                raise FactoryAlreadyReserved(
                    holder.factory_symbol, holder.output_good, holder.pipeline_id, holder.expires_at
                )
            # It was given up between the two statements: try again.
        reservation.fencing_token = token
        make_transient_to_detached(reservation)
        self._session.add(reservation)

    def find_by_id(self, reservation_id: ReservationId) -> FactoryReservation:
        """UnknownThing when there is none."""
        reservation = self._session.get(FactoryReservation, reservation_id)
        if reservation is None:
            raise UnknownThing(f"there is no factory reservation {reservation_id}")
        return reservation

    def find_active_by_factory(
        self, player_id: PlayerId, factory_symbol: str, output_good: str
    ) -> FactoryReservation | None:
        """Who holds the factory output."""
        return self._session.scalar(
            select(FactoryReservation).where(
                _reservations.player_id == player_id,
                _reservations.factory_symbol == factory_symbol,
                _reservations.output_good == output_good,
                _is_active,
            )
        )

    def active(self, player_id: PlayerId) -> list[FactoryReservation]:
        """Every reservation held, oldest first."""
        return list(self._session.scalars(_active(), {"owner": player_id}))

    def find_by_pipeline_id(self, pipeline_id: PipelineId) -> list[FactoryReservation]:
        """The pipeline's reservations of any status, oldest first."""
        return list(self._session.scalars(_of_pipeline(), {"pipeline": pipeline_id}))

    def find_by_pipeline_ids(self, pipeline_ids: Sequence[PipelineId]) -> list[FactoryReservation]:
        """The same for several pipelines, in one question."""
        return list(self._session.scalars(_of_pipelines(), {"pipelines": list(pipeline_ids)}))

    def expire_stale(self, now: datetime) -> list[FactoryReservation]:
        """ACTIVE → EXPIRED where ``expires_at`` has passed, in one conditional UPDATE; the ones this call expired."""
        return updated(
            self._session,
            update(FactoryReservation)
            .where(_is_active, _reservations.expires_at <= now)
            .values(status=ReservationStatus.EXPIRED, ended_at=now, version=_reservations.version + 1)
            .returning(FactoryReservation),
        )

    def end(self, reservation_id: ReservationId, to: str, now: datetime) -> bool:
        """ACTIVE → ``to`` in one conditional UPDATE; False when it had ended already."""
        ended = updated(
            self._session,
            update(FactoryReservation)
            .where(_reservations.id == reservation_id, _is_active)
            .values(status=ReservationStatus(to), ended_at=now, version=_reservations.version + 1)
            .returning(FactoryReservation),
        )
        return bool(ended)

    def entitled_to_collect(
        self, player_id: PlayerId, factory_symbol: str, output_good: str, now: datetime
    ) -> list[FactoryReservation]:
        """FULFILLED ones that have not collected yet and still may, in the order of their fulfilment."""
        entitled = select(FactoryReservation).where(
            _reservations.player_id == player_id,
            _reservations.factory_symbol == factory_symbol,
            _reservations.output_good == output_good,
            _reservations.status == ReservationStatus.FULFILLED,
            _reservations.collected_at.is_(None),
            _reservations.collect_until > now,
        )
        return list(self._session.scalars(entitled.order_by(_reservations.ended_at, _reservations.fencing_token)))

    def renew_of_pipeline(self, pipeline_id: PipelineId, expires_at: datetime) -> int:
        """Moves out the expiry of the pipeline's ACTIVE reservations, never in; how many it has."""
        return len(updated(self._session, _renew(), {"pipeline": pipeline_id, "until": expires_at}))

    def _try_insert(self, reservation: FactoryReservation) -> int | None:
        row = {column.key: getattr(reservation, column.key) for column in _reservations}
        row["fencing_token"] = fencing_tokens.next_value()
        token: int | None = self._session.scalar(
            insert(factory_reservations)
            .values(row)
            .on_conflict_do_nothing(
                index_elements=[_reservations.player_id, _reservations.factory_symbol, _reservations.output_good],
                index_where=_is_active,
            )
            .returning(_reservations.fencing_token)
        )
        return token


@shared_statement
def _active() -> Select[FactoryReservation]:
    held = select(FactoryReservation).where(_reservations.player_id == bindparam("owner"), _is_active)
    return held.order_by(_reservations.fencing_token)


@shared_statement
def _of_pipeline() -> Select[FactoryReservation]:
    its = select(FactoryReservation).where(_reservations.pipeline_id == bindparam("pipeline"))
    return its.order_by(_reservations.fencing_token)


@shared_statement
def _of_pipelines() -> Select[FactoryReservation]:
    several = bindparam("pipelines", type_=ARRAY(_reservations.pipeline_id.type))
    theirs = select(FactoryReservation).where(_reservations.pipeline_id == any_(several))
    return theirs.order_by(_reservations.fencing_token)


@shared_statement
def _renew() -> ReturningUpdate[tuple[FactoryReservation]]:
    until = func.greatest(_reservations.expires_at, bindparam("until", type_=_reservations.expires_at.type))
    return (
        update(FactoryReservation)
        .where(_reservations.pipeline_id == bindparam("pipeline"), _is_active)
        .values(expires_at=until, version=_reservations.version + 1)
        .returning(FactoryReservation)
    )
