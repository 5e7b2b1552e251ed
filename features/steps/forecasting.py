"""Steps about forecasts: made, compared, and learned from."""

import logging
from typing import Any

from behave import given, then, when

from manufacturing.domain.facts import recipes
from manufacturing.domain.forecast_learning import scale
from manufacturing.domain.ledger import EntryKind
from manufacturing.domain.manufacturing_pipeline import PipelineKind, PipelineStatus
from manufacturing.domain.opportunity import ManufacturingOpportunity, PipelinePlan
from manufacturing.domain.opportunity_ranking import Ranking
from manufacturing.domain.prices import ListingType
from manufacturing.domain.profit_forecast import ConfidenceLevel, ProfitForecast
from manufacturing.services.profitability_service import OptimalQuantity
from manufacturing.services.system_survey import SystemSurvey
from tests.builders import SYSTEM, a_listing
from tests.pocket_universe import NAMES, PLACES
from tests.world import World

_LOG = logging.getLogger("manufacturing.services.profitability_service")


def the_forecast(world: World, good: str = "ELECTRONICS") -> ProfitForecast:
    """The forecast of the latest pipeline that makes the good and is no mere haul."""
    pipeline = [p for p in world.pipelines() if p.product_good == good and p.kind is not PipelineKind.HAUL][-1]
    assert pipeline.forecast_id is not None, f"pipeline {pipeline.id} has no forecast: {world.decisions(pipeline.id)}"
    with world.uow() as uow:
        return uow.forecasts.find_by_id(pipeline.forecast_id)


def optimal(world: World, good: str, hold: int) -> OptimalQuantity:
    """What the service says one visit should bring to the capital."""
    with world.uow() as uow:
        markets = SystemSurvey(recipes(), world.policy).markets(uow, world.player_id, SYSTEM)
    sink = markets.listing(PLACES["the capital"], good)
    assert sink is not None
    opportunity = ManufacturingOpportunity(good=good, sink=sink)
    return world.fleet.profitability.calculate_optimal_quantity(opportunity, markets, hold)


class _Keeper(logging.Handler):
    """Keeps what is logged."""

    def __init__(self) -> None:
        super().__init__()
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(record.getMessage())


def add_past(world: World, count: int, good: str, outcome: PipelineStatus, error: float) -> None:
    """Finished forecasts of 10,000 credits that were off by that share."""
    with world.uow() as uow:
        for number in range(count):
            forecast = ProfitForecast(
                id=f"past-{number}",
                player_id=world.player_id,
                pipeline_id=None,
                target_good=good,
                kind=PipelineKind.COLLECTION,
                quantity=60,
                estimated_cost=40_000,
                estimated_revenue=50_000,
                estimated_profit=10_000,
                low_profit=2_000,
                high_profit=12_000,
                confidence_level=ConfidenceLevel.HIGH,
                valid_until=world.clock.now(),
                created_at=world.clock.now(),
            )
            forecast.validate(10_000 + round(error * 10_000), outcome, world.clock.now())
            uow.forecasts.create(forecast)
        uow.commit()


@given("somebody reads the log")
def reads_log(context: Any) -> None:
    context.log = _Keeper()
    context.add_cleanup(_LOG.removeHandler, context.log)
    context.add_cleanup(_LOG.setLevel, _LOG.level)
    _LOG.addHandler(context.log)
    _LOG.setLevel(logging.INFO)


@given("nothing has moved for an hour, and the markets were last seen {minutes:Number} minutes ago")
def prices_are_old(context: Any, minutes: int) -> None:
    context.world.clock.advance(minutes=61)
    for place in PLACES:
        context.world.look_at(place)
    context.world.clock.advance(minutes=minutes)


@given("{good:Good} becomes {supply:Supply} at {place:Place}")
def becomes(context: Any, good: str, supply: Any, place: str) -> None:
    context.world.clock.advance(minutes=1)
    context.world.stock(good, place, supply)


