"""What we know of a market after our own trades."""

import pytest

from manufacturing.domain.market_listing import MarketListing
from manufacturing.domain.prices import Quote, Supply
from manufacturing.services.market_service import MarketService
from tests.pocket_universe import PLACES
from tests.world import World


def known(world: World, good: str, at: str) -> MarketListing:
    """Our row of a listing."""
    with world.uow() as uow:
        listing = uow.markets.listing(world.player_id, PLACES[at], good)
    assert listing is not None
    return listing


@pytest.mark.parametrize(("units", "supply"), [(20, Supply.MODERATE), (40, Supply.MODERATE), (41, Supply.LIMITED)])
def test_after_a_purchase_a_listing_quotes_what_the_market_now_quotes(world: World, units: int, supply: Supply) -> None:
    markets = MarketService(world.uow, world.clock)
    real = world.real_listing("ELECTRONICS", "the works")
    real.net_supply -= units
    with world.uow() as uow:
        price = known(world, "ELECTRONICS", "the works").quote.ask
        markets.note_trade(uow, world.player_id, PLACES["the works"], "ELECTRONICS", unit_price=price, bought=units)
        uow.commit()
    after = known(world, "ELECTRONICS", "the works")
    assert (after.quote, after.supply) == (real.quote, supply)


def test_after_a_sale_too(world: World) -> None:
    markets = MarketService(world.uow, world.clock)
    real = world.real_listing("ELECTRONICS", "the depot")
    real.net_supply += 100
    price = known(world, "ELECTRONICS", "the depot").quote.bid
    with world.uow() as uow:
        markets.note_trade(
            uow,
            world.player_id,
            PLACES["the depot"],
            "ELECTRONICS",
            unit_price=price,
            sold=100,
        )
        uow.commit()
    after = known(world, "ELECTRONICS", "the depot")
    assert (after.quote, after.supply) == (real.quote, real.supply)


def test_of_a_listing_never_seen_nothing_follows(world: World) -> None:
    world.forget("the depot")
    markets = MarketService(world.uow, world.clock)
    with world.uow() as uow:
        markets.note_trade(uow, world.player_id, PLACES["the depot"], "ELECTRONICS", unit_price=1, sold=20)
        markets.note_trade(uow, world.player_id, PLACES["the depot"], "NOTHING", unit_price=1, sold=20)
        uow.commit()
    assert not known(world, "ELECTRONICS", "the depot").is_known


def test_a_ship_that_has_traded_leaves_the_quote_as_it_is_now(world: World) -> None:
    world.new_ship("HAULER-1", at="the capital", cargo={"ELECTRONICS": 40})
    world.fleet.redirection.liquidate_strays(world.player_id)
    before = known(world, "ELECTRONICS", "the capital").quote
    world.fleet.assignment.assign_ready_tasks(world.player_id)
    world.play(lambda: world.real_ship("HAULER-1").cargo == {}, within=world.policy.sale_patience)
    after = known(world, "ELECTRONICS", "the capital").quote
    assert after != before
    real = world.real_listing("ELECTRONICS", "the capital").quote
    assert after == Quote(ask=real.ask, bid=real.bid)


def trade(world: World, good: str, at: str, *, dearer: int = 0, bought: int) -> MarketListing:
    """Our row after a purchase at our quote, or at ``dearer`` credits more."""
    price = known(world, good, at).quote.ask + dearer
    with world.uow() as uow:
        MarketService(world.uow, world.clock).note_trade(
            uow, world.player_id, PLACES[at], good, unit_price=price, bought=bought
        )
        uow.commit()
    return known(world, good, at)


def test_a_trade_at_the_expected_price_leaves_the_quote_certain(world: World) -> None:
    after = trade(world, "ELECTRONICS", "the works", bought=20)
    assert after.margins == {world.real_listing("ELECTRONICS", "the works").margin}
    assert not after.is_reckoned
    assert after.surprised_at is None


def test_a_trade_at_another_price_tells_that_somebody_else_trades_there(world: World) -> None:
    after = trade(world, "ELECTRONICS", "the works", dearer=300, bought=20)
    assert after.is_reckoned
    assert after.surprised_at == world.clock.now()


def test_a_quote_that_was_only_reckoned_surprises_nobody_and_a_look_makes_it_certain(world: World) -> None:
    trade(world, "ELECTRONICS", "the works", dearer=300, bought=20)
    first = world.clock.now()
    world.clock.advance(minutes=1)
    after = trade(world, "ELECTRONICS", "the works", dearer=300, bought=20)
    assert after.surprised_at == first
    world.look_at("the works")
    assert not known(world, "ELECTRONICS", "the works").is_reckoned
