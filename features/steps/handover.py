"""Steps about goods that change ships."""

from datetime import timedelta
from typing import Any

from behave import given, then, when

from manufacturing.domain.ids import PipelineId
from manufacturing.domain.ledger import EntryKind
from manufacturing.domain.manufacturing_task import ManufacturingTask, TaskStatus, TaskType
from manufacturing.domain.trade_intent import IntentKind, IntentStatus
from tests.builders import SYSTEM
from tests.pocket_universe import PLACES
from tests.world import World


@given("{name:Ship} has {units:Number} {good:Good} aboard as well")
def has_aboard_as_well(context: Any, name: str, units: int, good: str) -> None:
    world = context.world
    world.real_ship(name).load(good, units)
    world.fleet.enrolment.refresh_ships(world.gateway, world.player_id)


@given("the player has a hauler {name:Ship} at {place:Place} for themselves")
def players_own(context: Any, name: str, place: str) -> None:
    world = context.world
    world.new_ship(name, at=place)
    with world.uow() as uow:
        uow.ships.get(world.player_id, world.symbol(name)).reserved_by_player = True
        uow.commit()


@given('{units:Number} {good:Good} of {name:Ship} are promised to "{consumer}" at {place:Place}')
def are_promised(context: Any, units: int, good: str, name: str, consumer: str, place: str) -> None:
    promise(context.world, units, good, name, consumer, place)


@given(
    '{units:Number} {good:Good} of {name:Ship} are promised to "{consumer}" at {place:Place}, and {rest:Number} are '
    "left over"
)
def are_promised_in_part(context: Any, units: int, good: str, name: str, consumer: str, place: str, rest: int) -> None:
    promise(context.world, units, good, name, consumer, place, left_over=rest)


def promise(
    world: World, units: int, good: str, name: str, consumer: str, place: str, *, left_over: int = 0
) -> ManufacturingTask:
    """Goods aboard a ship are in the pool, promised to a pipeline, and ready to be delivered by their holder."""
    world.looks_for_opportunities = False
    symbol, pipeline = world.symbol(name), PipelineId(consumer)
    lot = world.fleet.coordinator.add_to_pool(world.player_id, symbol, good, units + left_over, None)
    with world.uow() as uow:
        (promised,) = world.fleet.coordinator.goods.reserve(
            uow, world.player_id, SYSTEM, good, units, pipeline, world.clock.now(), lot_id=lot.id
        )
        product = uow.pipelines.get(pipeline).product_good
        task = world.a_task(
            TaskType.DELIVER,
            good,
            place,
            quantity=units,
            pipeline_id=pipeline,
            factory_symbol=PLACES[place],
            output_good=product,
            status=TaskStatus.READY,
            ready_at=world.clock.now(),
            bound_ship=symbol,
            pool_reservation_id=promised.id,
        )
        uow.tasks.add(task)
        # Something else is still to be done for it, or it would end with the delivery.
        uow.tasks.add(
            world.a_task(
                TaskType.COLLECT,
                product,
                place,
                pipeline_id=pipeline,
                factory_symbol=PLACES[place],
                output_good=product,
            )
        )
        uow.commit()
    world.clock.advance(seconds=1)
    return task


@given("the answer to the next transfer gets lost")
def answer_lost(context: Any) -> None:
    context.world.game.lose_answer("transfer")


@given("the next transfer gets lost on its way")
def request_lost(context: Any) -> None:
    context.world.game.lose_request("transfer")


@given("the worker dies before the next transfer")
def dies_before(context: Any) -> None:
    context.world.game.kill_worker_before("transfer")


@given("the worker dies after the next transfer")
def dies_after(context: Any) -> None:
    context.world.game.kill_worker_after("transfer")


@when("handovers are arranged")
def arrange(context: Any) -> None:
    world = context.world
    context.arranged = world.fleet.handovers.arrange(world.player_id)


