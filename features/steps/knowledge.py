"""Steps about what we know: markets, ships, the player."""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

from behave import given, then, when

from manufacturing.domain.manufacturing_task import ManufacturingTask, TaskStatus, TaskType
from manufacturing.domain.player import PlayerStatus
from manufacturing.domain.prices import Supply
from tests.builders import SYSTEM
from tests.pocket_universe import PLACES
from tests.world import World


@given(
    "a hauler {name:Ship} at {place:Place} with {units:Number} {good:Good} and {other_units:Number} {other:Good} aboard"
)
def laden_with_two(context: Any, name: str, place: str, units: int, good: str, other_units: int, other: str) -> None:
    context.world.new_ship(name, at=place, cargo={good: units, other: other_units})


@when("strays are looked for")
def look_for_strays(context: Any) -> None:
    context.made = context.world.fleet.redirection.liquidate_strays(context.world.player_id)


@when("{count:Number} workers look for strays at once")
def look_for_strays_at_once(context: Any, count: int) -> None:
    world = context.world

    def look(_: int) -> None:
        world.fleet.orchestrator.coordinate(world.player_id)

    world.locks.lock = _no_lock
    with ThreadPoolExecutor(count) as pool:
        list(pool.map(look, range(count)))


class _NoLock:
    def __enter__(self) -> "_NoLock":
        return self

    def __exit__(self, *_: object) -> None:
        return None


def _no_lock(name: str, ttl: timedelta) -> _NoLock:
    return _NoLock()


@when("{name:Ship} is sent on its {type_:TaskType} of {good:Good}")
def sent_on(context: Any, name: str, type_: TaskType, good: str) -> None:
    world = context.world
    world.holds_work_back = True
    (task,) = world.tasks(type_, good)
    world.fleet.assignment.assign_ship_to_task(world.player_id, world.symbol(name), task.id)
    world.fly(task)


@then("{count:Number} errand was made")
@then("{count:Number} errands were made")
def errands_made(context: Any, count: int) -> None:
    assert context.made == count, context.world.story()


@then("there is one {type_:TaskType} of {good:Good}")
def there_is_one(context: Any, type_: TaskType, good: str) -> None:
    assert len(context.world.tasks(type_, good)) == 1, context.world.story()


@then("the {type_:TaskType} of {good:Good} is for {name:Ship} alone")
def is_for(context: Any, type_: TaskType, good: str, name: str) -> None:
    (task,) = context.world.tasks(type_, good)
    assert task.bound_ship == context.world.symbol(name)


@when("markets are scanned")
def scan(context: Any) -> None:
    world = context.world
    world.mailbox.events.clear()
    before = world.game.count("market")
    context.read = world.fleet.scans.scan(world.gateway, world.player_id)
    assert world.game.count("market") - before == context.read


@then("{count:Number} markets were read")
def markets_read(context: Any, count: int) -> None:
    assert context.read == count, context.read


@when("scouts are sent")
def send_scouts(context: Any) -> None:
    context.world.fleet.scans.send_scouts(context.world.player_id)


@when("the scout has been there")
def scout_has_been(context: Any) -> None:
    world = context.world
    (task,) = _scouting(world)
    world.fleet.assignment.assign_ready_tasks(world.player_id)
    world.fly(task)
    assert world.task(task.id).status is TaskStatus.COMPLETED


def _scouting(world: World) -> list[ManufacturingTask]:
    return [task for task in world.tasks(TaskType.OBSERVE) if not task.status.is_final]


@then("nobody is sent to {place:Place}")
def nobody_sent(context: Any, place: str) -> None:
    assert _scouting(context.world) == []


@then("one ship is sent to {place:Place}")
def one_sent(context: Any, place: str) -> None:
    assert [task.waypoint for task in _scouting(context.world)] == [PLACES[place]]


@then("{good:Good} is known to be {supply:Supply} at {place:Place}, as of now")
@then("{good:Good} is known to be {supply:Supply} at {place:Place}, as of its visit")
def is_known(context: Any, good: str, supply: Supply, place: str) -> None:
    world = context.world
    with world.uow() as uow:
        listing = uow.markets.listing(world.player_id, PLACES[place], good)
    assert listing is not None
    assert listing.supply is supply
    assert listing.observed_at is not None
    assert world.clock.now() - listing.observed_at < timedelta(minutes=5)


