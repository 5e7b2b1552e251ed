"""Steps about the pool of intermediate goods."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

from behave import given, then, when

from manufacturing.domain.errors import StaleRow
from manufacturing.domain.ids import PipelineId
from manufacturing.domain.intermediate_good_pool import PoolReservation, PoolTooSmall
from manufacturing.domain.ledger import EntryKind
from manufacturing.domain.manufacturing_task import TaskStatus, TaskType
from tests.builders import SYSTEM
from tests.world import World


def add(world: World, name: str, units: int, good: str, source: str) -> None:
    """Cargo of a ship becomes anybody's; a moment passes, so that lots differ in age."""
    world.fleet.coordinator.add_to_pool(world.player_id, world.symbol(name), good, units, PipelineId(source))
    world.clock.advance(seconds=1)


def reserve(world: World, consumer: str, units: int, good: str) -> list[PoolReservation]:
    """Promises goods of the pool to a pipeline."""
    return world.fleet.coordinator.reserve_from_pool(world.player_id, SYSTEM, good, units, PipelineId(consumer))


@given('{name:Ship} has added {units:Number} {good:Good} of "{source}" to the pool')
@when('{name:Ship} adds {units:Number} {good:Good} of "{source}" to the pool')
def adds(context: Any, name: str, units: int, good: str, source: str) -> None:
    add(context.world, name, units, good, source)


@given('"{buyer}" has bought {units:Number} {good:Good} with {name:Ship}')
def has_bought(context: Any, buyer: str, units: int, good: str, name: str) -> None:
    world = context.world
    world.holds_work_back = True
    world.new_ship(name, at="the refinery")
    task = world.a_task(
        TaskType.ACQUIRE, good, "the refinery", quantity=units, status=TaskStatus.READY, pipeline_id=PipelineId(buyer)
    )
    # Something else is still to be done for it, or it would end with the purchase.
    later = world.a_task(TaskType.SELL, "ELECTRONICS", "the capital", pipeline_id=PipelineId(buyer))
    with world.uow() as uow:
        uow.tasks.add(task)
        uow.tasks.add(later)
        uow.commit()
    world.fleet.assignment.assign_ship_to_task(world.player_id, world.symbol(name), task.id)
    world.fly(task)
    assert world.ship(name).units_of(good) == units


@when('"{consumer}" reserves {units:Number} {good:Good} from the pool')
def reserves(context: Any, consumer: str, units: int, good: str) -> None:
    try:
        context.promised = reserve(context.world, consumer, units, good)
    except PoolTooSmall as error:
        context.error = error


@when('{count:Number} workers reserve {units:Number} {good:Good} for "{consumer}" at once')
def reserve_at_once(context: Any, count: int, units: int, good: str, consumer: str) -> None:
    def try_it(_: int) -> bool:
        while True:
            try:
                reserve(context.world, consumer, units, good)
            except PoolTooSmall:
                return False
            except StaleRow:
                continue
            return True

    with ThreadPoolExecutor(count) as pool:
        context.results = list(pool.map(try_it, range(count)))


@when('"{consumer}" consumes what it reserved')
def consumes(context: Any, consumer: str) -> None:
    for reservation in context.promised:
        assert reservation.pipeline_id == consumer
        context.world.fleet.coordinator.consume_reservation(reservation.id)


@when('"{name}" is cancelled')
def is_cancelled(context: Any, name: str) -> None:
    context.world.fleet.lifecycle.cancel_pipeline(PipelineId(name), "the player said so")


@then("the pool has {free:Number} {good:Good} free and {promised:Number} promised")
def pool_has(context: Any, free: int, good: str, promised: int) -> None:
    world = context.world
    found = world.fleet.coordinator.get_pool_availability(world.player_id, SYSTEM, good)
    assert found == (free, promised), found


@then("{units:Number} of them are aboard {name:Ship} and {other_units:Number} aboard {other:Ship}")
def are_aboard(context: Any, units: int, name: str, other_units: int, other: str) -> None:
    world = context.world
    with world.uow() as uow:
        found = {uow.pools.lot(r.lot_id).holder_ship: r.units for r in context.promised}
    assert found == {world.symbol(name): units, world.symbol(other): other_units}


@then("{count:Number} of them got their goods")
def got_it(context: Any, count: int) -> None:
    assert context.results.count(True) == count, context.results


@then('"{name}" has spent nothing in the end')
def spent_nothing(context: Any, name: str) -> None:
    with context.world.uow() as uow:
        assert uow.ledger.profit_of_pipeline(PipelineId(name)) == 0


@then('"{name}" has spent what the {units:Number} {good:Good} cost')
def spent_cost(context: Any, name: str, units: int, good: str) -> None:
    world = context.world
    cost = sum(entry.amount for entry in world.ledger() if entry.kind is EntryKind.PURCHASE)
    with world.uow() as uow:
        assert uow.ledger.profit_of_pipeline(PipelineId(name)) == cost < 0
