"""Listings as they are expected to be, against the simulated game."""

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from manufacturing.domain.expected_listing import ExpectedListing
from manufacturing.domain.facts import base_prices
from manufacturing.domain.market_drift import activity_of_output, recalculations_between, usual_rate
from manufacturing.domain.market_listing import ListingChange, MarketListing
from manufacturing.domain.price_ladder import known_stock
from manufacturing.domain.prices import Activity, ListingType, Stock, Supply
from manufacturing.domain.production_rates import ProductionRates
from manufacturing.domain.recalculation_rhythm import RecalculationRhythm
from tests.builders import NOW, a_listing, after, an_unseen_listing
from tests.simulator.players import Player, a_player, a_small_universe, a_waypoint
from tests.simulator.players import a_listing as a_real_listing

HERE = "X1-TT1-A1"
#: Goods so dear that a quote has one explanation.
DEAR = st.sampled_from(["LASER_RIFLES", "SHIP_PARTS", "CLOTHING", "MEDICINE"])


def a_market(kind: ListingType, good: str, margin: int, stock: int, volume: int) -> Player:
    """A player with a large, laden ship at a market of the simulated game."""
    real = a_real_listing(
        kind, good, base_price=base_prices()[good], margin=margin, net_supply=stock, trade_volume=volume
    )
    player = a_player(a_small_universe(a_waypoint(HERE, real), credits=10**12))
    player.ship().cargo_capacity = 100_000
    player.ship().load(good, 1_000)
    return player


def a_change(good: str, *, hours: float, net_supply: int) -> ListingChange:
    """What was recorded of an export so many hours from now."""
    seen = a_listing(good, ListingType.EXPORT, net_supply=net_supply, seen=after(hours=hours))
    assert seen.supply is not None
    return ListingChange(
        player_id=seen.player_id,
        waypoint=seen.waypoint,
        good=good,
        type=seen.type,
        trade_volume=20,
        supply=seen.supply,
        activity=seen.activity,
        ask=seen.quote.ask,
        bid=seen.quote.bid,
        recorded_at=after(hours=hours),
    )


def as_seen(player: Player, good: str) -> MarketListing:
    """What our observer at the market reports."""
    shown = player.quoted(HERE, good)
    listing = an_unseen_listing(good, ListingType(shown["type"]), at=HERE)
    listing.trade_volume, listing.supply = shown["tradeVolume"], Supply(shown["supply"])
    listing.ask, listing.bid, listing.observed_at = shown["purchasePrice"], shown["sellPrice"], player.now
    return listing


@settings(deadline=None, max_examples=60)
@given(
    kind=st.sampled_from([ListingType.EXPORT, ListingType.IMPORT]),
    good=DEAR,
    margin=st.integers(6, 11),
    filling=st.floats(-6, 6),
    volume=st.sampled_from([6, 20, 60]),
    trades=st.lists(st.tuples(st.booleans(), st.integers(1, 150)), min_size=1, max_size=6),
)
def test_every_trade_is_priced_as_the_game_then_charges_it_to_the_credit(
    kind: ListingType, good: str, margin: int, filling: float, volume: int, trades: list[tuple[bool, int]]
) -> None:
    stock = round(filling * volume)
    player = a_market(kind, good, margin, stock, volume)
    seen = as_seen(player, good)
    assert seen.supply is not None
    assume(known_stock(kind, good, volume, seen.quote, seen.supply) == Stock(margin, stock))
    expected = ExpectedListing(seen)
    for buys, units in trades:
        rung = expected.book_purchase(units) if buys else expected.book_sale(units)
        order = {"symbol": good, "units": rung.units}
        answer = player.post(player.me + ("/purchase" if buys else "/sell"), order)
        assert answer["transaction"]["totalPrice"] == rung.units * rung.price
    assert expected.supply == player.quoted(HERE, good)["supply"]


def test_between_two_recalculations_time_changes_nothing() -> None:
    listing = ExpectedListing(a_listing("CLOTHING", ListingType.EXPORT, seen=after(minutes=1)))
    before = listing.quote
    listing.wait_until(after(minutes=14))
    assert listing.quote == before
    assert listing.at == after(minutes=14)


