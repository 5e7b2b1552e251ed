"""Steps about trades and the money they move."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

from behave import given, then, when

from manufacturing.domain.credit_floor import CreditFloor
from manufacturing.domain.events import StepDue
from manufacturing.domain.factory_reservation import ReservationStatus
from manufacturing.domain.ledger import EntryKind
from manufacturing.domain.manufacturing_task import TaskType
from manufacturing.domain.prices import Supply
from manufacturing.domain.trade_intent import IntentStatus, TradeIntent
from manufacturing.simulator.errors import Code, Refusal
from tests.pocket_universe import PLACES
from tests.world import World


def intents(world: World) -> list[TradeIntent]:
    """Every intent there ever was."""
    return world.all_intents()


def assign(context: Any, name: str, type_: TaskType, good: str) -> None:
    """Gives the task to the ship as it stands."""
    world = context.world
    world.holds_work_back = True
    world.looks_for_opportunities = False
    world.fleet.lifecycle.update_readiness(world.player_id)
    (task,) = world.tasks(type_, good)
    world.fleet.assignment.assign_ship_to_task(world.player_id, world.symbol(name), task.id)
    context.ship, context.errand = name, task


@given("the player's own floor is {floor}")
def own_floor(context: Any, floor: str) -> None:
    set_floor(context.world, CreditFloor.parse(floor))


@when("the player's own floor is taken away")
def no_own_floor(context: Any) -> None:
    set_floor(context.world, None)


def set_floor(world: World, floor: CreditFloor | None) -> None:
    """Sets the floor in the player's row."""
    with world.uow() as uow:
        uow.players.get(world.player_id).own_floor = floor
        uow.commit()


@when("the answer to the next {act} is lost")
def lose_answer(context: Any, act: str) -> None:
    context.world.game.lose_answer(act)


@when("the next {act} vanishes on its way")
def lose_request(context: Any, act: str) -> None:
    context.world.game.lose_request(act)


@when("the answer to the next {act} is lost, and {place:Place} forgets it")
def lose_answer_and_list(context: Any, act: str, place: str) -> None:
    world = context.world

    def forget() -> None:
        world.universe.state.places[PLACES[place]].trades.clear()

    world.game.lose_answer(act, meanwhile=forget)


@when("there is no call left in the API budget for a purchase")
def no_budget(context: Any) -> None:
    budget = context.world.budget
    acquire = budget.acquire
    refusals = iter([True, True])

    def refuse_twice(priority: Any, purpose: Any, endpoint: str, deadline_wall_seconds: float) -> Any:
        budget.exhausted = endpoint.endswith("/purchase") and next(refusals, False)
        return acquire(priority, purpose, endpoint, deadline_wall_seconds)

    budget.acquire = refuse_twice


@when("the price of {good:Good} at {place:Place} rises just before {name:Ship} buys, and the answer is lost")
def rises_and_lost(context: Any, good: str, place: str, name: str) -> None:
    world = context.world

    def someone_buys() -> None:
        world.stock(good, place, Supply.MODERATE, units=world.real_listing(good, place).net_supply - 20, unseen=True)

    world.game.lose_answer("purchase", before=someone_buys)


@when("the game refuses the next purchase")
def refuse_purchase(context: Any) -> None:
    world = context.world
    world.game.refuse_next("purchase", Refusal(Code.CARGO_OVER_LIMIT, "The hold is too small."))


@when("the pipeline has lost its right to {place:Place}")
def lost_right(context: Any, place: str) -> None:
    world = context.world
    with world.uow() as uow:
        (reservation,) = uow.reservations.active(world.player_id)
        uow.reservations.end(reservation.id, ReservationStatus.EXPIRED, world.clock.now())
        uow.commit()


@when("{name:Ship} carries out the {type_:TaskType} of {good:Good} until a purchase is in doubt")
def until_in_doubt(context: Any, name: str, type_: TaskType, good: str) -> None:
    world = context.world
    assign(context, name, type_, good)
    for _ in range(20):
        world.deliver_messages()
        if [intent for intent in intents(world) if intent.status is IntentStatus.OPEN]:
            return
        world.clock.moment = world.task(context.errand.id).due_at
        world.sweep()
    raise AssertionError(world.story())


@when("what is due is done")
def do_due(context: Any) -> None:
    context.world.sweep()
    context.world.deliver_messages()


@when("the {type_:TaskType} of {good:Good} is carried out by {name:Ship}")
def carried_out_by(context: Any, type_: TaskType, good: str, name: str) -> None:
    assign(context, name, type_, good)
    context.world.fly(context.errand)


@when("the {type_:TaskType} of {good:Good} is begun by {name:Ship}")
def begun_by(context: Any, type_: TaskType, good: str, name: str) -> None:
    assign(context, name, type_, good)
    context.world.deliver_messages()


