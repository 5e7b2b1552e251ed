"""Steps about ships at their errands."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

from behave import given, then, when

from manufacturing.domain.events import Event
from manufacturing.domain.ledger import EntryKind
from manufacturing.domain.manufacturing_task import ManufacturingTask, StepState, TaskStatus, TaskType
from manufacturing.domain.player import PlayerStatus
from manufacturing.domain.prices import Supply
from tests.pocket_universe import PLACES
from tests.world import World


def set_out(context: Any, name: str, type_: TaskType, good: str) -> None:
    """Gives the task to the ship, and nothing to anybody else."""
    world = context.world
    world.holds_work_back = True
    world.looks_for_opportunities = False
    world.fleet.lifecycle.update_readiness(world.player_id)
    (task,) = world.tasks(type_, good)
    world.fleet.assignment.assign_ship_to_task(world.player_id, world.symbol(name), task.id)
    context.ship = name
    context.errand = task


def units_traded(world: World, kind: EntryKind, place: str, good: str) -> int:
    """Units of the good that the ledger has bought or sold at a place."""
    return sum(e.units for e in world.ledger() if (e.kind, e.waypoint, e.good) == (kind, PLACES[place], good))


def follower(world: World, task: ManufacturingTask) -> ManufacturingTask:
    """The second half of the haul."""
    with world.uow() as uow:
        (second,) = [d.task_id for d in uow.tasks.dependents_of(task.id) if d.same_ship]
        return uow.tasks.get(second)


@when("{name:Ship} sets out for the {type_:TaskType} of {good:Good}")
def sets_out(context: Any, name: str, type_: TaskType, good: str) -> None:
    set_out(context, name, type_, good)
    context.world.deliver_messages()


@when("{name:Ship} carries out the {type_:TaskType} of {good:Good}")
def carries_out(context: Any, name: str, type_: TaskType, good: str) -> None:
    set_out(context, name, type_, good)
    context.world.fly(context.errand)


@when("{name:Ship} carries out the {type_:TaskType} of {good:Good}, while {other:Ship} looks for work")
def carries_out_beside(context: Any, name: str, type_: TaskType, good: str, other: str) -> None:
    world = context.world
    set_out(context, name, type_, good)
    for task in world.tasks(TaskType.ACQUIRE):
        if task.good != good:
            world.stock(task.good, "the mine", Supply.SCARCE)
    world.holds_work_back = False
    world.play(lambda: world.tasks(TaskType.DELIVER, good)[0].status.is_final, within=timedelta(hours=1))


@when("{name:Ship} carries out the {type_:TaskType} of {good:Good}, every message delivered twice")
def carries_out_twice(context: Any, name: str, type_: TaskType, good: str) -> None:
    world = context.world
    handle = world.handle

    def twice(event: Event) -> None:
        handle(event)
        handle(event)

    world.handle = twice
    carries_out(context, name, type_, good)


@when(
    "{name:Ship} carries out the {type_:TaskType} of {good:Good}, "
    "every message delivered to {count:Number} workers at once"
)
def carries_out_in_parallel(context: Any, name: str, type_: TaskType, good: str, count: int) -> None:
    world = context.world
    handle = world.handle
    with ThreadPoolExecutor(count) as pool:
        world.handle = lambda event: list(pool.map(handle, [event] * count))
        carries_out(context, name, type_, good)


@when("{name:Ship} carries out the {type_:TaskType} of {good:Good} until it has bought")
def carries_out_until_bought(context: Any, name: str, type_: TaskType, good: str) -> None:
    world = context.world
    set_out(context, name, type_, good)
    world.play(lambda: follower(world, context.errand).has_ship, within=timedelta(hours=1))
    assert world.ship(name).is_flying(world.clock.now())


@when("its errand goes on")
def goes_on(context: Any) -> None:
    context.world.fly(context.errand)


@when("{good:Good} becomes dearer at {place:Place} than the plan allows, unseen")
def becomes_dearer(context: Any, good: str, place: str) -> None:
    world = context.world
    (task,) = world.tasks(TaskType.ACQUIRE, good)
    listing = world.real_listing(good, place)
    while listing.quote.ask <= task.price_limit:
        listing.net_supply -= 1
    assert listing.supply is Supply.MODERATE, "the price shall be what keeps it from buying"


@when("another fleet leaves so much {good:Good} at {place:Place} that only one tranche can be had")
def leaves_one_tranche(context: Any, good: str, place: str) -> None:
    world = context.world
    listing = world.real_listing(good, place)
    world.stock(good, place, Supply.MODERATE, units=-2 * listing.trade_volume + 30, unseen=True)
    with world.uow() as uow:
        (task,) = world.tasks(TaskType.ACQUIRE, good)
        uow.tasks.get(task.id).price_limit = None
        uow.commit()


@when("{good:Good} at {place:Place} costs twice as much as at {other:Place}, and no limit was planned")
def costs_twice(context: Any, good: str, place: str, other: str) -> None:
    world = context.world
    dear, cheap = world.real_listing(good, place), world.real_listing(good, other)
    dear.margin = cheap.margin = 14
    while dear.quote.ask < 2 * cheap.quote.ask:
        dear.net_supply -= 1
    assert dear.supply is Supply.MODERATE, "the price shall be what keeps it from buying"
    world.look_at(other)
    with world.uow() as uow:
        (task,) = world.tasks(TaskType.ACQUIRE, good)
        uow.tasks.get(task.id).price_limit = None
        uow.tasks.get(task.id).waypoint = PLACES[place]
        uow.commit()


@when("its cargo is gone, though our row still has {units:Number} {good:Good}")
def cargo_is_gone(context: Any, units: int, good: str) -> None:
    context.world.real_ship(context.ship).cargo.clear()
    assert context.world.ship(context.ship).units_of(good) == units


@when("the worker dies when {name:Ship} is to {act}")
def dies_before(context: Any, name: str, act: str) -> None:
    context.world.game.kill_worker_before(act)


@when("the worker dies when {name:Ship} has done its next {act}")
def dies_after(context: Any, name: str, act: str) -> None:
    context.world.game.kill_worker_after(act)


@when("the game does not answer the next {times:Number} times {name:Ship} is to {act}")
def no_answer(context: Any, times: int, name: str, act: str) -> None:
    for _ in range(times):
        context.world.game.lose_request(act)


@when("{name:Ship} is undocked by hand just before it buys")
def undocked(context: Any, name: str) -> None:
    world = context.world

    def undock() -> None:
        world.real_ship(name).docked = False

    world.game.before("purchase", undock)


@given("{name:Ship} was sent to {place:Place} by hand, and we do not know")
def sent_away(context: Any, name: str, place: str) -> None:
    world = context.world
    world.gateway.orbit(world.symbol(name))
    world.gateway.navigate(world.symbol(name), PLACES[place])


@when("another worker holds the lock of {name:Ship} for a while")
def lock_is_held(context: Any, name: str) -> None:
    world = context.world
    held = world.locks.lock(f"ship:{world.player_id}:{world.symbol(name)}", timedelta(minutes=1))
    handle = world.handle
    told = []

    def handle_and_let_go(event: Event) -> None:
        handle(event)
        told.append(event)
        if len(told) == 3:
            held.__exit__(None, None, None)

    world.handle = handle_and_let_go


@when("the universe is reset")
def reset(context: Any) -> None:
    context.world.universe.state.reset_date = "2026-01-11"
    context.world.universe.agents_by_token.clear()


@when("{name:Ship} collects {good:Good}, and {place:Place} is flooded meanwhile")
def collects(context: Any, name: str, good: str, place: str) -> None:
    world = context.world
    world.fleet.lifecycle.cancel_pipeline(world.pipelines()[-1].id, "another plan is better")
    world.fleet.orchestrator.look_for_opportunities(world.player_id, now=True)
    collect = [t for t in world.tasks(TaskType.COLLECT, good) if not t.status.is_final][-1]
    world.looks_for_opportunities = False
    context.ship, context.errand, context.began = name, collect, world.clock.now()
    sell = follower(world, collect)
    world.play(lambda: world.task(sell.id).has_ship, within=timedelta(hours=1))
    world.stock(good, place, Supply.ABUNDANT)
    world.play(lambda: world.task(sell.id).status.is_final, within=timedelta(hours=3))


@then("{name:Ship} carried out both")
def carried_out_both(context: Any, name: str) -> None:
    world = context.world
    second = follower(world, context.errand)
    ships = {entry.ship_symbol for entry in world.ledger() if entry.task_id in (context.errand.id, second.id)}
    assert ships == {world.symbol(name)}
    assert second.bound_ship == world.symbol(name)


@then("{name:Ship} carried no {good:Good}")
def carried_none(context: Any, name: str, good: str) -> None:
    world = context.world
    assert [e for e in world.ledger() if (e.ship_symbol, e.good) == (world.symbol(name), good)] == []


@then("{place:Place} was sold {units:Number} {good:Good}")
def was_sold(context: Any, place: str, units: int, good: str) -> None:
    assert units_traded(context.world, EntryKind.SALE, place, good) == units, context.world.story()


@then("{place:Place} was sold {good:Good}")
def was_sold_some(context: Any, place: str, good: str) -> None:
    assert units_traded(context.world, EntryKind.SALE, place, good) > 0, context.world.story()


@then("{place:Place} was sold no {good:Good}")
def was_sold_none(context: Any, place: str, good: str) -> None:
    assert units_traded(context.world, EntryKind.SALE, place, good) == 0, context.world.story()


@then("{place:Place} was sold {good:Good} more than an hour after it set out")
def was_sold_late(context: Any, place: str, good: str) -> None:
    sales = [e for e in context.world.ledger() if (e.kind, e.good) == (EntryKind.SALE, good)]
    assert sales, context.world.story()
    assert {sale.waypoint for sale in sales} == {PLACES[place]}
    assert sales[0].at - context.began > timedelta(hours=1)


@then("{place:Place} sold us {units:Number} {good:Good}")
def sold_us(context: Any, place: str, units: int, good: str) -> None:
    assert units_traded(context.world, EntryKind.PURCHASE, place, good) == units, context.world.story()


@then("nothing was sold")
def nothing_was_sold(context: Any) -> None:
    assert [e for e in context.world.ledger() if e.kind is EntryKind.SALE] == []


@then("fuel was bought for {name:Ship}")
def fuel_was_bought(context: Any, name: str) -> None:
    refuels = [e for e in context.world.ledger() if e.kind is EntryKind.REFUEL]
    assert refuels
    assert {e.ship_symbol for e in refuels} == {context.world.symbol(name)}
    assert all(e.amount < 0 and e.units > 0 for e in refuels)


@then("{name:Ship} is flying to {place:Place} by both sides' word")
def both_say_flying(context: Any, name: str, place: str) -> None:
    world = context.world
    ours, real = world.ship(name), world.real_ship(name)
    assert ours.is_flying(world.clock.now())
    assert ours.waypoint == real.waypoint == PLACES[place]
    assert ours.arrival_at == real.arrives_at


@then("its next step is due when it arrives")
def due_at_arrival(context: Any) -> None:
    world = context.world
    assert world.task(context.errand.id).due_at == world.ship(context.ship).arrival_at


@then("no worker is at it")
def no_worker(context: Any) -> None:
    assert context.world.task(context.errand.id).step_state is StepState.WAITING


@then('the {type_:TaskType} of {good:Good} waits because "{reason}"')
def waits_because(context: Any, type_: TaskType, good: str, reason: str) -> None:
    world = context.world
    (task,) = world.tasks(type_, good)
    assert task.status is TaskStatus.PENDING, world.story()
    assert reason in (task.reason or ""), task.reason
    assert any(reason in d.reason for d in world.decisions(task.id)), world.decisions(task.id)


@then('it was noted that "{text}"')
def noted(context: Any, text: str) -> None:
    assert any(text in decision.reason for decision in context.world.decisions()), context.world.decisions()


@then("the player's work has stopped, and it says why")
def has_stopped(context: Any) -> None:
    player = context.world.player
    assert player.status is PlayerStatus.RESET
    assert "reset" in (player.status_reason or "")


@then("nothing is swept up for the player any more")
def nothing_swept(context: Any) -> None:
    world = context.world
    world.clock.advance(hours=1)
    assert world.sweep() == 0
    assert world.fleet.orchestrator.active_players() == []
