"""What a quantity costs or brings: the walk down (or up) the price ladder, tranche by tranche (docs/game.md, "Prices").

Where the listing's quote determines its stock, the walk is the game's own price law; where the good's base price is
not known exactly, each trade volume moves the ask by +5 % and the bid by −1.5 %.
"""

import dataclasses
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from manufacturing.domain.facts import base_prices, is_base_price_certain
from manufacturing.domain.margins import Margins, possible_stocks
from manufacturing.domain.market_listing import MarketListing, Terms
from manufacturing.domain.prices import ListingType, Quote, Stock, Supply, decode, quote, supply_label

_PRIOR_ASK_STEP: Final = 1.05
_PRIOR_BID_STEP: Final = 0.985
#: How far a price may be off and still be known …
_A_LITTLE: Final = 0.02
#: … and credits a unit that never matter.
_NEVER_MATTERS: Final = 4


@dataclass(frozen=True, slots=True)
class Rung:
    """One transaction of a walk: ``units`` at ``price`` each."""

    units: int
    price: int


@lru_cache(maxsize=8192)
def known_stock(
    type_: ListingType, good: str, trade_volume: int, seen: Quote, supply: Supply, margins: Margins = frozenset()
) -> Stock | None:
    """The margin and net supply behind a quote: with one of the ``margins`` that earlier quotes have left, else with
    the likeliest. None where the good's base price is not certain."""
    if not is_base_price_certain(good):
        return None
    for stocks in decode(type_, base_prices()[good], trade_volume, seen, supply):
        if not margins or stocks.margin in margins:
            return Stock(stocks.margin, stocks.least)
    return None


def purchase_rungs(listing: MarketListing | Terms, units: int) -> Iterator[Rung]:
    """The transactions that buy ``units`` from the listing as last seen, each at most a trade volume."""
    return _walk(listing, units, buying=True)


def sale_rungs(listing: MarketListing | Terms, units: int) -> Iterator[Rung]:
    """The transactions that sell ``units`` to the listing as last seen, each at most a trade volume."""
    return _walk(listing, units, buying=False)


def after_trades(listing: MarketListing, *, bought: int, sold: int) -> MarketListing:
    """The listing as it would be after these units were bought from it and sold to it. Where its stock is not known its
    prices move by the usual steps and its supply stays; one without a quote stays as it is."""
    volume, supply = listing.trade_volume, listing.supply
    if not (bought or sold) or volume is None or supply is None:
        return listing
    stock = known_stock(listing.type, listing.good, volume, listing.quote, supply, listing.margins)
    if stock is not None:
        net_supply = stock.net_supply + sold - bought
        then = quote(listing.type, base_prices()[listing.good], stock.margin, net_supply, volume)
        supply = supply_label(net_supply, volume)
    else:
        then = usual_quote(listing.quote, (bought - sold) / volume)
    return dataclasses.replace(listing, ask=then.ask, bid=then.bid, supply=supply)


def is_known_after(listing: MarketListing, after: MarketListing, *, bought: int, sold: int) -> bool:
    """Whether ``after`` is what the listing quotes once these units were bought from it and sold to it: whichever of
    the stocks that explain its quote is the true one, no price is off by more than a fiftieth or a few credits, and
    an export's supply, by which purchases are judged, is the same."""
    if listing.trade_volume is None or listing.supply is None:
        return False
    base, volume, moved = base_prices().get(listing.good, 0), listing.trade_volume, sold - bought
    found = possible_stocks(listing.type, listing.good, volume, listing.quote, listing.supply)
    # Prices only fall with more stock, so what holds for both ends of a range holds for all of it.
    ends = [
        (stocks.margin, net_supply + moved)
        for stocks in found
        if stocks.margin in listing.margins
        for net_supply in (stocks.least, stocks.most)
    ]
    then = [(quote(listing.type, base, margin, stock, volume), supply_label(stock, volume)) for margin, stock in ends]
    return bool(then) and all(
        (supply is after.supply or listing.type is not ListingType.EXPORT)
        and is_near(after.quote.ask, seen.ask, _A_LITTLE)
        and is_near(after.quote.bid, seen.bid, _A_LITTLE)
        for seen, supply in then
    )


def is_near(price: int, other: int, share: float) -> bool:
    """Whether a price is no further from another than that share of it, or than the few credits that never matter."""
    return abs(price - other) <= max(_NEVER_MATTERS, share * other)


def usual_quote(seen: Quote, steps: float) -> Quote:
    """What a listing whose stock is not known quotes after ``steps`` trade volumes were bought from it (or, where
    negative, sold to it)."""
    return Quote(
        ask=max(1, round(seen.ask * _PRIOR_ASK_STEP**steps)), bid=max(1, round(seen.bid * _PRIOR_BID_STEP**-steps))
    )


def _walk(listing: MarketListing | Terms, units: int, *, buying: bool) -> Iterator[Rung]:
    volume, supply = listing.trade_volume, listing.supply
    if volume is None or supply is None:
        return
    first = listing.quote
    stock = known_stock(listing.type, listing.good, volume, first, supply, listing.margins)
    step = 0
    moved = 0
    while moved < units:
        tranche = min(volume, units - moved)
        if stock is not None:
            net_supply = stock.net_supply + (-moved if buying else moved)
            now = quote(listing.type, base_prices()[listing.good], stock.margin, net_supply, volume)
            price = now.ask if buying else now.bid
        else:
            price = max(1, round(first.ask * _PRIOR_ASK_STEP**step if buying else first.bid * _PRIOR_BID_STEP**step))
        yield Rung(tranche, price)
        moved += tranche
        step += 1
