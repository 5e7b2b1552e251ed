"""The life of a market: production, consumption, activity and growth (docs/game.md, "Production and growth").

A market is recalculated at every quarter of an hour of game time and between that changes by trades alone. What
happens at a recalculation follows from the seed, the recalculation's number and the market's own stocks, and markets
do not touch each other: so a market is brought up to date only when someone looks at it, with the same result.
"""

import math
from dataclasses import dataclass, field
from typing import Final

from manufacturing.domain.facts import recipes
from manufacturing.domain.prices import Activity, ListingType, Quote, Supply, quote, supply_label
from manufacturing.simulator.economy_parameters import EconomyParameters
from manufacturing.simulator.randomness import key, noise, stream

_WEAK_STRONG: Final = (Activity.GROWING, Activity.STRONG)


@dataclass(slots=True, kw_only=True)
class Listing:
    """One good at one market."""

    good: str
    type: ListingType
    base_price: float
    margin: int
    net_supply: int
    """Units in stock beyond what the market is used to; may be negative."""
    trade_volume: int
    first_volume: int
    """The trade volume it began with: it never shrinks below it."""
    activity: Activity | None
    """None for EXCHANGE goods."""
    rest: float
    """Its own resting level while quiet, in trade volumes."""
    pace: float = 1.0
    """How fast it is compared with the usual rates."""
    momentum: float = 0.0
    """Rises while it is well supplied, falls while it is not; decides between WEAK, GROWING and STRONG."""
    carry: float = 0.0
    """Fractions of a unit not yet produced or consumed."""
    strain: float = 0.0
    """Hours towards the next growth of its trade volume."""
    calm: float = 0.0
    """Hours towards the next loss of a grown trade volume."""
    redraws: int = 0
    """How often its margin was drawn anew."""

    @property
    def s(self) -> float:
        """The stock in trade volumes."""
        return self.net_supply / self.trade_volume

    @property
    def quote(self) -> Quote:
        """What it quotes now."""
        return quote(self.type, self.base_price, self.margin, self.net_supply, self.trade_volume)

    @property
    def supply(self) -> Supply:
        """How plentiful it is now."""
        return supply_label(self.net_supply, self.trade_volume)


@dataclass(frozen=True, slots=True)
class _Feed:
    """An export and the imports of the same market that its recipe needs."""

    export: Listing
    inputs: tuple[Listing, ...]


