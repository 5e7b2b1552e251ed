"""Steps about opportunities and the plans that take them."""

from typing import Any

from behave import given, then, when

from manufacturing.domain.decision import DecisionKind
from manufacturing.domain.facts import recipes
from manufacturing.domain.manufacturing_pipeline import PipelineKind
from manufacturing.domain.manufacturing_task import ManufacturingTask, TaskType
from manufacturing.domain.opportunity import ManufacturingOpportunity
from manufacturing.domain.prices import Supply
from manufacturing.services.demand_finder import DemandFinder
from manufacturing.services.system_survey import SystemSurvey
from tests.builders import SYSTEM
from tests.pocket_universe import NAMES, PLACES
from tests.world import World


def find_opportunities(world: World) -> list[ManufacturingOpportunity]:
    """What the demand finder sees in what we know."""
    with world.uow() as uow:
        markets = SystemSurvey(recipes(), world.policy).markets(uow, world.player_id, SYSTEM)
        busy = {pipeline.product_good for pipeline in uow.pipelines.active(world.player_id)}
    return DemandFinder(world.policy).find_opportunities(markets, busy)


def planned(world: World, type_: TaskType, good: str) -> list[ManufacturingTask]:
    """Tasks of that type for that good."""
    return world.tasks(type_, good)


@given("products from a bid of {bid:Number} on are worth a pipeline")
def least_bid(context: Any, bid: int) -> None:
    context.world.change_policy(min_bid=bid)


@given("pipelines have {depth:Number} level at most")
def most_levels(context: Any, depth: int) -> None:
    context.world.change_policy(max_depth=depth)


@given("nobody has ever seen {place:Place}")
def never_seen(context: Any, place: str) -> None:
    context.world.forget(place)


@given("{place:Place} has {units:Number} more {good:Good} than usual")
def has_more(context: Any, place: str, units: int, good: str) -> None:
    context.world.stock(good, place, Supply.MODERATE, units=units)


@given("{good:Good} is MODERATE at {place:Place}, and cheaper there")
def moderate_and_cheap(context: Any, good: str, place: str) -> None:
    listing = context.world.real_listing(good, place)
    listing.margin = 14
    context.world.stock(good, place, Supply.MODERATE, units=round(1.9 * listing.trade_volume))
    others = [context.world.real_listing(good, other) for other in context.world.sellers(good) if other != place]
    assert all(listing.quote.ask < other.quote.ask for other in others)


@given("{good:Good} sells in tranches of {units:Number} at {place:Place}")
def tranche(context: Any, good: str, units: int, place: str) -> None:
    listing = context.world.real_listing(good, place)
    listing.net_supply = listing.net_supply * units // listing.trade_volume
    listing.trade_volume = units
    context.world.look_at(place)


@given("{place:Place} takes only {units:Number} {good:Good} before its bid is too low")
def shallow_sink(context: Any, place: str, units: int, good: str) -> None:
    listing = context.world.real_listing(good, place)
    listing.trade_volume = units // 4
    listing.net_supply = -listing.trade_volume * 3
    context.world.look_at(place)


@given("{name:Ship} is a shuttle that carries {units:Number} units")
def is_a_shuttle(context: Any, name: str, units: int) -> None:
    context.world.real_ship(name).cargo_capacity = units
    context.world.fleet.enrolment.refresh_ships(context.world.gateway, context.world.player_id)


@given("a pipeline that is about to sell {units:Number} {good:Good} at {place:Place}")
def about_to_sell(context: Any, units: int, good: str, place: str) -> None:
    world = context.world
    world.add_pipeline(world.a_task(TaskType.SELL, good, place, quantity=units), product_good="SOMETHING")


@given("a pipeline that is about to buy {units:Number} {good:Good} at {place:Place}")
def about_to_buy(context: Any, units: int, good: str, place: str) -> None:
    world = context.world
    world.add_pipeline(world.a_task(TaskType.COLLECT, good, place, quantity=units), product_good="SOMETHING")


@when("opportunities are looked for")
def look(context: Any) -> None:
    world = context.world
    context.created = world.fleet.lifecycle.create_pipelines_from_opportunities(world.player_id, SYSTEM)


@when("opportunities are looked for, for up to {limit:Number} pipelines")
def look_for_some(context: Any, limit: int) -> None:
    world = context.world
    context.created = world.fleet.lifecycle.create_pipelines_from_opportunities(world.player_id, SYSTEM, limit)


@then("{count:Number} opportunity for {good:Good} is found")
def opportunities_for(context: Any, count: int, good: str) -> None:
    found = [o for o in find_opportunities(context.world) if o.good == good]
    assert len(found) == count, found


