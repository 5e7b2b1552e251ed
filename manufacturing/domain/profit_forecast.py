"""ProfitForecast: what a pipeline is expected to earn (docs/domain.md, "Forecasts"). Advisory: it is compared, never
obeyed."""

import math
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Final

from manufacturing.domain.forecast_learning import Band, scale
from manufacturing.domain.forecast_walk import Leg, Walk
from manufacturing.domain.ids import PipelineId, PlayerId
from manufacturing.domain.manufacturing_pipeline import PipelineKind, PipelineStatus
from manufacturing.domain.market_listing import MarketListing
from manufacturing.domain.opportunity import PipelinePlan
from manufacturing.domain.prices import ListingType

#: Prices younger than this are fresh.
FRESH: Final = timedelta(minutes=5)
#: Prices older than this tell little.
OLD: Final = timedelta(minutes=60)
#: A good whose ask moved by more than this share within the last hour is volatile.
VOLATILE_MOVE: Final = 0.20


class ConfidenceLevel(StrEnum):
    """How far a forecast's prices can be trusted."""

    HIGH = "HIGH"
    """All prices are younger than 5 minutes."""
    MEDIUM = "MEDIUM"
    LOW = "LOW"
    """A good moved more than 20 % within the hour, or a price is older than 60 minutes."""


@dataclass(kw_only=True, eq=False)
class ProfitForecast:
    """Made before a pipeline starts; its actual is entered when the pipeline ends, and it survives the pipeline."""

    id: str
    player_id: PlayerId
    pipeline_id: PipelineId | None
    target_good: str
    kind: PipelineKind
    quantity: int
    estimated_cost: int
    """What is bought and sold again, with the fuel, in credits."""
    estimated_revenue: int
    estimated_profit: int
    """Revenue less cost, plus the correction."""
    confidence_level: ConfidenceLevel
    valid_until: datetime
    """When its oldest price will be an hour old."""
    created_at: datetime
    fuel_cost: int = 0
    """The part of the cost that is fuel."""
    correction: int = 0
    """What forecasts of such pipelines were usually off by, in credits."""
    profit_margin: float | None = None
    """Profit over revenue; None without revenue."""
    markup: float | None = None
    """Profit over cost; None without cost."""
    low_profit: int | None = None
    """The interval's lower end: four of five actual profits lie within it …"""
    high_profit: int | None = None
    """… and its upper end."""
    estimated_hours: float | None = None
    """Game hours until the last sale, waiting included."""
    ship_hours: float | None = None
    """Game hours of ship time, of all ships together."""
    waiting_hours: float | None = None
    """Game hours of waiting for an output to be plentiful, or for another gate."""
    profit_per_ship_hour: int | None = None
    break_even_quantity: int | None = None
    """Units of the product whose sale pays for everything else; None where none would."""
    feeding_value: int = 0
    """Advisory credits, never mixed with real ones."""
    legs: list[dict[str, Any]] = field(default_factory=list)
    """What is bought where, sold where, and for how much."""
    price_snapshots: list[dict[str, Any]] = field(default_factory=list)
    """The quotes it was made on, with the moments they were seen."""
    actual_profit: int | None = None
    variance: float | None = None
    """How far the actual profit was off, as a share of the estimated one; None while unknown, and where nothing was
    estimated."""
    outcome: PipelineStatus | None = None
    """How the pipeline ended."""
    validated_at: datetime | None = None
    version: int = 1

    def validate(self, actual_profit: int, outcome: PipelineStatus, now: datetime) -> None:
        """The pipeline has ended: what it earned, in credits. Nothing when that is known already."""
        if self.validated_at is not None:
            return
        self.actual_profit = actual_profit
        self.outcome = outcome
        self.validated_at = now
        off = actual_profit - self.estimated_profit
        self.variance = off / abs(self.estimated_profit) if self.estimated_profit else None

    def announcement(self) -> str:
        """The forecast as it is logged."""
        lines = [
            f"[PROFIT_FORECAST] Pipeline {self.pipeline_id} for {self.target_good}",
            f"  Estimated Cost:    {self.estimated_cost:,} cr",
            f"  Estimated Revenue: {self.estimated_revenue:,} cr",
            f"  Estimated Profit:  {self.estimated_profit:,} cr ({_percent(self.markup)} markup, "
            f"{_percent(self.profit_margin)} margin)",
        ]
        if self.low_profit is not None and self.high_profit is not None:
            lines.append(f"  80% Interval:      {self.low_profit:,} to {self.high_profit:,} cr")
        if self.feeding_value:
            lines.append(f"  Feeding Value:     {self.feeding_value:,} cr (advisory)")
        lines.append(f"  Confidence: {self.confidence_level}")
        return "\n".join(lines)

    def comparison(self) -> str:
        """Forecast and actual as they are logged."""
        outcome = self.outcome.lower() if self.outcome is not None else "not ended"
        return "\n".join(
            [
                f"[PROFIT_VALIDATION] Pipeline {self.pipeline_id} {outcome}",
                f"  Forecast Profit:  {self.estimated_profit:,} cr",
                f"  Actual Profit:    {self.actual_profit or 0:,} cr",
                f"  Variance:         {'n/a' if self.variance is None else f'{self.variance:+.1%}'}",
                f"  Confidence: {self.confidence_level} (validated)",
            ]
        )


