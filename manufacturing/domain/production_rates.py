"""ProductionRates: how fast listings make and use up goods, learned from what was seen of them (docs/domain.md,
"Production rates").

A quote tells the stock behind it, so two of them tell what happened in between; our own trades are taken out. Rates are
trade volumes per game hour, positive for what an export makes and for what an import uses up.
"""

import math
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from functools import lru_cache
from typing import Final, Self

from manufacturing.domain.margins import Margins, narrowed, possible_stocks
from manufacturing.domain.market_listing import ListingChange, MarketListing, Place
from manufacturing.domain.prices import Activity, ListingType, Quote, StockRange, Supply
from manufacturing.domain.recalculation_rhythm import RecalculationRhythm

#: How far a listing's own pace is believed to stray from the usual one.
_SLOWEST: Final = 0.4
_FASTEST: Final = 2.5
#: The least rate that counts: slower than that, a listing is at rest.
_LEAST_RATE: Final = 0.01
#: So much slower than usual, a listing does not show its own pace: it has come to rest.
_AT_REST: Final = 0.25
#: The share of the lowest and of the highest observations that a pace leaves out …
_TRIMMED: Final = 0.2
#: … and the hours that the usual pace counts beside those seen.
_HOURS_OF_USUAL: Final = 1.0
#: Where nothing tells when recalculations were, a change needs this long to be a rate.
_SHORTEST_WITHOUT_RHYTHM: Final = timedelta(minutes=25)
#: Hours seen of a listing, of a good, before their own rates are believed.
_HOURS_OF_LISTING: Final = 1.5
_HOURS_OF_GOOD: Final = 3.0
#: Observations kept: the latest count.
_KEPT_OF_LISTING: Final = 24
_KEPT_OF_GOOD: Final = 96
#: How far the quantiles of so many rates may be off, as a logarithm, times the root of their number.
_DOUBT: Final = 0.6
#: Quartiles of a logarithm times this are its 10 % and 90 % quantiles.
_QUARTILES_TO_DECILES: Final = 1.9
#: 10 % and 90 % quantiles are this many standard deviations from the middle.
DECILE: Final = 1.2816
#: How wide each level is, in trade volumes; the outermost have no other end.
_LEVEL_WIDTH: Final = {Supply.LIMITED: 2.0, Supply.MODERATE: 4.0, Supply.HIGH: 2.0}


@dataclass(frozen=True, slots=True)
class RateBand:
    """A rate with its 10 % and 90 % quantiles, in trade volumes per game hour."""

    low: float
    median: float
    high: float

    @classmethod
    def of_quartiles(cls, lower: float, median: float, upper: float) -> Self:
        """The band of a rate whose quartiles are known."""
        return cls(
            low=median * (lower / median) ** _QUARTILES_TO_DECILES,
            median=median,
            high=median * (upper / median) ** _QUARTILES_TO_DECILES,
        )

    @classmethod
    @lru_cache(maxsize=4096)
    def of_observations(cls, seen: tuple[tuple[float, float], ...]) -> Self:
        """The band of rates, each with the hours it was seen for: the wider, the fewer there are."""
        ordered = sorted((max(_LEAST_RATE, rate), hours) for rate, hours in seen)
        low, median, high = (_weighted_quantile(ordered, share) for share in (0.1, 0.5, 0.9))
        doubt = math.exp(_DOUBT / math.sqrt(len(ordered)))
        return cls(low / doubt, median, high * doubt)


def _weighted_quantile(ordered: Sequence[tuple[float, float]], share: float) -> float:
    wanted = share * sum(weight for _, weight in ordered)
    passed = 0.0
    for value, weight in ordered:
        passed += weight
        if passed >= wanted:
            return value
    return ordered[-1][0]


def _trimmed_mean(weighted: Iterable[tuple[float, float]], share: float) -> float:
    """The mean of values with their weights, without that share of the weight at either end."""
    ordered = sorted(weighted)
    total = sum(weight for _, weight in ordered)
    passed = summed = kept = 0.0
    for value, weight in ordered:
        counts = min(passed + weight, (1 - share) * total) - max(passed, share * total)
        passed += weight
        if counts > 0:
            summed += value * counts
            kept += counts
    return summed / kept


