"""An error nobody foresaw: the ship tries again, and gives up in the end rather than for ever."""

import logging

import pytest

from manufacturing.domain.decision import DecisionKind
from manufacturing.domain.manufacturing_task import ManufacturingTask, TaskStatus, TaskType
from tests.world import World


@pytest.fixture(autouse=True)
def _expected_errors(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.CRITICAL, logger="manufacturing")


@pytest.fixture
def task(world: World) -> ManufacturingTask:
    """A hauler that is about to fly to the refinery."""
    world.holds_work_back = True
    world.new_ship("HAULER-1")
    task = world.a_task(TaskType.ACQUIRE, "COPPER", "the refinery", status=TaskStatus.READY, ready_at=world.clock.now())
    world.add_pipeline(task)
    world.fleet.assignment.assign_ship_to_task(world.player_id, world.symbol("HAULER-1"), task.id)
    return task


def fail_at_navigate(world: World, times: int) -> None:
    """Something breaks the next ``times`` times a ship is to fly."""

    def burst() -> None:
        raise RuntimeError("nobody thought of this")

    for _ in range(times):
        world.game.before("navigate", burst)


def test_it_tries_again_and_goes_on(world: World, task: ManufacturingTask) -> None:
    fail_at_navigate(world, 3)
    assert world.fly(task).status is TaskStatus.COMPLETED


def test_each_is_noted_with_its_kind(world: World, task: ManufacturingTask) -> None:
    fail_at_navigate(world, 3)
    world.fly(task)
    noted = [(d.reason, d.times) for d in world.decisions(task.id) if d.kind is DecisionKind.ERROR]
    assert noted == [("RuntimeError: nobody thought of this", 3)]


def test_it_gives_up_after_eight_times_in_a_row_and_says_why(world: World, task: ManufacturingTask) -> None:
    fail_at_navigate(world, 100)
    world.fly(task)
    ended = world.task(task.id)
    # The errand failed, and was put up again for another try.
    assert (ended.status, ended.retry_count, ended.ship_symbol) == (TaskStatus.PENDING, 1, None)
    reasons = [d.reason for d in world.decisions(task.id) if d.kind is DecisionKind.END]
    assert any("gave up after 8 attempts" in reason and "nobody thought of this" in reason for reason in reasons)
    assert world.ship("HAULER-1").container_id is None


def test_waiting_between_tries_gets_longer(world: World, task: ManufacturingTask) -> None:
    fail_at_navigate(world, 100)
    waits = []
    for _ in range(4):
        world.sweep()
        world.deliver_messages()
        due = world.task(task.id).due_at
        assert due is not None
        waits.append((due - world.clock.now()).total_seconds())
        world.clock.moment = due
    assert waits == sorted(waits)
    assert waits[0] >= 1
