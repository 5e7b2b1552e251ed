"""Load: how much of a good is worth carrying between two markets in one trip (docs/domain.md, "Hauls")."""

from dataclasses import dataclass
from functools import lru_cache

from manufacturing.domain.market_listing import MarketListing, Terms
from manufacturing.domain.policy import FleetPolicy
from manufacturing.domain.price_ladder import Rung, known_stock, purchase_rungs, sale_rungs
from manufacturing.domain.prices import Supply, supply_label


@dataclass(frozen=True, slots=True, kw_only=True)
class Load:
    """Units of one good, with what they cost and bring, in credits."""

    units: int
    cost: int
    revenue: int
    last_ask: int
    """The price of the last unit bought."""
    last_bid: int
    """The price of the last unit sold."""
    feeding_value: int = 0
    """Advisory: what they are worth to the factory they feed, beyond their price."""
    stock_cost: int = 0
    """Advisory: what later trades at the source and the sink lose by it."""

    @property
    def profit(self) -> int:
        """Revenue less cost."""
        return self.revenue - self.cost

    @property
    def worth(self) -> int:
        """Profit and feeding value, less what it costs later trades."""
        return self.profit + self.feeding_value - self.stock_cost


@dataclass(frozen=True, slots=True)
class Drain:
    """What moving a unit of a stock costs the trades to come: ``first`` credits for the first, growing by ``growth``
    with each trade volume moved."""

    first: float = 0.0
    growth: float = 1.0

    def after(self, units: int, trade_volume: int) -> float:
        """Credits for the next unit when so many were moved."""
        return self.first * self.growth ** (units // trade_volume) if self.first else 0.0


_FREE = Drain()


@lru_cache(maxsize=65536)
def best_load(
    source: Terms,
    sink: Terms,
    *,
    at_most: int,
    min_margin: float,
    feeding: float = 0.0,
    hungry: int = 0,
    draining: Drain = _FREE,
    filling: Drain = _FREE,
) -> Load | None:
    """The load, up to ``at_most`` units, after which the next tranche would be worth less than ``min_margin`` of its
    price; None when not even the first tranche is worth that.

    ``feeding`` is what each of the first ``hungry`` units is worth to the factory beyond its price; ``draining`` the
    source and ``filling`` the sink is what later trades lose by it.
    """
    bought, sold = list(purchase_rungs(source, at_most)), list(sale_rungs(sink, at_most))
    best: Load | None = None
    units = cost = revenue = 0
    fed = lost = 0.0
    for tranche, ask, bid in _merged(bought, sold):
        worth = min(tranche, max(0, hungry - units)) * feeding
        loss = tranche * (draining.after(units, source.trade_volume) + filling.after(units, sink.trade_volume))
        if bid - ask + (worth - loss) / tranche < min_margin * bid:
            break
        units += tranche
        cost += tranche * ask
        revenue += tranche * bid
        fed += worth
        lost += loss
        best = Load(
            units=units,
            cost=cost,
            revenue=revenue,
            last_ask=ask,
            last_bid=bid,
            feeding_value=round(fed),
            stock_cost=round(lost),
        )
    return best


def _merged(bought: list[Rung], sold: list[Rung]) -> list[tuple[int, int, int]]:
    """Units that change hands at one ask and one bid: prices change only where a transaction on either side is full."""
    tranches: list[tuple[int, int, int]] = []
    i = j = 0
    left_bought, left_sold = (bought[0].units, sold[0].units) if bought and sold else (0, 0)
    while i < len(bought) and j < len(sold):
        units = min(left_bought, left_sold)
        tranches.append((units, bought[i].price, sold[j].price))
        left_bought -= units
        left_sold -= units
        if not left_bought:
            i += 1
            left_bought = bought[i].units if i < len(bought) else 0
        if not left_sold:
            j += 1
            left_sold = sold[j].units if j < len(sold) else 0
    return tranches


def room_until_high(sink: Terms) -> int:
    """Units a factory's input takes before it is HIGH: more would only spoil its bid. Where its stock is not known,
    three trade volumes."""
    stock = known_stock(sink.type, sink.good, sink.trade_volume, sink.quote, sink.supply, sink.margins)
    return 3 * sink.trade_volume if stock is None else max(0, 2 * sink.trade_volume - stock.net_supply)


def units_in_one_visit(
    source: MarketListing, policy: FleetPolicy, supply_then: Supply | None = None, *, hauled: bool = False
) -> int:
    """Units the policy lets one visit buy, for a haul or for production: each tranche lowers the supply that the next
    one is judged by.

    ``supply_then`` is the supply at that time, where it is not the one last seen.
    """
    volume, supply = source.trade_volume, supply_then or source.supply
    if not volume or supply is None:
        return 0
    stock = (
        known_stock(source.type, source.good, volume, source.quote, supply, source.margins)
        if supply_then is None
        else None
    )
    tranches = 0
    while tranches < policy.tranches(policy.counted_supply(source.type, supply, hauled=hauled)):
        tranches += 1
        if stock is not None:
            supply = supply_label(stock.net_supply - tranches * volume, volume)
    return tranches * volume
