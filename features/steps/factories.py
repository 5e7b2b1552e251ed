"""Steps about factories at work, and looking at them."""

from datetime import timedelta
from typing import Any

from behave import given, then, when

from manufacturing.domain.decision import DecisionKind
from manufacturing.domain.events import PollDue, WorkChanged
from manufacturing.domain.factory_state import FactoryState
from manufacturing.domain.manufacturing_task import TaskStatus, TaskType
from manufacturing.domain.prices import Supply
from tests.pocket_universe import NAMES, PLACES
from tests.world import World


def the_factory(world: World, place: str = "the works") -> FactoryState:
    """What we know of the factory at a place."""
    with world.uow() as uow:
        (state,) = [
            state
            for pipeline in uow.pipelines.recent(world.player_id, 10)
            for state in uow.factories.of_pipeline(pipeline.id)
            if state.factory_symbol == PLACES[place]
        ]
    return state


def carry_out(world: World, name: str, type_: TaskType, good: str) -> None:
    """Has a ship do the task and what follows it, alone."""
    (task,) = world.tasks(type_, good)
    world.fleet.lifecycle.update_readiness(world.player_id)
    world.fleet.assignment.assign_ship_to_task(world.player_id, world.symbol(name), task.id)
    world.holds_work_back = True
    world.looks_for_opportunities = False
    ended = world.fly(task)
    assert ended.status is TaskStatus.COMPLETED, world.story()


@given("the game does not answer when {place:Place} is looked at")
def no_answer(context: Any, place: str) -> None:
    for _ in range(10):
        context.world.game.lose_request("market")


@given("the worker dies when {place:Place} is looked at")
def dies(context: Any, place: str) -> None:
    context.world.game.kill_worker_before("market")


@when("{name:Ship} brings the {good:Good}")
def brings(context: Any, name: str, good: str) -> None:
    carry_out(context.world, name, TaskType.ACQUIRE, good)


@when("{name:Ship} brings in the {good:Good}")
def brings_in(context: Any, name: str, good: str) -> None:
    carry_out(context.world, name, TaskType.COLLECT, good)


@when("the due looks are taken")
def take_looks(context: Any) -> None:
    _take_looks(context.world, times=1)


@when("the due looks are taken, each message delivered twice")
def take_looks_twice(context: Any) -> None:
    _take_looks(context.world, times=2)


def _take_looks(world: World, times: int) -> None:
    world.mailbox.events.clear()
    world.sweep()
    for event in list(world.mailbox.events):
        for _ in range(times):
            if isinstance(event, PollDue):
                world.handle(event)


@then("{place:Place} waits for {goods}")
def waits_for(context: Any, place: str, goods: str) -> None:
    assert sorted(the_factory(context.world, place).required_inputs) == sorted(goods.split(" and "))


@then("{place:Place} was last seen with {supply:Supply} {good:Good}")
def last_seen_with(context: Any, place: str, supply: Supply, good: str) -> None:
    state = the_factory(context.world, place)
    assert (state.output_good, state.supply) == (good, supply)


@then("its next look is due in {seconds:Number} seconds")
def next_look(context: Any, seconds: int) -> None:
    due = the_factory(context.world).next_poll_at
    assert due == context.world.clock.now() + timedelta(seconds=seconds), due


@then("the next look at {place:Place} is due in {seconds:Number} seconds")
def next_look_at(context: Any, place: str, seconds: int) -> None:
    due = the_factory(context.world, place).next_poll_at
    assert due == context.world.clock.now() + timedelta(seconds=seconds), due


@then("{place:Place} has been brought {units:Number} {good:Good} just now")
def was_brought(context: Any, place: str, units: int, good: str) -> None:
    state = the_factory(context.world, place)
    assert state.inputs_delivered.get(good, 0) == units, state.inputs_delivered
    assert state.inputs_delivered_at[good] == context.world.clock.now().isoformat()


@then("{place:Place} has been brought no {good:Good}")
def was_not_brought(context: Any, place: str, good: str) -> None:
    assert good not in the_factory(context.world, place).inputs_delivered


@then("not all inputs are there")
def not_all_there(context: Any) -> None:
    assert the_factory(context.world).all_inputs_at is None


@then("all inputs are there")
def all_there(context: Any) -> None:
    assert the_factory(context.world).all_inputs_at == context.world.clock.now()


@then("the output is ready since now")
def ready_since_now(context: Any) -> None:
    assert the_factory(context.world).ready_at == context.world.clock.now()


@then("{place:Place} is not watched any more")
def not_watched(context: Any, place: str) -> None:
    state = the_factory(context.world, place)
    assert (state.is_watched, state.next_poll_at) == (False, None)


@then("no factory is due for a look")
def none_due(context: Any) -> None:
    assert context.world.fleet.supply_monitor.get_factories_to_poll(context.world.player_id) == []


@then("{place:Place} is due for a look")
def is_due(context: Any, place: str) -> None:
    due = context.world.fleet.supply_monitor.get_factories_to_poll(context.world.player_id)
    assert [NAMES[state.factory_symbol] for state in due] == [place]


@then("{place:Place} was looked at once")
def looked_once(context: Any, place: str) -> None:
    assert _looks(context.world, place) == 1


@then("{place:Place} was looked at twice")
def looked_twice(context: Any, place: str) -> None:
    assert _looks(context.world, place) == 2


@then("{place:Place} was never looked at")
def never_looked(context: Any, place: str) -> None:
    assert _looks(context.world, place) == 0


def _looks(world: World, place: str) -> int:
    arrived = sum(path.endswith(f"{PLACES[place]}/market") for _, path in world.game.requests)
    assert the_factory(world, place).polls == arrived
    return arrived


@then("it was noted that no ship is there to see {good:Good}")
def noted_unseen(context: Any, good: str) -> None:
    (decision,) = [d for d in context.world.decisions() if d.kind is DecisionKind.POLL]
    assert "no ship of ours" in decision.reason
    assert good in decision.reason


@then("whoever assigns tasks is told")
def assigner_told(context: Any) -> None:
    assert WorkChanged(player_id=context.world.player_id) in context.world.mailbox.events


@then("whoever assigns tasks is not told")
def assigner_not_told(context: Any) -> None:
    assert WorkChanged(player_id=context.world.player_id) not in context.world.mailbox.events
