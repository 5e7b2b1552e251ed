"""Rates of production and consumption, learned from what was seen."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from manufacturing.domain.facts import base_prices, is_base_price_certain
from manufacturing.domain.market_listing import ListingChange, MarketListing
from manufacturing.domain.prices import Activity, ListingType, Supply, quote, supply_label
from manufacturing.domain.production_rates import (
    CONSUMPTION,
    PRODUCTION,
    PRODUCTION_WEAK_AND_HIGH,
    Evidence,
    MarketTrade,
    ProductionRates,
    RateBand,
    outlook,
)
from manufacturing.domain.recalculation_rhythm import RecalculationRhythm
from tests.builders import NOW, PLAYER, after, the_listing

REGULAR = RecalculationRhythm.of([after(minutes=15 * number) for number in (-3, -2, -1, 0)])
GOOD = "EQUIPMENT"
HERE = "X1-PX-A1"


def a_change(
    at: datetime,
    net_supply: int,
    *,
    good: str = GOOD,
    type: ListingType = ListingType.EXPORT,
    activity: Activity | None = Activity.GROWING,
    volume: int = 20,
    margin: int = 8,
    waypoint: str = HERE,
) -> ListingChange:
    """What a ship saw of a listing with this stock."""
    seen = quote(type, base_prices()[good], margin, net_supply, volume)
    return ListingChange(
        player_id=PLAYER,
        waypoint=waypoint,
        good=good,
        type=type,
        trade_volume=volume,
        supply=supply_label(net_supply, volume),
        activity=activity,
        ask=seen.ask,
        bid=seen.bid,
        recorded_at=at,
    )


def a_series(*stocks: int, every: float = 15, start: float = 1, **fields: Any) -> list[ListingChange]:
    """The same listing seen every so many minutes."""
    return [a_change(after(minutes=start + every * n), stock, **fields) for n, stock in enumerate(stocks)]


def is_alike(band: RateBand, rate: float, times: int) -> bool:
    """Whether this is the band of a rate that was seen so many times without any change."""
    wanted = RateBand.of_observations(((rate, 0.25),) * times)
    return (band.low, band.median, band.high) == pytest.approx((wanted.low, wanted.median, wanted.high))


def test_the_more_often_a_rate_was_seen_the_surer_it_is() -> None:
    few, many = (RateBand.of_observations(((1.0, 0.25),) * times) for times in (2, 24))
    assert few.low < many.low < 1.0 == few.median == many.median < many.high < few.high


def test_a_band_reaches_from_the_slowest_tenth_to_the_fastest() -> None:
    band = RateBand.of_observations(tuple((rate / 10, 1.0) for rate in range(1, 11)))
    assert band.low < 0.1 < 0.9 < band.high
    assert band.median == pytest.approx(0.5)


def test_a_listing_nobody_knows_has_the_usual_rate_of_its_activity() -> None:
    rates = ProductionRates()
    for activity, band in PRODUCTION.items():
        assert rates.rate(the_listing(a_change(NOW, 0, activity=activity))) == (band, Evidence.PRIOR)
    for activity, band in CONSUMPTION.items():
        imported = the_listing(a_change(NOW, 0, type=ListingType.IMPORT, activity=activity))
        assert rates.consumption(imported) == band


def test_a_weak_export_that_is_high_hardly_produces() -> None:
    rates = ProductionRates()
    assert rates.production(the_listing(a_change(NOW, 50, activity=Activity.WEAK))) == PRODUCTION_WEAK_AND_HIGH


def test_what_a_listing_makes_between_recalculations_is_its_rate() -> None:
    rates = ProductionRates(REGULAR)
    series = a_series(-60, -50, -40, -30, -20, -10, 0, 10)
    rates.learn(series, [])
    band, evidence = rates.rate(the_listing(series[-1]))
    # Ten units each quarter of an hour at a trade volume of 20.
    assert band.median == pytest.approx(2.0)
    assert evidence is Evidence.LISTING


def pace_after(series: list[ListingChange]) -> float:
    """How fast the listing seems after it was seen like this."""
    rates = ProductionRates(REGULAR)
    rates.learn(series, [])
    return rates.pace(the_listing(series[-1]))


def growing(pace: float, changes: int, **fields: Any) -> list[ListingChange]:
    """An export at full speed with a pace of its own, which makes whole units."""
    made = PRODUCTION[Activity.STRONG].median * pace * 20 / 4
    return a_series(*(round(-100 + made * n) for n in range(changes + 1)), activity=Activity.STRONG, **fields)


def test_a_listing_nobody_saw_at_work_is_as_fast_as_usual() -> None:
    assert ProductionRates(REGULAR).pace(the_listing(a_change(NOW, 0))) == 1.0
    assert pace_after(a_series(0)) == 1.0


def test_a_listing_that_came_to_rest_tells_nothing_of_its_pace() -> None:
    assert pace_after(a_series(*[85] * 12, activity=Activity.WEAK)) == 1.0
    # It may rest anywhere in the quiet part of the range.
    assert pace_after(a_series(*[-70] * 12, type=ListingType.IMPORT, activity=Activity.WEAK)) == 1.0


def test_a_pace_is_the_listings_own_at_any_activity() -> None:
    slow = pace_after(growing(0.6, 12))
    assert slow == pytest.approx(0.6, rel=0.15)
    idle = a_change(after(minutes=200), 0, activity=Activity.RESTRICTED)
    rates = ProductionRates(REGULAR)
    rates.learn(growing(0.6, 12), [])
    assert rates.pace(the_listing(idle)) == slow


def test_one_odd_sight_hardly_moves_a_pace() -> None:
    series = growing(1.0, 12)
    odd = [*series[:-1], a_change(series[-1].recorded_at, 60, activity=Activity.STRONG)]
    assert pace_after(odd) == pytest.approx(pace_after(series), rel=0.1)


@settings(max_examples=60)
@given(pace=st.floats(0.45, 2.2), changes=st.integers(1, 20))
def test_the_longer_a_listing_was_seen_the_more_its_pace_counts(pace: float, changes: int) -> None:
    learned = pace_after(growing(pace, changes))
    # One unit more or less in each quarter of an hour, of some seven.
    nearest, farthest = sorted((1.0, pace))
    assert nearest * 0.85 <= learned <= farthest * 1.15
    if changes >= 12:
        assert learned == pytest.approx(pace, rel=0.3)


def test_what_an_import_uses_up_is_positive() -> None:
    rates = ProductionRates(REGULAR)
    series = a_series(30, 25, 20, 15, 10, 5, 0, -5, type=ListingType.IMPORT)
    rates.learn(series, [])
    assert rates.consumption(the_listing(series[-1])).median == pytest.approx(1.0)


def test_our_own_trades_are_taken_out() -> None:
    rates = ProductionRates(REGULAR)
    series = a_series(-20, -35, -30, -25, -20, -15, -10, -5)
    bought = MarketTrade(HERE, GOOD, -20, after(minutes=2))
    rates.learn(series, [bought])
    assert is_alike(rates.production(the_listing(series[-1])), 1.0, 7)


def test_trades_at_the_moment_of_a_look_come_after_it() -> None:
    rates = ProductionRates(REGULAR)
    look = after(minutes=1)
    series = [a_change(look, 0), a_change(look, -20), *a_series(-15, -10, -5, 0, 5, 10, start=16)]
    rates.learn(series, [MarketTrade(HERE, GOOD, -20, look)])
    assert is_alike(rates.production(the_listing(series[-1])), 1.0, 6)


def test_between_two_recalculations_nothing_is_learned() -> None:
    rates = ProductionRates(REGULAR)
    rates.learn(a_series(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, every=1, start=1), [])
    assert rates.rate(the_listing(a_change(NOW, 0)))[1] is Evidence.PRIOR


def test_without_a_rhythm_changes_count_from_25_minutes_on() -> None:
    rates = ProductionRates()
    rates.learn(a_series(*range(-60, 60, 5), every=10), [])
    band, evidence = rates.rate(the_listing(a_change(NOW, 0)))
    assert evidence is Evidence.LISTING
    assert band.median == pytest.approx(1.5, rel=0.01)


def test_other_listings_of_the_good_stand_in_for_one_that_was_hardly_seen() -> None:
    rates = ProductionRates(REGULAR)
    for place in ("X1-PX-B2", "X1-PX-C3"):
        rates.learn(a_series(-60, -50, -40, -30, -20, -10, 0, 10, waypoint=place), [])
    band, evidence = rates.rate(the_listing(a_change(NOW, 0)))
    assert evidence is Evidence.GOOD
    assert band.median == pytest.approx(2.0)
    assert rates.rate(the_listing(a_change(NOW, 0, activity=Activity.STRONG)))[1] is Evidence.PRIOR


def test_a_change_across_two_activities_belongs_to_neither() -> None:
    rates = ProductionRates(REGULAR)
    seen = [
        a_change(after(minutes=1 + 45 * n), 10 * n - 60, activity=(Activity.WEAK, Activity.GROWING)[n % 2])
        for n in range(10)
    ]
    rates.learn(seen, [])
    for activity in (Activity.WEAK, Activity.GROWING):
        assert rates.rate(the_listing(a_change(NOW, 0, activity=activity)))[1] is Evidence.PRIOR


def test_two_quotes_tell_a_margin_that_one_does_not() -> None:
    cheap = "IRON_ORE"
    rates = ProductionRates(REGULAR)
    series = a_series(-150, -30, 60, 190, good=cheap, volume=60, margin=10)
    rates.learn(series, [])
    found = rates.net_supply(the_listing(series[-1]))
    alone = ProductionRates().net_supply(the_listing(series[-1]))
    assert found is not None
    assert alone is not None
    assert abs(found - 190) <= abs(alone - 190)
    assert abs(found - 190) < 15


def test_where_no_stock_can_be_told_whole_levels_tell_the_rate() -> None:
    unknown = next(good for good in base_prices() if not is_base_price_certain(good))
    rates = ProductionRates()
    hours_of_level = {-90: 0.0, -70: 1.0, 10: 3.0, 50: 7.0}
    rates.learn([a_change(after(hours=at), stock, good=unknown) for stock, at in hours_of_level.items()], [])
    below = a_change(NOW, 0, good=unknown)
    assert rates.net_supply(the_listing(below)) is None
    # LIMITED, two trade volumes wide, took two hours; MODERATE, four wide, took four.
    assert is_alike(rates.production(the_listing(below)), 1.0, 2)


@settings(max_examples=60)
@given(
    stocks=st.lists(st.integers(-120, 120), min_size=2, max_size=25),
    trades=st.lists(st.tuples(st.integers(-40, 40), st.floats(0, 300)), max_size=10),
    gaps=st.floats(0.5, 40),
)
def test_whatever_is_seen_rates_are_positive_and_ordered(
    stocks: list[int], trades: list[tuple[int, float]], gaps: float
) -> None:
    for rhythm in (REGULAR, RecalculationRhythm()):
        rates = ProductionRates(rhythm)
        series = a_series(*stocks, every=gaps)
        rates.learn(series, [MarketTrade(HERE, GOOD, units, after(minutes=at)) for units, at in trades])
        band = rates.production(the_listing(series[-1]))
        assert 0 < band.low <= band.median <= band.high


@settings(max_examples=60)
@given(
    produced=st.lists(st.integers(0, 12), min_size=8, max_size=20),
    bought=st.lists(st.integers(0, 30), min_size=20, max_size=20),
)
def test_the_rate_is_what_was_made_whatever_we_bought(produced: list[int], bought: list[int]) -> None:
    stock, changes, trades = 0, [], []
    for number, (made, taken) in enumerate(zip(produced, bought, strict=False)):
        at = after(minutes=15 * number + 1)
        changes.append(a_change(at, stock))
        taken = min(taken, max(0, stock + 200))
        trades.append(MarketTrade(HERE, GOOD, -taken, at + timedelta(seconds=5)))
        stock += made - taken
    rates = ProductionRates(REGULAR)
    rates.learn(changes, trades)
    observed = sorted(rate for seen in rates._of_listing.values() for rate, _ in seen)
    assert observed == pytest.approx(sorted(made / 20 / 0.25 for made in produced[:-1]))


def test_levels_are_told_apart_near_rest() -> None:
    rates = ProductionRates(REGULAR)
    rates.learn(a_series(-60, -50, -40, -30, -20, -10, 0, 10), [])
    high = the_listing(a_change(NOW, 60))
    assert high.supply is Supply.HIGH
    assert rates.rate(high)[1] is Evidence.PRIOR


def inputs(*stocks: int) -> list[MarketListing]:
    """What a factory has of its inputs."""
    return [the_listing(a_change(NOW, stock, good="IRON", type=ListingType.IMPORT)) for stock in stocks]


def test_a_factory_that_is_fed_well_becomes_busier() -> None:
    rates = ProductionRates()
    weak = the_listing(a_change(NOW, 0, activity=Activity.WEAK))
    band, evidence = outlook(rates, weak, inputs(60, 60))
    assert evidence is Evidence.PRIOR
    assert band.low == PRODUCTION[Activity.WEAK].low
    assert band.median == PRODUCTION[Activity.GROWING].median
    assert band.high == PRODUCTION[Activity.STRONG].high


def test_the_worst_input_decides() -> None:
    rates = ProductionRates()
    weak = the_listing(a_change(NOW, 0, activity=Activity.WEAK))
    assert outlook(rates, weak, inputs(60, -60)) == (PRODUCTION[Activity.WEAK], Evidence.PRIOR)
    reached, _ = outlook(rates, weak, inputs(60, 0))
    assert (reached.median, reached.high) == (PRODUCTION[Activity.WEAK].median, PRODUCTION[Activity.GROWING].high)


def test_a_factory_is_not_taken_to_be_slower_than_it_was_seen() -> None:
    rates = ProductionRates()
    strong = the_listing(a_change(NOW, 0, activity=Activity.STRONG))
    for seen in (inputs(-90), inputs(), inputs(0)):
        assert outlook(rates, strong, seen)[0] == PRODUCTION[Activity.STRONG]
