"""How far forecasts were true."""

import pytest

from manufacturing.domain.forecast_accuracy import Comparison, ForecastAccuracy


def a_comparison(
    actual: int | None, good: str = "FOOD", *, estimated: int | None = 1_000, band: int = 100
) -> Comparison:
    ends = (None, None) if estimated is None else (estimated - band, estimated + band)
    return Comparison(good=good, turnover=4_000, estimated=estimated, low=ends[0], high=ends[1], actual=actual)


def test_nothing_completed_tells_nothing() -> None:
    accuracy = ForecastAccuracy.of([])
    assert (accuracy.completed, accuracy.with_both, accuracy.by_good) == (0, 0, ())
    assert (accuracy.bias, accuracy.median_error, accuracy.coverage) == (None, None, None)


def test_errors_are_relative_and_intervals_are_counted() -> None:
    accuracy = ForecastAccuracy.of([a_comparison(900), a_comparison(1_050), a_comparison(500), a_comparison(1_000)])
    assert accuracy.median_error == pytest.approx(0.075)
    assert accuracy.bias == pytest.approx(-0.05)
    assert accuracy.coverage == 0.75
    assert (accuracy.estimated, accuracy.actual) == (4_000, 3_450)


def test_a_tiny_profit_is_judged_by_the_turnover() -> None:
    assert a_comparison(120, estimated=20).error == 0.5


def test_pipelines_without_a_forecast_are_counted_and_not_judged() -> None:
    accuracy = ForecastAccuracy.of([a_comparison(900), a_comparison(None, estimated=None)])
    assert (accuracy.completed, accuracy.with_both) == (2, 1)
    assert accuracy.median_error == pytest.approx(0.1)


def test_each_product_has_its_own_figures_the_most_frequent_first() -> None:
    accuracy = ForecastAccuracy.of([a_comparison(500, "DRUGS"), a_comparison(1_100), a_comparison(1_200)])
    assert [(each.good, each.pipelines) for each in accuracy.by_good] == [("FOOD", 2), ("DRUGS", 1)]
    food, drugs = accuracy.by_good
    assert (food.bias, food.coverage) == (pytest.approx(0.15), 0.5)
    assert (drugs.bias, drugs.median_error, drugs.coverage) == (-0.5, 0.5, 0.0)
