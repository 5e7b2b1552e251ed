"""The life of a task: every move it has, and no other."""

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from manufacturing.domain.errors import IllegalTransition
from manufacturing.domain.manufacturing_task import (
    MAX_RETRIES,
    ManufacturingTask,
    StepState,
    TaskGroup,
    TaskStatus,
    TaskType,
)
from tests.builders import NOW, a_task, after

PENDING, READY, ASSIGNED, EXECUTING, COMPLETED, FAILED, CANCELLED = TaskStatus

Move = Callable[[ManufacturingTask], None]

MOVES: dict[str, tuple[Move, dict[TaskStatus, TaskStatus]]] = {
    "make_ready": (lambda task: task.make_ready(NOW), {PENDING: READY}),
    "unready": (lambda task: task.unready("the source ran dry"), {READY: PENDING}),
    "assign": (lambda task: task.assign("HAULER-1", NOW), {READY: ASSIGNED}),
    "release": (lambda task: task.release("needed elsewhere"), {ASSIGNED: READY}),
    "start": (lambda task: task.start(NOW), {ASSIGNED: EXECUTING}),
    "interrupt": (lambda task: task.interrupt("parked"), {EXECUTING: READY}),
    "complete": (lambda task: task.complete(NOW), {EXECUTING: COMPLETED}),
    "fail": (lambda task: task.fail("the market closed", NOW), {ASSIGNED: FAILED, EXECUTING: FAILED}),
    "retry": (lambda task: task.retry(NOW), {FAILED: PENDING}),
    "cancel": (
        lambda task: task.cancel("its pipeline ended", NOW),
        dict.fromkeys([PENDING, READY, ASSIGNED, EXECUTING], CANCELLED),
    ),
}


def a_task_that_is(status: TaskStatus, **fields: Any) -> ManufacturingTask:
    with_ship: dict[str, Any] = {"ship_symbol": "HAULER-1"} if status in (ASSIGNED, EXECUTING) else {}
    return a_task(status=status, **({"units_moved": 20, **with_ship} | fields))


@pytest.mark.parametrize("status", TaskStatus)
@pytest.mark.parametrize("name", MOVES)
def test_a_task_makes_the_moves_of_its_state_and_no_other(name: str, status: TaskStatus) -> None:
    move, allowed = MOVES[name]
    task = a_task_that_is(status)
    if status in allowed:
        move(task)
        assert task.status is allowed[status]
    else:
        with pytest.raises(IllegalTransition, match=rf"task task is {status}: it cannot"):
            move(task)
        assert task.status is status


@pytest.mark.parametrize("status", TaskStatus)
def test_only_completed_failed_and_cancelled_are_final(status: TaskStatus) -> None:
    assert status.is_final is (status in (COMPLETED, FAILED, CANCELLED))


@pytest.mark.parametrize("type_", [each for each in TaskType if each.moves_cargo])
def test_a_task_never_completes_with_nothing_moved(type_: TaskType) -> None:
    task = a_task(type_, status=EXECUTING, ship_symbol="HAULER-1", units_moved=0)
    with pytest.raises(IllegalTransition, match="without a unit moved"):
        task.complete(NOW)
    assert task.status is EXECUTING


def test_looking_at_a_market_completes_without_moving_anything() -> None:
    task = a_task(TaskType.OBSERVE, status=EXECUTING, ship_symbol="PROBE-1")
    task.complete(NOW)
    assert task.status is COMPLETED
    assert task.ended_at == NOW


def test_a_task_is_retried_three_times_at_most() -> None:
    task = a_task_that_is(FAILED)
    for _ in range(MAX_RETRIES):
        task.retry(NOW)
        task.status = FAILED
    with pytest.raises(IllegalTransition, match="after 3 retries"):
        task.retry(NOW)
    assert task.retry_count == 3


def test_waiting_for_supply_burns_no_retry() -> None:
    task = a_task()
    for _ in range(20):
        task.make_ready(NOW)
        task.unready("IRON is LIMITED at X1-PX-A1")
    assert task.retry_count == 0
    assert task.status is PENDING
    assert task.reason == "IRON is LIMITED at X1-PX-A1"


