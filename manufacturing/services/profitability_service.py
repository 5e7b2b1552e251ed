"""ProfitabilityService: what pipelines are expected to earn, and how far that was true (docs/domain.md, "Forecasts").

Advisory: nothing is refused because of a forecast, and whoever asks for one goes on when there is none.
"""

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from manufacturing.domain.clock import Clock
from manufacturing.domain.decision import DecisionKind
from manufacturing.domain.expected_listing import ExpectedListing
from manufacturing.domain.forecast_learning import ForecastLearning
from manufacturing.domain.forecast_walk import Outlook, walk
from manufacturing.domain.ids import IdSource, PipelineId, PlayerId
from manufacturing.domain.manufacturing_pipeline import ManufacturingPipeline, PipelineStatus
from manufacturing.domain.market_listing import MarketListing
from manufacturing.domain.opportunity import ManufacturingOpportunity, PipelinePlan
from manufacturing.domain.opportunity_ranking import Ranking, ranked
from manufacturing.domain.policy import FleetPolicy
from manufacturing.domain.ports import UnitOfWork
from manufacturing.domain.profit_forecast import VOLATILE_MOVE, ProfitForecast, make_forecast
from manufacturing.domain.realised_profit import realised_profit
from manufacturing.domain.routing import Router
from manufacturing.domain.ship import Ship
from manufacturing.domain.system_markets import SystemMarkets
from manufacturing.services.production_rate_service import ProductionRateService
from manufacturing.services.system_routes import SystemRoutes

log = logging.getLogger(__name__)