#: What an export makes, by its activity, while it is below HIGH …
PRODUCTION: Final[Mapping[Activity, RateBand]] = {
    Activity.RESTRICTED: RateBand.of_quartiles(0.13, 0.25, 0.45),
    Activity.WEAK: RateBand.of_quartiles(0.17, 0.4, 0.6),
    Activity.GROWING: RateBand.of_quartiles(0.7, 1.0, 1.4),
    Activity.STRONG: RateBand.of_quartiles(1.4, 1.5, 2.0),
}
#: … and a WEAK one from HIGH on.
PRODUCTION_WEAK_AND_HIGH: Final = RateBand.of_quartiles(0.1, 0.17, 0.5)
#: What an import uses up, by its activity.
CONSUMPTION: Final[Mapping[Activity, RateBand]] = {
    Activity.RESTRICTED: RateBand.of_quartiles(0.16, 0.25, 0.46),
    Activity.WEAK: RateBand.of_quartiles(0.33, 0.41, 0.57),
    Activity.GROWING: RateBand.of_quartiles(1.1, 1.5, 2.1),
    Activity.STRONG: RateBand.of_quartiles(1.4, 1.6, 2.3),
}


class Evidence(StrEnum):
    """What a rate is based on, from best to worst."""

    LISTING = "LISTING"
    """What this listing did."""
    GOOD = "GOOD"
    """What listings of the same good did."""
    PRIOR = "PRIOR"
    """What listings usually do."""


@dataclass(frozen=True, slots=True)
class MarketTrade:
    """A trade of ours: ``units`` are positive when sold to the market, negative when bought from it."""

    waypoint: str
    good: str
    units: int
    at: datetime


@dataclass(frozen=True, slots=True)
class _Pace:
    """What a rate depends on. Near its resting level a listing is slower than elsewhere."""

    type: ListingType
    activity: Activity
    near_rest: bool

    @classmethod
    def of(cls, type_: ListingType, activity: Activity | None, supply: Supply) -> Self:
        near_rest = supply.at_least(Supply.HIGH) if type_ is ListingType.EXPORT else supply is Supply.SCARCE
        return cls(type_, activity or Activity.WEAK, near_rest)

    @property
    def prior(self) -> RateBand:
        if self.type is not ListingType.EXPORT:
            return CONSUMPTION[self.activity]
        if self.near_rest and self.activity is Activity.WEAK:
            return PRODUCTION_WEAK_AND_HIGH
        return PRODUCTION[self.activity]


def _likeliest(stocks: Sequence[StockRange]) -> int | None:
    return (stocks[0].least + stocks[0].most) // 2 if stocks else None


@dataclass(slots=True)
class _Trail:
    """What was seen of one listing so far."""

    seen: ListingChange | None = None
    net_supply: int | None = None
    volume: int = 0
    margins: Margins = frozenset()
    """The margins that explain every quote since the trade volume last changed."""
    traded: int = 0
    """Units we sold less units we bought since the stock was last seen."""
    level_since: datetime | None = None
    """When the current level was entered from the side that it is being crossed from; None when it was not."""

    def stocks(self, type_: ListingType, good: str, volume: int, seen: Quote, supply: Supply) -> Sequence[StockRange]:
        """Every stock that explains a quote and the ones before it, the likeliest margin first; none where the good's
        base price is not known exactly."""
        found = possible_stocks(type_, good, volume, seen, supply)
        self.margins = narrowed(self.margins if volume == self.volume else frozenset(), found)
        self.volume = volume
        return [stock for stock in found if stock.margin in self.margins]