@when("{count:Number} ships buy at the same moment")
def buy_at_once(context: Any, count: int) -> None:
    world = context.world
    world.holds_work_back = True
    assert world.fleet.assignment.assign_ready_tasks(world.player_id) == count
    steps = [event for event in world.mailbox.events if isinstance(event, StepDue)]
    world.mailbox.clear()
    with ThreadPoolExecutor(count) as pool:
        list(pool.map(world.handle, steps))


@given("the agent was paid {amount:Number} credits for a contract")
def was_paid(context: Any, amount: int) -> None:
    context.world.agent.credits += amount


@when("the agent is given {amount:Number} credits")
def is_given(context: Any, amount: int) -> None:
    context.world.agent.credits += amount
    context.world.fleet.orchestrator.reconcile(context.world.player)


@when("the credits are compared")
def compare(context: Any) -> None:
    context.difference = context.world.fleet.orchestrator.reconcile(context.world.player)


@then("a difference of {amount:Number} credits was entered")
def difference_entered(context: Any, amount: int) -> None:
    assert context.difference == amount
    entries = [e for e in context.world.ledger() if e.kind is EntryKind.RECONCILIATION]
    assert [e.amount for e in entries] == [amount]


@then("no difference was found")
def no_difference(context: Any) -> None:
    assert context.difference == 0


@then("nothing could be told")
def nothing_told(context: Any) -> None:
    assert context.difference is None
    assert [e for e in context.world.ledger() if e.kind is EntryKind.RECONCILIATION] == []


@then("the lost trade was settled: it took effect")
def settled_effect(context: Any) -> None:
    _settled(context.world, IntentStatus.CONFIRMED, "found in the market's transactions")


@then("the lost trade was settled: it took no effect")
def settled_no_effect(context: Any) -> None:
    _settled(context.world, IntentStatus.REFUSED, "it took no effect")


@then("the lost trade was settled: reckoned at its quote")
def settled_reckoned(context: Any) -> None:
    _settled(context.world, IntentStatus.CONFIRMED, "reckoned at its quote")


def _settled(world: World, status: IntentStatus, how: str) -> None:
    assert [i for i in intents(world) if i.status is IntentStatus.OPEN] == []
    settled = [i for i in intents(world) if (i.outcome or "").startswith("settled")]
    assert [i.status for i in settled] == [status], [(i.status, i.outcome) for i in intents(world)]
    assert how in (settled[0].outcome or "")


@then("the trade is still in doubt")
def in_doubt(context: Any) -> None:
    assert [i.status for i in intents(context.world)] == [IntentStatus.OPEN]


@then("no trade was ever in doubt")
def never_in_doubt(context: Any) -> None:
    outcomes = [intent.outcome or "" for intent in intents(context.world)]
    assert any("no call left" in outcome for outcome in outcomes), outcomes
    assert not any(outcome.startswith("settled") for outcome in outcomes), outcomes


@then("the ledger has what the game charged, not what was quoted")
def charged(context: Any) -> None:
    (lost,) = [i for i in intents(context.world) if (i.outcome or "").startswith("settled")]
    (entry,) = [e for e in context.world.ledger() if e.intent_id == lost.id]
    assert entry.unit_price > lost.unit_price
    assert entry.amount == -entry.units * entry.unit_price


@then("no credits are promised to anything")
def nothing_promised(context: Any) -> None:
    world = context.world
    with world.uow() as uow:
        assert uow.ledger.held(world.player_id) == 0
    assert world.player.credits_reserved == 0


@then("every purchase cost the ask of its moment, and every sale brought the bid")
def asks_and_bids(context: Any) -> None:
    world = context.world
    trades = [e for e in world.ledger() if e.kind in (EntryKind.PURCHASE, EntryKind.SALE)]
    by_id = {intent.id: intent for intent in intents(world)}
    assert {e.kind for e in trades} == {EntryKind.PURCHASE, EntryKind.SALE}
    for entry in trades:
        # Nobody else trades here: the quote that was decided on is the price that was paid.
        assert entry.unit_price == by_id[entry.intent_id].unit_price
        sign = 1 if entry.kind is EntryKind.SALE else -1
        assert entry.amount == sign * entry.units * entry.unit_price
    bought = [e.unit_price for e in trades if e.kind is EntryKind.PURCHASE]
    sold = [e.unit_price for e in trades if e.kind is EntryKind.SALE]
    assert max(bought) < min(sold), "a planned haul buys for less than it sells"


@then("the agent never had fewer than {credits:Number} credits")
def never_fewer(context: Any, credits: int) -> None:
    world = context.world
    # Purchases only ever lower the credits, so the end is the lowest point.
    assert world.agent.credits >= credits, world.agent.credits
    assert world.player.credits >= credits, world.player.credits


@then("something was bought")
def something_bought(context: Any) -> None:
    assert [e for e in context.world.ledger() if e.kind is EntryKind.PURCHASE]


@then("{name:Ship} bought some {good:Good}, but not {units:Number}")
def bought_some(context: Any, name: str, good: str, units: int) -> None:
    aboard = context.world.real_ship(name).cargo.get(good, 0)
    assert 0 < aboard < units, aboard
