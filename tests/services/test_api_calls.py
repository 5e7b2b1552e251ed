"""Every call of the game is made for a purpose, and few are made that are not needed."""

from datetime import timedelta

from manufacturing.domain.gateway import Purpose
from manufacturing.domain.prices import Supply
from tests.world import World


def test_a_collection_is_flown_with_a_handful_of_calls(world: World) -> None:
    world.new_ship("HAULER-1")
    world.stock("ELECTRONICS", "the capital", Supply.SCARCE)
    world.stock("ELECTRONICS", "the works", Supply.ABUNDANT)
    world.budget.calls.clear()
    world.play(lambda: any(not p.is_active for p in world.pipelines()), within=timedelta(hours=1))
    calls = world.budget.calls
    # Three tranches are bought and three sold.
    assert calls[Purpose.TRADE] == 6
    # Two flights: leave and fly, dock; and the second departure needs no other call.
    assert calls[Purpose.NAVIGATE] <= 8
    # One look before each trade.
    assert calls[Purpose.OBSERVE] <= 8
    assert calls[Purpose.SETUP] == 0


def test_a_fleet_with_nothing_to_do_trades_and_flies_nowhere(world: World) -> None:
    world.new_ship("HAULER-1")
    world.budget.calls.clear()
    end = world.clock.now() + timedelta(minutes=4)
    world.play(lambda: world.clock.now() >= end, within=timedelta(minutes=10))
    # Somebody asks whether markets were recalculated, as long as it is not known when they are.
    assert set(world.budget.calls) <= {Purpose.SCAN}
    assert world.game.count("") == world.budget.calls[Purpose.SCAN] <= 2