@then("the opportunities are, in this order")
def opportunities_are(context: Any) -> None:
    found = [(o.good, NAMES[o.sink.waypoint]) for o in find_opportunities(context.world)]
    assert found == [(row["good"], row["at"]) for row in context.table], found


@then("a {kind:Kind} of {good:Good} is under way with these tasks")
def under_way_with(context: Any, kind: PipelineKind, good: str) -> None:
    world = context.world
    (pipeline,) = world.fleet.lifecycle.get_active_pipelines(world.player_id)
    assert (pipeline.kind, pipeline.product_good) == (kind, good)
    with world.uow() as uow:
        tasks = uow.tasks.of_pipeline(pipeline.id)
        names = {task.id: f"{task.type} of {task.good}" for task in tasks}
        after = {task.id: set() for task in tasks}
        for dependency in uow.tasks.dependencies_of(list(names)):
            after[dependency.task_id].add(names[dependency.depends_on])
    found = [(str(task.type), str(task.quantity), task.good, NAMES[task.waypoint], after[task.id]) for task in tasks]
    expected = [
        (row["task"], row["units"], row["good"], row["at"], set(filter(None, row["after"].split(", "))))
        for row in context.table
    ]
    assert found == expected, found


@then("no {type_:TaskType} of {good:Good} was planned")
def was_not_planned(context: Any, type_: TaskType, good: str) -> None:
    assert planned(context.world, type_, good) == [], context.world.story()


@then("no {type_:TaskType} of {good:Good} was planned at {place:Place}")
def was_not_planned_at(context: Any, type_: TaskType, good: str, place: str) -> None:
    assert [t for t in planned(context.world, type_, good) if t.waypoint == PLACES[place]] == [], context.world.story()


@then("an {type_:TaskType} of {good:Good} was planned")
def was_planned(context: Any, type_: TaskType, good: str) -> None:
    assert planned(context.world, type_, good), context.world.story()


@then("the plan notes that {note}")
def plan_notes(context: Any, note: str) -> None:
    world = context.world
    (pipeline,) = world.pipelines()
    (decision,) = [d for d in world.decisions(pipeline.id) if d.kind is DecisionKind.PLAN]
    words = note.replace("there is ", "")
    assert any(words in each for each in decision.details["notes"]), decision.details


@then("no pipeline is under way")
def nothing_under_way(context: Any) -> None:
    assert context.world.pipelines() == [], context.world.story()


@then("it was noted why there is none for {good:Good}")
def noted_why(context: Any, good: str) -> None:
    skipped = [d for d in context.world.decisions(good) if d.kind is DecisionKind.SKIP]
    assert skipped, context.world.decisions()
    assert PLACES["the capital"] in skipped[0].reason, skipped[0].reason


@then("the {type_:TaskType} of {good:Good} is of {units:Number} units")
def is_of(context: Any, type_: TaskType, good: str, units: int) -> None:
    assert [task.quantity for task in planned(context.world, type_, good)] == [units], context.world.story()


@then("the {type_:TaskType} of {good:Good} is of fewer than {units:Number} units")
def is_of_fewer(context: Any, type_: TaskType, good: str, units: int) -> None:
    (task,) = planned(context.world, type_, good)
    assert 0 < task.quantity < units, context.world.story()


@then("the {type_:TaskType} of {good:Good} is at {place:Place}")
def is_at(context: Any, type_: TaskType, good: str, place: str) -> None:
    assert [NAMES[task.waypoint] for task in planned(context.world, type_, good)] == [place]


@then("the FABRICATION of ELECTRONICS brings COPPER_ORE from the mine to a refinery")
def brings_ore(context: Any) -> None:
    (acquire,) = planned(context.world, TaskType.ACQUIRE, "COPPER_ORE")
    (deliver,) = planned(context.world, TaskType.DELIVER, "COPPER_ORE")
    assert NAMES[acquire.waypoint] == "the mine"
    assert "refinery" in NAMES[deliver.waypoint]
    context.maker = deliver.waypoint


@then("COPPER is collected there and delivered to the works")
def copper_is_brought(context: Any) -> None:
    (collect,) = planned(context.world, TaskType.COLLECT, "COPPER")
    (deliver,) = planned(context.world, TaskType.DELIVER, "COPPER")
    assert collect.waypoint == context.maker
    assert NAMES[deliver.waypoint] == "the works"


@then("{count:Number} pipeline for {good:Good} is under way")
@then("{count:Number} pipelines for {good:Good} are under way")
def pipelines_for(context: Any, count: int, good: str) -> None:
    active = context.world.fleet.lifecycle.get_active_pipelines(context.world.player_id)
    assert sum(pipeline.product_good == good for pipeline in active) == count, context.world.story()
