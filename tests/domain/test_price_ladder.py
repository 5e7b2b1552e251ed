"""What a quantity costs and brings, against the price law."""

from hypothesis import given, settings
from hypothesis import strategies as st

from manufacturing.domain.facts import base_prices
from manufacturing.domain.price_ladder import after_trades, is_known_after, known_stock, purchase_rungs, sale_rungs
from manufacturing.domain.prices import ListingType, Stock, Supply, quote
from tests.builders import NOW, a_listing, a_trade_good, an_unseen_listing

#: A good so dear that every stock has a quote of its own.
DEAR = "LASER_RIFLES"
volumes = st.sampled_from([6, 20, 60])
fillings = st.floats(-6, 6)


def market_walk(type_: ListingType, stock: int, volume: int, units: int, *, buying: bool) -> list[tuple[int, int]]:
    """What a market charges or pays for the dear good, transaction by transaction, when it is really done."""
    done, left = [], units
    while left:
        tranche = min(volume, left)
        seen = quote(type_, base_prices()[DEAR], 8, stock, volume)
        done.append((tranche, seen.ask if buying else seen.bid))
        stock += -tranche if buying else tranche
        left -= tranche
    return done


@settings(deadline=None)
@given(volumes, fillings, st.integers(1, 200))
def test_a_purchase_costs_what_the_price_law_says(volume: int, filling: float, units: int) -> None:
    stock = round(filling * volume)
    listing = a_listing(DEAR, ListingType.EXPORT, trade_volume=volume, net_supply=stock)
    walked = [(rung.units, rung.price) for rung in purchase_rungs(listing, units)]
    assert walked == market_walk(ListingType.EXPORT, stock, volume, units, buying=True)


@settings(deadline=None)
@given(volumes, fillings, st.integers(1, 200))
def test_a_sale_brings_what_the_price_law_says(volume: int, filling: float, units: int) -> None:
    stock = round(filling * volume)
    listing = a_listing(DEAR, ListingType.IMPORT, trade_volume=volume, net_supply=stock)
    walked = [(rung.units, rung.price) for rung in sale_rungs(listing, units)]
    assert walked == market_walk(ListingType.IMPORT, stock, volume, units, buying=False)


def test_without_a_certain_base_price_the_ask_climbs_five_percent_a_tranche() -> None:
    listing = a_listing("QUANTUM_DRIVES", ListingType.EXPORT, trade_volume=6, net_supply=0)
    assert known_stock(listing.type, "QUANTUM_DRIVES", 6, listing.quote, Supply.MODERATE) is None
    ask = listing.quote.ask
    assert [(r.units, r.price) for r in purchase_rungs(listing, 15)] == [
        (6, ask),
        (6, round(ask * 1.05)),
        (3, round(ask * 1.05**2)),
    ]


def test_without_a_certain_base_price_the_bid_falls_one_and_a_half_percent_a_tranche() -> None:
    listing = a_listing("QUANTUM_DRIVES", ListingType.IMPORT, trade_volume=6, net_supply=0)
    bid = listing.quote.bid
    assert [(r.units, r.price) for r in sale_rungs(listing, 12)] == [(6, bid), (6, round(bid * 0.985))]


def test_a_quote_tells_its_stock() -> None:
    listing = a_listing(DEAR, ListingType.EXPORT, trade_volume=20, net_supply=37)
    assert known_stock(listing.type, DEAR, 20, listing.quote, Supply.MODERATE) == Stock(8, 37)


def test_a_listing_never_seen_has_no_ladder() -> None:
    unseen = an_unseen_listing(DEAR, at="X1-PX-A1")
    assert list(purchase_rungs(unseen, 40)) == []


@settings(deadline=None)
@given(
    st.sampled_from(["IRON_ORE", "LIQUID_HYDROGEN", "COPPER", "FABRICS", DEAR]),
    st.sampled_from(ListingType),
    st.integers(5, 12),
    volumes,
    st.lists(fillings, max_size=4),
    fillings,
    st.integers(1, 60),
    st.booleans(),
)
def test_a_quote_that_is_known_after_a_trade_is_what_the_market_quotes_then(
    good: str,
    type_: ListingType,
    margin: int,
    volume: int,
    earlier: list[float],
    filling: float,
    units: int,
    buying: bool,
) -> None:
    facts = {"trade_volume": volume, "margin": margin}
    listing = a_listing(good, type_, net_supply=round(filling * volume), **facts)
    for before in (*earlier, filling):
        listing.observe(a_trade_good(good, type_, net_supply=round(before * volume), **facts), NOW)
    traded = {"bought": units, "sold": 0} if buying else {"bought": 0, "sold": units}
    after = after_trades(listing, **traded)
    then = a_listing(good, type_, net_supply=round(filling * volume) + (-units if buying else units), **facts)
    if is_known_after(listing, after, **traded):
        assert after.supply is then.supply or type_ is not ListingType.EXPORT
        assert abs(after.quote.ask - then.quote.ask) <= max(4, 0.02 * then.quote.ask)
        assert abs(after.quote.bid - then.quote.bid) <= max(4, 0.02 * then.quote.bid)
    if good == DEAR and type_ is not ListingType.EXCHANGE:
        assert (after.quote, after.supply) == (then.quote, then.supply)
        assert is_known_after(listing, after, **traded)


def test_no_quote_is_known_after_a_trade_where_the_base_price_is_not() -> None:
    listing = a_listing("QUANTUM_DRIVES", ListingType.EXPORT, trade_volume=6, net_supply=0)
    assert not is_known_after(listing, after_trades(listing, bought=6, sold=0), bought=6, sold=0)


def test_nor_from_a_listing_never_seen() -> None:
    unseen = an_unseen_listing(DEAR, at="X1-PX-A1")
    assert not is_known_after(unseen, unseen, bought=6, sold=0)
