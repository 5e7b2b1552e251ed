"""Steps about quotes that still stand, and markets that are read again."""

from datetime import timedelta
from typing import Any

from behave import given, then, when

from manufacturing.domain.gateway import Purpose
from manufacturing.domain.ledger import EntryKind
from manufacturing.domain.manufacturing_task import TaskType
from tests.pocket_universe import PLACES
from tests.world import World


@given("the fleet knows when markets are recalculated")
def knows_rhythm(context: Any) -> None:
    world = context.world
    last = world.universe.last_market_update
    with world.uow() as uow:
        for count in range(4):
            uow.markets.record_recalculation(world.player_id, last - timedelta(minutes=15) * count)
        uow.commit()
    world.restart()
    world.clock.advance(minutes=1)
    for place in ("the refinery", "the works"):
        _see_at_many_stocks(world, "COPPER", place)
    context.reads_before = world.budget.calls[Purpose.OBSERVE]


def _see_at_many_stocks(world: World, good: str, place: str) -> None:
    """One quote of a cheap good leaves several margins possible: more of them tell which it is, here the usual one."""
    listing = world.real_listing(good, place)
    listing.margin = 8
    # Not where one trade volume leads to the edge of a supply level: there one quote leaves two levels possible.
    usual = listing.net_supply + listing.trade_volume // 6
    for stock in (*range(usual - listing.trade_volume, usual + listing.trade_volume, 7), usual):
        world.real_listing(good, place).net_supply = stock
        world.look_at(place)


@given("ships look before every trade")
def look_before_trades(context: Any) -> None:
    context.world.change_policy(look_before_trades=True)


@given("the player has little more than a purchase of {good:Good} costs")
def little_money(context: Any, good: str) -> None:
    world = context.world
    (task,) = world.tasks(TaskType.ACQUIRE, good)
    world.set_credits(world.policy.credit_floor + round(1.5 * task.quantity * task.quoted_price))


@when("another fleet has bought {units:Number} {good:Good} at {place:Place} unseen")
def others_bought(context: Any, units: int, good: str, place: str) -> None:
    context.world.real_listing(good, place).net_supply -= units


@when("{good:Good} is no longer sold at {place:Place}, unseen")
def no_longer_sold(context: Any, good: str, place: str) -> None:
    world = context.world
    world.real_listing(good, place)
    del world.universe.state.places[PLACES[place]].market.listings[good]


@then("no {good:Good} was bought")
def none_bought(context: Any, good: str) -> None:
    assert [e for e in context.world.ledger() if e.kind is EntryKind.PURCHASE and e.good == good] == []


@then("no market was read on the way")
def none_read(context: Any) -> None:
    read_so_often(context, 0)


@then("markets were read on the way {times:Number} times")
def read_so_often(context: Any, times: int) -> None:
    read = context.world.budget.calls[Purpose.OBSERVE] - context.reads_before
    assert read == times, read


@then("{good:Good} at {place:Place} is known to be traded by others")
def traded_by_others(context: Any, good: str, place: str) -> None:
    world = context.world
    with world.uow() as uow:
        listing = uow.markets.listing(world.player_id, PLACES[place], good)
    assert listing is not None
    assert listing.surprised_at is not None
