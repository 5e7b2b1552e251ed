"""What quotes tell of a margin."""

from hypothesis import given, settings
from hypothesis import strategies as st

from manufacturing.domain.facts import base_prices
from manufacturing.domain.margins import Margins, narrowed, possible_stocks
from manufacturing.domain.prices import ListingType, Quote, StockRange, Supply, quote, supply_label

#: So cheap that a quote is often that of several margins.
CHEAP = "IRON_ORE"
margins = st.integers(5, 12)
volumes = st.sampled_from([20, 60])
stocks = st.lists(st.floats(-6, 6), min_size=1, max_size=8)


def the_margins_after(seen: list[tuple[Quote, Supply]], volume: int) -> Margins:
    """What is left of the margins when one quote after the other was seen."""
    known: Margins = frozenset()
    for its_quote, level in seen:
        known = narrowed(known, possible_stocks(ListingType.EXPORT, CHEAP, volume, its_quote, level))
    return known


@settings(deadline=None, max_examples=60)
@given(margins, volumes, stocks)
def test_the_true_margin_is_never_ruled_out(margin: int, volume: int, fillings: list[float]) -> None:
    base = base_prices()[CHEAP]
    seen = [
        (quote(ListingType.EXPORT, base, margin, round(s * volume), volume), supply_label(round(s * volume), volume))
        for s in fillings
    ]
    assert margin in the_margins_after(seen, volume)


@settings(deadline=None, max_examples=60)
@given(margins, volumes, stocks)
def test_no_quote_makes_more_margins_possible(margin: int, volume: int, fillings: list[float]) -> None:
    base = base_prices()[CHEAP]
    known: Margins = frozenset()
    for s in fillings:
        stock = round(s * volume)
        its_quote = quote(ListingType.EXPORT, base, margin, stock, volume)
        then = narrowed(
            known, possible_stocks(ListingType.EXPORT, CHEAP, volume, its_quote, supply_label(stock, volume))
        )
        assert then <= known or not known
        known = then


def test_a_quote_that_contradicts_all_before_it_counts_alone() -> None:
    assert narrowed(frozenset({7, 8}), [StockRange(9, 0, 3), StockRange(10, -1, 2)]) == {9, 10}


def test_where_the_base_price_is_not_known_no_margin_is() -> None:
    assert possible_stocks(ListingType.EXPORT, "QUANTUM_DRIVES", 6, Quote(10, 5), Supply.MODERATE) == ()
    assert narrowed(frozenset(), ()) == frozenset()
