"""When markets are recalculated, learned from what the server tells."""

from datetime import datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from manufacturing.domain.recalculation_rhythm import KEPT, USUAL_PERIOD, RecalculationRhythm
from tests.builders import NOW, after


def rhythm(*minutes: float) -> RecalculationRhythm:
    """A rhythm of which recalculations so many minutes after NOW are known."""
    return RecalculationRhythm.of([after(minutes=each) for each in minutes])


def test_of_a_server_that_tells_nothing_nothing_is_known() -> None:
    nothing = RecalculationRhythm()
    assert nothing.last is None
    assert nothing.next_after(NOW) is None
    assert nothing.latest_until(NOW) is None
    assert nothing.count_between(NOW, after(hours=1)) is None


def test_until_it_is_learned_the_usual_period_is_taken() -> None:
    one = rhythm(0)
    assert (one.period, one.is_learned) == (USUAL_PERIOD, False)
    assert one.next_after(after(minutes=1)) == after(minutes=15)
    assert one.count_between(NOW, after(hours=1)) is None


def test_a_period_of_its_own_is_learned() -> None:
    learned = rhythm(0, 7, 14)
    assert learned.is_learned
    assert learned.period == timedelta(minutes=7)
    assert learned.next_after(after(minutes=14)) == after(minutes=21)


@pytest.mark.parametrize(("second", "is_learned"), [(15, True), (14, True), (16, True), (7, False), (30, False)])
def test_one_gap_is_enough_where_it_is_the_usual_one(second: float, is_learned: bool) -> None:
    told = rhythm(0, second)
    assert told.is_learned is is_learned
    assert told.period == USUAL_PERIOD


def test_a_recalculation_before_the_last_one_is_told_as_known_or_where_it_must_have_been() -> None:
    known = rhythm(0, 15, 29, 60)
    assert known.before_last(0) == after(minutes=60)
    assert known.before_last(2) == after(minutes=29)
    unseen = known.before_last(1)
    assert unseen is not None
    assert after(minutes=44) < unseen < after(minutes=46)
    assert rhythm().before_last(1) is None
    assert rhythm(60).before_last(1) == after(minutes=45)


def test_recalculations_that_went_unseen_do_not_lengthen_the_period() -> None:
    assert rhythm(0, 30, 45, 90).period == timedelta(minutes=15)


def test_a_moment_that_is_told_twice_counts_once() -> None:
    told = rhythm(0, 15)
    assert told.with_moment(after(minutes=15)) == told


def test_an_irregular_rhythm_is_expected_after_a_usual_gap_and_counts_nothing() -> None:
    irregular = rhythm(0, 10, 33, 40, 59)
    assert not irregular.is_regular
    assert irregular.period == timedelta(minutes=10)
    assert irregular.count_between(NOW, after(hours=1)) is None


def test_before_the_last_one_the_known_moments_tell() -> None:
    irregular = rhythm(0, 10, 33)
    assert irregular.next_after(after(minutes=11)) == after(minutes=33)
    assert irregular.next_after(after(minutes=9)) == after(minutes=10)


def test_only_the_latest_are_remembered() -> None:
    many = rhythm(*(15 * number for number in range(50)))
    assert len(many.moments) == KEPT
    assert many.last == after(minutes=15 * 49)


@pytest.mark.parametrize(
    ("since", "until", "count"),
    [(0, 15, 1), (0, 14.9, 0), (1, 16, 1), (14.9, 15.1, 1), (0, 60, 4), (45, 90, 3), (-20, 1, 2)],
)
def test_recalculations_between_two_moments_are_counted(since: float, until: float, count: int) -> None:
    assert rhythm(0, 15, 30).count_between(after(minutes=since), after(minutes=until)) == count


@given(
    period=st.timedeltas(min_value=timedelta(seconds=20), max_value=timedelta(hours=2)),
    seen=st.sets(st.integers(0, 30), min_size=3, max_size=8),
    since=st.floats(-2, 40),
    length=st.floats(0, 20),
)
def test_a_regular_rhythm_tells_the_next_the_latest_and_how_many(
    period: timedelta, seen: set[int], since: float, length: float
) -> None:
    numbers = sorted(seen)
    if not {1} & {later - earlier for earlier, later in pairwise(numbers)}:
        numbers.append(numbers[-1] + 1)
    known = RecalculationRhythm.of([NOW + period * number for number in numbers])
    moment = NOW + period * since
    until = moment + period * length
    following, latest = known.next_after(moment), known.latest_until(moment)
    assert following is not None
    assert latest is not None
    assert moment < following
    assert latest <= moment < latest + known.period
    count = known.count_between(moment, until)
    assert count is not None
    assert abs(count - length) <= 1.01


@given(st.lists(st.floats(-1e6, 1e6).map(lambda minutes: after(minutes=minutes)), min_size=1, max_size=20))
def test_whatever_the_moments_the_next_one_is_in_the_future(moments: list[datetime]) -> None:
    known = RecalculationRhythm.of(moments)
    for moment in (NOW, known.moments[0], known.moments[-1]):
        following = known.next_after(moment)
        assert following is not None
        assert following > moment
    assert known.period > timedelta(0)
