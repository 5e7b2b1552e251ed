"""Steps about idle ships that wait where work is expected."""

from datetime import timedelta
from typing import Any

from behave import given, then, when

from manufacturing.domain.errors import TaskAlreadyTaken, UnknownThing
from manufacturing.domain.manufacturing_task import ManufacturingTask, TaskStatus, TaskType
from manufacturing.domain.pre_positioning import PrePositioningStatus
from manufacturing.domain.production_estimate import ProductionEstimate
from manufacturing.domain.profit_forecast import ConfidenceLevel
from tests.pocket_universe import PLACES
from tests.world import World


def a_waiting_task(world: World, type_: TaskType, good: str, place: str, **fields: Any) -> ManufacturingTask:
    """Stores a task whose gate is closed."""
    waiting = {"quantity": 20, "status": TaskStatus.PENDING, "reason": "its gate is closed"}
    task = world.a_task(type_, good, place, **(waiting | fields))
    world.add_pipeline(task, product_good=f"PRODUCT_{len(world.pipelines())}", factory_symbol=PLACES[place])
    return task


def moves(world: World) -> list[ManufacturingTask]:
    """The ships' ways to where they are to wait that have not ended."""
    return [task for task in world.tasks(TaskType.POSITION) if not task.status.is_final]


def the_task(world: World, type_: TaskType, good: str) -> ManufacturingTask:
    """The one task of a type and good."""
    (task,) = world.tasks(type_, good)
    return task


@given("an hour of a ship's time is worth {credits:Number} credits")
def worth_of_time(context: Any, credits: int) -> None:
    context.world.change_policy(ship_hour_worth=credits, hauls=False)


@given("the fleet does not send ships ahead")
def not_ahead(context: Any) -> None:
    context.world.change_policy(pre_positioning=False)


@given("a {type_:TaskType} of {good:Good} at {place:Place} is expected in {minutes:Number} minutes")
def expected_collection(context: Any, type_: TaskType, good: str, place: str, minutes: int) -> None:
    world = context.world
    now = world.clock.now()
    task = a_waiting_task(world, type_, good, place, factory_symbol=PLACES[place], output_good=good)
    with world.uow() as uow:
        uow.estimates.add(
            ProductionEstimate(
                id=world.ids(),
                player_id=world.player_id,
                factory_symbol=PLACES[place],
                output_good=good,
                pipeline_id=task.pipeline_id,
                confidence_level=ConfidenceLevel.HIGH,
                created_at=now,
                as_of=now,
                ready_from=now + timedelta(minutes=minutes) / 1.2,
                estimated_ready_at=now + timedelta(minutes=minutes),
                ready_to=now + timedelta(minutes=minutes) * 1.2,
            )
        )
        uow.commit()


@given("an {type_:TaskType} of {good:Good} at {place:Place} waits for its source")
def waits_for_source(context: Any, type_: TaskType, good: str, place: str) -> None:
    a_waiting_task(context.world, type_, good, place)


@given("an {type_:TaskType} of {good:Good} at {place:Place} is put off for {minutes:Number} minutes")
def put_off(context: Any, type_: TaskType, good: str, place: str, minutes: int) -> None:
    until = context.world.clock.now() + timedelta(minutes=minutes)
    a_waiting_task(context.world, type_, good, place, parked_until=until)


@given("a COLLECT of {good:Good} at {place:Place} waits for the {type_:TaskType} of {needed:Good}")
def waits_for_task(context: Any, good: str, place: str, type_: TaskType, needed: str) -> None:
    world = context.world
    task = a_waiting_task(world, TaskType.COLLECT, good, place, factory_symbol=PLACES[place], output_good=good)
    world.depends(task, the_task(world, type_, needed))


@given("{count:Number} purchases of pipelines began at {place:Place} within the last hour")
def usual_work(context: Any, count: int, place: str) -> None:
    world = context.world
    done = [
        world.a_task(
            TaskType.ACQUIRE,
            "IRON",
            place,
            status=TaskStatus.COMPLETED,
            quantity=20,
            units_moved=20,
            factory_symbol=PLACES["the works"],
            ready_at=world.clock.now() - timedelta(minutes=30),
            ended_at=world.clock.now(),
        )
        for _ in range(count)
    ]
    world.add_pipeline(*done)


@when("the next task of {name:Ship} is predicted")
def predict(context: Any, name: str) -> None:
    world = context.world
    context.predicted = world.fleet.positioning.predict_next_task(world.player_id, world.symbol(name))


@when("the next task of a ship nobody has is predicted")
def predict_for_nobody(context: Any) -> None:
    try:
        context.world.fleet.positioning.predict_next_task(context.world.player_id, "NOBODY-1")
    except UnknownThing as error:
        context.error = error


