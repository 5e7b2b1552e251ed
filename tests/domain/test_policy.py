"""The policy's defaults are those of the plan."""

import pytest

from manufacturing.domain.policy import FleetPolicy
from manufacturing.domain.prices import Supply


@pytest.mark.parametrize(
    ("supply", "tranches"),
    [
        (Supply.SCARCE, 0),
        (Supply.LIMITED, 0),
        (Supply.MODERATE, 2),
        (Supply.HIGH, 3),
        (Supply.ABUNDANT, 3),
    ],
)
def test_a_visit_buys_more_where_there_is_more_and_nothing_where_there_is_little(supply: Supply, tranches: int) -> None:
    assert FleetPolicy().tranches(supply) == tranches


def test_a_stricter_gate_closes_at_moderate() -> None:
    assert FleetPolicy(source_gate=Supply.HIGH).tranches(Supply.MODERATE) == 0


def test_the_ceiling_of_a_price_comes_from_the_other_markets() -> None:
    policy = FleetPolicy(price_ceiling=1.5)
    assert policy.ceiling([100, 120, 400]) == 180
    assert policy.ceiling([]) is None


@pytest.mark.parametrize(("credits", "floor"), [(10_000, 25_000), (400_000, 40_000)])
def test_the_floor_is_a_sum_or_a_share_of_the_credits_whichever_is_more(credits: int, floor: int) -> None:
    assert FleetPolicy(credit_floor=25_000, credit_floor_share=0.1).floor(credits) == floor
