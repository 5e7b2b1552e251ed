"""The pool of intermediate goods: sums, lots and promises."""

from datetime import datetime

from sqlalchemy import Select, bindparam, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from manufacturing.adapters.postgres.shared_statement import shared_statement
from manufacturing.adapters.postgres.tables import intermediate_good_pools, pool_lots, pool_reservations
from manufacturing.domain.errors import UnknownThing
from manufacturing.domain.ids import PipelineId, PlayerId
from manufacturing.domain.intermediate_good_pool import (
    IntermediateGoodPool,
    LotStatus,
    PoolLot,
    PoolReservation,
    PoolReservationStatus,
)

_pools = intermediate_good_pools.c
_lots = pool_lots.c
_reservations = pool_reservations.c
#: Rows as they are now, whatever was read of them before in this unit of work.
_FRESH = {"populate_existing": True}
_is_reserved = _reservations.status == PoolReservationStatus.RESERVED


class PostgresPoolRepository:
    """See ports.PoolRepository."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def lock(self, player_id: PlayerId, system_symbol: str, good: str, now: datetime) -> IntermediateGoodPool:
        """The pool with a row lock and as it is now; made when there is none yet."""
        self._session.execute(
            insert(intermediate_good_pools)
            .values(
                player_id=player_id,
                system_symbol=system_symbol,
                good=good,
                available_units=0,
                reserved_units=0,
                updated_at=now,
                version=1,
            )
            .on_conflict_do_nothing(constraint="unique_pool_good")
        )
        return self._session.scalars(
            select(IntermediateGoodPool)
            .where(_pools.player_id == player_id, _pools.system_symbol == system_symbol, _pools.good == good)
            .with_for_update()
            .execution_options(populate_existing=True)
        ).one()

    def pools(self, player_id: PlayerId) -> list[IntermediateGoodPool]:
        """Every pool of the player, by good."""
        own = select(IntermediateGoodPool).where(_pools.player_id == player_id)
        return list(self._session.scalars(own.order_by(_pools.system_symbol, _pools.good)))

    def find(self, player_id: PlayerId, system_symbol: str, good: str) -> IntermediateGoodPool | None:
        """The pool of a good, None when nothing was ever added."""
        return self._session.scalar(
            select(IntermediateGoodPool).where(
                _pools.player_id == player_id, _pools.system_symbol == system_symbol, _pools.good == good
            )
        )

    def add_lot(self, lot: PoolLot) -> None:
        """Stores a new lot and gives it its id."""
        self._session.add(lot)
        self._session.flush()

    def lot(self, lot_id: int) -> PoolLot:
        """UnknownThing when there is none."""
        self._session.flush()
        lot = self._session.get(PoolLot, lot_id, populate_existing=True)
        if lot is None:
            raise UnknownThing(f"there is no lot {lot_id} in the pool")
        return lot

    def open_lots(self, pool_id: int) -> list[PoolLot]:
        """Lots that can be reserved, oldest first, as they are now."""
        able = select(PoolLot).where(_lots.pool_id == pool_id, _lots.status == LotStatus.OPEN)
        return list(self._session.scalars(able.order_by(_lots.added_at, _lots.id), execution_options=_FRESH))

    def lots_aboard(self, player_id: PlayerId, ship_symbol: str | None = None) -> list[PoolLot]:
        """Lots that are not closed, of one ship or of all, oldest first."""
        if ship_symbol is None:
            return list(self._session.scalars(_aboard(), {"owner": player_id}))
        return list(self._session.scalars(_aboard_one(), {"owner": player_id, "holder": ship_symbol}))

    def add_reservation(self, reservation: PoolReservation) -> None:
        """Stores a new promise."""
        self._session.add(reservation)

    def reservation(self, reservation_id: str) -> PoolReservation:
        """UnknownThing when there is none."""
        self._session.flush()
        reservation = self._session.get(PoolReservation, reservation_id, populate_existing=True)
        if reservation is None:
            raise UnknownThing(f"there is no pool reservation {reservation_id}")
        return reservation

    def reserved_by(self, pipeline_id: PipelineId) -> list[PoolReservation]:
        """The pipeline's promises that have not ended, oldest first."""
        held = select(PoolReservation).where(_reservations.pipeline_id == pipeline_id, _is_reserved)
        return list(self._session.scalars(held.order_by(_reservations.reserved_at, _reservations.id)))

    def stale(self, now: datetime) -> list[PoolReservation]:
        """Promises that have not ended though their time has passed, oldest first."""
        late = select(PoolReservation).where(_is_reserved, _reservations.expires_at <= now)
        return list(self._session.scalars(late.order_by(_reservations.expires_at, _reservations.id)))


@shared_statement
def _aboard() -> Select[PoolLot]:
    unclosed = select(PoolLot).where(_lots.player_id == bindparam("owner"), _lots.status != LotStatus.CLOSED)
    return unclosed.order_by(_lots.added_at, _lots.id)


@shared_statement
def _aboard_one() -> Select[PoolLot]:
    return _aboard().where(_lots.holder_ship == bindparam("holder"))
