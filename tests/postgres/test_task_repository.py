from concurrent.futures import ThreadPoolExecutor

import pytest

from manufacturing.domain.errors import StaleRow, TaskAlreadyTaken, UnknownThing
from manufacturing.domain.ids import TaskId
from manufacturing.domain.manufacturing_pipeline import ManufacturingPipeline
from manufacturing.domain.manufacturing_task import (
    ManufacturingTask,
    StepState,
    TaskDependency,
    TaskStatus,
    TaskType,
)
from manufacturing.domain.player import Player, PlayerStatus
from tests.postgres.builders import (
    MINUTE,
    NOW,
    SECOND,
    a_liquidation,
    a_pipeline,
    a_ready_task,
    a_task,
    a_task_with_ship,
)
from tests.postgres.opening import Open

LEASE = NOW + 30 * SECOND


def stored(uow: Open, *tasks: ManufacturingTask) -> None:
    with uow() as work:
        for task in tasks:
            work.tasks.add(task)
        work.commit()


def test_a_task_comes_back_as_it_was_stored(uow: Open, pipeline: ManufacturingPipeline) -> None:
    task = a_task_with_ship(pipeline, "AGENT-1", type=TaskType.COLLECT, factory_symbol="X1-T1-A1", price_limit=70)
    stored(uow, task)
    with uow() as work:
        found = work.tasks.get(task.id)
        assert found is not task
        assert (found.type, found.status, found.step_state) == (
            TaskType.COLLECT,
            TaskStatus.ASSIGNED,
            StepState.WAITING,
        )
        assert (found.ship_symbol, found.due_at, found.price_limit) == ("AGENT-1", NOW, 70)


def test_an_unknown_task_is_said_to_be_unknown(uow: Open) -> None:
    with uow() as work, pytest.raises(UnknownThing, match="nothing"):
        work.tasks.get(TaskId("nothing"))


def test_tasks_of_a_pipeline_come_in_their_sequence(
    uow: Open, pipeline: ManufacturingPipeline, other_pipeline: ManufacturingPipeline
) -> None:
    tasks = [a_task(pipeline, sequence=place) for place in (2, 0, 1)]
    stored(uow, *tasks, a_task(other_pipeline))
    with uow() as work:
        assert [task.sequence for task in work.tasks.of_pipeline(pipeline.id)] == [0, 1, 2]


def test_tasks_by_status_come_in_the_order_of_creation_and_sequence(
    uow: Open, player: Player, other_player: Player, pipeline: ManufacturingPipeline
) -> None:
    late = a_ready_task(pipeline, created_at=NOW + MINUTE)
    second, first = a_task(pipeline, sequence=1), a_ready_task(pipeline, sequence=0)
    gone = a_task(pipeline)
    gone.cancel("not needed", NOW)
    foreign = a_liquidation(other_player, "OTHER-1")
    stored(uow, late, second, first, gone, foreign)
    with uow() as work:
        found = work.tasks.with_status(player.id, TaskStatus.READY, TaskStatus.PENDING)
        assert [task.id for task in found] == [first.id, second.id, late.id]
        assert [task.id for task in work.tasks.with_status(player.id, TaskStatus.CANCELLED)] == [gone.id]
        assert work.tasks.with_status(player.id) == []


def test_it_is_counted_where_purchases_of_pipelines_began(uow: Open, pipeline: ManufacturingPipeline) -> None:
    fed = {"factory_symbol": "X1-T1-F1"}
    begun = [a_ready_task(pipeline, waypoint=place, **fed) for place in ("X1-T1-A1", "X1-T1-A1", "X1-T1-B2")]
    waiting = a_task(pipeline, waypoint="X1-T1-A1", **fed)
    hauled = a_ready_task(pipeline, waypoint="X1-T1-A1", factory_symbol=None)
    delivery = a_ready_task(pipeline, waypoint="X1-T1-A1", type=TaskType.DELIVER, **fed)
    stored(uow, *begun, waiting, hauled, delivery)
    with uow() as work:
        assert work.tasks.begun_for_pipelines(pipeline.player_id, NOW) == {"X1-T1-A1": 2, "X1-T1-B2": 1}
        assert work.tasks.begun_for_pipelines(pipeline.player_id, NOW + SECOND) == {}


