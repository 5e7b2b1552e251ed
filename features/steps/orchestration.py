"""Steps about the fleet as a whole."""

from datetime import timedelta
from typing import Any

from behave import given, then, when

from manufacturing.domain.events import PipelineEnded
from manufacturing.domain.ledger import EntryKind
from manufacturing.domain.manufacturing_pipeline import ManufacturingPipeline, PipelineKind, PipelineStatus
from manufacturing.domain.manufacturing_task import TaskStatus, TaskType
from manufacturing.domain.prices import Supply
from tests.pocket_universe import NAMES
from tests.world import World


def ended(world: World) -> list[ManufacturingPipeline]:
    """Pipelines that have ended, oldest first."""
    return [pipeline for pipeline in world.pipelines() if not pipeline.is_active]


@given("a frigate {name:Ship} at {place:Place}")
def a_frigate(context: Any, name: str, place: str) -> None:
    context.world.new_ship(name, at=place, type="SHIP_COMMAND_FRIGATE")


@when("the fleet goes on until a pipeline has ended, for at most {hours:Number} hour")
@when("the fleet goes on until a pipeline has ended, for at most {hours:Number} hours")
def until_ended(context: Any, hours: int) -> None:
    world = context.world
    world.play(lambda: bool(ended(world)), within=timedelta(hours=hours))


@when("the fleet goes on until a pipeline has ended, restarted every minute, for at most {hours:Number} hour")
def until_ended_restarting(context: Any, hours: int) -> None:
    world = context.world
    last = world.clock.now()

    def has_ended() -> bool:
        nonlocal last
        if world.clock.now() - last >= timedelta(minutes=1):
            last = world.clock.now()
            world.restart()
        return bool(ended(world))

    world.play(has_ended, within=timedelta(hours=hours))


@then("the {kind:Kind} of {good:Good} is {status:PipelineStatus}")
def kind_is(context: Any, kind: PipelineKind, good: str, status: PipelineStatus) -> None:
    pipeline = ended(context.world)[0]
    assert (pipeline.kind, pipeline.product_good, pipeline.status) == (kind, good, status), context.world.story()


@then("its profit is the sum of its ledger entries, and more than nothing")
def profit_is_sum(context: Any) -> None:
    world = context.world
    pipeline = ended(world)[0]
    entries = [entry for entry in world.ledger() if entry.pipeline_id == pipeline.id]
    with world.uow() as uow:
        profit = uow.ledger.profit_of_pipeline(pipeline.id)
        assert uow.ledger.profits([pipeline.id]) == {pipeline.id: profit}
    assert profit == sum(entry.amount for entry in entries) > 0
    assert {entry.kind for entry in entries} >= {EntryKind.PURCHASE, EntryKind.SALE}
    assert any(f"{profit:,} credits" in d.reason for d in world.decisions(pipeline.id)), world.decisions(pipeline.id)


@then("every task of it is COMPLETED")
def tasks_completed(context: Any) -> None:
    world = context.world
    with world.uow() as uow:
        tasks = uow.tasks.of_pipeline(ended(world)[0].id)
    assert {task.status for task in tasks} == {TaskStatus.COMPLETED}, world.story()
    assert all(task.units_moved > 0 for task in tasks)


@then("each haul was one ship's from its purchase to its sale")
def hauls_are_one_ships(context: Any) -> None:
    world = context.world
    with world.uow() as uow:
        tasks = {task.id: task for task in uow.tasks.of_pipeline(ended(world)[0].id)}
        hauls = [d for d in uow.tasks.dependencies_of(list(tasks)) if d.same_ship]
    assert len(hauls) == 3
    for haul in hauls:
        assert tasks[haul.task_id].ship_symbol == tasks[haul.depends_on].ship_symbol, world.story()


@then("the works was sold {good:Good} that was collected at a refinery")
def was_collected(context: Any, good: str) -> None:
    world = context.world
    (collect,) = [t for t in world.tasks(TaskType.COLLECT, good) if t.status is TaskStatus.COMPLETED]
    assert "refinery" in NAMES[collect.waypoint]
    sold = [e for e in world.ledger() if (e.kind, e.good) == (EntryKind.SALE, good)]
    assert {NAMES[e.waypoint] for e in sold} == {"the works"}
    assert sum(e.units for e in sold) == collect.units_moved


@when("the orchestrator looks for opportunities")
def looks(context: Any) -> None:
    context.world.fleet.orchestrator.look_for_opportunities(context.world.player_id)


@when("the orchestrator scans")
def scans(context: Any) -> None:
    context.world.fleet.orchestrator.scan_markets(context.world.player)


@when("the orchestrator recovers")
def recovers(context: Any) -> None:
    context.world.fleet.orchestrator.recover(context.world.player)


@when("the news of its end arrives")
def news_of_end(context: Any) -> None:
    (event,) = [event for event in context.world.mailbox.events if isinstance(event, PipelineEnded)]
    context.world.handle(event)


@when("the player is coordinated")
def coordinate(context: Any) -> None:
    context.world.fleet.orchestrator.coordinate(context.world.player_id)


@when("the player is coordinated while another worker is at it")
def coordinate_while_locked(context: Any) -> None:
    world = context.world
    with world.locks.lock(f"coordinate:{world.player_id}", timedelta(seconds=30)):
        world.fleet.orchestrator.coordinate(world.player_id)


@when("every source runs dry")
def all_dry(context: Any) -> None:
    world = context.world
    for good in ("COPPER", "SILICON_CRYSTALS", "COPPER_ORE"):
        for place in world.sellers(good):
            world.stock(good, place, Supply.SCARCE)


@when("its task is taken from {name:Ship}")
def task_taken(context: Any, name: str) -> None:
    world = context.world
    world.fleet.lifecycle.cancel_pipeline(world.pipelines()[-1].id, "the player said so")
    assert world.ship(name).container_id is None


@when("the game does not answer for a while")
def away(context: Any) -> None:
    for operation in ("market", "agent", "ships"):
        for _ in range(20):
            context.world.game.lose_request(operation)


@then("scanning, comparing and recovering fail without harm")
def fail_without_harm(context: Any) -> None:
    world = context.world
    world.fleet.orchestrator.scan_markets(world.player)
    assert world.fleet.orchestrator.reconcile(world.player) is None
    assert world.fleet.orchestrator.recover(world.player) == []
    assert [path for _, path in world.game.requests if path != "/"] == []


@then("no task is under way")
def none_under_way(context: Any) -> None:
    assert not any(task.has_ship for task in context.world.tasks())


@then("one task is under way")
def one_under_way(context: Any) -> None:
    assert sum(task.has_ship for task in context.world.tasks()) == 1, context.world.story()


@then('it is said of {name:Ship} that "{text}"')
def it_is_said(context: Any, name: str, text: str) -> None:
    world = context.world
    said = [decision.reason for decision in world.decisions(world.symbol(name))]
    assert said, "nothing is said of it"
    assert text in said[0], said