def test_an_export_fills_up_and_an_import_empties_with_every_recalculation() -> None:
    export = ExpectedListing(a_listing("CLOTHING", ListingType.EXPORT))
    customer = ExpectedListing(a_listing("CLOTHING", ListingType.IMPORT))
    ask, bid = export.quote.ask, customer.quote.bid
    export.wait_until(after(hours=1))
    customer.wait_until(after(hours=1))
    assert export.quote.ask < ask
    assert customer.quote.bid > bid


def test_a_busy_factory_is_plentiful_after_two_hours_and_an_idle_one_is_not() -> None:
    busy, idle = (
        ExpectedListing(a_listing("CLOTHING", ListingType.EXPORT, activity=activity))
        for activity in (Activity.GROWING, Activity.RESTRICTED)
    )
    for each in (busy, idle):
        each.wait_until(after(hours=2))
    assert (busy.supply, idle.supply) == (Supply.HIGH, Supply.MODERATE)


def test_time_never_runs_backwards() -> None:
    listing = ExpectedListing(a_listing("CLOTHING", ListingType.IMPORT))
    listing.wait_until(after(hours=1))
    then = listing.quote
    listing.wait_until(after(minutes=30))
    assert (listing.quote, listing.at) == (then, after(hours=1))


def test_where_the_stock_is_not_known_prices_move_by_the_usual_steps_and_time_does_nothing() -> None:
    seen = a_listing("QUANTUM_DRIVES", ListingType.EXPORT, trade_volume=6)
    listing = ExpectedListing(seen)
    assert not listing.is_exact
    listing.wait_until(after(hours=3))
    first, second = listing.book_purchase(6), listing.book_purchase(6)
    assert (first.price, second.price) == (seen.ask, round((seen.ask or 0) * 1.05))
    assert listing.supply is seen.supply


def test_a_listing_nobody_has_seen_is_refused() -> None:
    with pytest.raises(ValueError, match="ever seen"):
        ExpectedListing(an_unseen_listing("CLOTHING", at=HERE))


def test_where_their_rhythm_is_not_known_recalculations_happen_at_full_quarters_of_an_hour() -> None:
    assert recalculations_between(NOW, after(minutes=15)) == 1
    assert recalculations_between(NOW, after(minutes=14)) == 0
    assert recalculations_between(after(minutes=7), after(hours=1, minutes=7)) == 4
    assert recalculations_between(after(minutes=3), NOW) == 0


def test_the_rhythm_that_was_learned_tells_when_stocks_move() -> None:
    rhythm = RecalculationRhythm.of([after(minutes=minutes) for minutes in (-53, -33, -13)])
    listing = ExpectedListing(a_listing("CLOTHING", ListingType.EXPORT), ProductionRates(rhythm=rhythm))
    before = listing.quote
    listing.wait_until(after(minutes=6))
    assert listing.quote == before
    listing.wait_until(after(minutes=8))
    assert listing.quote != before


def test_the_rate_that_was_learned_tells_how_fast_stocks_move() -> None:
    rates = ProductionRates()
    changes = [
        a_change("CLOTHING", hours=hours, net_supply=round((hours + 4) * 2 * 20)) for hours in (-6, -5.5, -5, -4.5, -4)
    ]
    rates.learn(changes, [])
    usual, learned = (
        ExpectedListing(a_listing("CLOTHING", ListingType.EXPORT, net_supply=-40), known) for known in (None, rates)
    )
    for each in (usual, learned):
        each.wait_until(after(hours=1))
    assert usual.supply is Supply.MODERATE
    assert learned.quote.ask < usual.quote.ask, "it makes two trade volumes an hour, not half a one"


@given(st.sampled_from(ListingType), st.sampled_from([None, *Activity]), st.floats(-17, 17))
def test_left_alone_exports_never_shrink_imports_never_grow_and_exchanges_return(
    kind: ListingType, activity: Activity | None, s: float
) -> None:
    rate = usual_rate(kind, activity, s)
    if kind is ListingType.EXPORT:
        assert 0 <= rate <= 1.5
    elif kind is ListingType.IMPORT:
        assert -1.6 <= rate <= 0
    else:
        assert rate * s <= 0


def test_a_factory_is_as_busy_as_its_worst_input_lets_it_be() -> None:
    assert [activity_of_output(level) for level in Supply] == [
        Activity.RESTRICTED,
        Activity.WEAK,
        Activity.WEAK,
        Activity.GROWING,
        Activity.GROWING,
    ]
