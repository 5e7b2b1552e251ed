"""Steps about estimates, poll policies and observers."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from functools import partial
from typing import Any

from behave import given, then, when

from manufacturing.domain.decision import DecisionKind
from manufacturing.domain.errors import UnknownThing
from manufacturing.domain.events import PollDue
from manufacturing.domain.gateway import Purpose
from manufacturing.domain.manufacturing_task import ManufacturingTask, TaskType
from manufacturing.domain.policy import PollPolicy
from manufacturing.domain.production_estimate import ProductionEstimate
from manufacturing.domain.profit_forecast import ConfidenceLevel
from manufacturing.domain.universe import ServerStatus
from tests.pocket_universe import PLACES, trade_volume
from tests.world import World

_OUTPUTS = {"the works": "ELECTRONICS", "the foundry": "MACHINERY", "the refinery": "COPPER"}


def _estimate(world: World, place: str) -> ProductionEstimate:
    """The estimate of the newest pipeline's cycle at a place."""
    (newest,) = world.pipelines()[-1:]
    with world.uow() as uow:
        found = uow.estimates.find(newest.id, PLACES[place], _OUTPUTS[place])
    assert found is not None, world.story()
    return found


def _market_requests(world: World, place: str) -> int:
    return sum(path.endswith(f"{PLACES[place]}/market") for _, path in world.game.requests)


@given("factories are polled by the policy {policy}")
def polled_by(context: Any, policy: str) -> None:
    context.world.change_policy(poll_policy=PollPolicy(policy))


@given("markets are read after each recalculation")
def read_after_each(context: Any) -> None:
    context.world.change_policy(scan_every=1)


@given("the fleet has begun to make MACHINERY as well")
def makes_machinery_too(context: Any) -> None:
    context.execute_steps("Given MACHINERY is SCARCE at the capital\nGiven the fleet has begun to make MACHINERY")


@when("the fleet begins to make {good:Good} again")
def begins_again(context: Any, good: str) -> None:
    context.execute_steps(f"Given the fleet has begun to make {good}")


@given("{place:Place} has {units:Number} {good:Good}, two trade volumes from HIGH")
def has_units(context: Any, place: str, units: int, good: str) -> None:
    """HIGH begins at two trade volumes."""
    listing = context.world.real_listing(good, place)
    listing.net_supply = units
    context.world.look_at(place)


@given("{place:Place} has been seen to make {units:Number} {good:Good} at each recalculation for {hours:Number} hours")
def seen_to_make(context: Any, place: str, units: int, good: str, hours: int) -> None:
    world = context.world
    listing = world.real_listing(good, place)
    listing.net_supply = -3 * trade_volume(good)
    for _ in range(4 * hours):
        world.look_at(place)
        world.fleet.scans.scan(world.gateway, world.player_id)
        world.clock.advance(minutes=15)
        world.real_listing(good, place).net_supply += units
    world.look_at(place)


@given("the game recalculates no more")
def recalculates_no_more(context: Any) -> None:
    status = context.world.gateway.get_status()
    _let_game_tell(context.world, status)


@given("the game does not tell when markets were recalculated")
def does_not_tell(context: Any) -> None:
    world = context.world
    _let_game_tell(world, replace(world.gateway.get_status(), last_market_update=None))
    world.clock.advance(seconds=1)
    with world.uow() as uow:
        assert uow.markets.recalculations(world.player_id, 10)
    world.fleet.supply_monitor._recalculations._known.clear()


def _let_game_tell(world: World, status: ServerStatus) -> None:
    def told(purpose: Purpose = Purpose.SETUP) -> ServerStatus:
        return status

    world.gateway.get_status = told


@given("the due looks are taken for {count:Number} minutes")
@when("the due looks are taken for {count:Number} minutes")
def take_looks_for(context: Any, count: int) -> None:
    """Messages of polls are delivered when they are due, and nothing else happens."""
    world: World = context.world
    end = world.clock.now() + timedelta(minutes=count)
    waiting: list[PollDue] = []
    while True:
        waiting += _polls_published(world, world.sweep)
        with world.uow() as uow:
            due = [state.next_poll_at for state in uow.factories.watched(world.player_id) if state.next_poll_at]
        following = min((event.due_at for event in waiting), default=min(due, default=end))
        if following > end:
            world.clock.moment = end
            return
        world.clock.moment = max(world.clock.now(), following)
        for event in [each for each in waiting if each.due_at <= world.clock.now()]:
            waiting.remove(event)
            waiting += _polls_published(world, partial(world.handle, event))


def _polls_published(world: World, work: Callable[[], object]) -> list[PollDue]:
    published = len(world.mailbox.events)
    work()
    return [event for event in world.mailbox.events[published:] if isinstance(event, PollDue)]


@when("our observer at {place:Place} reports")
def observer_reports(context: Any, place: str) -> None:
    context.world.look_at(place)


@when("the looks at {place:Place} are counted from here")
def counted_from_here(context: Any, place: str) -> None:
    context.looks_before = _market_requests(context.world, place)


@when("adaptive polling is switched off")
def switched_off(context: Any) -> None:
    context.world.fleet.supply_monitor.set_adaptive_poll_interval(False)


@when("adaptive polling is switched on")
def switched_on(context: Any) -> None:
    context.world.fleet.supply_monitor.set_adaptive_poll_interval(True)