def test_a_ships_open_tasks_are_those_it_has_and_those_bound_to_it(
    uow: Open, player: Player, pipeline: ManufacturingPipeline
) -> None:
    has = a_task_with_ship(pipeline, "AGENT-1")
    bound = a_task(pipeline, bound_ship="AGENT-1", created_at=NOW + MINUTE)
    over = a_task(pipeline, bound_ship="AGENT-1")
    over.cancel("not needed", NOW)
    stored(uow, has, bound, over, a_task_with_ship(pipeline, "AGENT-2"))
    with uow() as work:
        assert [task.id for task in work.tasks.open_of_ship(player.id, "AGENT-1")] == [has.id, bound.id]


def test_dependencies_are_found_from_both_ends(uow: Open, pipeline: ManufacturingPipeline) -> None:
    acquire, deliver, collect = (a_task(pipeline) for _ in range(3))
    haul = TaskDependency(task_id=deliver.id, depends_on=acquire.id, same_ship=True)
    gate = TaskDependency(task_id=collect.id, depends_on=deliver.id)
    with uow() as work:
        for task in (acquire, deliver, collect):
            work.tasks.add(task)
        work.tasks.add_dependencies([haul, gate])
        work.tasks.add_dependencies([])
        work.commit()
    with uow() as work:
        assert work.tasks.dependencies_of([deliver.id, collect.id]) == sorted([haul, gate], key=lambda d: d.task_id)
        assert work.tasks.dependencies_of([acquire.id]) == []
        assert work.tasks.dependencies_of([]) == []
        assert work.tasks.dependents_of(acquire.id) == [haul]
        assert work.tasks.needs_of([deliver.id]) == [(haul, TaskStatus.PENDING)]
        work.tasks.get(acquire.id).cancel("not needed", NOW)
        work.commit()
        assert work.tasks.needs_of([acquire.id, deliver.id]) == [(haul, TaskStatus.CANCELLED)]


def test_a_dependency_of_an_unknown_task_is_refused(uow: Open, pipeline: ManufacturingPipeline) -> None:
    task = a_task(pipeline)
    stored(uow, task)
    with uow() as work, pytest.raises(UnknownThing, match="nothing"):
        work.tasks.add_dependencies([TaskDependency(task_id=TaskId("nothing"), depends_on=task.id)])


class TestClaim:
    def test_a_ready_task_is_given_to_the_ship_with_its_first_step_due(
        self, uow: Open, pipeline: ManufacturingPipeline
    ) -> None:
        task = a_ready_task(pipeline)
        stored(uow, task)
        with uow() as work:
            read = work.tasks.get(task.id)
            assert work.tasks.claim(task.id, "AGENT-1", NOW)
            assert (read.status, read.ship_symbol, read.assigned_at) == (TaskStatus.ASSIGNED, "AGENT-1", NOW)
            assert (read.step_state, read.due_at, read.version) == (StepState.WAITING, NOW, 2)
            read.start(NOW)
            work.commit()
        with uow() as work:
            assert work.tasks.get(task.id).status is TaskStatus.EXECUTING

    def test_a_task_is_given_once(self, uow: Open, pipeline: ManufacturingPipeline) -> None:
        task = a_ready_task(pipeline)
        stored(uow, task)
        with uow() as work:
            assert work.tasks.claim(task.id, "AGENT-1", NOW)
            assert not work.tasks.claim(task.id, "AGENT-2", NOW)
            assert work.tasks.get(task.id).ship_symbol == "AGENT-1"

    def test_a_ship_takes_one_task_at_a_time(self, uow: Open, pipeline: ManufacturingPipeline) -> None:
        one, other = a_ready_task(pipeline), a_ready_task(pipeline)
        stored(uow, one, other)
        with uow() as work:
            assert work.tasks.claim(one.id, "AGENT-1", NOW)
            assert not work.tasks.claim(other.id, "AGENT-1", NOW)
            assert work.tasks.get(other.id).status is TaskStatus.READY

    def test_a_bound_task_goes_to_its_ship_only(self, uow: Open, pipeline: ManufacturingPipeline) -> None:
        task = a_ready_task(pipeline, bound_ship="AGENT-1")
        stored(uow, task)
        with uow() as work:
            assert not work.tasks.claim(task.id, "AGENT-2", NOW)
            assert work.tasks.claim(task.id, "AGENT-1", NOW)

    @pytest.mark.parametrize("status", [status for status in TaskStatus if status is not TaskStatus.READY])
    def test_a_task_that_is_not_ready_is_not_given(
        self, uow: Open, pipeline: ManufacturingPipeline, status: TaskStatus
    ) -> None:
        ship = "AGENT-9" if status in (TaskStatus.ASSIGNED, TaskStatus.EXECUTING) else None
        task = a_task(pipeline, status=status, ship_symbol=ship, units_moved=1)
        stored(uow, task)
        with uow() as work:
            assert not work.tasks.claim(task.id, "AGENT-1", NOW)

    def test_losing_the_race_for_a_ship_leaves_the_rest_of_the_transaction_alive(
        self, uow: Open, pipeline: ManufacturingPipeline
    ) -> None:
        mine, theirs = a_ready_task(pipeline), a_ready_task(pipeline)
        stored(uow, mine, theirs)
        with uow() as work, uow() as other, ThreadPoolExecutor() as thread:
            assert other.tasks.claim(theirs.id, "AGENT-1", NOW)
            work.tasks.get(mine.id).reason = "kept"
            claim = thread.submit(work.tasks.claim, mine.id, "AGENT-1", NOW)
            with pytest.raises(TimeoutError):
                claim.result(timeout=0.2)  # it waits for what becomes of the other
            other.commit()
            assert not claim.result(timeout=5)
            work.commit()
        with uow() as work:
            assert (work.tasks.get(mine.id).status, work.tasks.get(mine.id).reason) == (TaskStatus.READY, "kept")

    def test_assigning_past_the_claim_is_refused_as_well(self, uow: Open, pipeline: ManufacturingPipeline) -> None:
        has, wants = a_task_with_ship(pipeline, "AGENT-1"), a_ready_task(pipeline)
        stored(uow, has, wants)
        with uow() as work:
            work.tasks.get(wants.id).assign("AGENT-1", NOW)
            with pytest.raises(TaskAlreadyTaken, match="the ship has another task"):
                work.flush()


