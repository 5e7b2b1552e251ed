"""What the game tells us, as values: the answers of its API in our terms (docs/game.md, "The API")."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from manufacturing.domain.prices import Activity, ListingType, Quote, Supply
from manufacturing.domain.travel import FlightMode


class NavStatus(StrEnum):
    """Where a ship is in its journey."""

    IN_TRANSIT = "IN_TRANSIT"
    """Flying; its waypoint is already the destination."""
    IN_ORBIT = "IN_ORBIT"
    """At its waypoint, able to leave."""
    DOCKED = "DOCKED"
    """At its waypoint, able to trade and refuel."""


class TradeKind(StrEnum):
    """Which way goods and money went."""

    PURCHASE = "PURCHASE"
    SELL = "SELL"


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerStatus:
    """What the server says of itself."""

    reset_date: str
    """The day this universe began, ``YYYY-MM-DD``: another day is another universe."""
    version: str
    last_market_update: datetime | None
    """When markets were last recalculated (game time)."""
    time_scale: str | None
    """How the server's time runs, as ``TimeScale`` writes it; None where it runs as ours does."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AgentState:
    """The player's agent."""

    symbol: str
    headquarters: str
    credits: int
    ship_count: int
    faction: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CargoItem:
    """Units of one good in a hold."""

    good: str
    units: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Cargo:
    """A ship's hold."""

    capacity: int
    units: int
    items: tuple[CargoItem, ...]

    def units_of(self, good: str) -> int:
        """How many units of ``good`` are aboard."""
        return sum(item.units for item in self.items if item.good == good)

    @property
    def free(self) -> int:
        """How many more units fit."""
        return self.capacity - self.units


@dataclass(frozen=True, slots=True, kw_only=True)
class Nav:
    """Where a ship is, and until when it flies."""

    system: str
    waypoint: str
    """Where it is; in transit, where it is going."""
    status: NavStatus
    flight_mode: FlightMode
    origin: str
    departure_at: datetime
    arrival_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Fuel:
    """A ship's tank, in ship fuel units; a ship without a tank has capacity 0."""

    current: int
    capacity: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ShipState:
    """A ship as the server has it."""

    symbol: str
    role: str
    frame: str
    speed: int
    nav: Nav
    fuel: Fuel
    cargo: Cargo


@dataclass(frozen=True, slots=True, kw_only=True)
class WaypointFacts:
    """A place, as the map has it."""

    symbol: str
    system: str
    type: str
    x: int
    y: int
    traits: tuple[str, ...]
    modifiers: tuple[str, ...] = ()
    """What has befallen it, such as STRIPPED."""
    orbits: str | None = None
    """The waypoint it circles, at the same spot."""
    under_construction: bool = False

    @property
    def has_market(self) -> bool:
        """Whether goods are traded there."""
        return "MARKETPLACE" in self.traits

    @property
    def has_shipyard(self) -> bool:
        """Whether ships are sold there."""
        return "SHIPYARD" in self.traits


@dataclass(frozen=True, slots=True, kw_only=True)
class SystemFacts:
    """A star system, as the map has it."""

    symbol: str
    type: str
    x: int
    y: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ShipOffer:
    """A ship type on sale at a shipyard. The rest is known only while a ship of ours is there."""

    ship_type: str
    price: int | None = None
    supply: Supply | None = None
    activity: Activity | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ShipPart:
    """A frame, reactor or engine, and how worn it is: shares of 1."""

    symbol: str
    condition: float
    integrity: float


@dataclass(frozen=True, slots=True, kw_only=True)
class ShipOutfit:
    """Everything about a ship that makes it the ship it is, apart from its name."""

    role: str
    frame: ShipPart
    reactor: ShipPart
    engine: ShipPart
    modules: tuple[str, ...]
    mounts: tuple[str, ...]
    crew: int
    crew_required: int
    crew_capacity: int
    nav: Nav
    fuel: Fuel
    cargo: Cargo


@dataclass(frozen=True, slots=True, kw_only=True)
class TradeGood:
    """A listing with its quote, as seen while one of our ships is there."""

    good: str
    type: ListingType
    trade_volume: int
    supply: Supply
    activity: Activity | None
    """None for EXCHANGE goods."""
    quote: Quote


@dataclass(frozen=True, slots=True, kw_only=True)
class Transaction:
    """A trade the market has recorded."""

    waypoint: str
    ship: str
    good: str
    kind: TradeKind
    units: int
    unit_price: int
    total: int
    """Credits, always positive."""
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class MarketState:
    """A market. Without a ship of ours there, only what it deals in is known."""

    waypoint: str
    exports: tuple[str, ...]
    imports: tuple[str, ...]
    exchange: tuple[str, ...]
    trade_goods: tuple[TradeGood, ...]
    transactions: tuple[Transaction, ...]

    @property
    def is_visible(self) -> bool:
        """Whether quotes came with it, that is, whether a ship of ours was there."""
        return bool(self.trade_goods)

    @property
    def goods(self) -> frozenset[str]:
        """Everything it deals in."""
        return frozenset((*self.exports, *self.imports, *self.exchange))

    def listing(self, good: str) -> TradeGood | None:
        """The listing of ``good``, if it was seen."""
        return next((g for g in self.trade_goods if g.good == good), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class TradeReceipt:
    """The answer to a purchase or a sale."""

    transaction: Transaction
    cargo: Cargo
    agent: AgentState


@dataclass(frozen=True, slots=True, kw_only=True)
class RefuelReceipt:
    """The answer to a refuelling."""

    transaction: Transaction
    fuel: Fuel
    agent: AgentState


@dataclass(frozen=True, slots=True, kw_only=True)
class Departure:
    """The answer to a navigate: the ship is on its way."""

    nav: Nav
    fuel: Fuel


@dataclass(frozen=True, slots=True, kw_only=True)
class Registration:
    """The answer to a registration."""

    token: str = field(repr=False)
    agent: AgentState