@then("the {type_:TaskType} of {good:Good} is expected with {low:Number} to {high:Number} percent")
def is_expected(context: Any, type_: TaskType, good: str, low: int, high: int) -> None:
    assert context.predicted is not None, context.world.story()
    task, probability = context.predicted
    assert (task.type, task.good) == (type_, good), task
    assert low <= probability * 100 <= high, probability


@then("nothing is predicted")
def nothing_expected(context: Any) -> None:
    assert context.predicted is None, context.predicted


@when("the best place for {name:Ship} to wait is asked for")
def best_place(context: Any, name: str) -> None:
    world = context.world
    waiting = [task for task in world.tasks() if task.status is TaskStatus.PENDING]
    context.position = world.fleet.positioning.calculate_optimal_idle_position(
        world.player_id, world.symbol(name), waiting
    )


@then("it is {place:Place}")
def place_is(context: Any, place: str) -> None:
    assert context.position is not None
    assert context.position.waypoint == PLACES[place]
    assert context.position.saving > context.position.fuel > 0


@then("it had best stay")
def best_stay(context: Any) -> None:
    assert context.position is None, context.position


@when("{name:Ship} is sent to wait where it is best")
def send_one(context: Any, name: str) -> None:
    best_place(context, name)
    world = context.world
    try:
        world.fleet.positioning.pre_position_ship(world.player_id, world.symbol(name), context.position)
    except TaskAlreadyTaken as error:
        context.error = error


@when("idle ships are sent ahead")
def send_ahead(context: Any) -> None:
    context.world.fleet.positioning.send_ahead(context.world.player_id)


@given("idle ships are sent ahead and have left")
def sent_and_left(context: Any) -> None:
    world = context.world
    send_ahead(context)
    world.sweep()
    world.deliver_messages()
    assert [world.real_ship(world.name(t.ship_symbol)).waypoint for t in moves(world)] == [
        t.waypoint for t in moves(world)
    ]


@when("the ships arrive")
def they_arrive(context: Any) -> None:
    for task in moves(context.world):
        context.world.fly(task)


@then("{name:Ship} is on its way to wait at {place:Place}")
def on_its_way(context: Any, name: str, place: str) -> None:
    world = context.world
    found = {(task.ship_symbol, task.waypoint) for task in moves(world)}
    assert (world.symbol(name), PLACES[place]) in found, world.story()


@then("{count:Number} ship is on its way to wait")
@then("{count:Number} ships are on their way to wait")
def how_many_on_their_way(context: Any, count: int) -> None:
    assert len(moves(context.world)) == count, context.world.story()


@then("it is no longer on its way to wait")
def not_on_its_way(context: Any) -> None:
    assert moves(context.world) == []


@then("{name:Ship} waits at {place:Place}")
def waits_at(context: Any, name: str, place: str) -> None:
    ship = context.world.ship(name)
    assert not ship.is_flying(context.world.clock.now()), ship
    assert ship.waypoint == PLACES[place], ship
    assert context.world.real_ship(name).waypoint == PLACES[place]


@then('the decision about {name:Ship} says "{words}"')
def decision_says(context: Any, name: str, words: str) -> None:
    reasons = [decision.reason for decision in context.world.decisions(context.world.symbol(name))]
    assert any(words in reason for reason in reasons), reasons


@then("the assignment says it is {seconds:Number} s away")
def says_how_far(context: Any, seconds: int) -> None:
    reasons = [decision.reason for decision in context.world.decisions()]
    assert any(f", {seconds} s away" in reason for reason in reasons), reasons


@when("the {type_:TaskType} of {good:Good} becomes ready")
def becomes_ready(context: Any, type_: TaskType, good: str) -> None:
    world = context.world
    with world.uow() as uow:
        uow.tasks.get(the_task(world, type_, good).id).make_ready(world.clock.now())
        uow.commit()


@when("the {type_:TaskType} of {good:Good} is flown")
def is_flown(context: Any, type_: TaskType, good: str) -> None:
    ended = context.world.fly(the_task(context.world, type_, good))
    assert ended.status is TaskStatus.COMPLETED, context.world.story()


@then("the prediction was a {outcome}")
def prediction_was(context: Any, outcome: str) -> None:
    (move,) = context.world.pre_positionings()
    assert move.status is PrePositioningStatus(outcome.upper()), move
    assert move.ended_at == context.world.clock.now()


@when("{name:Ship} flies to {place:Place}")
def flies(context: Any, name: str, place: str) -> None:
    context.execute_steps(f"Given {name} is flying to {place}")


@then("{name:Ship} arrives now")
def arrives_now(context: Any, name: str) -> None:
    world = context.world
    eta = world.fleet.positioning.get_ship_eta(world.player_id, world.symbol(name))
    assert eta == world.clock.now()


@then("{name:Ship} arrives when the game says so")
def arrives_then(context: Any, name: str) -> None:
    world = context.world
    eta = world.fleet.positioning.get_ship_eta(world.player_id, world.symbol(name))
    assert eta == world.real_ship(name).arrives_at > world.clock.now()
