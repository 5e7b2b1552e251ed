"""Steps about pipelines: how they begin, follow their tasks, and end."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

from behave import given, then, when

from manufacturing.domain.decision import DecisionKind
from manufacturing.domain.errors import IllegalTransition
from manufacturing.domain.events import PipelineEnded, StepDue
from manufacturing.domain.manufacturing_pipeline import ManufacturingPipeline, PipelineStatus
from manufacturing.domain.manufacturing_task import ManufacturingTask, TaskStatus, TaskType
from manufacturing.domain.player import PlayerStatus
from manufacturing.domain.prices import Supply
from tests.builders import SYSTEM
from tests.pocket_universe import PLACES
from tests.world import World


def the_pipeline(world: World, good: str = "ELECTRONICS") -> ManufacturingPipeline:
    """The latest pipeline that makes the good."""
    return [pipeline for pipeline in world.pipelines() if pipeline.product_good == good][-1]


def the_task(world: World, type_: TaskType, good: str) -> ManufacturingTask:
    """The one task of a type and good."""
    (task,) = world.tasks(type_, good)
    return task


def begin(task: ManufacturingTask, ship: str, now: Any) -> None:
    """Brings a task, wherever it stands, to a ship that is at it."""
    if task.status is TaskStatus.PENDING:
        task.make_ready(now)
    if task.status is TaskStatus.READY:
        task.assign(ship, now)
    if task.status is TaskStatus.ASSIGNED:
        task.start(now)


def done(world: World, type_: TaskType, good: str) -> None:
    """Someone has carried out the task: all of it was moved."""
    with world.uow() as uow:
        task = uow.tasks.get(the_task(world, type_, good).id)
        begin(task, f"SOMEONE-{type_}-{good}", world.clock.now())
        task.record_trade(task.quantity)
        task.complete(world.clock.now())
        uow.commit()
    world.fleet.lifecycle.handle_task_completion(task.id, success=True)


@given("the player is PAUSED")
def paused(context: Any) -> None:
    with context.world.uow() as uow:
        uow.players.get(context.world.player_id).status = PlayerStatus.PAUSED
        uow.commit()


@given("the fleet has begun to make {good:Good}")
def has_begun(context: Any, good: str) -> None:
    world = context.world
    world.fleet.lifecycle.create_pipelines_from_opportunities(world.player_id, SYSTEM)
    world.fleet.lifecycle.update_readiness(world.player_id)
    world.mailbox.clear()
    assert the_pipeline(world, good).is_active


@given("{name:Ship} is on its way for the pipeline")
def on_its_way(context: Any, name: str) -> None:
    world = context.world
    world.fleet.assignment.assign_ready_tasks(world.player_id)
    world.deliver_messages()
    assert world.ship(name).is_flying(world.clock.now()), world.story()


@given("all its tasks were cancelled behind its back")
def all_cancelled(context: Any) -> None:
    with context.world.uow() as uow:
        for task in uow.tasks.of_pipeline(the_pipeline(context.world).id):
            task.cancel("nobody knows why", context.world.clock.now())
        uow.commit()


@given("{name:Ship} is left with a task that has ended")
def left_behind(context: Any, name: str) -> None:
    world = context.world
    done(world, TaskType.ACQUIRE, "COPPER")
    world.fleet.dispatch.assign_ship_to_container(
        world.player_id, world.symbol(name), the_task(world, TaskType.ACQUIRE, "COPPER").id
    )


@when("{count:Number} workers look for opportunities at once")
def look_at_once(context: Any, count: int) -> None:
    world = context.world
    look = world.fleet.lifecycle.create_pipelines_from_opportunities
    with ThreadPoolExecutor(count) as pool:
        list(pool.map(lambda _: look(world.player_id, SYSTEM), range(count)))


@when("readiness is looked at")
def update_readiness(context: Any) -> None:
    context.world.fleet.lifecycle.update_readiness(context.world.player_id)


@when("{good:Good} becomes {supply:Supply} everywhere")
def becomes_everywhere(context: Any, good: str, supply: Supply) -> None:
    for place in context.world.sellers(good):
        context.world.stock(good, place, supply)


@when("the deliveries of {goods} are done")
def deliveries_done(context: Any, goods: str) -> None:
    for good in goods.split(" and "):
        done(context.world, TaskType.ACQUIRE, good)
        done(context.world, TaskType.DELIVER, good)


@when("the fleet goes on for {minutes:Number} minutes while {good:Good} stays {supply:Supply} at {place:Place}")
def goes_on_while(context: Any, minutes: int, good: str, supply: Supply, place: str) -> None:
    context.world.stock(good, place, supply)
    _go_on(context.world, minutes)


@when("the fleet goes on for {minutes:Number} minutes without looking for opportunities")
def goes_on(context: Any, minutes: int) -> None:
    _go_on(context.world, minutes)


def _go_on(world: World, minutes: int) -> None:
    world.looks_for_opportunities = False
    end = world.clock.now() + timedelta(minutes=minutes)
    world.play(lambda: world.clock.now() >= end, within=timedelta(minutes=minutes + 5))


@when("the {type_:TaskType} of {good:Good} fails")
def fails(context: Any, type_: TaskType, good: str) -> None:
    _fail(context.world, type_, good)


@when("the {type_:TaskType} of {good:Good} fails for good")
def fails_for_good(context: Any, type_: TaskType, good: str) -> None:
    while the_task(context.world, type_, good).status is not TaskStatus.FAILED:
        _fail(context.world, type_, good)


def _fail(world: World, type_: TaskType, good: str) -> None:
    with world.uow() as uow:
        task = uow.tasks.get(the_task(world, type_, good).id)
        begin(task, "SOMEONE-1", world.clock.now())
        task.fail("the market closed", world.clock.now())
        uow.commit()
    world.fleet.lifecycle.handle_task_completion(task.id, success=False)


@when("the {type_:TaskType} of {good:Good} is completed")
def is_completed(context: Any, type_: TaskType, good: str) -> None:
    done(context.world, type_, good)
    context.task_id = the_task(context.world, type_, good).id


@when("its completion is told {times:Number} times")
def told_again(context: Any, times: int) -> None:
    for _ in range(times):
        context.world.fleet.lifecycle.handle_task_completion(context.task_id, success=True)


@when("the pipeline is cancelled")
def cancel(context: Any) -> None:
    try:
        context.world.fleet.lifecycle.cancel_pipeline(the_pipeline(context.world).id, "the player said so")
    except IllegalTransition as error:
        context.error = error


@when("old news of its tasks arrives")
def old_news(context: Any) -> None:
    world = context.world
    for event in [event for event in world.mailbox.events if isinstance(event, StepDue)]:
        world.handle(event)
    for task in world.tasks():
        world.fleet.lifecycle.handle_task_completion(task.id, success=False)
        world.fleet.lifecycle.handle_task_completion(task.id, success=True)


@when("pipelines without progress are ended")
def end_expired(context: Any) -> None:
    context.world.fleet.lifecycle.end_expired(context.world.player_id)


@when("the state is recovered")
def recover(context: Any) -> None:
    context.recovered = context.world.fleet.lifecycle.recover_state(context.world.player_id)


@then("a pipeline for {good:Good} is {status:PipelineStatus}")
def pipeline_is(context: Any, good: str, status: PipelineStatus) -> None:
    assert the_pipeline(context.world, good).status == status, context.world.story()


@then("no pipeline for {good:Good} is under way")
def no_pipeline_for(context: Any, good: str) -> None:
    world = context.world
    assert not world.fleet.lifecycle.has_pipeline_for_good(world.player_id, good), world.story()
    assert all(task.good != good for task in world.tasks())


@then("there is a pipeline for {good:Good}")
def there_is_one(context: Any, good: str) -> None:
    assert context.world.fleet.lifecycle.has_pipeline_for_good(context.world.player_id, good)


@then("there is no pipeline for {good:Good}")
def there_is_none(context: Any, good: str) -> None:
    assert not context.world.fleet.lifecycle.has_pipeline_for_good(context.world.player_id, good)


@then("one pipeline is under way")
def one_pipeline(context: Any) -> None:
    active = context.world.fleet.lifecycle.get_active_pipelines(context.world.player_id)
    assert len(active) == 1, context.world.story()


@then("pipelines for {goods} are under way")
def pipelines_for_goods(context: Any, goods: str) -> None:
    active = context.world.fleet.lifecycle.get_active_pipelines(context.world.player_id)
    assert {pipeline.product_good for pipeline in active} == set(goods.split(" and ")), context.world.story()


@then("the active pipelines are those of {good:Good}")
def active_are(context: Any, good: str) -> None:
    active = context.world.fleet.lifecycle.get_active_pipelines(context.world.player_id)
    assert [pipeline.product_good for pipeline in active] == [good]


@then("{place:Place} is reserved for it")
def is_reserved(context: Any, place: str) -> None:
    world = context.world
    (reservation,) = world.fleet.coordinator.get_active_reservations(world.player_id, PLACES[place])
    assert reservation.pipeline_id == the_pipeline(world).id


@then("{place:Place} is watched for it")
def is_watched(context: Any, place: str) -> None:
    world = context.world
    with world.uow() as uow:
        states = uow.factories.of_pipeline(the_pipeline(world).id)
    assert [(state.factory_symbol, state.is_watched) for state in states] == [(PLACES[place], True)]


@then("the plan says what it promises")
def plan_promises(context: Any) -> None:
    world = context.world
    pipeline = the_pipeline(world)
    (decision,) = [d for d in world.decisions(pipeline.id) if d.kind is DecisionKind.PLAN]
    assert f"{pipeline.estimated_profit:,} credits" in decision.reason
    assert decision.details["revenue"] - decision.details["cost"] == pipeline.estimated_profit


@then('it was noted that "{name}" has the factory that {good:Good} needs')
def noted_holder(context: Any, name: str, good: str) -> None:
    reasons = [d.reason for d in context.world.decisions(good) if d.kind is DecisionKind.SKIP]
    assert any(f"for pipeline {name}" in reason for reason in reasons), reasons


@then("the DELIVER of {good:Good} waits for its ACQUIRE")
def waits_for_acquire(context: Any, good: str) -> None:
    deliver = the_task(context.world, TaskType.DELIVER, good)
    assert deliver.status is TaskStatus.PENDING
    assert the_task(context.world, TaskType.ACQUIRE, good).id in (deliver.reason or "")


@then("no task was ever retried")
def never_retried(context: Any) -> None:
    assert [task.id for task in context.world.tasks() if task.retry_count] == []


@then("it was retried {times:Number} times")
def was_retried(context: Any, times: int) -> None:
    assert the_task(context.world, TaskType.ACQUIRE, "COPPER").retry_count == times


@then("the {type_:TaskType} of {good:Good} goes on")
def goes_on_still(context: Any, type_: TaskType, good: str) -> None:
    assert not the_task(context.world, type_, good).status.is_final


@then("whoever looks for opportunities is told")
def opportunity_seekers_told(context: Any) -> None:
    world = context.world
    assert PipelineEnded(player_id=world.player_id, pipeline_id=the_pipeline(world).id) in world.mailbox.events


@then("all its tasks are CANCELLED")
def tasks_cancelled(context: Any) -> None:
    world = context.world
    with world.uow() as uow:
        tasks = uow.tasks.of_pipeline(the_pipeline(world).id)
    assert tasks
    assert {task.status for task in tasks} == {TaskStatus.CANCELLED}, world.story()


@then("the recovery says so")
def recovery_says(context: Any) -> None:
    assert any("freed" in line for line in context.recovered), context.recovered


@then("there was nothing to recover")
def nothing_to_recover(context: Any) -> None:
    assert context.recovered == []
