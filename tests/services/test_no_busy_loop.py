"""A fleet with nothing to do is quiet: nothing sets itself going again and again."""

import pytest

from manufacturing.domain.prices import Supply
from tests.world import World


def events_of(world: World, times: int) -> int:
    """How many messages so many rounds of coordination send, no time passing."""
    world.mailbox.events.clear()
    for _ in range(times):
        world.fleet.orchestrator.coordinate(world.player_id)
        world.deliver_messages()
    return len(world.mailbox.events)


def test_an_idle_fleet_sends_no_messages(world: World) -> None:
    world.new_ship("HAULER-1")
    events_of(world, 1)
    assert events_of(world, 5) == 0


def test_waiting_tasks_send_no_messages(world: World) -> None:
    world.new_ship("HAULER-1")
    world.stock("ELECTRONICS", "the capital", Supply.SCARCE)
    world.fleet.orchestrator.look_for_opportunities(world.player_id)
    for good in ("COPPER", "SILICON_CRYSTALS", "COPPER_ORE"):
        for place in world.sellers(good):
            world.stock(good, place, Supply.SCARCE)
    world.mailbox.clear()
    for task in world.tasks():
        if task.has_ship:
            world.fly(task)
    events_of(world, 1)
    assert events_of(world, 5) == 0


@pytest.mark.parametrize("good", ["LASER_RIFLES", "ELECTRONICS", "COPPER"])
def test_stray_cargo_is_dealt_with_once(world: World, good: str) -> None:
    world.new_ship("HAULER-1", cargo={good: 20})
    world.holds_work_back = True
    events_of(world, 1)
    assert events_of(world, 5) == 0


def test_parked_ships_come_back_after_minutes_and_not_at_once(world: World) -> None:
    world.new_ship("HAULER-1")
    world.stock("ELECTRONICS", "the capital", Supply.SCARCE)
    world.fleet.orchestrator.look_for_opportunities(world.player_id)
    for good in ("COPPER", "SILICON_CRYSTALS"):
        for place in world.sellers(good):
            world.stock(good, place, Supply.SCARCE, unseen=True)
    started = world.clock.now()
    (errand,) = [task for task in world.tasks() if task.has_ship]
    parked = world.fly(errand)
    assert parked.parked_until is not None
    assert (parked.parked_until - world.clock.now()).total_seconds() > 60
    assert world.clock.now() > started
