"""Steps about what there is: the fleet, the markets, the game, and time."""

from typing import Any

from behave import given, then, when

from manufacturing.domain.manufacturing_task import TaskStatus
from manufacturing.domain.prices import Supply
from manufacturing.domain.universe import NavStatus
from tests.pocket_universe import LIVELY, PLACES
from tests.world import World


@given("a fleet in the pocket system")
def a_fleet(context: Any) -> None:
    context.world = World()


@given("a fleet in a lively pocket system")
def a_fleet_among_lively_markets(context: Any) -> None:
    context.world = World(economy=LIVELY)


@given("the agent has {credits:Number} credits")
def agent_has(context: Any, credits: int) -> None:
    context.world.set_credits(credits)


@given("the credit floor is {floor:Number}")
def credit_floor(context: Any, floor: int) -> None:
    context.world.change_policy(credit_floor=floor)


@given("a hauler {name:Ship} at {place:Place}")
def a_hauler(context: Any, name: str, place: str) -> None:
    context.world.new_ship(name, at=place)


@given("a hauler {name:Ship} at {place:Place} with {units:Number} {good:Good} aboard")
def a_laden_hauler(context: Any, name: str, place: str, units: int, good: str) -> None:
    context.world.new_ship(name, at=place, cargo={good: units})


@given("{count:Number} haulers at {place:Place}")
def haulers(context: Any, count: int, place: str) -> None:
    for number in range(1, count + 1):
        context.world.new_ship(f"HAULER-{number}", at=place)


@given("a hauler {name:Ship} at {place:Place} with {fuel:Number} fuel left")
def a_thirsty_hauler(context: Any, name: str, place: str, fuel: int) -> None:
    context.world.new_ship(name, at=place, fuel=fuel)


@given("the player keeps {name:Ship} for themselves")
def kept_by_player(context: Any, name: str) -> None:
    with context.world.uow() as uow:
        uow.ships.get(context.world.player_id, context.world.symbol(name)).reserved_by_player = True
        uow.commit()


@given("{name:Ship} is flying to {place:Place}")
def is_flying(context: Any, name: str, place: str) -> None:
    world = context.world
    world.gateway.orbit(world.symbol(name))
    departure = world.gateway.navigate(world.symbol(name), PLACES[place])
    with world.uow() as uow:
        uow.ships.get(world.player_id, world.symbol(name)).take_nav(departure.nav)
        uow.commit()


@given("{good:Good} is {supply:Supply} at {place:Place}")
@when("{good:Good} becomes {supply:Supply} at {place:Place}")
def supply_is(context: Any, good: str, supply: Supply, place: str) -> None:
    context.world.stock(good, place, supply)


@given("{good:Good} is {supply:Supply} everywhere it is sold")
def supply_is_everywhere(context: Any, good: str, supply: Supply) -> None:
    for place in context.world.sellers(good):
        context.world.stock(good, place, supply)


@given("{good:Good} is {supply:Supply} at {place:Place}, though nobody has seen it yet")
@when("{good:Good} becomes {supply:Supply} at {place:Place} unseen")
def supply_is_unseen(context: Any, good: str, supply: Supply, place: str) -> None:
    context.world.stock(good, place, supply, unseen=True)


@given("no ship of ours is at {place:Place}")
def nobody_watches(context: Any, place: str) -> None:
    context.world.leave_unwatched(place)


@when("{count:Number} minutes pass")
def minutes_pass(context: Any, count: int) -> None:
    context.world.clock.advance(minutes=count)


@when("{count:Number} seconds pass")
def seconds_pass(context: Any, count: int) -> None:
    context.world.clock.advance(seconds=count)


@when("every process is restarted")
def restarted(context: Any) -> None:
    context.world.restart()


@given("every message of the broker is lost")
def messages_are_lost(context: Any) -> None:
    context.world.mailbox.loses_events = True


@then("{name:Ship} has {units:Number} {good:Good} aboard")
def has_aboard(context: Any, name: str, units: int, good: str) -> None:
    assert context.world.real_ship(name).cargo.get(good, 0) == units, context.world.real_ship(name).cargo
    assert context.world.ship(name).units_of(good) == units, context.world.ship(name).cargo_items


@then("{name:Ship} is empty")
def is_empty(context: Any, name: str) -> None:
    assert context.world.real_ship(name).cargo == {}
    assert context.world.ship(name).cargo_units == 0


@then("{name:Ship} is docked at {place:Place}")
def is_docked(context: Any, name: str, place: str) -> None:
    ship = context.world.ship(name)
    assert (ship.waypoint, ship.nav_status) == (PLACES[place], NavStatus.DOCKED), (ship.waypoint, ship.nav_status)


@then("{name:Ship} has no task")
def has_no_task(context: Any, name: str) -> None:
    world = context.world
    assert world.ship(name).container_id is None
    busy = [t for t in world.tasks() if t.has_ship and t.ship_symbol == world.symbol(name)]
    assert busy == [], world.story()


@then("the ledger adds up to what the agent earned")
def ledger_adds_up(context: Any) -> None:
    world = context.world
    earned = world.agent.credits - world.credits
    assert world.ledger_sum() == earned, (world.ledger_sum(), earned, world.story())
    assert world.player.credits == world.agent.credits
    assert world.player.credits_reserved == 0


@then("nothing was bought")
def nothing_was_bought(context: Any) -> None:
    assert context.world.game.count("purchase") == 0
    assert [entry for entry in context.world.ledger() if entry.kind == "PURCHASE"] == []


@then("the refusal says {text}")
def refusal_says(context: Any, text: str) -> None:
    assert context.error is not None, "nothing was refused"
    assert text.strip('"') in str(context.error), context.error
    context.error = None


@then("every task that waits says why")
def waiting_tasks_say_why(context: Any) -> None:
    silent = [t for t in context.world.tasks() if t.status is TaskStatus.PENDING and not t.reason]
    assert silent == [], context.world.story()