@given("forecasts cannot be made")
def no_forecasts(context: Any) -> None:
    def fail(*_: Any, **__: Any) -> ProfitForecast:
        raise ValueError("the crystal ball is broken")

    context.add_cleanup(_LOG.setLevel, _LOG.level)
    _LOG.setLevel(logging.CRITICAL)
    context.world.fleet.profitability.forecast_pipeline_profit = fail


@given("these plans")
def plans(context: Any) -> None:
    context.plans = []
    for row in context.table:
        cost, profit = (int(row[name].replace(",", "")) for name in ("cost", "profit"))
        context.plans.append(
            PipelinePlan(
                opportunity=ManufacturingOpportunity(
                    good=row["good"], sink=a_listing(row["good"], ListingType.IMPORT, at=PLACES["the capital"])
                ),
                kind=PipelineKind.COLLECTION,
                factory_symbol=PLACES["the works"],
                quantity=20,
                tasks=[],
                cycles={},
                cost=cost,
                revenue=cost + profit,
                ship_seconds=60 * int(row["minutes"]),
            )
        )


@given("{count:Number} pipelines for {good:Good} have earned {percent:Number} percent less than was forecast")
def earned_less(context: Any, count: int, good: str, percent: int) -> None:
    add_past(context.world, count, good, PipelineStatus.COMPLETED, -percent / 100)


@given("{count:Number} pipelines for {good:Good} were cancelled with nothing earned")
def cancelled(context: Any, count: int, good: str) -> None:
    add_past(context.world, count, good, PipelineStatus.CANCELLED, -1.0)


@when("the forecast is told that it earned {credits:Number} credits")
def told(context: Any, credits: int) -> None:
    world = context.world
    forecast_id = the_forecast(world).id
    with world.uow() as uow:
        world.fleet.profitability.validate_forecast(uow, forecast_id, credits, PipelineStatus.COMPLETED)
        uow.commit()


@then("the pipeline for {good:Good} has a forecast")
def has_forecast(context: Any, good: str) -> None:
    world = context.world
    forecast = the_forecast(world, good)
    assert forecast.target_good == good
    with world.uow() as uow:
        found = uow.forecasts.find_by_pipeline_id(forecast.pipeline_id)
    assert found is not None
    assert found.id == forecast.id


@then("the pipeline for {good:Good} has no forecast")
def has_no_forecast(context: Any, good: str) -> None:
    (pipeline,) = [p for p in context.world.pipelines() if p.product_good == good]
    assert pipeline.forecast_id is None


@then("the forecast brings {units:Number} {good:Good} from {source:Place} to {sink:Place}")
def brings(context: Any, units: int, good: str, source: str, sink: str) -> None:
    legs = [
        (leg["units"], leg["good"], NAMES[leg["source"]], NAMES[leg["sink"]])
        for leg in the_forecast(context.world).legs
    ]
    assert (units, good, source, sink) in legs, legs


@then("the forecast's legs are, in any order")
def legs_are(context: Any) -> None:
    found = {(leg["good"], NAMES[leg["source"]], NAMES[leg["sink"]]) for leg in the_forecast(context.world).legs}
    assert found == {(row["good"], row["from"], row["to"]) for row in context.table}, found


@then("the forecast counts waiting for the output")
def counts_waiting(context: Any) -> None:
    forecast = the_forecast(context.world)
    assert (forecast.waiting_hours or 0) > 1, forecast
    assert (forecast.estimated_hours or 0) > (forecast.waiting_hours or 0)


@then("the forecast's profit is its revenue less its cost, corrected by what was learned")
def adds_up(context: Any) -> None:
    f = the_forecast(context.world)
    assert f.estimated_profit == f.estimated_revenue - f.estimated_cost + f.correction
    assert f.estimated_cost == sum(leg["cost"] for leg in f.legs) + f.fuel_cost


@then("the forecast's interval holds its profit")
def interval_holds(context: Any) -> None:
    f = the_forecast(context.world)
    assert f.low_profit < f.estimated_profit < f.high_profit, f


