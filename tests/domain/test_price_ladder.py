"""What a quantity costs and brings, against the price law."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from manufacturing.domain.facts import base_prices
from manufacturing.domain.price_ladder import Haul, best_haul, known_stock, purchase_rungs, sale_rungs
from manufacturing.domain.prices import ListingType, Stock, Supply, quote
from tests.builders import a_listing, an_unseen_listing

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


@settings(deadline=None, max_examples=60)
@given(volumes, volumes, fillings, fillings, st.integers(1, 240), st.sampled_from([0.0, 0.05, 0.3]))
def test_the_best_haul_is_the_longest_whose_every_unit_pays(
    source_volume: int, sink_volume: int, source_filling: float, sink_filling: float, at_most: int, margin: float
) -> None:
    source = a_listing(
        DEAR, ListingType.EXPORT, trade_volume=source_volume, net_supply=round(source_filling * source_volume)
    )
    sink = a_listing(DEAR, ListingType.IMPORT, trade_volume=sink_volume, net_supply=round(sink_filling * sink_volume))
    offered = [_haul(source, sink, units) for units in range(1, at_most + 1)]
    paying = [haul for haul in offered if haul.last_bid - haul.last_ask >= margin * haul.last_bid]
    best = best_haul(source, sink, at_most=at_most, min_margin=margin)
    # Prices only get worse, so what pays is a beginning of what is offered.
    assert paying == offered[: len(paying)]
    assert best == (paying[-1] if paying else None)
    if margin == 0.0 and best is not None:
        assert best.profit == max(haul.profit for haul in offered)


def _haul(source: object, sink: object, units: int) -> Haul:
    bought, sold = list(purchase_rungs(source, units)), list(sale_rungs(sink, units))  # type: ignore[arg-type]
    return Haul(
        units=units,
        cost=sum(r.units * r.price for r in bought),
        revenue=sum(r.units * r.price for r in sold),
        last_ask=bought[-1].price,
        last_bid=sold[-1].price,
    )


@pytest.mark.parametrize(("source", "sink"), [(Supply.SCARCE, Supply.ABUNDANT), (Supply.SCARCE, Supply.HIGH)])
def test_there_is_no_haul_where_the_first_tranche_loses(source: Supply, sink: Supply) -> None:
    dear = a_listing(DEAR, ListingType.EXPORT, source)
    flooded = a_listing(DEAR, ListingType.IMPORT, sink)
    assert best_haul(dear, flooded, at_most=80, min_margin=0.0) is None


def test_no_haul_of_nothing() -> None:
    cheap = a_listing(DEAR, ListingType.EXPORT, Supply.ABUNDANT)
    needy = a_listing(DEAR, ListingType.IMPORT, Supply.SCARCE)
    assert best_haul(cheap, needy, at_most=0, min_margin=0.0) is None
