"""Steps about the report of a run."""

import statistics
from typing import Any

from behave import then, when

from manufacturing.adapters.postgres.read_model import ReadModel
from manufacturing.cli.report import Baseline, Report, make_report
from manufacturing.domain.factory_state import FactoryState
from manufacturing.domain.ids import PipelineId
from tests.pocket_universe import PLACES

_METRICS = [
    "orchestrator size",
    "supply polls",
    "factory conflicts",
    "profit forecast and actual",
    "idle while work is ready",
    "intermediate goods shared",
    "feature coverage",
]


@when("both run {place:Place} for {good:Good} without a reservation")
def both_run(context: Any, place: str, good: str) -> None:
    world = context.world
    with world.uow() as uow:
        for name in ("first", "second"):
            state = FactoryState(
                id=world.ids(),
                player_id=world.player_id,
                pipeline_id=PipelineId(name),
                factory_symbol=PLACES[place],
                output_good=good,
                required_inputs=["COPPER"],
                created_at=world.clock.now(),
            )
            uow.factories.add(state)
        uow.commit()
    world.clock.advance(minutes=1)


@then("the report has every metric of the plan")
def has_every_metric(context: Any) -> None:
    assert [metric.name for metric in _report(context).metrics] == _METRICS


@then('the report says that "{name}" is {verdict}')
def says(context: Any, name: str, verdict: str) -> None:
    found = {metric.name: metric for metric in _report(context).metrics}
    assert found[name].verdict == verdict, found[name]


@then("the report says nothing of how true forecasts were")
def says_nothing_of_forecasts(context: Any) -> None:
    report = _report(context)
    assert (report.forecast_error, report.forecast_coverage) == (None, None)


@then("the report says how true forecasts were")
def says_how_true_forecasts_were(context: Any) -> None:
    report = _report(context)
    views = ReadModel(context.world.fleet.engine).forecasts(context.world.player_id)
    errors = [abs(error) for view in views if (error := view.comparison.error) is not None]
    assert report.forecast_error == statistics.median(errors)
    assert report.forecast_coverage == statistics.mean(view.comparison.held is True for view in views)


@then("the report counts {number:Number} conflict")
def counts_conflicts(context: Any, number: int) -> None:
    assert _report(context).conflicts == number


def _report(context: Any) -> Report:
    world = context.world
    world.fleet.usage.store()
    model = ReadModel(world.fleet.engine)
    player = next(player for player in model.players() if player.id == world.player_id)
    return make_report(
        model.engine,
        player,
        Baseline.of_everything(player),
        server="the pocket universe",
        credits=player.credits,
        now=world.clock.now(),
    )