def make_forecast(
    *,
    id: str,
    player_id: PlayerId,
    pipeline_id: PipelineId | None,
    plan: PipelinePlan,
    walk: Walk,
    band: Band,
    volatile: Collection[tuple[str, str]],
    now: datetime,
) -> ProfitForecast:
    """The forecast that a walk of the plan amounts to, corrected and widened by what was learned.

    ``volatile`` are the (waypoint, good) whose price has moved much of late.
    """
    walked = walk.revenue - walk.cost
    spread = scale(walked, walk.revenue + walk.cost)
    correction = round(band.middle * spread)
    profit = walked + correction
    ship_hours = walk.ship_seconds / 3600
    oldest = min((seen.observed_at for seen in walk.listings if seen.observed_at is not None), default=now)
    return ProfitForecast(
        id=id,
        player_id=player_id,
        pipeline_id=pipeline_id,
        target_good=plan.opportunity.good,
        kind=plan.kind,
        quantity=plan.quantity,
        estimated_cost=walk.cost,
        estimated_revenue=walk.revenue,
        estimated_profit=profit,
        fuel_cost=walk.fuel_cost,
        correction=correction,
        profit_margin=profit / walk.revenue if walk.revenue else None,
        markup=profit / walk.cost if walk.cost else None,
        low_profit=min(profit, walked + math.floor(band.low * spread)),
        high_profit=max(profit, walked + math.ceil(band.high * spread)),
        estimated_hours=walk.elapsed_seconds / 3600,
        ship_hours=ship_hours,
        waiting_hours=walk.waiting_seconds / 3600,
        profit_per_ship_hour=round(profit / ship_hours) if ship_hours else None,
        break_even_quantity=_break_even(plan.opportunity.good, walk),
        feeding_value=plan.feeding_value,
        confidence_level=confidence(walk.listings, volatile, now),
        legs=[_told_leg(leg) for leg in walk.legs],
        price_snapshots=[_snapshot(listing) for listing in walk.listings],
        valid_until=oldest + OLD,
        created_at=now,
    )


def confidence(
    listings: Sequence[MarketListing], volatile: Collection[tuple[str, str]], now: datetime
) -> ConfidenceLevel:
    """How far these quotes can be trusted at ``now``."""
    ages = [now - listing.observed_at for listing in listings if listing.observed_at is not None]
    if any(age > OLD for age in ages) or any((each.waypoint, each.good) in volatile for each in listings):
        return ConfidenceLevel.LOW
    return ConfidenceLevel.HIGH if all(age < FRESH for age in ages) else ConfidenceLevel.MEDIUM


def _break_even(product: str, walk: Walk) -> int | None:
    of_product = [leg for leg in walk.legs if leg.good == product]
    units = sum(leg.units for leg in of_product)
    earned = sum(leg.profit for leg in of_product)
    to_pay = walk.fuel_cost - sum(leg.profit for leg in walk.legs if leg.good != product)
    if to_pay <= 0:
        return 0
    return math.ceil(to_pay * units / earned) if units and earned > 0 else None


def _told_leg(leg: Leg) -> dict[str, Any]:
    return {
        "good": leg.good,
        "source": leg.source,
        "sink": leg.sink,
        "units": leg.units,
        "cost": leg.cost,
        "revenue": leg.revenue,
        "bought_at": leg.bought_at.isoformat(),
        "sold_at": leg.sold_at.isoformat(),
    }


def _snapshot(listing: MarketListing) -> dict[str, Any]:
    """The price is the one that matters there: what an import pays, and what anything else asks."""
    return {
        "good": listing.good,
        "waypoint": listing.waypoint,
        "price": listing.bid if listing.type is ListingType.IMPORT else listing.ask,
        "supply": listing.supply,
        "activity": listing.activity,
        "captured_at": listing.observed_at.isoformat() if listing.observed_at is not None else None,
    }


def _percent(share: float | None) -> str:
    return "n/a" if share is None else f"{share:.0%}"
