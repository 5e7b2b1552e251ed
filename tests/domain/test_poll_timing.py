"""When a factory is looked at again, by each poll policy."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from manufacturing.domain.poll_timing import (
    FAR_FROM_ESTIMATE,
    LONGEST,
    MOST_URGENT_POLLS,
    NEAR,
    NEAR_ESTIMATE,
    OVERDUE,
    SELDOM,
    SETTLING,
    WITHOUT_ESTIMATE,
    Sight,
    is_overdue,
    next_planned_poll,
    next_recalculation_poll,
    plan_interval,
)
from manufacturing.domain.production_estimate import ProductionEstimate
from manufacturing.domain.production_rates import RateBand
from manufacturing.domain.recalculation_rhythm import RecalculationRhythm
from tests.builders import NOW, after
from tests.domain.test_production_estimate import an_estimate, seen

EVERY_QUARTER = RecalculationRhythm.of([after(minutes=15 * number) for number in (-3, -2, -1, 0)])
#: Of a factory that needs an hour, give or take.
AN_HOUR: dict[str, Any] = {"net_supply": 20, "rate": RateBand(0.8, 1.0, 1.25)}


def a_sight(at: datetime = NOW, *, is_ready: bool = False, **output: Any) -> Sight:
    """What is known after a look at this moment; without ``output`` nothing is estimated."""
    estimate: ProductionEstimate | None = None
    if output:
        estimate = an_estimate()
        estimate.reckon(seen(**output), at, EVERY_QUARTER.latest_until(at))
    return Sight(looked_at=at, is_ready=is_ready, estimate=estimate)


@pytest.mark.parametrize(
    ("minutes_before", "interval"),
    [
        (60, FAR_FROM_ESTIMATE),
        (5.01, FAR_FROM_ESTIMATE),
        (5, NEAR_ESTIMATE),
        (0, NEAR_ESTIMATE),
        (-5, NEAR_ESTIMATE),
        (-5.01, OVERDUE),
        (-60, OVERDUE),
    ],
)
def test_the_nearer_the_estimate_the_more_often(minutes_before: float, interval: timedelta) -> None:
    assert plan_interval(after(minutes=minutes_before), NOW, 0) == interval


def test_without_an_estimate_a_minute_passes() -> None:
    assert plan_interval(None, NOW, 0) == WITHOUT_ESTIMATE
    assert next_planned_poll(a_sight()) == NOW + WITHOUT_ESTIMATE


def test_after_twelve_urgent_polls_the_interval_doubles_up_to_two_minutes() -> None:
    long_ago = after(hours=-1)
    intervals = [plan_interval(long_ago, NOW, polls).total_seconds() for polls in range(10, 20)]
    assert intervals == [5, 5, 10, 20, 40, 80, 120, 120, 120, 120]


def test_an_output_that_is_ready_waits_to_be_collected() -> None:
    assert next_planned_poll(a_sight(is_ready=True, net_supply=50)) == NOW + FAR_FROM_ESTIMATE
    assert next_recalculation_poll(a_sight(is_ready=True, net_supply=50), EVERY_QUARTER) == after(hours=1) + SETTLING


@given(minutes=st.floats(-600, 600), polls=st.integers(0, 10_000))
def test_the_table_has_no_gap(minutes: float, polls: int) -> None:
    for ready_at in (None, after(minutes=minutes)):
        assert OVERDUE <= plan_interval(ready_at, NOW, polls) <= LONGEST


@given(ready=st.floats(-120, 120), hours=st.floats(1, 6))
def test_no_factory_is_polled_urgently_without_end(ready: float, hours: float) -> None:
    ready_at, now, end = after(minutes=ready), NOW, after(hours=hours)
    overdue_polls = urgent = 0
    while now < end:
        if is_overdue(ready_at, now):
            overdue_polls += 1
        interval = plan_interval(ready_at, now, overdue_polls)
        assert interval > timedelta(0)
        urgent += interval < FAR_FROM_ESTIMATE
        now += interval
    assert urgent <= 2 * NEAR / NEAR_ESTIMATE + MOST_URGENT_POLLS + 6


def test_nothing_is_looked_at_before_the_next_recalculation() -> None:
    assert next_recalculation_poll(a_sight(after(minutes=3)), EVERY_QUARTER) == after(minutes=15) + SETTLING


def test_a_look_that_spares_nothing_is_left_out() -> None:
    # After a quarter of an hour, and after half an hour, it is not ready in any likely case.
    assert next_recalculation_poll(a_sight(**AN_HOUR), EVERY_QUARTER) == after(minutes=45) + SETTLING


def test_a_look_by_somebody_else_moves_the_poll() -> None:
    sight = a_sight(after(minutes=46), net_supply=30, rate=RateBand(0.8, 1.0, 1.25))
    assert next_recalculation_poll(sight, EVERY_QUARTER) == after(minutes=75) + SETTLING


def test_a_ship_that_is_there_soon_looks_for_us() -> None:
    arrival = after(minutes=45, seconds=20)
    due = next_recalculation_poll(a_sight(**AN_HOUR), EVERY_QUARTER, (arrival,))
    assert due is not None
    assert arrival < due < arrival + timedelta(minutes=1)


def test_a_ship_that_is_there_late_does_not() -> None:
    due = next_recalculation_poll(a_sight(**AN_HOUR), EVERY_QUARTER, (after(minutes=59),))
    assert due == after(minutes=45) + SETTLING


def test_where_nobody_tells_of_recalculations_this_policy_says_nothing() -> None:
    assert next_recalculation_poll(a_sight(**AN_HOUR), RecalculationRhythm()) is None


def test_a_recalculation_that_has_happened_since_the_last_look_makes_it_due() -> None:
    due = next_recalculation_poll(a_sight(after(minutes=-1)), EVERY_QUARTER)
    assert due == NOW + SETTLING


@given(
    looked=st.floats(-45, 600),
    stock=st.integers(-160, 60),
    band=st.tuples(*[st.floats(0.01, 3)] * 3).map(sorted),
    arrivals=st.lists(st.floats(-10, 700), max_size=3),
    is_ready=st.booleans(),
)
def test_every_factory_is_polled_once_after_some_recalculation(
    looked: float, stock: int, band: list[float], arrivals: list[float], is_ready: bool
) -> None:
    sight = a_sight(after(minutes=looked), is_ready=is_ready, net_supply=stock, rate=RateBand(*band))
    ships = tuple(after(minutes=each) for each in arrivals)
    due = next_recalculation_poll(sight, EVERY_QUARTER, ships)
    assert due is not None
    following = EVERY_QUARTER.next_after(sight.looked_at)
    assert following is not None
    assert due >= following + SETTLING
    assert due <= sight.looked_at + SELDOM + EVERY_QUARTER.period + timedelta(minutes=30)