@dataclass(slots=True, kw_only=True)
class Market:
    """The listings of one waypoint."""

    waypoint: str
    listings: dict[str, Listing]
    tick: int = 0
    """The number of the last recalculation it has seen."""
    _feeds: list[_Feed] | None = field(default=None, compare=False, repr=False)
    _fed: dict[str, list[Listing]] = field(default_factory=dict, compare=False, repr=False)
    _noise_keys: dict[str, int] = field(default_factory=dict, compare=False, repr=False)

    def is_factory(self) -> bool:
        """Whether it exports something it imports the inputs of."""
        return any(feed.inputs for feed in self._wiring())

    def advance(self, tick: int, seed: int, parameters: EconomyParameters) -> None:
        """Recalculates it up to recalculation number ``tick``."""
        while self.tick < tick:
            self.tick += 1
            self._recalculate(seed, parameters)

    def settle_activities(self, seed: int, parameters: EconomyParameters) -> None:
        """Gives every listing the activity its stocks imply, for a market that was just made up."""
        for feed in self._wiring():
            _follow_inputs(feed, parameters, 0.0, 0.5)
        for listing in self.listings.values():
            if listing.type is ListingType.IMPORT:
                self._follow_supply(listing, parameters, 0.0)

    def _wiring(self) -> list[_Feed]:
        if self._feeds is None:
            self._feeds = []
            for listing in self.listings.values():
                if listing.type is not ListingType.EXPORT:
                    continue
                inputs = tuple(
                    self.listings[good]
                    for good in recipes().get(listing.good, ())
                    if good in self.listings and self.listings[good].type is ListingType.IMPORT
                )
                self._feeds.append(_Feed(listing, inputs))
                for each in inputs:
                    self._fed.setdefault(each.good, []).append(listing)
        return self._feeds

    def _noise(self, seed: int, listing: Listing) -> float:
        purpose = self._noise_keys.get(listing.good)
        if purpose is None:
            purpose = self._noise_keys[listing.good] = key(seed, "tick", self.waypoint, listing.good)
        return noise(purpose, self.tick)

    def _recalculate(self, seed: int, p: EconomyParameters) -> None:
        hours = p.tick_hours
        for feed in self._wiring():
            chance = self._noise(seed, feed.export)
            _follow_inputs(feed, p, hours, chance)
            move(feed.export, production(feed.export, p), hours, chance, p)
        for listing in self.listings.values():
            if listing.type is ListingType.IMPORT:
                self._follow_supply(listing, p, hours)
                move(listing, -consumption(listing, p), hours, self._noise(seed, listing), p)
            elif listing.type is ListingType.EXCHANGE:
                if listing.net_supply:
                    _return_to_zero(listing, hours / p.exchange_return_hours)
                continue
            self._resize(listing, seed, p, hours)

    def _follow_supply(self, listing: Listing, p: EconomyParameters, hours: float) -> None:
        """An import's activity: it livens up while it is well supplied, and rests when nobody needs it."""
        change = p.import_momentum[listing.supply] * hours
        listing.momentum = min(p.momentum_limit, max(0.0, listing.momentum + change))
        exports = self._fed.get(listing.good)
        if exports and all(export.supply is Supply.ABUNDANT for export in exports):
            listing.activity = Activity.RESTRICTED
        elif listing.momentum >= p.strong_at:
            listing.activity = Activity.STRONG
        elif listing.momentum >= p.growing_at:
            listing.activity = Activity.GROWING
        else:
            listing.activity = Activity.WEAK

    def _resize(self, listing: Listing, seed: int, p: EconomyParameters, hours: float) -> None:
        """Trade volumes grow under demand and fall back when it is gone."""
        volume = listing.trade_volume
        if listing.activity is Activity.STRONG:
            listing.calm = 0.0
            wanted = listing.s < 2 if listing.type is ListingType.EXPORT else listing.s >= -2
            if not wanted:
                return
            listing.strain += hours
            if listing.strain < p.growth_hours:
                return
            listing.strain -= p.growth_hours
            volume = min(math.ceil(volume * p.growth - 1e-9), self._volume_limit(listing, p))
        elif listing.activity is not Activity.GROWING and volume > listing.first_volume:
            listing.strain = 0.0
            listing.calm += hours
            if listing.calm < p.shrink_hours:
                return
            listing.calm = 0.0
            volume = max(listing.first_volume, math.floor(volume / p.growth))
        if volume != listing.trade_volume:
            listing.trade_volume = volume
            listing.redraws += 1
            listing.margin = draw_margin(seed, self.waypoint, listing.good, volume, listing.redraws, p)

    def _volume_limit(self, listing: Listing, p: EconomyParameters) -> int:
        limit = int(listing.first_volume * p.growth_limit)
        exports = self._fed.get(listing.good)
        if exports:
            largest = max(export.trade_volume for export in exports)
            limit = min(limit, int(largest * p.import_to_export_limit))
        return max(limit, listing.trade_volume)


def draw_margin(seed: int, waypoint: str, good: str, volume: int, redraw: int, p: EconomyParameters) -> int:
    """The margin of a listing after its ``redraw``-th change of trade volume."""
    mean = p.small_margin_mean if volume <= p.small_volume else p.margin_mean
    drawn = stream(seed, "margin", waypoint, good, redraw).gauss(mean, p.margin_deviation)
    return min(14, max(4, round(drawn)))