@then("the forecast keeps the quotes of {good:Good} at {one:Place} and {other:Place}")
def keeps_quotes(context: Any, good: str, one: str, other: str) -> None:
    kept = {(s["waypoint"], s["good"]): s["price"] for s in the_forecast(context.world).price_snapshots}
    works, capital = (context.world.real_listing(good, place).quote for place in (one, other))
    assert kept == {(PLACES[one], good): works.ask, (PLACES[other], good): capital.bid}, kept


@then("the forecast is logged as [{heading}]")
def is_logged(context: Any, heading: str) -> None:
    forecast = the_forecast(context.world)
    text = forecast.announcement() if heading == "PROFIT_FORECAST" else forecast.comparison()
    assert text.startswith(f"[{heading}] Pipeline {forecast.pipeline_id} "), text
    assert text in context.log.lines, context.log.lines


@then("the game charged and paid what the walk of the forecast had said, to the credit")
def true_to_the_credit(context: Any) -> None:
    world = context.world
    forecast = the_forecast(world)
    entries = [entry for entry in world.ledger() if entry.pipeline_id == forecast.pipeline_id]
    spent = {kind: -sum(e.amount for e in entries if e.kind is kind) for kind in EntryKind}
    assert spent[EntryKind.PURCHASE] == forecast.estimated_cost - forecast.fuel_cost
    assert spent[EntryKind.REFUEL] == forecast.fuel_cost
    assert -spent[EntryKind.SALE] == forecast.estimated_revenue


@then("the forecast's confidence is {level}")
def confidence_is(context: Any, level: str) -> None:
    assert the_forecast(context.world).confidence_level == level


@then("the optimal quantity of {good:Good} for a hold of {hold:Number} is {units:Number} from {place:Place}")
def optimal_from(context: Any, good: str, hold: int, units: int, place: str) -> None:
    best = optimal(context.world, good, hold)
    assert (best.units, best.source) == (units, PLACES[place]), best
    assert best.profit > 0


@then("the optimal quantity of {good:Good} for a hold of {hold:Number} is 0")
def nothing_optimal(context: Any, good: str, hold: int) -> None:
    assert optimal(context.world, good, hold) == OptimalQuantity(units=0, profit=0, source=None)


@then("a hold larger than what one visit may buy does not change the optimal quantity of {good:Good}")
def no_more_than_a_visit(context: Any, good: str) -> None:
    assert optimal(context.world, good, 1_000) == optimal(context.world, good, 60)


@then("the best plan by {ranking} is that for {good:Good}")
def best_plan(context: Any, ranking: str, good: str) -> None:
    ranked = context.world.fleet.profitability.rank_opportunities_by_roi(context.plans, Ranking(ranking))
    assert ranked[0].opportunity.good == good


@then("the forecast's actual profit is the sum of the pipeline's ledger entries")
def actual_is_ledger(context: Any) -> None:
    world = context.world
    forecast = the_forecast(world)
    with world.uow() as uow:
        assert forecast.actual_profit == uow.ledger.profit_of_pipeline(forecast.pipeline_id)


@then("the forecast knows how far it was off")
def knows_variance(context: Any) -> None:
    f = the_forecast(context.world)
    assert f.actual_profit is not None
    assert f.variance == (f.actual_profit - f.estimated_profit) / abs(f.estimated_profit)
    assert f.outcome is PipelineStatus.COMPLETED


@then("the forecast's outcome is {status:PipelineStatus}")
def outcome_is(context: Any, status: PipelineStatus) -> None:
    assert the_forecast(context.world).outcome is status


@then("the forecast's actual profit is {credits:Number} credits")
def actual_is(context: Any, credits: int) -> None:
    assert the_forecast(context.world).actual_profit == credits


@then("the forecast is corrected by about minus {percent:Number} percent")
def corrected_by(context: Any, percent: int) -> None:
    f = the_forecast(context.world)
    walked = f.estimated_revenue - f.estimated_cost
    share = f.correction / scale(walked, f.estimated_revenue + f.estimated_cost)
    assert abs(share + percent / 100) < 0.04, share
