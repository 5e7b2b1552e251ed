"""Steps about hauls."""

from collections import Counter
from datetime import timedelta
from typing import Any

from behave import given, then, when

from manufacturing.domain.facts import recipes
from manufacturing.domain.manufacturing_pipeline import ManufacturingPipeline, PipelineKind
from manufacturing.domain.manufacturing_task import TaskType
from manufacturing.domain.prices import Activity, Supply
from tests.pocket_universe import PLACES
from tests.world import World


def hauls(world: World) -> list[ManufacturingPipeline]:
    """The hauls under way."""
    return [p for p in world.fleet.lifecycle.get_active_pipelines(world.player_id) if p.kind is PipelineKind.HAUL]


@given("ships that would be idle take hauls")
def take_hauls(context: Any) -> None:
    # The pocket system's loads are small: what they must bring for their calls is a rule of its own.
    context.world.change_policy(hauls=True, pre_positioning=False, call_worth=0)


@given("the works have run for a while, with plenty of all they need")
def works_run(context: Any) -> None:
    world = context.world
    world.real_listing("ELECTRONICS", "the works").activity = Activity.STRONG
    for needed in recipes()["ELECTRONICS"]:
        world.stock(needed, "the works", Supply.ABUNDANT)


@given("a call to the game is worth {credits:Number} credits")
def a_call_is_worth(context: Any, credits: int) -> None:
    context.world.change_policy(call_worth=credits)


@given("feeding counts for nothing")
def no_feeding(context: Any) -> None:
    context.world.change_policy(feeding_weight=0.0)


@when("hauls are started")
def start_hauls(context: Any) -> None:
    context.world.looks_for_opportunities = False
    assert context.world.fleet.orchestrator.coordinate(context.world.player_id)


@when("the fleet goes on for {minutes:Number} minutes without new hauls")
def go_on(context: Any, minutes: int) -> None:
    world = context.world
    world.change_policy(hauls=False)
    end = world.clock.now() + timedelta(minutes=minutes)
    world.play(lambda: world.clock.now() >= end, within=timedelta(minutes=minutes + 5))


@then("each haul to a factory ends with a DELIVER")
def ends_with_deliver(context: Any) -> None:
    world = context.world
    factories = {PLACES[name] for name in ("the works", "the refinery", "the old refinery", "the foundry")}
    assert hauls(world)
    with world.uow() as uow:
        for haul in hauls(world):
            last = uow.tasks.of_pipeline(haul.id)[-1]
            assert (last.type is TaskType.DELIVER) == (haul.sell_market in factories), haul.sell_market


@then("it was noted what its DELIVER is worth to the factory")
def worth_is_noted(context: Any) -> None:
    (haul,) = hauls(context.world)
    (plan,) = context.world.decisions(haul.id)
    assert plan.details["feeding_value"] > 0
    assert "feeding" in plan.reason


@then("no two hauls begin or end with the same good at the same place")
def nothing_shared(context: Any) -> None:
    world = context.world
    assert len(hauls(world)) > 1
    sources = Counter((haul.factory_symbol, haul.product_good) for haul in hauls(world))
    sinks = Counter((haul.sell_market, haul.product_good) for haul in hauls(world))
    assert max(sources.values()) == max(sinks.values()) == 1


@then("a HAUL of {good:Good} goes to {place:Place}")
def haul_goes_to(context: Any, good: str, place: str) -> None:
    goals = {(haul.product_good, haul.sell_market) for haul in hauls(context.world)}
    assert (good, PLACES[place]) in goals, goals


@then("a HAUL of {units:Number} {good:Good} is under way")
def haul_of_units(context: Any, units: int, good: str) -> None:
    assert [haul.planned_quantity for haul in hauls(context.world) if haul.product_good == good] == [units]


@then("no {good:Good} are hauled")
def nothing_of_it(context: Any, good: str) -> None:
    assert good not in {haul.product_good for haul in hauls(context.world)}


@then("nothing is hauled to {place:Place}")
def not_hauled_to(context: Any, place: str) -> None:
    assert PLACES[place] not in {haul.sell_market for haul in hauls(context.world)}
