"""A ship that moves to wait elsewhere: its worker may die at any commit, and real work may come at any moment."""

from datetime import timedelta

import pytest

from manufacturing.domain.ledger import EntryKind
from manufacturing.domain.manufacturing_task import TaskStatus, TaskType
from manufacturing.domain.policy import FleetPolicy
from manufacturing.domain.pre_positioning import Position, Prediction
from manufacturing.domain.trade_intent import IntentStatus
from tests.pocket_universe import PLACES
from tests.world import Fault, WorkerKilled, World

SHIP = "HAULER-1"


def sent_ahead() -> World:
    """A hauler with little fuel that is about to leave for the works, where a collection is expected."""
    world = World(policy=FleetPolicy(hauls=False))
    world.looks_for_opportunities = False
    world.new_ship(SHIP, at="the depot", fuel=20)
    collect = world.a_task(TaskType.COLLECT, "ELECTRONICS", "the works", quantity=20)
    world.add_pipeline(collect)
    expected = Prediction(task=collect, probability=0.8, opens_in=600)
    position = Position(waypoint=PLACES["the works"], prediction=expected, saving=500, fuel=100)
    world.fleet.positioning.pre_position_ship(world.player_id, world.symbol(SHIP), position)
    return world


def assert_in_order(world: World, when: str) -> None:
    """The books agree with the game's, the tank was filled once, and nothing is left open."""
    assert world.ledger_sum() == world.agent.credits - world.credits, when
    assert world.player.credits == world.agent.credits, when
    assert all(intent.status is not IntentStatus.OPEN for intent in world.all_intents()), when
    assert [entry.kind for entry in world.ledger()].count(EntryKind.REFUEL) <= 1, when
    assert all(not task.has_ship for task in world.tasks()), f"{when}: {world.story()}"


def test_a_worker_that_dies_at_any_commit_moves_the_ship_once() -> None:
    for nth in range(1, 60):
        world = sent_ahead()
        commits = 0

        def die(nth: int = nth) -> None:
            nonlocal commits
            commits += 1
            if commits == nth:
                raise WorkerKilled

        world.before_commit = die
        (move,) = world.tasks(TaskType.POSITION)
        world.fly(move)
        when = f"killed at commit {nth}"
        assert world.task(move.id).status is TaskStatus.COMPLETED, when
        ship = world.ship(SHIP)
        assert (ship.waypoint, ship.is_flying(world.clock.now())) == (PLACES["the works"], False), when
        assert world.fleet.dispatch.is_ship_available(world.player_id, world.symbol(SHIP)), when
        assert world.game.count("navigate") == 1, when
        assert_in_order(world, when)
        if commits < nth:
            break
    assert 3 < nth < 59, "a move has more commits than that, and an end"


@pytest.mark.parametrize("operation", ["dock", "refuel", "orbit", "navigate"])
def test_work_that_comes_while_a_request_is_under_way_is_done_once(operation: str) -> None:
    world = sent_ahead()
    acquire = world.a_task(TaskType.ACQUIRE, "COPPER", "the refinery", status=TaskStatus.READY)
    acquire.ready_at = world.clock.now()
    world.add_pipeline(acquire, product_good="COPPER")

    def assign() -> None:
        assert world.fleet.assignment.assign_ready_tasks(world.player_id) == 1

    world.game.faults.append(Fault(operation, after=assign))
    world.play(lambda: world.task(acquire.id).status.is_final, within=timedelta(hours=1))

    (move,) = world.tasks(TaskType.POSITION)
    assert move.status is TaskStatus.CANCELLED
    ended = world.task(acquire.id)
    assert (ended.status, ended.units_moved) == (TaskStatus.COMPLETED, 40), world.story()
    assert world.real_ship(SHIP).cargo == {"COPPER": 40}
    assert world.ledger_sum() == world.agent.credits - world.credits