@then("the history of {good:Good} at {place:Place} ends with {supply:Supply} after {before:Supply}")
def history_ends(context: Any, good: str, place: str, supply: Supply, before: Supply) -> None:
    changes, levels = context.world.history(good, place)
    assert changes[-1].supply is supply
    assert changes[-1].recorded_at == context.world.clock.now()
    assert (levels[-1].from_supply, levels[-1].to_supply) == (before, supply)


@then("the history of {good:Good} at {place:Place} has one entry")
def history_has_one(context: Any, good: str, place: str) -> None:
    changes, levels = context.world.history(good, place)
    assert (len(changes), len(levels)) == (1, 0)


@then("every listing we know has the game's purchase price as its ask and the game's sell price as its bid")
def prices_agree(context: Any) -> None:
    world = context.world
    with world.uow() as uow:
        listings = uow.markets.in_system(world.player_id, SYSTEM)
    assert len(listings) > 20
    for listing in listings:
        real = world.universe.market(world.universe.state.places[listing.waypoint]).listings[listing.good]
        assert (listing.ask, listing.bid) == (real.quote.ask, real.quote.bid), listing


@then("the player has the agent's credits")
def has_credits(context: Any) -> None:
    player = context.world.player
    assert player.credits == player.start_credits == context.world.agent.credits
    assert player.system_symbol == SYSTEM


@then("{count:Number} waypoints are known, all with markets that sell fuel")
def waypoints_known(context: Any, count: int) -> None:
    world = context.world
    with world.uow() as uow:
        waypoints = uow.waypoints.in_system(world.player_id, SYSTEM)
    assert len(waypoints) == count
    assert all(waypoint.has_market and waypoint.sells_fuel for waypoint in waypoints)


@then("every ship of the agent is known and idle")
def ships_known(context: Any) -> None:
    world = context.world
    with world.uow() as uow:
        ours = {ship.symbol: ship.waypoint for ship in uow.ships.of_player(world.player_id)}
    assert ours == {symbol: ship.waypoint for symbol, ship in world.universe.state.ships.items()}
    assert len(world.fleet.dispatch.get_idle_ships(world.player_id)) == len(ours)


@when("the player enrols again")
def enrols_again(context: Any) -> None:
    player = context.world.fleet.enrolment.enrol(context.world.gateway, "simulator")
    assert player.id == context.world.player_id


@when("the universe begins anew and the player enrols again")
def begins_anew(context: Any) -> None:
    world = context.world
    world.universe.state.reset_date = "2026-01-11"
    world.fleet.gateways.stop_player(world.player_id, "the universe was reset")
    context.old_player = world.player_id
    world.fleet.enrolment.enrol(world.gateway, "simulator")


@then("there is one player")
def one_player(context: Any) -> None:
    with context.world.uow() as uow:
        assert len(uow.players.all()) == 1


@then("nothing is known twice")
def nothing_twice(context: Any) -> None:
    world = context.world
    with world.uow() as uow:
        waypoints = [w.symbol for w in uow.waypoints.in_system(world.player_id, SYSTEM)]
        listings = [(x.waypoint, x.good) for x in uow.markets.in_system(world.player_id, SYSTEM)]
        ships = [ship.symbol for ship in uow.ships.of_player(world.player_id)]
    assert [x for things in (waypoints, listings, ships) for x, n in Counter(things).items() if n > 1] == []


@then("there are two players")
def two_players(context: Any) -> None:
    with context.world.uow() as uow:
        old, new = uow.players.all()
    assert old.id == context.old_player
    assert (old.status, new.status) == (PlayerStatus.RESET, PlayerStatus.ACTIVE)
    assert old.reset_date != new.reset_date


@then("the old player's rows can still be read")
def old_rows(context: Any) -> None:
    world = context.world
    with world.uow() as uow:
        assert uow.ships.of_player(context.old_player)
        assert uow.tasks.with_status(context.old_player, TaskStatus.READY)
        assert [player.id for player in uow.players.active()] != [context.old_player]


@when("the agent buys a hauler {name:Ship} by hand")
def buys(context: Any, name: str) -> None:
    context.world.new_ship(name, known=False)


@when("the ships are refreshed")
def refresh(context: Any) -> None:
    world = context.world
    count = world.fleet.enrolment.refresh_ships(world.gateway, world.player_id)
    assert count == len(world.universe.state.ships)


@then("the game is to be asked about {name:Ship} before it acts")
def to_be_asked(context: Any, name: str) -> None:
    assert context.world.ship(name).needs_observation is True
