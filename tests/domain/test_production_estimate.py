"""When a factory's output is expected to be plentiful."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from manufacturing.domain.ids import PipelineId
from manufacturing.domain.prices import Activity, Supply, supply_label
from manufacturing.domain.production_estimate import OutputSeen, ProductionEstimate, missing_for_high
from manufacturing.domain.production_rates import Evidence, RateBand
from manufacturing.domain.profit_forecast import ConfidenceLevel
from tests.builders import NOW, PLAYER, after

BAND = RateBand(0.5, 1.0, 2.0)


def an_estimate(**fields: Any) -> ProductionEstimate:
    """An estimate of which nothing is known yet."""
    defaults: dict[str, Any] = {
        "id": "estimate",
        "player_id": PLAYER,
        "factory_symbol": "X1-PX-B2",
        "output_good": "ELECTRONICS",
        "pipeline_id": PipelineId("pipeline"),
        "confidence_level": ConfidenceLevel.LOW,
        "created_at": NOW,
    }
    return ProductionEstimate(**(defaults | fields))


def seen(net_supply: int | None = 0, *, units: tuple[int, int] | None = None, **fields: Any) -> OutputSeen:
    """An output with this stock, or one between ``units``, of a trade volume of 20."""
    defaults: dict[str, Any] = {
        "supply": supply_label(net_supply, 20) if net_supply is not None else Supply.MODERATE,
        "activity": Activity.GROWING,
        "trade_volume": 20,
        "net_supply": units or (None if net_supply is None else (net_supply, net_supply)),
        "rate": BAND,
        "evidence": Evidence.LISTING,
    }
    return OutputSeen(**(defaults | fields))


def reckoned(net_supply: int | None = 0, **fields: Any) -> ProductionEstimate:
    """The estimate that follows from what was seen now."""
    estimate = an_estimate()
    estimate.reckon(seen(net_supply, **fields), NOW, NOW)
    return estimate


def test_what_is_missing_over_the_rate_is_the_time_it_takes() -> None:
    estimate = reckoned(20)
    assert estimate.estimated_ready_at == after(hours=1)
    assert (estimate.ready_from, estimate.ready_to) == (after(minutes=30), after(hours=2))
    assert estimate.production_rate == 20
    assert estimate.confidence_level is ConfidenceLevel.HIGH


def test_the_less_is_known_the_less_it_is_relied_upon() -> None:
    assert reckoned(20, evidence=Evidence.GOOD).confidence_level is ConfidenceLevel.MEDIUM
    assert reckoned(20, evidence=Evidence.PRIOR).confidence_level is ConfidenceLevel.LOW
    assert reckoned(None).confidence_level is ConfidenceLevel.LOW


def test_of_a_quote_that_several_stocks_explain_a_range_is_missing() -> None:
    assert missing_for_high(seen(units=(10, 30))) == (0.5, 1.5)
    between = reckoned(units=(10, 30))
    assert between.ready_from is not None
    assert between.ready_to is not None
    sure = reckoned(20)
    assert sure.ready_from is not None
    assert sure.ready_to is not None
    assert between.ready_from < sure.ready_from < sure.ready_to < between.ready_to
    assert between.estimated_ready_at == sure.estimated_ready_at


@pytest.mark.parametrize(
    ("supply", "missing"),
    [(Supply.SCARCE, (6, 9)), (Supply.LIMITED, (4, 6)), (Supply.MODERATE, (0, 4)), (Supply.HIGH, (0, 0))],
)
def test_of_a_level_alone_a_range_is_missing(supply: Supply, missing: tuple[float, float]) -> None:
    assert missing_for_high(seen(None, supply=supply)) == missing


def test_it_counts_from_the_last_recalculation() -> None:
    estimate = an_estimate()
    estimate.reckon(seen(20), after(minutes=10), NOW)
    assert estimate.estimated_ready_at == after(hours=1)


def test_without_recalculations_it_counts_from_when_the_stock_was_first_seen() -> None:
    estimate = an_estimate()
    for minute in (0, 2, 4):
        estimate.reckon(seen(20), after(minutes=minute), None)
    assert estimate.as_of == NOW
    estimate.reckon(seen(25), after(minutes=6), None)
    assert estimate.as_of == after(minutes=6)


def test_a_sight_that_says_nothing_new_changes_nothing() -> None:
    estimate = reckoned(20)
    estimate.overdue_polls = 7
    estimate.move_out(after(hours=3))
    for minute in (1, 16):
        estimate.reckon(seen(20), after(minutes=minute), after(minutes=minute // 15 * 15))
        assert (estimate.overdue_polls, estimate.estimated_ready_at) == (7, after(hours=3))
    estimate.reckon(seen(22), after(minutes=16), after(minutes=15))
    assert estimate.overdue_polls == 0
    assert estimate.estimated_ready_at == after(minutes=15 + 54)


def test_when_it_was_first_seen_plentiful_is_kept() -> None:
    estimate = reckoned(20)
    assert estimate.actual_ready_at is None
    estimate.reckon(seen(40), after(hours=1), after(hours=1))
    estimate.reckon(seen(45), after(hours=2), after(hours=2))
    assert estimate.actual_ready_at == after(hours=1)


def test_a_delivery_makes_it_void_until_the_factory_was_seen_again() -> None:
    estimate = reckoned(20)
    estimate.record_delivery("COPPER", after(minutes=5))
    assert estimate.inputs_delivered_at == {"COPPER": after(minutes=5).isoformat()}
    assert (estimate.estimated_ready_at, estimate.as_of) == (None, None)
    assert estimate.chance_ready_by(after(minutes=15), not_at=NOW) == 1
    estimate.reckon(seen(20), after(minutes=6), NOW)
    assert estimate.estimated_ready_at == after(hours=1)


def test_an_estimate_that_never_comes_true_is_no_date_beyond_reason() -> None:
    slow = RateBand(1e-9, 1e-9, 1e-9)
    estimate = reckoned(-100, rate=slow)
    assert estimate.ready_to is not None
    assert estimate.ready_to <= after(hours=241)


def test_the_chance_follows_the_band() -> None:
    estimate = reckoned(20)
    assert estimate.chance_ready_by(after(minutes=30), not_at=NOW) == pytest.approx(0.1, abs=0.005)
    assert estimate.chance_ready_by(after(hours=1), not_at=NOW) == pytest.approx(0.5, abs=0.005)
    assert estimate.chance_ready_by(after(hours=2), not_at=NOW) == pytest.approx(0.9, abs=0.005)
    assert estimate.chance_ready_by(after(hours=2), not_at=after(hours=1)) == pytest.approx(0.8, abs=0.01)


def test_what_is_high_already_is_ready() -> None:
    assert reckoned(40).chance_ready_by(after(minutes=1), not_at=NOW) == 1


moments = st.floats(0, 50).map(lambda hours: after(hours=hours))


@given(
    stock=st.integers(-160, 39),
    band=st.tuples(*[st.floats(0.01, 3)] * 3).map(sorted),
    first=moments,
    second=moments,
    third=moments,
)
def test_the_chance_grows_with_time_and_stays_a_chance(
    stock: int, band: list[float], first: datetime, second: datetime, third: datetime
) -> None:
    estimate = reckoned(stock, rate=RateBand(*band))
    assert estimate.ready_from is not None
    assert estimate.estimated_ready_at is not None
    assert estimate.ready_to is not None
    assert estimate.ready_from <= estimate.estimated_ready_at <= estimate.ready_to
    not_at, earlier, later = sorted((first, second, third))
    sooner, after_that = (estimate.chance_ready_by(moment, not_at=not_at) for moment in (earlier, later))
    assert 0 <= sooner <= after_that <= 1 + timedelta(0).total_seconds()
