"""MarketListing: what a market last quoted for a good, and how that changed."""

from dataclasses import dataclass
from datetime import datetime

from manufacturing.domain.facts import base_prices
from manufacturing.domain.ids import PlayerId
from manufacturing.domain.margins import Margins, narrowed, possible_stocks
from manufacturing.domain.prices import Activity, ListingType, Quote, Supply
from manufacturing.domain.universe import TradeGood

#: What tells listings of one player apart: waypoint and good.
Place = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Terms:
    """What a listing offered at one moment, as a value: equal terms, equal prices for every quantity."""

    type: ListingType
    good: str
    trade_volume: int
    supply: Supply
    quote: Quote
    margins: Margins = frozenset()
    """The margins that it may have, as far as earlier quotes tell."""


@dataclass(kw_only=True, eq=False)
class MarketListing:
    """The latest known state of (waypoint, good). ``ask`` is what a ship pays, ``bid`` what it receives. A market
    no ship has visited is known by its goods only: then the quote is None.
    """

    player_id: PlayerId
    system_symbol: str
    waypoint: str
    good: str
    type: ListingType
    trade_volume: int | None = None
    supply: Supply | None = None
    activity: Activity | None = None
    ask: int | None = None
    bid: int | None = None
    observed_at: datetime | None = None
    """When the quote was seen; None while it never was."""
    margins: Margins = frozenset()
    """The margins that explain every quote seen since its trade volume last changed."""
    is_reckoned: bool = False
    """Whether the quote was reckoned from trades of ours, and may be another than the market's."""
    surprised_at: datetime | None = None
    """When a trade of ours last went at another price than was expected: somebody else trades here."""
    version: int = 1

    @property
    def place(self) -> Place:
        """Its waypoint and good."""
        return self.waypoint, self.good

    @property
    def is_known(self) -> bool:
        """Whether a quote was ever seen."""
        return self.observed_at is not None

    @property
    def quote(self) -> Quote:
        """The last quote; ValueError while none was seen."""
        if self.ask is None or self.bid is None:
            raise ValueError(f"no quote of {self.good} at {self.waypoint} was ever seen")
        return Quote(ask=self.ask, bid=self.bid)

    @property
    def base_price(self) -> float:
        """The good's base price, or its last bid where none is known."""
        return base_prices().get(self.good, self.quote.bid)

    @property
    def terms(self) -> Terms:
        """What was last seen, as a value; ValueError while nothing was."""
        seen = self.quote
        assert self.trade_volume is not None
        assert self.supply is not None
        return Terms(self.type, self.good, self.trade_volume, self.supply, seen, self.margins)

    def observe(self, seen: TradeGood, now: datetime) -> bool:
        """Takes over what a ship saw; whether anything differs from before."""
        before = (self.type, self.trade_volume, self.supply, self.activity, self.ask, self.bid)
        stocks = possible_stocks(seen.type, self.good, seen.trade_volume, seen.quote, seen.supply)
        same_margin = (seen.type, seen.trade_volume) == (self.type, self.trade_volume)
        self.margins = narrowed(self.margins if same_margin else frozenset(), stocks)
        self.is_reckoned = False
        self.type = seen.type
        self.trade_volume = seen.trade_volume
        self.supply = seen.supply
        self.activity = seen.activity
        self.ask = seen.quote.ask
        self.bid = seen.quote.bid
        self.observed_at = now
        return before != (self.type, self.trade_volume, self.supply, self.activity, self.ask, self.bid)


@dataclass(kw_only=True, eq=False)
class ListingChange:
    """One recorded change of a listing: its history, for learning."""

    player_id: PlayerId
    waypoint: str
    good: str
    type: ListingType
    trade_volume: int
    supply: Supply
    activity: Activity | None
    ask: int
    bid: int
    recorded_at: datetime
    id: int = 0


@dataclass(kw_only=True, eq=False)
class SupplyLevelChange:
    """One observed change of a supply level, with how long the previous level was seen to last."""

    player_id: PlayerId
    waypoint: str
    good: str
    from_supply: Supply
    to_supply: Supply
    activity: Activity | None
    seen_from: datetime
    """When the previous level was last seen."""
    recorded_at: datetime
    id: int = 0
