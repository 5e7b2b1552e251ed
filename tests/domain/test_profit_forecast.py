"""What a forecast says, and how it is compared with what came of it."""

from datetime import timedelta
from typing import Any

import pytest

from manufacturing.domain.forecast_learning import Band
from manufacturing.domain.forecast_walk import Leg, Walk
from manufacturing.domain.ids import PipelineId
from manufacturing.domain.manufacturing_pipeline import PipelineKind, PipelineStatus
from manufacturing.domain.market_listing import MarketListing
from manufacturing.domain.opportunity import ManufacturingOpportunity, PipelinePlan
from manufacturing.domain.prices import ListingType
from manufacturing.domain.profit_forecast import ConfidenceLevel, ProfitForecast, confidence, make_forecast
from tests.builders import NOW, PLAYER, a_listing, after

NOTHING_LEARNED = Band(low=0.0, middle=0.0, high=0.0)


def a_leg(good: str = "LASER_RIFLES", *, cost: int = 44_500, revenue: int = 78_000, units: int = 20) -> Leg:
    return Leg(
        good=good,
        source="X1-PX-A1",
        sink="X1-PX-B2",
        units=units,
        cost=cost,
        revenue=revenue,
        bought_at=after(minutes=1),
        sold_at=after(minutes=4),
    )


def a_walk(*legs: Leg, **fields: Any) -> Walk:
    defaults: dict[str, Any] = {"fuel_cost": 500, "ship_seconds": 1800.0, "listings": [a_listing("LASER_RIFLES")]}
    return Walk(begun_at=NOW, ended_at=after(hours=2), legs=list(legs) or [a_leg()], **(defaults | fields))


def a_forecast(walk: Walk | None = None, band: Band = NOTHING_LEARNED, **fields: Any) -> ProfitForecast:
    plan = PipelinePlan(
        opportunity=ManufacturingOpportunity(
            good="LASER_RIFLES", sink=a_listing("LASER_RIFLES", ListingType.IMPORT, at="X1-PX-B2")
        ),
        kind=PipelineKind.FABRICATION,
        factory_symbol="X1-PX-A1",
        quantity=20,
        tasks=[],
        cycles={},
        cost=0,
        revenue=0,
        ship_seconds=0,
        feeding_value=fields.pop("feeding_value", 0),
    )
    defaults: dict[str, Any] = {"volatile": frozenset(), "now": NOW}
    return make_forecast(
        id="forecast",
        player_id=PLAYER,
        pipeline_id=PipelineId("abc123"),
        plan=plan,
        walk=walk or a_walk(),
        band=band,
        **(defaults | fields),
    )


def test_a_forecast_adds_up() -> None:
    forecast = a_forecast()
    assert (forecast.estimated_cost, forecast.estimated_revenue, forecast.fuel_cost) == (45_000, 78_000, 500)
    assert forecast.estimated_profit == 33_000
    assert (forecast.markup, forecast.profit_margin) == (pytest.approx(33 / 45), pytest.approx(33 / 78))
    assert (forecast.estimated_hours, forecast.ship_hours, forecast.profit_per_ship_hour) == (2.0, 0.5, 66_000)
    assert forecast.legs[0]["source"] == "X1-PX-A1"
    assert forecast.legs[0]["sink"] == "X1-PX-B2"


def test_where_there_is_nothing_to_divide_by_there_is_no_ratio() -> None:
    forecast = a_forecast(Walk(begun_at=NOW, ended_at=NOW))
    assert (forecast.markup, forecast.profit_margin, forecast.profit_per_ship_hour) == (None, None, None)


def test_what_was_learned_corrects_the_walk_and_makes_the_interval() -> None:
    forecast = a_forecast(band=Band(low=-0.5, middle=-0.1, high=0.2))
    assert forecast.correction == -3_300
    assert forecast.estimated_profit == 29_700 == forecast.estimated_revenue - forecast.estimated_cost - 3_300
    assert (forecast.low_profit, forecast.high_profit) == (16_500, 39_600)


def test_the_feeding_value_is_a_line_of_its_own_and_no_part_of_the_profit() -> None:
    forecast = a_forecast(feeding_value=12_000)
    assert forecast.feeding_value == 12_000
    assert forecast.estimated_profit == a_forecast().estimated_profit
    assert "Feeding Value:     12,000 cr (advisory)" in forecast.announcement()


