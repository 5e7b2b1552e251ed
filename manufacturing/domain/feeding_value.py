"""What an input is worth to the factory it feeds, beyond its bid (docs/domain.md, "Feeding value").

A fed factory produces more, and its volumes grow; an unfed one dries up, and with it the fleet's income. The worth of
one more unit of an input is the profit of the output it enables, as far as that output finds sinks, shared among the
inputs the output needs. It is advisory: it decides what is done first, and no ledger ever sees it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Final

from manufacturing.domain.facts import base_prices
from manufacturing.domain.market_drift import Rate, usual_rate
from manufacturing.domain.market_listing import MarketListing, Place
from manufacturing.domain.price_ladder import known_stock
from manufacturing.domain.prices import Activity, ListingType, Supply, quote
from manufacturing.domain.system_markets import SystemMarkets

#: Rounds in which worth travels up a chain of factories: as many as chains are deep.
_ROUNDS: Final = 3
#: The stock, in trade volumes, at which a well run factory's output is collected.
_COLLECTED_AT: Final = 2
#: What the worth of an input falls to while the output is ABUNDANT, and for each level it is ahead of the worst input.
_PLENTY: Final = 0.2
_AHEAD: Final = 0.5
#: The most an input can be worth, as a multiple of its base price.
_MOST: Final = 2.0
#: The activity of a factory that is fed: for it the worth is reckoned.
_FED: Final = Activity.GROWING


class FeedingValues:
    """The worth of inputs at the factories of one system, as its markets stand."""

    def __init__(self, markets: SystemMarkets, *, weight: float, rate: Rate = usual_rate) -> None:
        self._markets = markets
        self._weight = weight
        self._rate = rate

    def of(self, listing: MarketListing) -> float:
        """Credits that one more unit delivered to ``listing`` is worth beyond its bid; 0 where it feeds nothing, or is
        HIGH already."""
        return self._worth.get(listing.place, 0.0)

    @cached_property
    def _worth(self) -> dict[Place, float]:
        worth: dict[Place, float] = {}
        if not self._weight:
            return worth
        inputs = [(listing, outputs) for listing in self._markets.imports() if (outputs := self._outputs_of(listing))]
        outputs_at = {output.place: output for _, outputs in inputs for output in outputs}
        outlets = {place: self._outlets(output) for place, output in outputs_at.items()}
        shares = {listing.place: self._shares(listing, outputs) for listing, outputs in inputs}
        most = {listing.place: _MOST * listing.base_price for listing, _ in inputs}
        for _ in range(_ROUNDS):
            gains = {place: its.gain(worth) for place, its in outlets.items()}
            worth = {
                place: min(most[place], self._weight * sum(part * gains[output] for output, part in its))
                for place, its in shares.items()
            }
        return worth

    def _outputs_of(self, listing: MarketListing) -> list[MarketListing]:
        return [output for output in self._markets.outputs_fed_by(listing) if output.is_known]

    def _shares(self, listing: MarketListing, outputs: Sequence[MarketListing]) -> list[tuple[Place, float]]:
        """Which part of a unit's gain of each output one unit of the input brings about."""
        if listing.supply is None or listing.supply.at_least(Supply.HIGH) or not listing.trade_volume:
            return []
        consumed = -self._rate(ListingType.IMPORT, _FED, 0.0) * listing.trade_volume
        shares: list[tuple[Place, float]] = []
        for output in outputs:
            inputs = self._markets.inputs_of(output)
            part = self._produced(output) / consumed / max(1, len(inputs))
            if output.supply is Supply.ABUNDANT:
                part *= _PLENTY
            worst = min((i.supply.rank for i in inputs if i.supply is not None), default=0)
            shares.append((output.place, part * _AHEAD ** max(0, listing.supply.rank - worst)))
        return shares

    def _produced(self, output: MarketListing) -> float:
        return self._rate(ListingType.EXPORT, _FED, 0.0) * (output.trade_volume or 0)

    def _outlets(self, output: MarketListing) -> "_Outlets":
        cost = _ask_when_plentiful(output)
        sinks = [
            (sink.quote.bid - cost, sink.trade_volume or 0, sink.place)
            for sink in self._markets.sinks(output.good)
            if sink.type is ListingType.IMPORT and sink.waypoint != output.waypoint
        ]
        return _Outlets(self._produced(output), sinks)


@dataclass(frozen=True, slots=True)
class _Outlets:
    """Where an hour's production of an output goes."""

    produced: float
    sinks: Sequence[tuple[int, int, Place]]
    """Bid less cost, units taken in an hour, and where."""

    def gain(self, worth: Mapping[Place, float]) -> float:
        """Credits that one more unit earns: it goes to the best sinks, each taking what it uses in an hour."""
        left, earned = self.produced, 0.0
        for margin, volume in sorted(((m + worth.get(at, 0.0), v) for m, v, at in self.sinks), reverse=True):
            if margin <= 0 or left <= 0:
                break
            taken = min(left, volume)
            earned += taken * margin
            left -= taken
        return earned / self.produced if self.produced else 0.0


def _ask_when_plentiful(output: MarketListing) -> int:
    volume, supply = output.trade_volume, output.supply
    if not volume or supply is None:
        return output.quote.ask
    stock = known_stock(output.type, output.good, volume, output.quote, supply, output.margins)
    if stock is None:
        return output.quote.ask
    return quote(output.type, base_prices()[output.good], stock.margin, _COLLECTED_AT * volume, volume).ask
