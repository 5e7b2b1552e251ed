"""When a quote still stands without looking again."""

from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from manufacturing.domain.market_listing import MarketListing
from manufacturing.domain.poll_timing import SETTLING
from manufacturing.domain.prices import ListingType, Supply
from manufacturing.domain.recalculation_rhythm import RecalculationRhythm
from manufacturing.domain.standing_quote import WARY, still_stands
from tests.builders import NOW, a_listing, an_unseen_listing

QUARTER = timedelta(minutes=15)
SKEW = timedelta(seconds=1)
#: Recalculated every quarter of an hour, last at NOW.
RHYTHM = RecalculationRhythm.of([NOW - QUARTER * n for n in range(5)])


def stands(listing: MarketListing, at: datetime, rhythm: RecalculationRhythm = RHYTHM) -> bool:
    """Whether its quote still stands then."""
    return still_stands(listing, rhythm, at)


def test_what_was_seen_as_soon_as_it_is_looked_for_stands() -> None:
    assert stands(a_listing(seen=NOW + SETTLING), NOW + timedelta(minutes=14))


def test_it_stands_until_the_next_recalculation() -> None:
    listing = a_listing(seen=NOW + timedelta(minutes=1))
    assert stands(listing, NOW + timedelta(minutes=14))
    assert not stands(listing, NOW + timedelta(minutes=15))


@given(st.floats(0, 7200), st.floats(0, 7200))
def test_it_never_stands_across_a_recalculation_nor_where_clocks_may_differ_by_one(looked: float, later: float) -> None:
    seen, now = NOW + timedelta(seconds=looked), NOW + timedelta(seconds=looked + later)
    crossed = any(seen - SKEW < NOW + QUARTER * n <= now for n in range(20))
    rhythm = RHYTHM.with_moment(NOW + QUARTER * ((now - NOW) // QUARTER))
    assert stands(a_listing(seen=seen), now, rhythm) is not crossed


def test_it_does_not_where_nobody_was_told_of_recalculations_lately() -> None:
    late = NOW + 2 * QUARTER + timedelta(minutes=2)
    assert not stands(a_listing(seen=late - timedelta(minutes=1)), late)
    assert stands(a_listing(seen=late - timedelta(minutes=1)), late, RHYTHM.with_moment(NOW + QUARTER))


@pytest.mark.parametrize("known", [0, 1, 2])
def test_without_a_rhythm_none_does(known: int) -> None:
    few = RecalculationRhythm.of([NOW - timedelta(minutes=20) * n for n in range(known)])
    assert not stands(a_listing(seen=NOW + timedelta(minutes=1)), NOW + timedelta(minutes=2), few)


def test_nor_in_an_irregular_one() -> None:
    irregular = RecalculationRhythm.of([NOW - timedelta(minutes=m) for m in (0, 7, 22, 31, 55)])
    assert not stands(a_listing(seen=NOW + timedelta(minutes=1)), NOW + timedelta(minutes=2), irregular)


def test_what_was_only_reckoned_does_not() -> None:
    listing = a_listing(seen=NOW + timedelta(minutes=1))
    listing.is_reckoned = True
    assert not stands(listing, NOW + timedelta(minutes=2))


def test_nor_where_somebody_else_was_found_to_trade_for_hours() -> None:
    listing = a_listing(seen=NOW + WARY + timedelta(minutes=1))
    listing.surprised_at = NOW + timedelta(minutes=3)
    rhythm = RHYTHM.with_moment(NOW + WARY)
    assert not stands(listing, NOW + WARY + timedelta(minutes=2), rhythm)
    assert stands(listing, NOW + WARY + timedelta(minutes=4), rhythm)


def test_nor_what_was_never_seen() -> None:
    assert not stands(an_unseen_listing(at="X1-PX-A1"), NOW + timedelta(minutes=2))


def test_nor_fuel_with_which_ships_fill_their_tanks() -> None:
    fuel = a_listing("FUEL", ListingType.EXCHANGE, Supply.MODERATE, seen=NOW + timedelta(minutes=1))
    assert not stands(fuel, NOW + timedelta(minutes=2))