def draw_rest(seed: int, waypoint: str, good: str, kind: ListingType, volume: int, p: EconomyParameters) -> float:
    """A listing's own resting level."""
    small = volume <= p.small_volume
    if kind is ListingType.EXPORT:
        low, high = p.small_export_rest if small else p.export_rest
    elif kind is ListingType.IMPORT:
        low, high = p.small_import_rest if small else p.import_rest
    else:
        return 0.0
    return round(stream(seed, "rest", waypoint, good).uniform(low, high), 3)


def draw_pace(seed: int, waypoint: str, good: str, p: EconomyParameters) -> float:
    """A listing's own pace."""
    return round(math.exp(stream(seed, "pace", waypoint, good).gauss(0.0, p.pace_spread)), 3)


def first_momentum(activity: Activity | None, p: EconomyParameters) -> float:
    """A momentum that goes with an activity seen for the first time."""
    if activity is Activity.STRONG:
        return (p.strong_at + p.momentum_limit) / 2
    if activity is Activity.GROWING:
        return (p.growing_at + p.strong_at) / 2
    return 0.0


def _follow_inputs(feed: _Feed, p: EconomyParameters, hours: float, chance: float) -> None:
    """An export's activity: that of its worst input."""
    export = feed.export
    if not feed.inputs:
        export.activity = Activity.WEAK
        return
    worst = min((listing.supply for listing in feed.inputs), key=lambda supply: supply.rank)
    if worst is Supply.SCARCE:
        export.momentum = 0.0
        export.activity = Activity.RESTRICTED
        return
    if worst is Supply.MODERATE:
        target = p.moderate_momentum + p.moderate_momentum_spread * (2 * chance - 1)
        export.momentum += (target - export.momentum) * min(1.0, p.moderate_momentum_per_hour * hours)
        growing = export.momentum >= p.growing_at
        export.activity = Activity.GROWING if growing else Activity.WEAK
        return
    change = p.factory_momentum[worst] * hours
    export.momentum = min(p.momentum_limit, max(0.0, export.momentum + change))
    if worst is Supply.LIMITED:
        export.activity = Activity.WEAK
    else:
        export.activity = Activity.STRONG if export.momentum >= p.strong_at else Activity.GROWING


def _rest(listing: Listing, busy: float) -> float:
    if listing.activity not in _WEAK_STRONG:
        return listing.rest
    return max(listing.rest, busy) if listing.type is ListingType.EXPORT else min(listing.rest, busy)


def production(export: Listing, p: EconomyParameters) -> float:
    """Units per hour, in trade volumes; negative while a stock beyond the resting level comes back."""
    assert export.activity is not None
    s = export.s
    room = _rest(export, p.export_rest_busy) - s
    if room < -p.taper:
        return -p.overshoot_return
    rate = p.production[export.activity]
    if export.activity is Activity.WEAK and s >= 2:
        rate = min(rate, p.weak_production_when_high)
    return rate * export.pace * min(1.0, max(0.0, room / p.taper))


def consumption(listing: Listing, p: EconomyParameters) -> float:
    """Units per hour, in trade volumes; negative while a stock below the resting level comes back."""
    assert listing.activity is not None
    room = listing.s - _rest(listing, p.import_rest_busy)
    if room < -p.taper:
        return -p.overshoot_return
    return p.consumption[listing.activity] * listing.pace * min(1.0, max(0.0, room / p.taper))


def move(listing: Listing, rate: float, hours: float, chance: float, p: EconomyParameters) -> None:
    """Lets an hour's rate work on the stock for one recalculation."""
    if rate:
        stray = 1 + p.rate_spread * (2 * chance - 1)
        exact = rate * stray * listing.trade_volume * hours + listing.carry
        units = int(exact)
        listing.carry = exact - units
        listing.net_supply += units


def _return_to_zero(listing: Listing, time_constants: float) -> None:
    exact = -listing.net_supply * (1 - math.exp(-time_constants)) + listing.carry
    units = int(exact)
    listing.carry = exact - units
    listing.net_supply += units