#: What was learned is read again after this much game time.
_LEARNED_FOR: Final = timedelta(minutes=5)
#: So many of the latest finished forecasts are learned from.
_REMEMBERED: Final = 400
_HOUR: Final = timedelta(hours=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class OptimalQuantity:
    """How much of an opportunity one visit should take."""

    units: int
    """0 when nothing of it is worth taking."""
    profit: int
    """Expected, without fuel, in credits."""
    source: str | None
    """The waypoint to buy at; None when there is none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Knowledge:
    """What forecasts rest on besides the markets, as of ``at``."""

    at: datetime
    learning: ForecastLearning
    volatile: frozenset[tuple[str, str]]
    router: Router


class ProfitabilityService:
    """Forecasts, ranks, and compares forecasts with what came of them."""

    def __init__(
        self,
        clock: Clock,
        ids: IdSource,
        policy: FleetPolicy,
        *,
        routes: SystemRoutes,
        rates: ProductionRateService,
    ) -> None:
        self._clock = clock
        self._ids = ids
        self._policy = policy
        self._routes = routes
        self._rates = rates
        self._knowledge: dict[PlayerId, _Knowledge] = {}

    def forecast_pipeline_profit(
        self,
        uow: UnitOfWork,
        player_id: PlayerId,
        plan: PipelinePlan,
        markets: SystemMarkets,
        haulers: Sequence[Ship],
        *,
        pipeline_id: PipelineId | None = None,
    ) -> ProfitForecast:
        """What the plan is expected to earn when ``haulers`` carry it out from now on in ``markets``. It is stored by
        whoever creates the pipeline (``attach``). ValueError when the plan cannot be followed, for want of a ship or of
        a quote."""
        now = self._clock.now()
        known = self._know(uow, player_id, now)
        outlook = Outlook(
            markets=markets,
            haulers=haulers,
            router=known.router,
            policy=self._policy,
            now=now,
            rates=self._rates.rates(uow, player_id),
        )
        return make_forecast(
            id=self._ids(),
            player_id=player_id,
            pipeline_id=pipeline_id,
            plan=plan,
            walk=walk(plan, outlook),
            band=known.learning.band(plan.opportunity.good, plan.kind),
            volatile=known.volatile,
            now=now,
        )

    def attach(
        self,
        uow: UnitOfWork,
        pipeline: ManufacturingPipeline,
        plan: PipelinePlan,
        markets: SystemMarkets,
        haulers: Sequence[Ship],
    ) -> None:
        """Forecasts the pipeline's plan, and stores and logs that with the pipeline. A forecast that fails leaves the
        pipeline without one, with a decision that says why."""
        try:
            forecast = self.forecast_pipeline_profit(
                uow, pipeline.player_id, plan, markets, haulers, pipeline_id=pipeline.id
            )
        except Exception as error:
            log.exception("pipeline %s has no forecast", pipeline.id)
            reason = f"no forecast: {type(error).__name__}: {error}"
            uow.decisions.note(pipeline.player_id, DecisionKind.SKIP, pipeline.id, reason, self._clock.now())
            return
        uow.forecasts.create(forecast)
        pipeline.forecast_id = forecast.id
        log.info(forecast.announcement())

    def calculate_optimal_quantity(
        self, opportunity: ManufacturingOpportunity, markets: SystemMarkets, cargo_capacity: int
    ) -> OptimalQuantity:
        """How many units one visit with such a hold should bring to the opportunity's sink, from the source where that
        earns most; 0 units when no source earns anything."""
        best = OptimalQuantity(units=0, profit=0, source=None)
        for source in markets.sources(opportunity.good):
            if source.waypoint != opportunity.sink.waypoint:
                units, profit = self._best_quantity(source, opportunity.sink, cargo_capacity)
                if profit > best.profit:
                    best = OptimalQuantity(units=units, profit=profit, source=source.waypoint)
        return best

    def _best_quantity(self, source: MarketListing, sink: MarketListing, hold: int) -> tuple[int, int]:
        """The units between the two after which one more would cost more than it brings, and their profit."""
        now = self._clock.now()
        buying, selling = ExpectedListing(source), ExpectedListing(sink)
        buying.wait_until(now)
        selling.wait_until(now)
        units = profit = trades = 0
        bought = sold = 0
        ask = bid = 0
        while units < hold:
            if bought == units:
                if trades >= self._policy.tranches(buying.supply):
                    break
                rung = buying.book_purchase(hold - units)
                bought, ask, trades = bought + rung.units, rung.price, trades + 1
            if sold == units:
                rung = selling.book_sale(hold - units)
                sold, bid = sold + rung.units, rung.price
            if bid <= ask:
                break
            step = min(bought, sold) - units
            units += step
            profit += step * (bid - ask)
        return units, profit

    def rank_opportunities_by_roi(
        self, plans: Sequence[PipelinePlan], by: Ranking = Ranking.PROFIT_PER_SHIP_HOUR
    ) -> list[PipelinePlan]:
        """The plans, best first: by what an hour of a ship earns, or by the return on each credit."""
        return ranked(plans, by)

    def validate_forecast(
        self, uow: UnitOfWork, forecast_id: str, actual_profit: int, outcome: PipelineStatus
    ) -> ProfitForecast:
        """Enters what the forecast's pipeline earned, and logs the comparison; once. UnknownThing when there is no such
        forecast."""
        forecast = uow.forecasts.find_by_id(forecast_id)
        if forecast.validated_at is None:
            forecast.validate(actual_profit, outcome, self._clock.now())
            log.info(forecast.comparison())
        return forecast

    def conclude(self, uow: UnitOfWork, pipeline: ManufacturingPipeline) -> int:
        """The pipeline has ended: what it earned by its ledger, in credits, which its forecast is compared with."""
        profit = realised_profit(uow.ledger.movements_of_pipeline(pipeline.id))
        if pipeline.forecast_id is not None:
            self.validate_forecast(uow, pipeline.forecast_id, profit, pipeline.status)
        return profit

    def _know(self, uow: UnitOfWork, player_id: PlayerId, now: datetime) -> _Knowledge:
        known = self._knowledge.get(player_id)
        if known is None or now - known.at >= _LEARNED_FOR:
            known = self._knowledge[player_id] = _Knowledge(
                at=now,
                learning=ForecastLearning(uow.forecasts.of_completed(player_id, _REMEMBERED)),
                volatile=uow.markets.volatile(player_id, now - _HOUR, VOLATILE_MOVE),
                router=self._routes.router(uow, player_id),
            )
        return known
