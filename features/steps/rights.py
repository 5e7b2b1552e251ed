"""Steps about what the holders of factories have done there, and what they may do next."""

from typing import Any

from behave import given, then, when

from manufacturing.domain.ids import PipelineId
from manufacturing.domain.manufacturing_task import ManufacturingTask, TaskType
from manufacturing.domain.ports import LockHeld
from tests.pocket_universe import PLACES
from tests.world import World


@given('"{name}" has reserved {place:Place} for {output:Good}, to be given {inputs}')
def has_reserved_for_inputs(context: Any, name: str, place: str, output: str, inputs: str) -> None:
    world = context.world
    cycles = {(PLACES[place], output): inputs.split(" and ")}
    with world.uow() as uow:
        world.fleet.coordinator.reserve_factories(uow, world.player_id, PipelineId(name), cycles)
        uow.commit()


def _task(world: World, type_: TaskType, good: str, name: str, place: str, output: str) -> ManufacturingTask:
    return world.a_task(
        type_,
        good,
        place,
        pipeline_id=PipelineId(name),
        factory_symbol=PLACES[place],
        output_good=output,
        ship_symbol="HAULER-1",
    )


@when("a worker is at {place:Place} for {output:Good}, another one that wants it is told so at once")
def is_at_it(context: Any, place: str, output: str) -> None:
    world = context.world
    wanted = [(PLACES[place], output)]
    refused = False
    with world.fleet.coordinator.claiming(world.player_id, wanted):
        try:
            with world.fleet.coordinator.claiming(world.player_id, wanted):
                raise AssertionError("two are at it")
        except LockHeld:
            refused = True
    assert refused
    with world.fleet.coordinator.claiming(world.player_id, wanted):
        pass


@when('{ship:Ship} of "{name}" delivers {units:Number} {good:Good} to {place:Place} for {output:Good}')
def delivers(context: Any, ship: str, name: str, units: int, good: str, place: str, output: str) -> None:
    world = context.world
    task = _task(world, TaskType.DELIVER, good, name, place, output)
    assert task.ship_symbol == ship
    with world.uow() as uow:
        world.fleet.coordinator.note_delivery(uow, task, units, world.clock.now())
        uow.commit()


@when('"{name}" has delivered all it has for {place:Place} and {output:Good}')
def has_delivered_all(context: Any, name: str, place: str, output: str) -> None:
    world = context.world
    with world.uow() as uow:
        world.fleet.coordinator.fulfil(uow, PipelineId(name), PLACES[place], output)
        uow.commit()
    world.clock.advance(seconds=1)


@when('"{name}" collects {output:Good} at {place:Place}')
def collects(context: Any, name: str, output: str, place: str) -> None:
    world = context.world
    task = _task(world, TaskType.COLLECT, output, name, place, output)
    with world.uow() as uow:
        world.fleet.coordinator.note_collection(uow, task, world.clock.now())
        uow.commit()


@then("the slot for {good:Good} has {units:Number} units, brought by {ship:Ship} just now")
def slot_has(context: Any, good: str, units: int, ship: str) -> None:
    world = context.world
    (reservation,) = world.fleet.coordinator.get_active_reservations(world.player_id)
    (slot,) = [slot for slot in reservation.delivery_slots if slot["input_good"] == good]
    assert (slot["delivered"], slot["expected_ship"]) == (units, ship)
    assert slot["delivered_at"] == world.clock.now().isoformat()


def _ahead(world: World, name: str, output: str, place: str) -> PipelineId | None:
    task = _task(world, TaskType.COLLECT, output, name, place, output)
    with world.uow() as uow:
        ahead: PipelineId | None = world.fleet.coordinator.ahead_of(uow, task)
        if ahead is None:
            world.fleet.coordinator.right_to_collect(uow, PipelineId(name), PLACES[place], output)
    return ahead


@then('"{name}" is to let "{other}" collect {output:Good} at {place:Place} before it')
def lets_collect_before(context: Any, name: str, other: str, output: str, place: str) -> None:
    assert _ahead(context.world, name, output, place) == other


@then('"{name}" may collect {output:Good} at {place:Place} at once')
def may_collect(context: Any, name: str, output: str, place: str) -> None:
    assert _ahead(context.world, name, output, place) is None


def _why_run_out(world: World, name: str) -> str | None:
    with world.uow() as uow:
        pipeline = uow.pipelines.get(PipelineId(name))
        why: str | None = world.fleet.coordinator.why_run_out(uow, pipeline)
    return why


@then('"{name}" may go on')
def may_go_on(context: Any, name: str) -> None:
    assert _why_run_out(context.world, name) is None


@then('"{name}" has run out at {place:Place}')
def has_run_out(context: Any, name: str, place: str) -> None:
    assert PLACES[place] in (_why_run_out(context.world, name) or "")
