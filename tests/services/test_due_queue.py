"""What is due comes back: by its message, or by the sweep."""

from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta

import pytest

from manufacturing.domain.events import PollDue, StepDue
from manufacturing.domain.manufacturing_task import ManufacturingTask, StepState, TaskStatus, TaskType
from manufacturing.services.due_queue import HORIZON, LEASE
from manufacturing.services.factory_state_tracker import FactoryStateTracker
from tests.world import World


@pytest.fixture
def task(world: World) -> ManufacturingTask:
    """A task whose ship is on its way, due in ten minutes."""
    world.new_ship("HAULER-1")
    task = world.a_task(
        TaskType.ACQUIRE, "COPPER", "the refinery", status=TaskStatus.EXECUTING, ship_symbol=world.symbol("HAULER-1")
    )
    task.wait_until(world.clock.now() + timedelta(minutes=10))
    world.add_pipeline(task)
    return task


def due(task: ManufacturingTask) -> datetime:
    """When the task's next step is due."""
    assert task.due_at is not None
    return task.due_at


def test_nothing_is_swept_up_before_it_is_due(world: World, task: ManufacturingTask) -> None:
    world.clock.advance(minutes=9)
    assert world.sweep() == 0
    assert world.task(task.id).step_state is StepState.WAITING


def test_what_is_due_within_the_horizon_is_announced_with_its_moment(world: World, task: ManufacturingTask) -> None:
    world.clock.moment = due(task) - HORIZON
    assert world.sweep() == 1
    queued = world.task(task.id)
    (event,) = [each for each in world.mailbox.events if isinstance(each, StepDue)]
    assert event == StepDue(task_id=task.id, version=queued.version, due_at=due(task))
    assert queued.step_state is StepState.QUEUED


def test_what_was_announced_is_not_announced_again(world: World, task: ManufacturingTask) -> None:
    world.clock.moment = due(task)
    assert world.sweep() == 1
    assert world.sweep() == 0


def test_of_many_sweeps_each_row_falls_to_one(world: World) -> None:
    for number in range(30):
        task = world.a_task(
            TaskType.ACQUIRE, "COPPER", "the refinery", status=TaskStatus.EXECUTING, ship_symbol=f"SHIP-{number}"
        )
        task.wait_until(world.clock.now())
        world.add_pipeline(task, product_good=f"PRODUCT_{number}")
    with ThreadPoolExecutor(6) as pool:
        swept = list(pool.map(lambda _: world.sweep(), range(6)))
    announced = [each.task_id for each in world.mailbox.events if isinstance(each, StepDue)]
    assert sum(swept) == 30
    assert len(announced) == len(set(announced)) == 30


def test_a_step_whose_worker_died_comes_back_when_its_lease_has_ended(world: World, task: ManufacturingTask) -> None:
    world.clock.moment = due(task)
    world.sweep()
    first = world.task(task.id)
    assert first.lease_until is not None
    world.clock.moment = first.lease_until
    assert world.sweep() == 0
    world.clock.advance(seconds=1)
    assert world.sweep() == 1
    assert world.task(task.id).version > first.version


def test_only_the_latest_message_of_a_step_counts(world: World, task: ManufacturingTask) -> None:
    world.clock.moment = due(task)
    world.sweep()
    old = world.task(task.id).version
    world.clock.advance(seconds=LEASE.total_seconds() + 2)
    world.sweep()
    new = world.task(task.id).version
    lease = world.clock.now() + LEASE
    with world.uow() as uow:
        assert uow.tasks.claim_step(task.id, old, lease) is None
        assert uow.tasks.claim_step(task.id, new, lease) is not None
        assert uow.tasks.claim_step(task.id, new, lease) is None


def test_what_is_due_sooner_than_the_next_sweep_is_announced_at_once(world: World, task: ManufacturingTask) -> None:
    soon = world.clock.now() + timedelta(seconds=1)
    with world.uow() as uow:
        world.fleet.due_queue.wait(uow, uow.tasks.get(task.id), soon)
        uow.commit()
    (event,) = world.mailbox.events
    assert isinstance(event, StepDue)
    assert event.due_at == soon


def test_at_sixty_times_the_speed_the_horizon_is_a_minute_and_a_half(world: World, task: ManufacturingTask) -> None:
    world.clock.factor = 60
    world.clock.moment = due(task) - timedelta(seconds=91)
    assert world.sweep() == 0
    world.clock.moment = due(task) - timedelta(seconds=90)
    assert world.sweep() == 1
    assert world.task(task.id).lease_until == due(task) + LEASE * 60


def test_factories_are_swept_up_as_steps_are(world: World) -> None:
    world.add_pipeline()
    with world.uow() as uow:
        state = FactoryStateTracker(world.ids, world.policy).begin_cycle(
            uow,
            world.player_id,
            world.pipelines()[0].id,
            "X1-PX-B2",
            "ELECTRONICS",
            ["COPPER"],
            world.clock.now(),
        )
        uow.commit()
    assert world.sweep() == 0
    world.clock.advance(seconds=30)
    assert world.sweep() == 1
    (event,) = world.mailbox.events
    assert isinstance(event, PollDue)
    assert (event.factory_state_id, event.due_at) == (state.id, state.next_poll_at)


def test_a_player_whose_universe_is_gone_is_left_alone(world: World, task: ManufacturingTask) -> None:
    world.fleet.gateways.stop_player(world.player_id, "the universe was reset")
    world.clock.moment = due(task)
    assert world.sweep() == 0