@dataclass(slots=True)
class ProductionRates:
    """The rates of one player's listings. Looking one up costs nothing; ``learn`` takes in what was seen since."""

    rhythm: RecalculationRhythm = field(default_factory=RecalculationRhythm)
    _trails: dict[tuple[str, str], _Trail] = field(default_factory=lambda: defaultdict(_Trail))
    # Rates and the hours they were seen for. Values are replaced, never changed: other threads may be reading them.
    _of_listing: dict[tuple[str, str, _Pace], tuple[tuple[float, float], ...]] = field(default_factory=dict)
    _of_good: dict[tuple[str, _Pace], tuple[tuple[float, float], ...]] = field(default_factory=dict)
    _own_pace: dict[Place, float] = field(default_factory=dict)

    def production(self, listing: MarketListing) -> RateBand:
        """How fast the export makes its good."""
        return self.rate(listing)[0]

    def consumption(self, listing: MarketListing) -> RateBand:
        """How fast the import uses its good up."""
        return self.rate(listing)[0]

    def rate(self, listing: MarketListing, activity: Activity | None = None) -> tuple[RateBand, Evidence]:
        """The listing's rate, at its own activity or at the one given, and what that is based on."""
        supply = listing.supply or Supply.MODERATE
        pace = _Pace.of(listing.type, activity or listing.activity, supply)
        own = self._of_listing.get((listing.waypoint, listing.good, pace), ())
        if sum(hours for _, hours in own) >= _HOURS_OF_LISTING:
            return RateBand.of_observations(own), Evidence.LISTING
        alike = self._of_good.get((listing.good, pace), ())
        if sum(hours for _, hours in alike) >= _HOURS_OF_GOOD:
            return RateBand.of_observations(alike), Evidence.GOOD
        return pace.prior, Evidence.PRIOR

    def pace(self, listing: MarketListing) -> float:
        """How fast the listing is compared with what is usual, whatever its activity; 1 until it was seen."""
        return self._own_pace.get(listing.place, 1.0)

    def net_supply(self, listing: MarketListing) -> int | None:
        """The units behind the listing's quote, the likeliest where several explain it; None where they cannot be
        told."""
        return _likeliest(self._stocks_of(listing))

    def net_supply_range(self, listing: MarketListing) -> tuple[int, int] | None:
        """The least and the most units that explain the listing's quote; None where they cannot be told."""
        stocks = self._stocks_of(listing)
        return (min(s.least for s in stocks), max(s.most for s in stocks)) if stocks else None

    def _stocks_of(self, listing: MarketListing) -> Sequence[StockRange]:
        if listing.trade_volume is None or listing.supply is None or not listing.is_known:
            return ()
        trail = self._trails[listing.place]
        return trail.stocks(listing.type, listing.good, listing.trade_volume, listing.quote, listing.supply)

    def learn(self, changes: Iterable[ListingChange], trades: Iterable[MarketTrade]) -> None:
        """Takes in what was seen and traded since the last time."""
        # A ship looks, then trades; where both bear one moment, what was seen first was seen before the trades.
        events: list[tuple[datetime, int, ListingChange | MarketTrade]] = [
            *((change.recorded_at, 0, change) for change in changes),
            *((trade.at, 1, trade) for trade in trades),
        ]
        places: dict[Place, ListingType] = {}
        for _, _, event in sorted(events, key=lambda entry: entry[:2]):
            trail = self._trails[event.waypoint, event.good]
            if isinstance(event, MarketTrade):
                trail.traded += event.units
                trail.level_since = None
            elif event.type is not ListingType.EXCHANGE and (
                trail.seen is None or trail.seen.recorded_at < event.recorded_at
            ):
                self._follow(trail, event)
                places[event.waypoint, event.good] = event.type
        for place, type_ in places.items():
            self._own_pace[place] = self._pace_seen(place, type_)

    def _pace_seen(self, place: Place, type_: ListingType) -> float:
        """What the listing did at any activity, away from where it rests, against what is usual then: units are whole,
        so single observations stray, and some are of a time when its activity changed."""
        ratios: list[tuple[float, float]] = []
        for activity in Activity:
            pace = _Pace(type_, activity, near_rest=False)
            seen = self._of_listing.get((*place, pace), ())
            ratios += ((rate / pace.prior.median, hours) for rate, hours in seen)
        ratios = [(ratio, hours) for ratio, hours in ratios if ratio >= _AT_REST]
        hours_seen = sum(hours for _, hours in ratios)
        if not hours_seen:
            return 1.0
        seen_as = min(_FASTEST, max(_SLOWEST, _trimmed_mean(ratios, _TRIMMED)))
        return float(seen_as ** (hours_seen / (hours_seen + _HOURS_OF_USUAL)))

    def _follow(self, trail: _Trail, now: ListingChange) -> None:
        before, stock_before = trail.seen, trail.net_supply
        stock = _likeliest(trail.stocks(now.type, now.good, now.trade_volume, Quote(now.ask, now.bid), now.supply))
        if before is not None and before.type is now.type:
            hours = self._hours(before, now)
            if stock is None or stock_before is None:
                self._note_level(trail, before, now)
            elif hours is None:
                # Too soon to tell: the earlier sight stays the beginning, and our trades since then are kept.
                return
            elif hours > 0 and (activity := self._activity_between(before, now, hours)) is not None:
                made = stock - stock_before - trail.traded
                rate = made / now.trade_volume / hours
                self._note(before, activity, rate if now.type is ListingType.EXPORT else -rate, hours)
        trail.seen, trail.net_supply, trail.traded = now, stock, 0

    def _hours(self, before: ListingChange, now: ListingChange) -> float | None:
        """The hours of production between two sights; None where that cannot be told."""
        count = self.rhythm.count_between(before.recorded_at, now.recorded_at)
        if count is not None:
            return count * self.rhythm.period.total_seconds() / 3600
        elapsed = now.recorded_at - before.recorded_at
        return elapsed.total_seconds() / 3600 if elapsed >= _SHORTEST_WITHOUT_RHYTHM else None

    def _activity_between(self, before: ListingChange, now: ListingChange, hours: float) -> Activity | None:
        """The activity that a change was made at; None when it was more than one. A recalculation settles the activity
        first and produces by it."""
        if before.activity is now.activity or hours <= self.rhythm.period.total_seconds() / 3600:
            return now.activity
        return None

    def _note_level(self, trail: _Trail, before: ListingChange, now: ListingChange) -> None:
        """Where no stock can be told, the time that a whole level took tells the rate."""
        if before.supply is now.supply:
            return
        step = now.supply.rank - before.supply.rank
        onward = 1 if now.type is ListingType.EXPORT else -1
        width = _LEVEL_WIDTH.get(before.supply)
        if step == onward and trail.level_since is not None and width is not None and now.activity is not None:
            hours = (now.recorded_at - trail.level_since).total_seconds() / 3600
            if hours > 0:
                self._note(before, now.activity, width / hours, hours)
        trail.level_since = now.recorded_at if step == onward else None

    def _note(self, before: ListingChange, activity: Activity, rate: float, hours: float) -> None:
        pace = _Pace.of(before.type, activity, before.supply)
        listing, good = (before.waypoint, before.good, pace), (before.good, pace)
        seen = (rate, hours)
        self._of_listing[listing] = (*self._of_listing.get(listing, ()), seen)[-_KEPT_OF_LISTING:]
        self._of_good[good] = (*self._of_good.get(good, ()), seen)[-_KEPT_OF_GOOD:]


