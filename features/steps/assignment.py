"""Steps about tasks and the ships that carry them out."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

from behave import given, then, when

from manufacturing.domain.decision import DecisionKind
from manufacturing.domain.errors import TaskAlreadyTaken
from manufacturing.domain.manufacturing_task import ManufacturingTask, TaskGroup, TaskStatus, TaskType
from manufacturing.domain.policy import AssignmentMethod
from tests.builders import after
from tests.pocket_universe import PLACES
from tests.world import World


def a_ready_task(world: World, type_: TaskType, units: int, good: str | None, place: str, **fields: Any) -> None:
    """Stores a task that waits for nothing but a ship."""
    waited = fields.pop("minutes", 0)
    task = world.a_task(
        type_,
        good,
        place,
        quantity=units,
        status=TaskStatus.READY,
        ready_at=world.clock.now() - (after(minutes=waited) - after()),
        **fields,
    )
    if type_ in (TaskType.LIQUIDATE, TaskType.OBSERVE):
        with world.uow() as uow:
            uow.tasks.add(task)
            uow.commit()
    else:
        number = len(world.pipelines())
        world.add_pipeline(task, product_good=f"PRODUCT_{number}")


def the_task(world: World, type_: TaskType, good: str | None) -> ManufacturingTask:
    """The one task of a type and good."""
    (task,) = world.tasks(type_, good)
    return task


def on_threads(count: int, work: Any) -> list[Any]:
    """Does the same at once on as many threads; what each returned or raised."""

    def safely(number: int) -> Any:
        try:
            return work(number)
        except TaskAlreadyTaken as error:
            return error

    with ThreadPoolExecutor(count) as pool:
        return list(pool.map(safely, range(count)))


@given("a READY task to {type_:TaskType} {units:Number} {good:Good} at {place:Place}")
def ready_task(context: Any, type_: TaskType, units: int, good: str, place: str) -> None:
    a_ready_task(context.world, type_, units, good, place)


@given("a READY task to OBSERVE {place:Place}")
def ready_observation(context: Any, place: str) -> None:
    a_ready_task(context.world, TaskType.OBSERVE, 0, None, place)


@given(
    "a READY task to {type_:TaskType} {units:Number} {good:Good} at {place:Place}, ready for {minutes:Number} minutes"
)
def old_task(context: Any, type_: TaskType, units: int, good: str, place: str, minutes: int) -> None:
    a_ready_task(context.world, type_, units, good, place, minutes=minutes)


@given("a READY task to {type_:TaskType} {units:Number} {good:Good} at {place:Place}, from an ABUNDANT source")
def task_with_bonus(context: Any, type_: TaskType, units: int, good: str, place: str) -> None:
    a_ready_task(context.world, type_, units, good, place, source_bonus=30)


@given("a READY task to {type_:TaskType} {units:Number} {good:Good} at {place:Place}, bound to {name:Ship}")
def bound_task(context: Any, type_: TaskType, units: int, good: str, place: str, name: str) -> None:
    a_ready_task(context.world, type_, units, good, place, bound_ship=context.world.symbol(name))


@given("{count:Number} READY tasks to {type_:TaskType} {units:Number} {good:Good} at {place:Place}")
def ready_tasks(context: Any, count: int, type_: TaskType, units: int, good: str, place: str) -> None:
    for _ in range(count):
        a_ready_task(context.world, type_, units, good, place)


@given(
    "{count:Number} READY tasks to {type_:TaskType} {units:Number} {good:Good} at {place:Place}, "
    "ready for {minutes:Number} minutes"
)
def old_tasks(context: Any, count: int, type_: TaskType, units: int, good: str, place: str, minutes: int) -> None:
    for _ in range(count):
        a_ready_task(context.world, type_, units, good, place, minutes=minutes)


@given("{name:Ship} works for a LIQUIDATE of {units:Number} {good:Good} at {place:Place}")
def works_for(context: Any, name: str, units: int, good: str, place: str) -> None:
    world = context.world
    a_ready_task(world, TaskType.LIQUIDATE, units, good, place, bound_ship=world.symbol(name))
    task = the_task(world, TaskType.LIQUIDATE, good)
    world.fleet.assignment.assign_ship_to_task(world.player_id, world.symbol(name), task.id)


@given("the fleet assigns greedily")
def greedily(context: Any) -> None:
    context.world.change_policy(assignment=AssignmentMethod.GREEDY)


@given("a fleet without observers")
def no_observers(context: Any) -> None:
    for place in PLACES:
        context.world.leave_unwatched(place)


@when("the ships that have nothing to do are seen to")
def seen_to(context: Any) -> None:
    world = context.world
    context.said = len(world.decisions())
    world.fleet.assignment.attend_idle_ships(world.player_id)


@when("every gate is closed to an {type_:TaskType} of {units:Number} {good:Good} at {place:Place}")
def closed_gate(context: Any, type_: TaskType, units: int, good: str, place: str) -> None:
    world = context.world
    world.add_pipeline(world.a_task(type_, good, place, quantity=units, reason=f"{good} is SCARCE"))


@then("nothing new is said about {name:Ship}")
def nothing_new(context: Any, name: str) -> None:
    assert len(context.world.decisions()) == context.said


@then("{name:Ship} is at work")
def is_at_work(context: Any, name: str) -> None:
    assert context.world.ship(name).container_id is not None


@then('the assignment says "{words}"')
def assignment_says(context: Any, words: str) -> None:
    reasons = [d.reason for d in context.world.decisions() if d.kind is DecisionKind.ASSIGN]
    assert any(words in reason for reason in reasons), reasons


@when("ready tasks are assigned")
def assign(context: Any) -> None:
    context.assigned = context.world.fleet.assignment.assign_ready_tasks(context.world.player_id)


@when("ready tasks are assigned, {limit:Number} at a time")
def assign_some(context: Any, limit: int) -> None:
    context.assigned = context.world.fleet.assignment.assign_ready_tasks(context.world.player_id, limit)


@when("{count:Number} workers assign ready tasks at once")
def assign_at_once(context: Any, count: int) -> None:
    world = context.world
    on_threads(count, lambda _: world.fleet.assignment.assign_ready_tasks(world.player_id))


@when("{count:Number} workers each give the {type_:TaskType} of {good:Good} to another ship")
def give_to_many(context: Any, count: int, type_: TaskType, good: str) -> None:
    world = context.world
    task = the_task(world, type_, good)

    def give(number: int) -> bool:
        world.fleet.assignment.assign_ship_to_task(world.player_id, world.symbol(f"HAULER-{number + 1}"), task.id)
        return True

    context.results = on_threads(count, give)


@when("{name:Ship} is given the {type_:TaskType} of {good:Good}")
def give(context: Any, name: str, type_: TaskType, good: str) -> None:
    world = context.world
    task = the_task(world, type_, good)
    try:
        world.fleet.assignment.assign_ship_to_task(world.player_id, world.symbol(name), task.id)
    except TaskAlreadyTaken as error:
        context.error = error


@when("{name:Ship} is freed and reassigned")
def free_and_reassign(context: Any, name: str) -> None:
    world = context.world
    world.fleet.dispatch.release_ship(world.player_id, world.symbol(name), "its task has ended")
    context.reassigned = world.fleet.assignment.reassign_freed_ship(world.player_id, world.symbol(name))


@then("{count:Number} task was assigned")
@then("{count:Number} tasks were assigned")
def were_assigned(context: Any, count: int) -> None:
    assert context.assigned == count, f"{context.assigned}: {context.world.story()}"


@then("{count:Number} tasks are under way")
def under_way(context: Any, count: int) -> None:
    assert sum(task.has_ship for task in context.world.tasks()) == count, context.world.story()


@then("{name:Ship} has the {type_:TaskType} of {good:Good}")
def has_task(context: Any, name: str, type_: TaskType, good: str) -> None:
    world = context.world
    task = the_task(world, type_, good)
    assert task.has_ship, world.story()
    assert task.ship_symbol == world.symbol(name), world.story()
    assert world.ship(name).container_id == task.id


@then("the assignment says why")
def assignment_says_why(context: Any) -> None:
    world = context.world
    for task in world.tasks():
        if task.has_ship:
            reasons = [d.reason for d in world.decisions(task.ship_symbol) if d.kind is DecisionKind.ASSIGN]
            assert any(task.type in r and task.waypoint in r and "priority" in r and "away" in r for r in reasons)


@then("the {type_:TaskType} of {good:Good} is {status:TaskStatus}")
def task_is(context: Any, type_: TaskType, good: str, status: TaskStatus) -> None:
    task = the_task(context.world, type_, good)
    assert task.status is status, f"{task.status} {task.reason}\n{context.world.story()}"


@then("at least {count:Number} ships feed factories")
def ships_feed(context: Any, count: int) -> None:
    assert _under_way_in(context.world, TaskGroup.FEED) >= count, context.world.story()


@then("at least {count:Number} ships bring in money")
def ships_bring_in_money(context: Any, count: int) -> None:
    assert _under_way_in(context.world, TaskGroup.YIELD) >= count, context.world.story()


def _under_way_in(world: World, group: TaskGroup) -> int:
    return sum(task.has_ship and task.group is group for task in world.tasks())


@then("every task has one ship and every ship one task")
def one_to_one(context: Any) -> None:
    world = context.world
    pairs = [(task.id, task.ship_symbol) for task in world.tasks() if task.has_ship]
    ships = [ship for _, ship in pairs]
    assert len(set(ships)) == len(ships), pairs
    with world.uow() as uow:
        working = {ship.container_id: ship.symbol for ship in uow.ships.of_player(world.player_id) if ship.container_id}
    assert working == dict(pairs)


@then("one of them succeeded")
def one_succeeded(context: Any) -> None:
    assert context.results.count(True) == 1, context.results


@then("it was given another task")
def was_reassigned(context: Any) -> None:
    assert context.reassigned is True


@then("it was given no other task")
def was_not_reassigned(context: Any) -> None:
    assert context.reassigned is False


@then("the assigned tasks are exactly those that ships have")
def assigned_tasks(context: Any) -> None:
    world = context.world
    under_way = {task.id: task.ship_symbol for task in world.tasks() if task.has_ship}
    assert under_way
    assert world.fleet.assignment.get_assigned_tasks(world.player_id) == under_way
