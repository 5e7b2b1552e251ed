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