#: How busy a factory becomes by its worst input, at the next recalculation and, if that lasts, in time.
_REACHED_BY: Final = {
    Supply.SCARCE: (Activity.RESTRICTED, Activity.RESTRICTED),
    Supply.LIMITED: (Activity.WEAK, Activity.WEAK),
    Supply.MODERATE: (Activity.WEAK, Activity.GROWING),
    Supply.HIGH: (Activity.GROWING, Activity.STRONG),
    Supply.ABUNDANT: (Activity.GROWING, Activity.STRONG),
}


def outlook(
    rates: ProductionRates, output: MarketListing, inputs: Iterable[MarketListing]
) -> tuple[RateBand, Evidence]:
    """How fast a factory may make its output from now on: as fast as it was seen to, or, where its worst input allows
    for it, as fast as a busier one (docs/game.md, "Production and growth")."""
    band, evidence = rates.rate(output)
    supplies = [listing.supply for listing in inputs if listing.supply is not None]
    if not supplies or output.activity is None:
        return band, evidence
    soon, later = _REACHED_BY[min(supplies, key=lambda supply: supply.rank)]
    if soon.rank > output.activity.rank:
        band = RateBand(band.low, max(band.median, rates.rate(output, soon)[0].median), band.high)
    if later.rank > output.activity.rank:
        band = RateBand(band.low, band.median, max(band.high, band.median, rates.rate(output, later)[0].high))
    return band, evidence


def log_spread(low: float, high: float) -> float:
    """The standard deviation of the logarithm of what has these 10 % and 90 % quantiles."""
    return math.log(high / low) / (2 * DECILE)
