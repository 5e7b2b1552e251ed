"""How fleets do things twice, or not at all, and why this one does not (docs/guarantees.md, "Doing it twice")."""

from datetime import timedelta

import pytest

from manufacturing.domain.errors import IllegalTransition
from manufacturing.domain.execution import Complete, Situation, next_action
from manufacturing.domain.manufacturing_task import TaskStatus, TaskType
from manufacturing.domain.policy import FleetPolicy
from manufacturing.domain.prices import ListingType
from tests.builders import NOW, a_ship, a_task_under_way, a_trade_good
from tests.guarantees.fleet_at_work import HAULER, FleetAtWork


def test_zero_units_is_not_success() -> None:
    with pytest.raises(IllegalTransition, match="without a unit moved"):
        a_task_under_way(TaskType.SELL).complete(NOW)
    half_sold = Situation(
        task=a_task_under_way(TaskType.SELL, quantity=40, units_moved=20),
        ship=a_ship(cargo={"IRON": 20}),
        now=NOW,
        hop=None,
        market_seen=True,
        listing=a_trade_good(type=ListingType.IMPORT),
        policy=FleetPolicy(),
    )
    assert not isinstance(next_action(half_sold), Complete), "with cargo of it still aboard"


def test_second_half_same_ship(at_work: FleetAtWork) -> None:
    world = at_work.world
    world.new_ship("HAULER-2", at="the works")
    at_work.carry_out(at_work.task(TaskType.ACQUIRE, "COPPER"))
    deliver = at_work.task(TaskType.DELIVER, "COPPER")
    assert deliver.status is TaskStatus.COMPLETED
    assert {entry.ship_symbol for entry in world.ledger() if entry.good == "COPPER"} == {world.symbol(HAULER)}


def test_cache_says_80_server_says_0(at_work: FleetAtWork) -> None:
    world = at_work.world
    world.holds_work_back = True
    acquire = at_work.task(TaskType.ACQUIRE, "COPPER")
    world.fleet.assignment.assign_ship_to_task(world.player_id, world.symbol(HAULER), acquire.id)
    world.play(lambda: at_work.bought("COPPER") == 80, within=timedelta(hours=1))
    world.real_ship(HAULER).cargo.clear()
    assert world.ship(HAULER).units_of("COPPER") == 80
    world.fly(at_work.task(TaskType.DELIVER, "COPPER"))
    assert at_work.task(TaskType.DELIVER, "COPPER").status is TaskStatus.FAILED
    assert at_work.sold("COPPER") == 0
    assert world.ship(HAULER).cargo_units == 0


def test_cumulative_cap_survives_restart(at_work: FleetAtWork) -> None:
    world = at_work.world
    # 80 units are two tranches; the worker dies after the first, and nothing is remembered but rows.
    world.game.kill_worker_after("purchase")
    acquire = at_work.task(TaskType.ACQUIRE, "COPPER")
    world.holds_work_back = True
    world.fleet.assignment.assign_ship_to_task(world.player_id, world.symbol(HAULER), acquire.id)
    world.play(lambda: world.game.count("purchase") == 1, within=timedelta(hours=1))
    world.restart()
    world.fly(acquire)
    assert at_work.bought("COPPER") == at_work.task(TaskType.ACQUIRE, "COPPER").quantity == 80
    assert at_work.sold("COPPER") == 80
