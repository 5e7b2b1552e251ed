"""What it costs later to move a listing's stock now (docs/domain.md, "Stock value").

A unit taken from an export makes every later purchase there dearer until it is produced anew, and a unit sold to an
import makes every later sale there worth less until it is consumed. A market that is traded with day after day is
therefore drained only as far as the next hours do not pay for it: the same production then earns a better margin.
"""

import math
from typing import Final

from manufacturing.domain.facts import base_prices
from manufacturing.domain.market_drift import usual_rate
from manufacturing.domain.market_listing import MarketListing, Terms
from manufacturing.domain.price_ladder import known_stock
from manufacturing.domain.prices import Activity, ListingType, Supply

#: How steeply a price follows the stock: 4 · 0.3 · ln 2 per cent of base price and margin for each trade volume.
_SLOPE: Final = 4 * 0.3 * math.log(2) / 100

#: The stock, in trade volumes, that a level stands for where no quote tells it.
_USUAL: Final = {
    Supply.SCARCE: -5.0,
    Supply.LIMITED: -3.0,
    Supply.MODERATE: 0.0,
    Supply.HIGH: 3.0,
    Supply.ABUNDANT: 5.0,
}


def filling(listing: MarketListing) -> float:
    """The listing's stock in trade volumes: by its quote, or, where that does not tell, by its level.

    ValueError where nothing was seen.
    """
    terms = listing.terms
    stock = known_stock(terms.type, terms.good, terms.trade_volume, terms.quote, terms.supply, terms.margins)
    return _USUAL[terms.supply] if stock is None else stock.net_supply / terms.trade_volume


def cost_of_moving(terms: Terms, activity: Activity | None, hours: float) -> tuple[float, float]:
    """What moving the next unit costs the trades of the ``hours`` to come, in credits, and by which factor that grows
    with each further trade volume that is moved.

    (0, 1) where the stock is not known, and for EXCHANGE goods, whose stock comes back by itself.
    """
    stock = known_stock(terms.type, terms.good, terms.trade_volume, terms.quote, terms.supply, terms.margins)
    if stock is None or not hours or terms.type is ListingType.EXCHANGE:
        return 0.0, 1.0
    s = stock.net_supply / terms.trade_volume
    # In the middle of its range: near its resting level a listing hardly moves, and would seem to be worth nothing.
    rate = abs(usual_rate(terms.type, activity, 0.0))
    towards = -s if terms.type is ListingType.EXPORT else s
    slope = _SLOPE * base_prices()[terms.good] * stock.margin * 2 ** (0.3 * towards)
    return hours * rate * slope, 2**0.3
