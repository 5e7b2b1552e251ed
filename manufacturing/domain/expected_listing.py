"""ExpectedListing: a listing as it is expected to be at moments to come (docs/domain.md, "Forecasts").

It begins with what was last seen. Trades move it by the game's own price law where its quote tells the stock behind
it, to the credit; time moves it by the rates of its activity, one recalculation of the markets at a time.
"""

import dataclasses
from datetime import datetime

from manufacturing.domain.facts import base_prices
from manufacturing.domain.market_drift import RECALCULATION, recalculations_between, usual_rate
from manufacturing.domain.market_listing import MarketListing
from manufacturing.domain.price_ladder import Rung, known_stock, usual_quote
from manufacturing.domain.prices import Activity, ListingType, Quote, Supply, quote, supply_label
from manufacturing.domain.production_rates import Evidence, ProductionRates
from manufacturing.domain.recalculation_rhythm import RecalculationRhythm


class ExpectedListing:
    """One listing on its way through a forecast. It only ever moves forward in time.

    ValueError when the listing was never seen.
    """

    def __init__(self, seen: MarketListing, rates: ProductionRates | None = None) -> None:
        if seen.observed_at is None or seen.supply is None or not seen.trade_volume:
            raise ValueError(f"no quote of {seen.good} at {seen.waypoint} was ever seen")
        self.seen = seen
        self.activity: Activity | None = seen.activity
        """How busy it is: as seen, unless what happens to it in the forecast changes that."""
        self.trade_volume: int = seen.trade_volume
        self._seen_supply: Supply = seen.supply
        self._at = seen.observed_at
        self._rates = rates
        self._learned: dict[tuple[Activity | None, Supply], float | None] = {}
        stock = known_stock(seen.type, seen.good, seen.trade_volume, seen.quote, seen.supply, seen.margins)
        self.is_exact = stock is not None
        """Whether its stock is known, so that its prices follow the game's law."""
        self._margin = stock.margin if stock is not None else 0
        self._net_supply = float(stock.net_supply) if stock is not None else 0.0
        """Units; where the stock is not known, units by which our trades have moved it."""

    @property
    def at(self) -> datetime:
        """The moment it stands at."""
        return self._at

    @property
    def quote(self) -> Quote:
        """What it is expected to quote."""
        if self.is_exact:
            base = base_prices()[self.seen.good]
            return quote(self.seen.type, base, self._margin, round(self._net_supply), self.trade_volume)
        return usual_quote(self.seen.quote, -self._net_supply / self.trade_volume)

    @property
    def supply(self) -> Supply:
        """How plentiful the good is expected to be; as last seen where the stock is not known."""
        return supply_label(round(self._net_supply), self.trade_volume) if self.is_exact else self._seen_supply

    def wait_until(self, moment: datetime) -> None:
        """Lets time pass up to ``moment``; nothing for a moment that is past."""
        if moment <= self._at:
            return
        if self.is_exact:
            rhythm = self._rates.rhythm if self._rates is not None else RecalculationRhythm()
            known = rhythm.count_between(self._at, moment)
            hours = (rhythm.period if known is not None else RECALCULATION).total_seconds() / 3600
            for _ in range(known if known is not None else recalculations_between(self._at, moment)):
                self._net_supply += self._rate() * hours * self.trade_volume
        self._at = moment

    def _rate(self) -> float:
        """Trade volumes an hour at which it moves now: as was learned of it, else as is usual."""
        key = self.activity, self.supply
        if key not in self._learned:
            self._learned[key] = self._learned_rate(*key)
        learned = self._learned[key]
        return (
            usual_rate(self.seen.type, self.activity, self._net_supply / self.trade_volume)
            if learned is None
            else learned
        )

    def _learned_rate(self, activity: Activity | None, supply: Supply) -> float | None:
        if self._rates is None or self.seen.type is ListingType.EXCHANGE:
            return None
        band, evidence = self._rates.rate(dataclasses.replace(self.seen, supply=supply), activity)
        if evidence is Evidence.PRIOR:
            return None
        return band.median if self.seen.type is ListingType.EXPORT else -band.median

    def book_purchase(self, units: int) -> Rung:
        """One transaction: at most a trade volume is bought at the quote before it."""
        bought = min(units, self.trade_volume)
        rung = Rung(bought, self.quote.ask)
        self._net_supply -= bought
        return rung

    def book_sale(self, units: int) -> Rung:
        """One transaction: at most a trade volume is sold at the quote before it."""
        sold = min(units, self.trade_volume)
        rung = Rung(sold, self.quote.bid)
        self._net_supply += sold
        return rung