@when("the output of {place:Place} is estimated")
def is_estimated(context: Any, place: str) -> None:
    world = context.world
    (newest,) = world.pipelines()[-1:]
    try:
        context.estimate = world.fleet.supply_monitor.estimate_production_ready(
            newest.id, PLACES[place], _OUTPUTS[place]
        )
    except UnknownThing as error:
        context.error = error


@then("the estimate for {place:Place} has {good:Good} delivered just now")
def delivered_now(context: Any, place: str, good: str) -> None:
    assert _estimate(context.world, place).inputs_delivered_at[good] == context.world.clock.now().isoformat()


@then("the estimate for {place:Place} has no delivery of {good:Good}")
def not_delivered(context: Any, place: str, good: str) -> None:
    assert good not in _estimate(context.world, place).inputs_delivered_at


@then("the estimate for {place:Place} does not say that all inputs are there")
def inputs_missing(context: Any, place: str) -> None:
    assert _estimate(context.world, place).all_inputs_at is None


@then("the estimate for {place:Place} says that all inputs are there since now")
def inputs_there(context: Any, place: str) -> None:
    assert _estimate(context.world, place).all_inputs_at == context.world.clock.now()


@then("it is expected to be HIGH in {hours:g} hours, at {units:Number} units an hour")
def expected_in(context: Any, hours: float, units: int) -> None:
    estimate: ProductionEstimate = context.estimate
    assert estimate.as_of is not None
    assert estimate.estimated_ready_at is not None
    took = (estimate.estimated_ready_at - estimate.as_of).total_seconds() / 3600
    assert abs(took - hours) < 0.001, took
    assert estimate.production_rate == units


@then("it is expected to be HIGH at {units:Number} units an hour")
def expected_at(context: Any, units: int) -> None:
    rate = context.estimate.production_rate
    assert rate is not None
    assert abs(rate - units) < 0.001, rate


@then("the confidence is {level}")
def confidence_is(context: Any, level: str) -> None:
    assert context.estimate.confidence_level is ConfidenceLevel(level)


@then("there is one estimate for {place:Place}")
def one_estimate(context: Any, place: str) -> None:
    assert _estimate(context.world, place).id == context.estimate.id


@then("the next look at {place:Place} is due shortly after the next recalculation")
def due_after_recalculation(context: Any, place: str) -> None:
    world = context.world
    with world.uow() as uow:
        (state,) = [s for s in uow.factories.watched(world.player_id) if s.factory_symbol == PLACES[place]]
    assert state.next_poll_at is not None
    into_the_quarter = state.next_poll_at.minute % 15 * 60 + state.next_poll_at.second
    assert into_the_quarter < 10, state.next_poll_at
    assert timedelta(0) < state.next_poll_at - world.clock.now() <= timedelta(minutes=16)


@then("{place:Place} was looked at {count:Number} times")
def looked_times(context: Any, place: str, count: int) -> None:
    looks = _market_requests(context.world, place)
    assert abs(looks - count) <= 1, looks


@then("{place:Place} was looked at {count:Number} times more")
def looked_times_more(context: Any, place: str, count: int) -> None:
    looks = _market_requests(context.world, place) - context.looks_before
    assert abs(looks - count) <= 1, looks


@then("{place:Place} was looked at fewer than {count:Number} times")
def looked_fewer(context: Any, place: str, count: int) -> None:
    looks = _market_requests(context.world, place)
    assert 0 < looks < count, looks


@then("{place:Place} was never polled")
def never_polled(context: Any, place: str) -> None:
    assert _polls(context.world, place) == 0


@then("{place:Place} was polled once")
def polled_once(context: Any, place: str) -> None:
    assert _polls(context.world, place) == 1


def _polls(world: World, place: str) -> int:
    with world.uow() as uow:
        (state,) = [s for s in uow.factories.watched(world.player_id) if s.factory_symbol == PLACES[place]]
    return state.polls


@then("the game was asked when markets were recalculated no more than {count:Number} times")
def asked_at_most(context: Any, count: int) -> None:
    asked = sum(path == "/" for _, path in context.world.game.requests)
    assert 0 < asked <= count, asked


# Observers


@given("a second observer at {place:Place}")
def second_observer(context: Any, place: str) -> None:
    context.world.new_ship("PROBE-2", at=place, type="SHIP_PROBE")


@given("no observer is left")
def no_observer_left(context: Any) -> None:
    for place in PLACES:
        context.world.leave_unwatched(place)


@when("observers are stationed")
def stationed(context: Any) -> None:
    context.world.fleet.observers.station_observers(context.world.player_id)


def _sent(world: World) -> list[ManufacturingTask]:
    return [task for task in world.tasks(TaskType.OBSERVE) if not task.status.is_final]


@then("the observer of {origin:Place} is sent to {place:Place}")
@then("an observer of {origin:Place} is sent to {place:Place}")
def observer_is_sent(context: Any, origin: str, place: str) -> None:
    world = context.world
    (task,) = _sent(world)
    assert task.waypoint == PLACES[place]
    with world.uow() as uow:
        assert uow.ships.get(world.player_id, task.bound_ship).waypoint == PLACES[origin]


@then("it was noted that no observer can be spared for {place:Place}")
def noted_no_observer(context: Any, place: str) -> None:
    (decision,) = [d for d in context.world.decisions(PLACES[place]) if d.kind is DecisionKind.POLL]
    assert "no observer can be spared" in decision.reason