def test_one_liquidation_per_ship_and_good(uow: Open, player: Player) -> None:
    stored(uow, a_liquidation(player, "AGENT-1"), a_liquidation(player, "AGENT-2"))
    with uow() as work:
        work.tasks.add(a_liquidation(player, "AGENT-1"))
        with pytest.raises(TaskAlreadyTaken, match="being liquidated"):
            work.commit()


class TestClaimDue:
    def test_due_steps_are_queued_earliest_first_and_leased(self, uow: Open, pipeline: ManufacturingPipeline) -> None:
        late, early, future = (a_task_with_ship(pipeline, f"AGENT-{n}") for n in range(3))
        late.wait_until(NOW + SECOND)
        early.wait_until(NOW - SECOND)
        future.wait_until(NOW + 2 * SECOND)
        stored(uow, late, early, future, a_ready_task(pipeline))
        with uow() as work:
            claimed = work.tasks.claim_due(NOW + SECOND, NOW, LEASE, 10)
            assert [task.id for task in claimed] == [early.id, late.id]
            assert {(task.step_state, task.lease_until, task.version) for task in claimed} == {
                (StepState.QUEUED, LEASE, 2)
            }
            work.commit()
        with uow() as work:
            assert work.tasks.claim_due(NOW + SECOND, NOW, LEASE, 10) == []

    def test_a_step_whose_lease_ended_is_queued_again(self, uow: Open, pipeline: ManufacturingPipeline) -> None:
        lost, held = a_task_with_ship(pipeline, "AGENT-1"), a_task_with_ship(pipeline, "AGENT-2")
        lost.queue(NOW - SECOND)
        held.queue(NOW)
        stored(uow, lost, held)
        with uow() as work:
            assert [task.id for task in work.tasks.claim_due(NOW, NOW, LEASE, 10)] == [lost.id]

    def test_steps_of_one_moment_come_in_the_order_of_their_ids(
        self, uow: Open, pipeline: ManufacturingPipeline
    ) -> None:
        tasks = [a_task_with_ship(pipeline, f"AGENT-{n}") for n in range(6)]
        for task in tasks:
            task.wait_until(NOW)
        stored(uow, *reversed(tasks))
        with uow() as work:
            claimed = work.tasks.claim_due(NOW, NOW, LEASE, 10)
            assert [task.id for task in claimed] == sorted(task.id for task in tasks)

    def test_no_more_than_the_limit_are_taken_and_the_earliest_of_them(
        self, uow: Open, pipeline: ManufacturingPipeline
    ) -> None:
        tasks = [a_task_with_ship(pipeline, f"AGENT-{n}") for n in range(6)]
        for place, task in enumerate(tasks):
            task.wait_until(NOW - place * SECOND)
        stored(uow, *tasks)
        with uow() as work:
            claimed = work.tasks.claim_due(NOW, NOW, LEASE, 2)
            assert [task.id for task in claimed] == [tasks[5].id, tasks[4].id]

    def test_rows_that_others_hold_are_skipped_without_waiting(
        self, uow: Open, pipeline: ManufacturingPipeline
    ) -> None:
        held, free = a_task_with_ship(pipeline, "AGENT-1"), a_task_with_ship(pipeline, "AGENT-2")
        stored(uow, held, free)
        with uow() as holder, uow() as work:
            holder.tasks.get(held.id).reason = "changed, not committed"
            holder.flush()
            assert [task.id for task in work.tasks.claim_due(NOW, NOW, LEASE, 10)] == [free.id]

    def test_players_of_a_universe_that_is_gone_are_left_out(
        self, uow: Open, player: Player, other_player: Player, pipeline: ManufacturingPipeline
    ) -> None:
        theirs = a_pipeline(other_player)
        with uow() as work:
            work.pipelines.add(theirs)
            work.tasks.add(a_task_with_ship(theirs, "OTHER-1"))
            work.players.get(player.id).status = PlayerStatus.RESET
            work.players.get(other_player.id).status = PlayerStatus.PAUSED
            work.commit()
        stored(uow, a_task_with_ship(pipeline, "AGENT-1"))
        with uow() as work:
            assert [task.player_id for task in work.tasks.claim_due(NOW, NOW, LEASE, 10)] == [other_player.id]


