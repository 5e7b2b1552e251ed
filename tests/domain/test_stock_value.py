"""What moving a stock now costs later trades."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from manufacturing.domain.facts import base_prices
from manufacturing.domain.load import Drain, best_load
from manufacturing.domain.prices import Activity, ListingType, quote
from manufacturing.domain.stock_value import cost_of_moving
from tests.builders import a_listing

DEAR = "LASER_RIFLES"
fillings = st.integers(-5, 5)


@given(fillings)
def test_an_hour_costs_what_an_hours_production_is_dearer_by(filling: int) -> None:
    volume = 60
    listing = a_listing(DEAR, ListingType.EXPORT, trade_volume=volume, net_supply=filling * volume)
    first, _ = cost_of_moving(listing.terms, Activity.GROWING, 1.0)
    before = quote(ListingType.EXPORT, base_prices()[DEAR], 8, filling * volume, volume).ask
    after = quote(ListingType.EXPORT, base_prices()[DEAR], 8, filling * volume - 6, volume).ask
    # A GROWING export makes one trade volume an hour; 6 units make each of those so much dearer.
    assert first == pytest.approx((after - before) * volume / 6, rel=0.05, abs=10)


@given(fillings)
def test_the_emptier_a_source_and_the_fuller_a_sink_the_more_it_costs(filling: int) -> None:
    for type_, further in ((ListingType.EXPORT, -1), (ListingType.IMPORT, 1)):
        here = a_listing(DEAR, type_, trade_volume=20, net_supply=20 * filling)
        there = a_listing(DEAR, type_, trade_volume=20, net_supply=20 * (filling + further))
        first, growth = cost_of_moving(here.terms, Activity.WEAK, 8.0)
        assert cost_of_moving(there.terms, Activity.WEAK, 8.0)[0] == pytest.approx(first * growth)


def test_what_comes_back_by_itself_costs_nothing() -> None:
    exchange = a_listing(DEAR, ListingType.EXCHANGE, trade_volume=180, net_supply=0)
    assert cost_of_moving(exchange.terms, None, 8.0)[0] == 0


def test_without_a_horizon_nothing_is_charged() -> None:
    listing = a_listing(DEAR, ListingType.EXPORT, trade_volume=20, net_supply=0)
    assert cost_of_moving(listing.terms, Activity.STRONG, 0.0)[0] == 0


@given(fillings, fillings, st.floats(0, 500))
def test_looking_ahead_only_makes_loads_smaller(at_source: int, at_sink: int, cost: float) -> None:
    source = a_listing(DEAR, ListingType.EXPORT, trade_volume=20, net_supply=20 * at_source).terms
    sink = a_listing(DEAR, ListingType.IMPORT, trade_volume=20, net_supply=20 * at_sink).terms
    blind = best_load(source, sink, at_most=200, feeding=0.0, min_margin=0.05)
    careful = best_load(source, sink, at_most=200, feeding=0.0, min_margin=0.05, draining=Drain(cost, 1.2))
    assert (careful.units if careful else 0) <= (blind.units if blind else 0)
    if careful is not None:
        assert careful.worth == careful.revenue - careful.cost - careful.stock_cost
