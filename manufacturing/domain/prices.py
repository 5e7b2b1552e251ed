"""The game's price law: what a listing quotes, given its stock (docs/game.md, "Prices").

A listing's *net supply* N (units, may be negative) over its trade volume tv gives s = N / tv. With the good's base
price B and the listing's integer margin m, s fixes both prices and the supply label exactly. A purchase lowers N by
its units, a sale raises it; the trade itself is priced at the quote before it.
"""

import math
from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from typing import Final


class ListingType(StrEnum):
    """How a market deals in a good."""

    EXPORT = "EXPORT"
    """Produced here: cheap, refilled by production."""
    IMPORT = "IMPORT"
    """Consumed here: dear, drained by consumption."""
    EXCHANGE = "EXCHANGE"
    """Passed on here: neither produced nor consumed."""


class Supply(StrEnum):
    """How plentiful a good is at a market, from scarcest to most plentiful."""

    SCARCE = "SCARCE"
    LIMITED = "LIMITED"
    MODERATE = "MODERATE"
    HIGH = "HIGH"
    ABUNDANT = "ABUNDANT"

    @property
    def rank(self) -> int:
        """0 for SCARCE up to 4 for ABUNDANT."""
        return _SUPPLY_RANK[self]

    def at_least(self, other: "Supply") -> bool:
        """Whether this level is ``other`` or a more plentiful one."""
        return self.rank >= other.rank


_SUPPLY_RANK: Final = {level: rank for rank, level in enumerate(Supply)}


class Activity(StrEnum):
    """How fast a market produces or consumes a good, from slowest to fastest."""

    RESTRICTED = "RESTRICTED"
    WEAK = "WEAK"
    GROWING = "GROWING"
    STRONG = "STRONG"

    @property
    def rank(self) -> int:
        """0 for RESTRICTED up to 3 for STRONG."""
        return _ACTIVITY_RANK[self]


_ACTIVITY_RANK: Final = {activity: rank for rank, activity in enumerate(Activity)}


@dataclass(frozen=True, slots=True)
class Quote:
    """What one unit costs and brings at a market, in credits."""

    ask: int
    """What a ship pays (the API's ``purchasePrice``)."""
    bid: int
    """What a ship receives (the API's ``sellPrice``)."""


def round_half_up(value: float) -> int:
    """The nearest integer, halves upward, as the game rounds prices and distances."""
    return math.floor(value + 0.5 + 1e-9)


def _price(value: float) -> int:
    return max(1, round_half_up(value))


@lru_cache(maxsize=65536)
def quote(listing: ListingType, base_price: float, margin: int, net_supply: int, trade_volume: int) -> Quote:
    """The ask and bid of a listing with ``net_supply`` units in stock, exactly as the game quotes them."""
    s = net_supply / trade_volume
    if listing is ListingType.EXPORT:
        ask = _price(_export_price(base_price, margin, s))
        return Quote(ask=ask, bid=_price(_price(_export_price(base_price, margin, s + 1)) / 2))
    if listing is ListingType.IMPORT:
        bid = _price(_import_price(base_price, margin, s))
        return Quote(ask=2 * _price(_import_price(base_price, margin, s - 1)), bid=bid)
    spread = max(2, round_half_up(base_price / 100))
    slope = 0.05 * margin / 1000
    return Quote(
        ask=_price((base_price + spread) * (1 - slope * (s - 1) ** 3)),
        bid=_price((base_price - spread) * (1 - slope * (s + 1) ** 3)),
    )


def _export_price(base_price: float, margin: int, s: float) -> float:
    return float(base_price * (1 + (4 * 2 ** (-0.3 * s) - 5) * margin / 100))


def _import_price(base_price: float, margin: int, s: float) -> float:
    return float(base_price * (1 + (5 - 4 * 2 ** (0.3 * s)) * margin / 100))


def supply_label(net_supply: int, trade_volume: int) -> Supply:
    """The supply level the game shows for a stock of ``net_supply`` units."""
    s = net_supply / trade_volume
    if s < -4:
        return Supply.SCARCE
    if s < -2:
        return Supply.LIMITED
    if s < 2:
        return Supply.MODERATE
    if s < 4:
        return Supply.HIGH
    return Supply.ABUNDANT


@dataclass(frozen=True, slots=True)
class Stock:
    """A margin and a net supply that explain a quote."""

    margin: int
    net_supply: int


#: Margins a listing may have: about normal(8, 1), for small trade volumes normal(10, 1), with room to spare.
MARGINS: Final = range(4, 15)
#: How far a stock is searched for, in trade volumes either way.
_SEARCH_SPAN: Final = 24


@dataclass(frozen=True, slots=True)
class StockRange:
    """A margin with the least and the most net supply that explain a quote; so does everything between."""

    margin: int
    least: int
    most: int


def decode(
    listing: ListingType, base_price: float, trade_volume: int, seen: Quote, supply: Supply
) -> Iterator[StockRange]:
    """Every stock whose quote and supply label are the ones seen, the likeliest margin first.

    A dear good has one; a cheap one, whose prices are coarse, several.
    """
    usual = 10 if trade_volume <= 11 else 8
    reach = _SEARCH_SPAN * trade_volume
    for margin in sorted(MARGINS, key=lambda m: (abs(m - usual), m)):
        found = _range_at(listing, base_price, margin, trade_volume, seen, supply, range(-reach, reach + 1))
        if found:
            yield StockRange(margin, found.start, found.stop - 1)


def _range_at(
    listing: ListingType, base_price: float, margin: int, volume: int, seen: Quote, supply: Supply, stocks: range
) -> range:
    """Those of ``stocks`` with this quote and label: with more stock, prices never rise and the label never falls."""

    def quoted(net_supply: int) -> Quote:
        return quote(listing, base_price, margin, net_supply, volume)

    def ask(net_supply: int) -> int:
        return -quoted(net_supply).ask

    def bid(net_supply: int) -> int:
        return -quoted(net_supply).bid

    def level(net_supply: int) -> int:
        return supply_label(net_supply, volume).rank

    for wanted, key in ((-seen.ask, ask), (supply.rank, level), (-seen.bid, bid)):
        begin = bisect_left(stocks, wanted, key=key)
        if begin == len(stocks) or key(stocks[begin]) != wanted:
            return stocks[:0]
        stocks = stocks[begin : bisect_right(stocks, wanted, key=key)]
    return stocks