class TestClaimStep:
    def test_the_queued_step_is_ours_with_a_new_version(self, uow: Open, pipeline: ManufacturingPipeline) -> None:
        task = a_task_with_ship(pipeline, "AGENT-1")
        task.queue(LEASE)
        stored(uow, task)
        with uow() as work:
            step = work.tasks.claim_step(task.id, 1, LEASE + MINUTE)
            assert step is not None
            claimed = step.task
            assert (claimed.lease_until, claimed.version) == (LEASE + MINUTE, 2)
            claimed.start(NOW)
            work.commit()
        with uow() as work:
            assert work.tasks.get(task.id).version == 3

    def test_a_message_that_comes_twice_finds_nothing(self, uow: Open, pipeline: ManufacturingPipeline) -> None:
        task = a_task_with_ship(pipeline, "AGENT-1")
        task.queue(LEASE)
        stored(uow, task)
        with uow() as work:
            assert work.tasks.claim_step(task.id, 1, LEASE) is not None
            assert work.tasks.claim_step(task.id, 1, LEASE) is None

    def test_a_step_that_is_not_queued_is_not_ours(self, uow: Open, pipeline: ManufacturingPipeline) -> None:
        task = a_task_with_ship(pipeline, "AGENT-1")
        stored(uow, task)
        with uow() as work:
            assert work.tasks.claim_step(task.id, 1, LEASE) is None
            assert work.tasks.claim_step(TaskId("nothing"), 1, LEASE) is None


class TestResume:
    def test_a_task_nobody_changed_goes_on_without_being_read(self, uow: Open, pipeline: ManufacturingPipeline) -> None:
        task = a_ready_task(pipeline)
        stored(uow, task)
        with uow() as work:
            read = work.tasks.get(task.id)
        with uow() as work:
            work.tasks.resume(read)
            assert work.tasks.get(task.id) is read
            read.cancel("nobody wants it", NOW)
            work.commit()
        with uow() as work:
            assert work.tasks.get(task.id).status is TaskStatus.CANCELLED

    def test_one_that_was_changed_since_does_not(self, uow: Open, pipeline: ManufacturingPipeline) -> None:
        task = a_ready_task(pipeline)
        stored(uow, task)
        with uow() as work:
            read = work.tasks.get(task.id)
        with uow() as work:
            work.tasks.get(task.id).cancel("nobody wants it", NOW)
            work.commit()
        with uow() as work, pytest.raises(StaleRow):
            work.tasks.resume(read)


def test_a_task_changed_by_a_claim_cannot_be_overwritten_by_an_older_copy(
    uow: Open, pipeline: ManufacturingPipeline
) -> None:
    task = a_ready_task(pipeline)
    stored(uow, task)
    with uow() as slow:
        read = slow.tasks.get(task.id)
        with uow() as quick:
            assert quick.tasks.claim(task.id, "AGENT-1", NOW)
            quick.commit()
        read.cancel("nobody wants it", NOW)
        with pytest.raises(StaleRow):
            slow.commit()
    with uow() as work:
        assert work.tasks.get(task.id).status is TaskStatus.ASSIGNED
