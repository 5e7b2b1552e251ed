"""ProductionEstimate: when a factory's output is expected to be plentiful (docs/domain.md, "Production cycles")."""

import math
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final

from manufacturing.domain.ids import PipelineId, PlayerId
from manufacturing.domain.prices import Activity, Supply
from manufacturing.domain.production_rates import Evidence, RateBand, log_spread
from manufacturing.domain.profit_forecast import ConfidenceLevel

#: The stock from which on a listing is HIGH, in trade volumes (docs/game.md, "Prices").
_HIGH_FROM: Final = 2.0
#: Where each level may lie, in trade volumes, for a stock of which only the level is known.
_LEVELS: Final = {Supply.SCARCE: (-7.0, -4.0), Supply.LIMITED: (-4.0, -2.0), Supply.MODERATE: (-2.0, 2.0)}
#: No estimate reaches further than this.
_FURTHEST_HOURS: Final = 240.0
#: The least that the logarithm of the time may stray.
_LEAST_SPREAD: Final = 0.3

_CONFIDENCE: Final = {
    Evidence.LISTING: ConfidenceLevel.HIGH,
    Evidence.GOOD: ConfidenceLevel.MEDIUM,
    Evidence.PRIOR: ConfidenceLevel.LOW,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class OutputSeen:
    """A factory's output as seen, and how fast it is made."""

    supply: Supply
    activity: Activity | None
    trade_volume: int
    net_supply: tuple[int, int] | None
    """The least and the most units there may be; None where only the level is known."""
    rate: RateBand
    evidence: Evidence


def missing_for_high(seen: OutputSeen) -> tuple[float, float]:
    """The least and the most that is missing until the output is HIGH, in trade volumes; 0 when it is."""
    if seen.net_supply is not None:
        least, most = (max(0.0, _HIGH_FROM - units / seen.trade_volume) for units in reversed(seen.net_supply))
        return least, most
    if seen.supply.at_least(Supply.HIGH):
        return 0.0, 0.0
    low, high = _LEVELS[seen.supply]
    return _HIGH_FROM - high, _HIGH_FROM - low


@dataclass(kw_only=True, eq=False)
class ProductionEstimate:
    """For (factory, output good) in one pipeline's cycle; it outlives the pipeline, for learning."""

    id: str
    player_id: PlayerId
    factory_symbol: str
    output_good: str
    pipeline_id: PipelineId | None
    confidence_level: ConfidenceLevel
    created_at: datetime
    inputs_delivered_at: dict[str, Any] = field(default_factory=dict)
    """When each input of this cycle was last delivered, ISO format."""
    all_inputs_at: datetime | None = None
    estimated_ready_at: datetime | None = None
    """When it is as likely to be plentiful already as not yet; None while nothing can be said."""
    ready_from: datetime | None = None
    """It is plentiful before this in one case of ten …"""
    ready_to: datetime | None = None
    """… and after this in one."""
    production_rate: float | None = None
    """Units per hour."""
    actual_ready_at: datetime | None = None
    """When it was first seen plentiful."""
    as_of: datetime | None = None
    """From when on the estimate counts: the last recalculation before the sight it is made from."""
    net_supply: int | None = None
    """Units, the middle of what it may have been."""
    trade_volume: int | None = None
    activity: Activity | None = None
    overdue_polls: int = 0
    """Polls since the estimate, and five minutes more, had passed without the output being plentiful."""
    version: int = 1

    def record_delivery(self, good: str, at: datetime) -> None:
        """An input was delivered: the factory may work faster from the next recalculation on, so nothing can be said
        until it was seen again."""
        self.inputs_delivered_at = {**self.inputs_delivered_at, good: at.isoformat()}
        self.estimated_ready_at = self.ready_from = self.ready_to = self.as_of = None
        self.overdue_polls = 0

    def record_all_inputs_delivered(self, at: datetime) -> None:
        """Nothing more will be delivered in this cycle."""
        self.all_inputs_at = at

    def reckon(self, seen: OutputSeen, seen_at: datetime, recalculated_at: datetime | None) -> None:
        """Reckons anew from what was seen at ``seen_at``, when the last recalculation before that was at
        ``recalculated_at`` (None: nobody knows). A sight that says the same as the one before changes nothing."""
        if missing_for_high(seen)[1] == 0:
            self.actual_ready_at = self.actual_ready_at or seen_at
        known = (self.net_supply, self.trade_volume, self.activity)
        units = sum(seen.net_supply) // 2 if seen.net_supply is not None else None
        basis = (units, seen.trade_volume, seen.activity)
        # A stock that a recalculation has not moved is no reason to expect it any sooner, or later.
        if self.as_of is not None and basis == known:
            return
        self.net_supply, self.trade_volume, self.activity = basis
        self.as_of = as_of = recalculated_at or seen_at
        self.overdue_polls = 0
        self.production_rate = seen.rate.median * seen.trade_volume
        self.confidence_level = _CONFIDENCE[seen.evidence] if seen.net_supply is not None else ConfidenceLevel.LOW
        least, most = missing_for_high(seen)
        width = most - least
        self.ready_from = as_of + _hours((least + 0.2 * width) / seen.rate.high)
        self.estimated_ready_at = as_of + _hours((least + 0.5 * width) / seen.rate.median)
        self.ready_to = as_of + _hours((least + 0.8 * width) / seen.rate.low)

    def move_out(self, to: datetime) -> None:
        """The output was not plentiful when it should have been: it is expected later, nobody knows how much."""
        if self.estimated_ready_at is not None:
            self.estimated_ready_at = max(self.estimated_ready_at, to)
            self.ready_to = max(self.ready_to or to, to)

    def chance_ready_by(self, moment: datetime, *, not_at: datetime) -> float:
        """How likely the output is plentiful at ``moment``, when it was not at ``not_at``; 1 when nothing is known."""
        if self.as_of is None:
            return 1.0
        if moment <= not_at:
            return 0.0
        before, after = self._share_ready_at(not_at), self._share_ready_at(moment)
        return (after - before) / (1 - before) if before < 1 else 1.0

    def _share_ready_at(self, moment: datetime) -> float:
        """Of all cases, those whose output is plentiful at ``moment``: the logarithm of the time is taken to be normal,
        between the quantiles of the estimate."""
        if self.as_of is None or self.ready_from is None or self.ready_to is None:
            return 1.0
        soonest, latest = ((each - self.as_of).total_seconds() for each in (self.ready_from, self.ready_to))
        elapsed = (moment - self.as_of).total_seconds()
        if elapsed <= 0:
            return 0.0
        if soonest <= 0:
            return 1.0
        spread = max(_LEAST_SPREAD, log_spread(soonest, latest))
        middle = (math.log(soonest) + math.log(latest)) / 2
        return 0.5 * (1 + math.erf((math.log(elapsed) - middle) / (spread * math.sqrt(2))))


def _hours(hours: float) -> timedelta:
    return timedelta(hours=min(hours, _FURTHEST_HOURS))
