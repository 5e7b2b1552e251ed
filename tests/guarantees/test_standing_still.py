"""How fleets come to a standstill, and why this one does not (docs/guarantees.md, "Standing still")."""

from collections import Counter
from datetime import timedelta

from manufacturing.domain.events import StepDue
from manufacturing.domain.manufacturing_pipeline import PipelineStatus
from manufacturing.domain.manufacturing_task import TaskGroup, TaskStatus, TaskType
from manufacturing.domain.prices import Supply
from tests.guarantees.fleet_at_work import HAULER, FleetAtWork
from tests.pocket_universe import LIVELY, PLACES
from tests.world import World


def test_both_groups_progress(world: World) -> None:
    fleet = FleetAtWork(world)
    for number in range(6):
        world.new_ship(f"HAULER-{number}")
    an_hour_ago = world.clock.now() - timedelta(hours=1)
    for _ in range(10):
        fleet.ready(TaskType.ACQUIRE, "COPPER", "the refinery", 60, ready_at=an_hour_ago)
    for _ in range(5):
        fleet.ready(TaskType.COLLECT, "ELECTRONICS", "the works", 20)
    assert _given(world) == {TaskGroup.FEED: 3, TaskGroup.YIELD: 3}


def test_starts_from_zero(world: World) -> None:
    fleet = FleetAtWork(world)
    for number in range(2):
        world.new_ship(f"HAULER-{number}")
    for _ in range(2):
        fleet.ready(TaskType.ACQUIRE, "COPPER", "the refinery", 60)
        fleet.ready(TaskType.COLLECT, "ELECTRONICS", "the works", 20)
    assert sum(_given(world).values()) == 2, "fewer ships than either share wants"


def _given(world: World) -> Counter[TaskGroup]:
    world.fleet.assignment.assign_ready_tasks(world.player_id)
    return Counter(task.group for task in world.tasks() if task.has_ship)


def test_all_events_lost() -> None:
    world = World(economy=LIVELY)
    at_work = FleetAtWork.making_electronics(world)
    world.mailbox.loses_events = True
    at_work.play_to_the_end()
    assert at_work.pipeline.status is PipelineStatus.COMPLETED, world.story()
    assert at_work.sold("ELECTRONICS") == at_work.bought("ELECTRONICS") > 0
    assert world.ledger_sum() == world.agent.credits - world.credits


def test_forty_minutes_limited_is_not_stuck(at_work: FleetAtWork) -> None:
    for good in ("COPPER", "SILICON_CRYSTALS"):
        for place in at_work.world.sellers(good):
            at_work.world.stock(good, place, Supply.LIMITED)
    at_work.play(minutes=40)
    assert at_work.pipeline.status is PipelineStatus.EXECUTING
    assert [task.id for task in at_work.world.tasks() if task.retry_count or task.status is TaskStatus.FAILED] == []


def test_empty_pipeline_is_resolved(at_work: FleetAtWork) -> None:
    world = at_work.world
    with world.uow() as uow:
        for task in uow.tasks.of_pipeline(at_work.pipeline.id):
            task.cancel("nobody knows why", world.clock.now())
        uow.commit()
    assert at_work.pipeline.is_active
    world.beat()
    assert at_work.pipeline.status is PipelineStatus.FAILED
    assert at_work.pipeline.reason


def test_dead_leg_is_isolated(at_work: FleetAtWork) -> None:
    world = at_work.world
    for place in world.sellers("COPPER"):
        world.stock("COPPER", place, Supply.SCARCE)
    world.stock("ELECTRONICS", "the works", Supply.ABUNDANT)
    at_work.play_to_the_end()
    assert at_work.task(TaskType.ACQUIRE, "COPPER").status is TaskStatus.CANCELLED
    assert at_work.task(TaskType.DELIVER, "SILICON_CRYSTALS").status is TaskStatus.COMPLETED
    assert at_work.pipeline.status is PipelineStatus.COMPLETED


def test_cancelled_stays_cancelled(at_work: FleetAtWork) -> None:
    world = at_work.world
    world.fleet.assignment.assign_ready_tasks(world.player_id)
    cancelled = at_work.pipeline.id
    world.fleet.lifecycle.cancel_pipeline(cancelled, "the player said so")
    for event in [event for event in world.mailbox.events if isinstance(event, StepDue)]:
        world.handle(event)
    for task in world.tasks():
        world.fleet.lifecycle.handle_task_completion(task.id, success=False)
    at_work.play(minutes=30)
    with world.uow() as uow:
        assert uow.pipelines.get(cancelled).status is PipelineStatus.CANCELLED
        assert {task.status for task in uow.tasks.of_pipeline(cancelled)} == {TaskStatus.CANCELLED}


def test_pause_ends(at_work: FleetAtWork) -> None:
    world = at_work.world
    world.stock("COPPER", "the refinery", Supply.LIMITED, unseen=True)
    parked = at_work.carry_out(at_work.task(TaskType.ACQUIRE, "COPPER"))
    assert parked.parked_until is not None
    assert parked.parked_until - world.clock.now() <= world.policy.park_time
    world.stock("COPPER", "the refinery", Supply.HIGH)
    world.clock.moment = parked.parked_until
    world.fleet.lifecycle.update_readiness(world.player_id)
    assert world.task(parked.id).status is TaskStatus.READY


def test_restarting_task_keeps_ship(at_work: FleetAtWork) -> None:
    world = at_work.world
    acquire = at_work.task(TaskType.ACQUIRE, "COPPER")
    world.fleet.assignment.assign_ship_to_task(world.player_id, world.symbol(HAULER), acquire.id)
    world.game.kill_worker_before("purchase")
    world.play(lambda: world.game.faults == [], within=timedelta(hours=1))
    world.beat()
    assert world.task(acquire.id).has_ship, "its worker is dead, and nobody has decided about it yet"
    assert world.ship(HAULER).container_id == acquire.id
    assert not world.fleet.dispatch.is_ship_available(world.player_id, world.symbol(HAULER))
    others = [task for task in world.tasks() if task.has_ship and task.id != acquire.id]
    assert others == []


def test_no_busy_loop(at_work: FleetAtWork) -> None:
    world = at_work.world
    for good in ("COPPER", "SILICON_CRYSTALS"):
        for place in world.sellers(good):
            world.stock(good, place, Supply.LIMITED)
    world.budget.calls.clear()
    before = len(world.mailbox.events)
    at_work.play(minutes=30)
    told = [event for event in world.mailbox.events[before:] if isinstance(event, StepDue)]
    assert told == [], "nothing can be done, so no step is taken"
    # Each market is read once in a scan interval, and the factory that is watched at each of its polls.
    half_an_hour = timedelta(minutes=30)
    scans = len(PLACES) * (half_an_hour // world.policy.scan_interval + 1)
    polls = half_an_hour // world.policy.poll_interval + 1
    assert sum(world.budget.calls.values()) <= scans + polls
