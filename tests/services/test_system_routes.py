"""What a ship's time is worth follows from what the fleet earns, and never strays far from the setting."""

from datetime import timedelta

import pytest

from manufacturing.domain.ledger import EntryKind, LedgerEntry
from manufacturing.domain.manufacturing_pipeline import PipelineKind, PipelineStatus
from manufacturing.domain.travel import FlightMode
from tests.pocket_universe import PLACES
from tests.world import World

SETTING = 10_000


@pytest.fixture
def world() -> World:
    """Two haulers at work in the pocket system."""
    made = World()
    made.change_policy(ship_hour_worth=SETTING)
    for name in ("HAULER-1", "HAULER-2"):
        made.new_ship(name)
        set_to_work(made, name, "a task")
    return made


def set_to_work(world: World, name: str, task: str | None) -> None:
    """The ship has this task, or none."""
    with world.uow() as uow:
        ship = uow.ships.get(world.player_id, world.symbol(name))
        if task is None:
            ship.stand_idle(world.clock.now())
        else:
            ship.work_for(task)
        uow.commit()


def earn(world: World, credits: int, kind: EntryKind = EntryKind.SALE) -> None:
    """The ledger has an entry of now."""
    with world.uow() as uow:
        uow.ledger.add(LedgerEntry(player_id=world.player_id, kind=kind, amount=credits, at=world.clock.now()))
        uow.commit()


def haul(world: World, profit: int, took: timedelta) -> None:
    """A haul has ended now."""
    now = world.clock.now()
    kind = EntryKind.SALE if profit > 0 else EntryKind.PURCHASE
    pipeline = world.add_pipeline(
        kind=PipelineKind.HAUL, status=PipelineStatus.COMPLETED, created_at=now - took, ended_at=now
    )
    with world.uow() as uow:
        uow.ledger.add(
            LedgerEntry(player_id=world.player_id, kind=kind, amount=profit, at=now, pipeline_id=pipeline.id)
        )
        uow.commit()


def ship_hour_worth(world: World) -> float:
    """What the routes count with, in credits."""
    with world.uow() as uow:
        return world.fleet.ship_tasks._routes.router(uow, world.player_id).ship_second_worth * 3600


def work_worth(world: World) -> float:
    """Credits that an hour of work brings."""
    with world.uow() as uow:
        return world.fleet.ship_tasks._routes.work_worth(uow, world.player_id) * 3600


def test_work_that_begins_sooner_is_worth_as_much_while_a_ship_idles(world: World) -> None:
    assert work_worth(world) == pytest.approx(SETTING)
    world.clock.advance(minutes=60)
    earn(world, 60_000)
    set_to_work(world, "HAULER-2", None)
    world.clock.advance(minutes=30)
    # 60,000 credits in one and a half hours of two haulers.
    assert work_worth(world) == pytest.approx(20_000)
    assert ship_hour_worth(world) == pytest.approx(SETTING / 4, rel=0.25)


def test_before_there_is_enough_to_tell_it_is_the_setting(world: World) -> None:
    earn(world, 500_000)
    world.clock.advance(minutes=59)
    assert ship_hour_worth(world) == pytest.approx(SETTING)


def test_then_it_is_what_the_fleet_earned_for_each_hour_of_a_hauler(world: World) -> None:
    world.clock.advance(minutes=30)
    earn(world, 100_000)
    earn(world, -40_000, EntryKind.PURCHASE)
    earn(world, 1_000_000, EntryKind.RECONCILIATION)
    world.clock.advance(minutes=60)
    # 60,000 credits in one and a half hours of two haulers.
    assert ship_hour_worth(world) == pytest.approx(20_000)


@pytest.mark.parametrize(("idle_for", "worth"), [(1, 40_000), (5, SETTING / 4)])
def test_while_a_ship_finds_nothing_to_do_time_is_worth_little(world: World, idle_for: int, worth: float) -> None:
    world.clock.advance(minutes=90 - idle_for)
    earn(world, 120_000)
    set_to_work(world, "HAULER-2", None)
    world.clock.advance(minutes=idle_for)
    assert ship_hour_worth(world) == pytest.approx(worth, rel=0.25)


@pytest.mark.parametrize(("profits", "worth"), [((90_000, 3_000, 3_000), 6_000), ((90_000, -9_000, 19_000), 10_000)])
def test_where_ships_haul_it_is_what_the_poorer_of_the_hauls_earned(
    world: World, profits: tuple[int, ...], worth: float
) -> None:
    world.clock.advance(minutes=40)
    for profit in profits:
        haul(world, profit, timedelta(minutes=30))
    world.clock.advance(minutes=40)
    assert ship_hour_worth(world) == pytest.approx(worth)


def test_what_was_earned_long_ago_does_not_count(world: World) -> None:
    earn(world, 200_000)
    world.clock.advance(hours=3)
    earn(world, 80_000)
    assert ship_hour_worth(world) == pytest.approx(20_000)


@pytest.mark.parametrize(("earned", "times"), [(5_000_000, 4), (-5_000_000, 0.25)])
def test_it_stays_within_a_quarter_and_four_times_the_setting(world: World, earned: int, times: float) -> None:
    world.clock.advance(hours=2)
    if earned > 0:
        earn(world, earned)
    else:
        earn(world, earned, EntryKind.PURCHASE)
    assert ship_hour_worth(world) == pytest.approx(SETTING * times, rel=0.25)


def test_ships_that_wait_elsewhere_spare_fuel(world: World) -> None:
    with world.uow() as uow:
        routes = world.fleet.ship_tasks._routes
        ship = uow.ships.get(world.player_id, world.symbol("HAULER-1"))
        hurried = routes.router(uow, world.player_id).next_hop(ship, PLACES["the refinery"])
        unhurried = routes.unhurried_router(uow, world.player_id).next_hop(ship, PLACES["the refinery"])
    assert (hurried.mode, unhurried.mode) == (FlightMode.BURN, FlightMode.CRUISE)


def test_the_map_is_read_again_now_and_then(world: World) -> None:
    with world.uow() as uow:
        before = world.fleet.ship_tasks._routes.router(uow, world.player_id)
        uow.waypoints.get(world.player_id, PLACES["the refinery"]).sells_fuel = False
        uow.commit()
    with world.uow() as uow:
        assert world.fleet.ship_tasks._routes.router(uow, world.player_id) is before
    world.clock.moment += timedelta(minutes=11)
    with world.uow() as uow:
        assert world.fleet.ship_tasks._routes.router(uow, world.player_id) is not before
