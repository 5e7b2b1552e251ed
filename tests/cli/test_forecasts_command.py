"""`manufacturing forecasts`: what was expected, what came of it, and how good the forecasts are."""

import json

from manufacturing.domain.ids import PipelineId
from manufacturing.domain.manufacturing_pipeline import PipelineKind, PipelineStatus
from manufacturing.domain.player import Player
from tests.cli.conftest import Ask
from tests.postgres.builders import MINUTE, NOW, a_forecast, a_pipeline
from tests.postgres.opening import Open


def completed(uow: Open, player: Player, ident: str, actual: int | None, *, minutes: int, good: str = "FOOD") -> None:
    """A completed pipeline that was expected to earn 33,000, give or take 3,000; without a forecast for None."""
    pipeline = a_pipeline(player, id=PipelineId(ident), product_good=good, kind=PipelineKind.HAUL)
    pipeline.start(NOW)
    pipeline.complete(NOW + minutes * MINUTE)
    with uow() as work:
        work.pipelines.add(pipeline)
        if actual is not None:
            forecast = a_forecast(
                player, pipeline_id=pipeline.id, kind=PipelineKind.HAUL, target_good=good, low_profit=30_000,
                high_profit=36_000, legs=[{"good": good, "source": "X1-T1-A1", "sink": "X1-T1-B2"}], feeding_value=70,
            )  # fmt: skip
            forecast.validate(actual, PipelineStatus.COMPLETED, NOW + minutes * MINUTE)
            pipeline.forecast_id = forecast.id
            work.forecasts.create(forecast)
        work.commit()


def test_nothing_completed_is_told(ask: Ask) -> None:
    assert "No pipeline has been completed yet" in ask("forecasts")


def test_every_completed_pipeline_is_listed_with_forecast_actual_and_variance(
    ask: Ask, uow: Open, player: Player
) -> None:
    completed(uow, player, "abcdef01-2345", 31_500, minutes=1)
    completed(uow, player, "fedcba98-7654", 16_500, minutes=2, good="DRUGS")
    completed(uow, player, "00000000-0000", None, minutes=3)
    shown = ask("forecasts")
    assert "abcdef01" in shown
    assert "-4.5%" in shown
    assert "fedcba98" in shown
    assert "-50.0%" in shown
    assert "no forecast" in shown
    assert "2 of 3 completed pipelines" in shown
    assert "66,000 expected, 48,000 earned" in shown
    assert "median error         27.3% (bias -27.3%)" in shown
    assert "intervals that held  50.0% (aim: 80%)" in shown


def test_the_list_may_be_shorter_and_the_figures_are_still_of_all(ask: Ask, uow: Open, player: Player) -> None:
    completed(uow, player, "abcdef01-2345", 31_500, minutes=1)
    completed(uow, player, "fedcba98-7654", 16_500, minutes=2)
    shown = ask("forecasts", "--limit", "1")
    assert "abcdef01" not in shown
    assert "fedcba98" in shown
    assert "2 of 2 completed pipelines" in shown


def test_as_json_everything_is_there(ask: Ask, uow: Open, player: Player) -> None:
    completed(uow, player, "abcdef01-2345", 31_500, minutes=1)
    told = json.loads(ask("forecasts", "--json"))
    (forecast,) = told["forecasts"]
    assert (forecast["estimated_profit"], forecast["actual_profit"]) == (33_000, 31_500)
    assert forecast["legs"][0]["source"] == "X1-T1-A1"
    assert forecast["feeding_value"] == 70
    assert told["accuracy"]["with_both"] == told["accuracy"]["completed"] == 1
    assert told["accuracy"]["coverage"] == 1.0
    (by_good,) = told["accuracy"]["by_good"]
    assert (by_good["good"], by_good["pipelines"]) == ("FOOD", 1)


def test_a_pipeline_that_failed_is_not_among_them(ask: Ask, uow: Open, player: Player) -> None:
    failed = a_pipeline(player)
    failed.fail("no sink", NOW)
    with uow() as work:
        work.pipelines.add(failed)
        work.commit()
    assert "No pipeline has been completed yet" in ask("forecasts")