def test_an_assigned_task_is_due_at_once() -> None:
    task = a_task_that_is(READY)
    task.assign("HAULER-1", NOW)
    assert (task.ship_symbol, task.step_state, task.due_at) == ("HAULER-1", StepState.WAITING, NOW)


def test_a_task_bound_to_a_ship_is_given_to_no_other() -> None:
    task = a_task_that_is(READY, bound_ship="HAULER-1")
    with pytest.raises(IllegalTransition, match="bound to HAULER-1"):
        task.assign("HAULER-2", NOW)
    task.assign("HAULER-1", NOW)
    assert task.ship_symbol == "HAULER-1"


def test_a_ship_interrupted_after_it_bought_stays_bound_to_the_task() -> None:
    task = a_task_that_is(EXECUTING, units_moved=20)
    task.interrupt("the price rose")
    assert task.bound_ship == "HAULER-1"
    assert task.ship_symbol is None


def test_a_ship_interrupted_before_it_bought_is_free() -> None:
    task = a_task_that_is(EXECUTING, units_moved=0)
    task.interrupt("the source ran dry")
    assert task.bound_ship is None
    assert task.ship_symbol is None


def test_a_laden_ship_interrupted_on_its_way_to_a_sale_stays_bound() -> None:
    task = a_task(TaskType.DELIVER, status=EXECUTING, ship_symbol="HAULER-1", units_moved=0)
    task.interrupt("the factory is full")
    assert task.bound_ship == "HAULER-1"


@pytest.mark.parametrize("name", ["release", "interrupt", "complete", "fail", "cancel"])
def test_a_task_without_a_ship_at_work_is_never_due(name: str) -> None:
    move, allowed = MOVES[name]
    task = a_task_that_is(next(status for status in allowed if status in (ASSIGNED, EXECUTING)))
    task.queue(after(seconds=30))
    move(task)
    assert (task.step_state, task.due_at, task.lease_until) == (StepState.IDLE, None, None)


def test_a_task_counts_what_it_moved_trade_by_trade() -> None:
    task = a_task()
    task.record_trade(20)
    task.record_trade(15)
    assert (task.units_moved, task.trades) == (35, 2)


@pytest.mark.parametrize(
    ("type_", "group"),
    [
        (TaskType.ACQUIRE, TaskGroup.FEED),
        (TaskType.DELIVER, TaskGroup.FEED),
        (TaskType.COLLECT, TaskGroup.YIELD),
        (TaskType.SELL, TaskGroup.YIELD),
        (TaskType.LIQUIDATE, TaskGroup.YIELD),
    ],
)
def test_bringing_inputs_is_one_group_and_bringing_in_money_the_other(type_: TaskType, group: TaskGroup) -> None:
    assert a_task(type_).group is group


@pytest.mark.parametrize(
    ("type_", "bonus", "minutes", "priority"),
    [
        (TaskType.ACQUIRE, 0, 0, 10),
        (TaskType.ACQUIRE, 30, 0, 40),
        (TaskType.DELIVER, 0, 10, 30),
        (TaskType.COLLECT, 0, 0, 50),
        (TaskType.SELL, 0, 5, 60),
        (TaskType.LIQUIDATE, 0, 0, 100),
        (TaskType.ACQUIRE, 20, 50, 130),
        (TaskType.ACQUIRE, 20, 500, 130),
    ],
)
def test_priority_is_base_and_bonus_and_two_a_minute_up_to_a_hundred(
    type_: TaskType, bonus: int, minutes: int, priority: float
) -> None:
    task = a_task(type_, source_bonus=bonus, ready_at=NOW)
    assert task.priority(after(minutes=minutes)) == priority


@given(st.sampled_from(TaskType), st.integers(0, 100_000), st.integers(0, 100_000))
def test_waiting_never_lowers_a_priority_nor_raises_it_by_more_than_a_hundred(
    type_: TaskType, earlier: int, more: int
) -> None:
    task = a_task(type_, ready_at=NOW)
    fresh, aged = task.priority(after(seconds=earlier)), task.priority(after(seconds=earlier + more))
    assert fresh <= aged <= task.priority(NOW) + 100


def test_a_task_that_is_not_ready_does_not_age() -> None:
    assert a_task().priority(after(hours=5)) == 10