def test_the_break_even_quantity_pays_for_everything_else() -> None:
    loss = a_leg("IRON", cost=10_000, revenue=3_800, units=60)
    forecast = a_forecast(a_walk(loss, a_leg()))
    assert forecast.break_even_quantity == 4, "6,200 lost on iron and 500 of fuel, at 1,675 a unit"
    assert a_forecast(a_walk(fuel_cost=0)).break_even_quantity == 0
    assert a_forecast(a_walk(a_leg(revenue=40_000))).break_even_quantity is None


def test_every_quote_it_was_made_on_is_kept() -> None:
    listings = [
        a_listing("IRON", seen=after(minutes=-3)),
        a_listing("IRON", ListingType.IMPORT, at="X1-PX-B2", seen=after(minutes=-7)),
    ]
    forecast = a_forecast(a_walk(listings=listings))
    bought, sold = forecast.price_snapshots
    assert (bought["price"], sold["price"]) == (listings[0].ask, listings[1].bid)
    assert sold == {
        "good": "IRON",
        "waypoint": "X1-PX-B2",
        "price": listings[1].bid,
        "supply": "MODERATE",
        "activity": "WEAK",
        "captured_at": after(minutes=-7).isoformat(),
    }
    assert forecast.valid_until == after(minutes=53)


def seen(minutes_ago: float) -> MarketListing:
    return a_listing("IRON", seen=NOW - timedelta(minutes=minutes_ago))


@pytest.mark.parametrize(
    ("ages", "volatile", "level"),
    [
        ([0, 4], False, ConfidenceLevel.HIGH),
        ([0, 5], False, ConfidenceLevel.MEDIUM),
        ([0, 60], False, ConfidenceLevel.MEDIUM),
        ([0, 61], False, ConfidenceLevel.LOW),
        ([0], True, ConfidenceLevel.LOW),
    ],
)
def test_confidence_follows_the_age_of_the_prices_and_how_they_moved(
    ages: list[int], volatile: bool, level: ConfidenceLevel
) -> None:
    moved = {("X1-PX-A1", "IRON")} if volatile else {("X1-PX-A1", "COPPER")}
    assert confidence([seen(age) for age in ages], moved, NOW) is level


def test_it_is_announced_in_words() -> None:
    assert a_forecast(band=Band(low=-0.25, middle=0.0, high=0.1)).announcement().splitlines() == [
        "[PROFIT_FORECAST] Pipeline abc123 for LASER_RIFLES",
        "  Estimated Cost:    45,000 cr",
        "  Estimated Revenue: 78,000 cr",
        "  Estimated Profit:  33,000 cr (73% markup, 42% margin)",
        "  80% Interval:      24,750 to 36,300 cr",
        "  Confidence: HIGH",
    ]


def test_it_is_compared_with_what_came_of_it_in_words() -> None:
    forecast = a_forecast()
    forecast.validate(31_500, PipelineStatus.COMPLETED, after(hours=3))
    assert forecast.comparison().splitlines() == [
        "[PROFIT_VALIDATION] Pipeline abc123 completed",
        "  Forecast Profit:  33,000 cr",
        "  Actual Profit:    31,500 cr",
        "  Variance:         -4.5%",
        "  Confidence: HIGH (validated)",
    ]


def test_what_came_of_it_is_entered_once() -> None:
    forecast = a_forecast()
    forecast.validate(31_500, PipelineStatus.COMPLETED, after(hours=3))
    forecast.validate(99_999, PipelineStatus.FAILED, after(hours=4))
    assert (forecast.actual_profit, forecast.outcome) == (31_500, PipelineStatus.COMPLETED)
    assert forecast.validated_at == after(hours=3)
    assert forecast.variance == pytest.approx(-1_500 / 33_000)


def test_nothing_expected_has_no_variance() -> None:
    forecast = a_forecast(Walk(begun_at=NOW, ended_at=NOW))
    forecast.validate(10, PipelineStatus.COMPLETED, NOW)
    assert forecast.variance is None
    assert "Variance:         n/a" in forecast.comparison()
