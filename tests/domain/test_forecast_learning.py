"""What finished forecasts teach the next ones."""

import random

from hypothesis import given
from hypothesis import strategies as st

from manufacturing.domain.forecast_learning import COVERAGE, Band, ForecastLearning, PastForecast, scale
from manufacturing.domain.manufacturing_pipeline import PipelineKind

HAUL, FABRICATION = PipelineKind.HAUL, PipelineKind.FABRICATION


def a_past(error: float, good: str = "CLOTHING", kind: PipelineKind = HAUL, *, held: bool = True) -> PastForecast:
    """A finished forecast of 10,000 credits that was off by that share."""
    actual = 10_000 + round(error * 10_000)
    low, high = (actual - 1, actual + 1) if held else (actual + 1, actual + 2)
    return PastForecast(good=good, kind=kind, cost=40_000, revenue=50_000, low=low, high=high, actual=actual)


def width(band: Band) -> float:
    return band.high - band.low


def test_errors_are_measured_by_the_profit_or_by_the_turnover_where_that_is_small() -> None:
    assert scale(10_000, 90_000) == 10_000
    assert scale(-10_000, 90_000) == 10_000
    assert scale(100, 90_000) == 4_500
    assert scale(0, 0) == 1
    assert a_past(-0.2).error == -0.2


def test_before_anything_was_learned_the_interval_is_wide() -> None:
    band = ForecastLearning([]).band("CLOTHING", HAUL)
    assert band.low < -0.2 < 0 < band.high
    assert abs(band.middle) < 0.05


def test_an_error_that_comes_back_is_corrected_and_the_interval_narrows_around_it() -> None:
    band = ForecastLearning([a_past(-0.3)] * 60).band("CLOTHING", HAUL)
    assert abs(band.middle + 0.3) < 0.02
    assert width(band) < width(ForecastLearning([]).band("CLOTHING", HAUL)) / 3


def test_a_product_that_was_never_made_is_judged_by_its_kind() -> None:
    learning = ForecastLearning([a_past(-0.3, "CLOTHING", HAUL)] * 60 + [a_past(0.3, "FOOD", FABRICATION)] * 60)
    assert abs(learning.band("MEDICINE", HAUL).middle + 0.3) < 0.05
    assert abs(learning.band("MEDICINE", FABRICATION).middle - 0.3) < 0.05


def test_a_few_errors_of_its_own_do_not_outweigh_many_of_its_kind() -> None:
    learning = ForecastLearning([a_past(0.5, "FOOD")] * 2 + [a_past(0.0)] * 60)
    assert abs(learning.band("FOOD", HAUL).middle) < 0.1
    assert learning.band("FOOD", HAUL).high > learning.band("CLOTHING", HAUL).high


def test_intervals_that_did_not_hold_widen_the_next() -> None:
    errors = [error / 100 for error in range(-50, 50)]
    held = ForecastLearning([a_past(error) for error in errors]).band("CLOTHING", HAUL)
    missed = ForecastLearning([a_past(error, held=False) for error in errors]).band("CLOTHING", HAUL)
    assert width(missed) > width(held)


def test_in_the_long_run_four_of_five_intervals_hold_whatever_the_errors_are_like() -> None:
    for draw in (
        lambda chance: chance.gauss(-0.05, 0.2),
        lambda chance: chance.choice([0.0, 0.0, 0.0, -0.8, 0.4]) + chance.gauss(0, 0.02),
        lambda chance: -abs(chance.gauss(0, 0.5)),
    ):
        chance = random.Random(5)
        past: list[PastForecast] = []
        for _ in range(600):
            band = ForecastLearning(past[:400]).band("CLOTHING", HAUL)
            error = draw(chance)
            past.insert(
                0,
                PastForecast(
                    good="CLOTHING",
                    kind=HAUL,
                    cost=40_000,
                    revenue=50_000,
                    low=10_000 + round(band.low * 10_000),
                    high=10_000 + round(band.high * 10_000),
                    actual=10_000 + round(error * 10_000),
                ),
            )
        share = sum(bool(each.held) for each in past) / len(past)
        assert abs(share - COVERAGE) < 0.05


@given(
    st.lists(
        st.tuples(
            st.floats(-5, 5), st.sampled_from(["CLOTHING", "FOOD"]), st.sampled_from(PipelineKind), st.booleans()
        ),
        max_size=60,
    )
)
def test_the_middle_lies_within_the_interval(seen: list[tuple[float, str, PipelineKind, bool]]) -> None:
    learning = ForecastLearning([a_past(error, good, kind, held=held) for error, good, kind, held in seen])
    for kind in PipelineKind:
        band = learning.band("CLOTHING", kind)
        assert band.low <= band.middle <= band.high
