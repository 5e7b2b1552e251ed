"""The things of the universe that change: agents, ships, contracts, places."""

from collections import deque
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from manufacturing.domain.prices import Activity, ListingType, Quote, Supply, quote, supply_label
from manufacturing.domain.travel import FlightMode
from manufacturing.simulator import catalogue
from manufacturing.simulator.economy import Market

#: How many past transactions a market or shipyard shows.
TRANSACTIONS_SHOWN = 20


@dataclass(slots=True, kw_only=True)
class Component:
    """A frame, reactor or engine that wears."""

    symbol: str
    condition: float = 1.0
    integrity: float = 1.0


@dataclass(slots=True, kw_only=True)
class Ship:
    """A ship and all that is aboard."""

    symbol: str
    agent: str
    faction: str
    role: str
    frame: Component
    reactor: Component
    engine: Component
    speed: int
    modules: list[str]
    mounts: list[str]
    crew: int
    crew_capacity: int
    crew_required: int
    cargo_capacity: int
    cargo: dict[str, int] = field(default_factory=dict)
    fuel: int
    fuel_capacity: int
    fuel_consumed: int = 0
    fuel_consumed_at: datetime
    system: str
    waypoint: str
    """Where it is; in transit, where it is going."""
    origin: str
    departed_at: datetime
    arrives_at: datetime
    docked: bool = True
    flight_mode: FlightMode = FlightMode.CRUISE
    cooldown_seconds: int = 0
    cooldown_until: datetime | None = None
    draws: int = 0
    """How often chance decided something for it: each time is a draw of its own."""
    _outfit: Any = field(default=None, compare=False, repr=False)
    """Rendered frame, reactor, engine, modules and mounts; None when they have changed."""
    _view: Any = field(default=None, compare=False, repr=False)
    """The whole ship, rendered while ``_showing`` was the case."""
    _showing: Any = field(default=None, compare=False, repr=False)

    def in_transit(self, now: datetime) -> bool:
        """Whether it flies at ``now``."""
        return now < self.arrives_at

    @property
    def cargo_units(self) -> int:
        """How many units are in its hold."""
        return sum(self.cargo.values())

    def load(self, good: str, units: int) -> None:
        """Puts units into the hold; the caller has seen to it that they fit."""
        self.cargo[good] = self.cargo.get(good, 0) + units

    def unload(self, good: str, units: int) -> None:
        """Takes units out of the hold; the caller has seen to it that they are there."""
        left = self.cargo[good] - units
        if left:
            self.cargo[good] = left
        else:
            del self.cargo[good]

    def outfit_changed(self) -> None:
        """Its parts or their wear are no longer what was rendered."""
        self._outfit = None

    def has_module(self, prefix: str) -> bool:
        """Whether a module whose symbol begins with ``prefix`` is installed."""
        return any(module.startswith(prefix) for module in self.modules)

    def mounts_of(self, prefix: str) -> list[str]:
        """Its mounts whose symbols begin with ``prefix``."""
        return [mount for mount in self.mounts if mount.startswith(prefix)]


@dataclass(slots=True, kw_only=True)
class Agent:
    """A player."""

    symbol: str
    account: str
    token: str
    faction: str
    headquarters: str
    credits: int
    joined_at: datetime
    ships_built: int = 0
    """How many ships it ever had: the next one's number follows from it."""
    contracts_made: int = 0
    charts: int = 0


@dataclass(slots=True, kw_only=True)
class Delivery:
    """What a contract wants brought."""

    good: str
    destination: str
    required: int
    fulfilled: int = 0


@dataclass(slots=True, kw_only=True)
class Contract:
    """A job for an agent."""

    id: str
    agent: str
    faction: str
    deadline: datetime
    accept_by: datetime
    paid_on_accept: int
    paid_on_fulfil: int
    deliveries: list[Delivery]
    accepted: bool = False
    fulfilled: bool = False


@dataclass(slots=True, kw_only=True)
class Survey:
    """What a surveyor has found at an asteroid."""

    signature: str
    waypoint: str
    deposits: list[str]
    size: str
    expires_at: datetime
    uses_left: int
    """Extractions until it is exhausted."""


@dataclass(slots=True, kw_only=True)
class MarketTransaction:
    """A trade a market remembers."""

    waypoint: str
    ship: str
    good: str
    kind: str
    units: int
    unit_price: int
    at: datetime


@dataclass(slots=True, kw_only=True)
class YardTransaction:
    """A sale a shipyard remembers."""

    waypoint: str
    ship_type: str
    price: int
    agent: str
    at: datetime


@dataclass(slots=True, kw_only=True)
class YardListing:
    """A ship type on sale. Its price follows the price law of an export that is sold in threes."""

    ship_type: str
    base_price: float
    net_supply: int
    rest: int
    """The stock it comes back to."""
    activity: Activity
    tick: int = 0
    carry: float = 0.0
    """Parts of a ship not yet built."""

    @property
    def quote(self) -> Quote:
        """What it costs now."""
        return quote(ListingType.EXPORT, self.base_price, YARD_MARGIN, self.net_supply, YARD_VOLUME)

    @property
    def supply(self) -> Supply:
        """How plentiful it is."""
        return supply_label(self.net_supply, YARD_VOLUME)


#: Trade volume and margin by which ship prices follow their stock: about 2 % dearer with every ship bought.
YARD_VOLUME = 3
YARD_MARGIN = 8


@dataclass(slots=True, kw_only=True)
class Material:
    """What a construction needs."""

    good: str
    required: int
    fulfilled: int = 0


@dataclass(slots=True, kw_only=True)
class Place:
    """A waypoint."""

    symbol: str
    system: str
    type: str
    x: int
    y: int
    orbits: str | None
    orbitals: list[str]
    traits: list[str]
    modifiers: list[str]
    under_construction: bool
    materials: list[Material] = field(default_factory=list)
    charted_by: str | None = None
    charted_at: datetime | None = None
    market: Market | None = None
    yard: list[YardListing] = field(default_factory=list)
    trades: deque[MarketTransaction] = field(default_factory=deque)
    sales: deque[YardTransaction] = field(default_factory=deque)
    extracted: int = 0
    """Units mined or siphoned here."""
    _route_view: Any = field(default=None, compare=False, repr=False)
    _market_view: Any = field(default=None, compare=False, repr=False)
    """The rendered market with its quotes; None when anything of it has changed."""

    def remember_trade(self, trade: MarketTransaction) -> None:
        """Adds a trade to the market's memory; a trade changes quotes, so the rendered market is dropped."""
        _remember(self.trades, trade)
        self._market_view = None

    def remember_sale(self, sale: YardTransaction) -> None:
        """Adds a sale to the shipyard's memory."""
        _remember(self.sales, sale)


def _remember(memory: deque[Any], item: Any) -> None:
    memory.append(item)
    if len(memory) > TRANSACTIONS_SHOWN:
        memory.popleft()


@dataclass(slots=True, kw_only=True)
class StarSystem:
    """A star with its waypoints."""

    symbol: str
    type: str
    x: int
    y: int
    waypoints: list[str]


def cargo_capacity(modules: list[str]) -> int:
    """How many units the cargo holds among ``modules`` take."""
    return sum(catalogue.MODULES[module].capacity or 0 for module in modules if module.startswith("MODULE_CARGO_HOLD"))
