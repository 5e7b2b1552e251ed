import pytest

from manufacturing.domain.errors import UnknownThing
from manufacturing.domain.intermediate_good_pool import (
    LotStatus,
    PoolLot,
    PoolReservation,
    PoolReservationStatus,
)
from manufacturing.domain.manufacturing_pipeline import ManufacturingPipeline
from manufacturing.domain.player import Player
from tests.postgres.builders import MINUTE, NOW, a_lot, a_pool_reservation
from tests.postgres.opening import Open

SYSTEM = "X1-T1"


def a_filled_pool(uow: Open, player: Player, *ages: int) -> list[PoolLot]:
    """Lots of 20 units of IRON each, added so many minutes ago."""
    with uow() as work:
        pool = work.pools.lock(player.id, SYSTEM, "IRON", NOW)
        lots = [a_lot(pool, units_reserved=0, added_at=NOW - age * MINUTE, holder_ship=f"AGENT-{age}") for age in ages]
        for lot in lots:
            work.pools.add_lot(lot)
            pool.add(lot, NOW)
        work.commit()
    return lots


def promised(uow: Open, lot: PoolLot, pipeline: ManufacturingPipeline, units: int) -> PoolReservation:
    """A stored promise of ``units`` of the lot."""
    promise = a_pool_reservation(lot, pipeline, units=units)
    with uow() as work:
        pool = work.pools.lock(lot.player_id, SYSTEM, "IRON", NOW)
        pool.reserve(work.pools.lot(lot.id), units, NOW)
        work.pools.add_reservation(promise)
        work.commit()
    return promise


def test_a_pool_is_made_by_whoever_locks_it_first(uow: Open, player: Player) -> None:
    with uow() as work:
        assert work.pools.find(player.id, SYSTEM, "IRON") is None
        made = work.pools.lock(player.id, SYSTEM, "IRON", NOW)
        assert (made.available_units, made.reserved_units, made.updated_at) == (0, 0, NOW)
        work.commit()
    with uow() as work:
        again = work.pools.lock(player.id, SYSTEM, "IRON", NOW + MINUTE)
        assert (again.id, again.updated_at) == (made.id, NOW)


def test_a_locked_pool_is_seen_as_it_is_now(uow: Open, player: Player) -> None:
    a_filled_pool(uow, player, 1)
    with uow() as work:
        read = work.pools.find(player.id, SYSTEM, "IRON")
        assert read is not None
        a_filled_pool(uow, player, 2)
        assert read.available_units == 20
        assert work.pools.lock(player.id, SYSTEM, "IRON", NOW) is read
        assert read.available_units == 40


def test_a_player_sees_its_own_pools_and_lots(uow: Open, player: Player, other_player: Player) -> None:
    a_filled_pool(uow, player, 1)
    with uow() as work:
        work.pools.lock(player.id, SYSTEM, "COPPER", NOW)
        assert [pool.good for pool in work.pools.pools(player.id)] == ["COPPER", "IRON"]
        assert work.pools.pools(other_player.id) == []
        assert work.pools.find(other_player.id, SYSTEM, "IRON") is None
        assert work.pools.lots_aboard(other_player.id) == []


def test_lots_come_oldest_first(uow: Open, player: Player) -> None:
    young, old, sold = a_filled_pool(uow, player, 1, 9, 5)
    with uow() as work:
        pool = work.pools.lock(player.id, SYSTEM, "IRON", NOW)
        pool.begin_sale(work.pools.lot(sold.id), NOW)
        work.commit()
    with uow() as work:
        assert [lot.id for lot in work.pools.open_lots(pool.id)] == [old.id, young.id]
        assert [lot.id for lot in work.pools.lots_aboard(player.id)] == [old.id, sold.id, young.id]
        assert [lot.id for lot in work.pools.lots_aboard(player.id, "AGENT-5")] == [sold.id]


def test_an_unknown_lot_or_promise_is_said_to_be_unknown(uow: Open) -> None:
    with uow() as work:
        with pytest.raises(UnknownThing, match="999"):
            work.pools.lot(999)
        with pytest.raises(UnknownThing, match="nothing"):
            work.pools.reservation("nothing")


def test_promises_are_found_until_they_end(
    uow: Open, player: Player, pipeline: ManufacturingPipeline, other_pipeline: ManufacturingPipeline
) -> None:
    (lot,) = a_filled_pool(uow, player, 1)
    mine, theirs = promised(uow, lot, pipeline, 5), promised(uow, lot, other_pipeline, 3)
    with uow() as work:
        assert [promise.id for promise in work.pools.reserved_by(pipeline.id)] == [mine.id]
        assert work.pools.stale(mine.expires_at - MINUTE) == []
        assert {promise.id for promise in work.pools.stale(mine.expires_at)} == {mine.id, theirs.id}
        pool = work.pools.lock(player.id, SYSTEM, "IRON", NOW)
        promise = work.pools.reservation(mine.id)
        pool.release(work.pools.lot(lot.id), promise, PoolReservationStatus.EXPIRED, NOW)
        work.commit()
    with uow() as work:
        assert work.pools.reserved_by(pipeline.id) == []
        assert [promise.id for promise in work.pools.stale(mine.expires_at)] == [theirs.id]
        pool = work.pools.lock(player.id, SYSTEM, "IRON", NOW)
        assert (pool.available_units, pool.reserved_units) == (17, 3)


def test_a_lot_that_was_taken_whole_is_closed(
    uow: Open, player: Player, other_player: Player, pipeline: ManufacturingPipeline
) -> None:
    (lot,) = a_filled_pool(uow, player, 1)
    promise = promised(uow, lot, pipeline, 20)
    with uow() as work:
        pool = work.pools.lock(player.id, SYSTEM, "IRON", NOW)
        pool.consume(work.pools.lot(lot.id), work.pools.reservation(promise.id), 20, NOW)
        work.commit()
    with uow() as work:
        assert work.pools.lot(lot.id).status is LotStatus.CLOSED
        assert work.pools.open_lots(pool.id) == []
