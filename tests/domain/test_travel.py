"""The travel law."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from manufacturing.domain.travel import FlightMode, distance, fuel_cost, refuel_units, travel_seconds

coordinates = st.integers(-900, 900)
spans = st.integers(1, 2_000)
speeds = st.sampled_from([9, 15, 30, 36])


@pytest.mark.parametrize(
    ("mode", "seconds", "fuel"),
    [
        (FlightMode.CRUISE, 182, 100),
        (FlightMode.BURN, 98, 200),
        (FlightMode.DRIFT, 1682, 1),
        (FlightMode.STEALTH, 215, 100),
    ],
)
def test_a_hundred_units_at_speed_fifteen(mode: FlightMode, seconds: int, fuel: int) -> None:
    assert travel_seconds(100, mode, 15) == seconds
    assert fuel_cost(100, mode) == fuel


def test_two_places_on_one_spot_are_one_unit_apart() -> None:
    assert distance(7, -3, 7, -3) == 1


def test_distance_is_rounded_to_the_nearest_unit() -> None:
    assert distance(0, 0, 3, 4) == 5
    assert distance(0, 0, 1, 1) == 1
    assert distance(0, 0, 2, 2) == 3


@given(coordinates, coordinates, coordinates, coordinates)
def test_the_way_back_is_as_long_as_the_way_there(x1: int, y1: int, x2: int, y2: int) -> None:
    assert distance(x1, y1, x2, y2) == distance(x2, y2, x1, y1) >= 1


@given(spans, speeds)
def test_faster_flights_burn_more(span: int, speed: int) -> None:
    modes = [FlightMode.BURN, FlightMode.CRUISE, FlightMode.DRIFT]
    seconds = [travel_seconds(span, mode, speed) for mode in modes]
    fuel = [fuel_cost(span, mode) for mode in modes]
    assert seconds == sorted(seconds)
    assert fuel == sorted(fuel, reverse=True)


@given(st.integers(0, 2_300))
def test_fuel_is_sold_by_the_hundred_and_never_too_little(missing: int) -> None:
    units = refuel_units(missing)
    assert units * 100 >= missing > (units - 1) * 100 or missing == units == 0