@when("the deliveries are carried out")
def carry_out(context: Any) -> None:
    world = context.world

    def delivered() -> bool:
        return all(task.status.is_final for task in world.tasks(TaskType.DELIVER))

    world.play(delivered, within=timedelta(hours=3))


@when("{name:Ship} is sent to {place:Place} by hand just then")
def sent_by_hand(context: Any, name: str, place: str) -> None:
    world = context.world
    ship = world.symbol(name)
    world.gateway.orbit(ship)
    world.gateway.navigate(ship, PLACES[place])


@then("{receiver:Ship} is to take {units:Number} {good:Good} over from {giver:Ship}")
def is_to_take_over(context: Any, receiver: str, units: int, good: str, giver: str) -> None:
    world = context.world
    assert context.arranged == 1
    (task,) = [task for task in world.tasks(TaskType.DELIVER, good) if task.has_ship]
    assert (task.ship_symbol, task.giver_ship) == (world.symbol(receiver), world.symbol(giver))
    assert task.quantity == units
    assert any("takes" in d.reason for d in world.decisions(world.symbol(receiver)))


@then("nothing is to change ships")
def nothing_changes_ships(context: Any) -> None:
    assert context.arranged == 0
    assert all(task.giver_ship is None for task in context.world.tasks())


@then("{one:Ship} and {other:Ship} both work for the {type_:TaskType} of {good:Good}")
def both_work(context: Any, one: str, other: str, type_: TaskType, good: str) -> None:
    world = context.world
    (task,) = world.tasks(type_, good)
    assert [world.ship(name).container_id for name in (one, other)] == [task.id, task.id]


@then("the goods changed ships once")
def changed_once(context: Any) -> None:
    transfers = [i for i in context.world.all_intents() if i.kind is IntentKind.TRANSFER]
    assert [i.status for i in transfers].count(IntentStatus.CONFIRMED) == 1
    assert all(i.status is not IntentStatus.OPEN for i in transfers)


@then("{name:Ship} delivered {units:Number} {good:Good}")
def delivered(context: Any, name: str, units: int, good: str) -> None:
    world = context.world
    sold = [e for e in world.ledger() if e.kind is EntryKind.SALE and e.good == good]
    assert {e.ship_symbol for e in sold} == {world.symbol(name)}, world.story()
    assert sum(e.units for e in sold) == units
    assert all(task.status is TaskStatus.COMPLETED for task in world.tasks(TaskType.DELIVER, good)), world.story()


@then("{one:Ship} delivered {units:Number} {good:Good}, and {other:Ship} delivered {more:Number} {other_good:Good}")
def both_delivered(context: Any, one: str, units: int, good: str, other: str, more: int, other_good: str) -> None:
    delivered(context, one, units, good)
    delivered(context, other, more, other_good)


@then("{name:Ship} delivered {units:Number} {good:Good}, and {other:Ship} stayed where it was")
def the_other_stayed(context: Any, name: str, units: int, good: str, other: str) -> None:
    delivered(context, name, units, good)
    world = context.world
    assert world.real_ship(other).waypoint == PLACES["the smelter"]
    assert world.real_ship(other).cargo == {}


@then("{name:Ship} delivered {units:Number} {good:Good}, and {other:Ship} has {rest:Number} {same:Good} of the pool")
def the_rest_stayed(context: Any, name: str, units: int, good: str, other: str, rest: int, same: str) -> None:
    delivered(context, name, units, good)
    world = context.world
    with world.uow() as uow:
        (lot,) = uow.pools.lots_aboard(world.player_id, world.symbol(other))
    assert (lot.good, lot.units_held, lot.units_reserved) == (same, rest, 0)
    assert world.real_ship(other).cargo == {same: rest}


@then("nothing of the pool is left")
def pool_is_empty(context: Any) -> None:
    world = context.world
    with world.uow() as uow:
        assert uow.pools.lots_aboard(world.player_id) == []
        pools = uow.pools.pools(world.player_id)
    assert [(pool.available_units, pool.reserved_units) for pool in pools] == [(0, 0)] * len(pools)
