"""What the quotes of a listing tell of its margin (docs/game.md, "Prices").

A listing keeps its margin until its trade volume changes. One quote of a cheap good may be that of several margins, for
its prices are coarse; each further quote leaves fewer of them.
"""

from collections.abc import Collection
from functools import lru_cache

from manufacturing.domain.facts import base_prices, is_base_price_certain
from manufacturing.domain.prices import ListingType, Quote, StockRange, Supply, decode

#: The margins that a listing may have; empty where nothing tells.
Margins = frozenset[int]


@lru_cache(maxsize=16384)
def possible_stocks(
    type_: ListingType, good: str, trade_volume: int, seen: Quote, supply: Supply
) -> tuple[StockRange, ...]:
    """Every stock that explains a quote, the likeliest margin first; none where the good's base price is not known
    exactly."""
    if not is_base_price_certain(good):
        return ()
    return tuple(decode(type_, base_prices()[good], trade_volume, seen, supply))


def narrowed(before: Margins, stocks: Collection[StockRange]) -> Margins:
    """The margins of ``before`` that one more quote leaves, by the stocks that explain it. Where it leaves none, the
    listing has another margin than before, and the quote alone tells."""
    possible = frozenset(stock.margin for stock in stocks)
    return (possible & before) or possible
