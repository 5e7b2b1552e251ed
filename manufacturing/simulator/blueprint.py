"""The plan of a star system: what is where, before anyone plays. Generators and captures make them, the universe
is built from them."""

from dataclasses import dataclass, field

from manufacturing.domain.prices import Activity, ListingType, Quote, Supply, quote
from manufacturing.domain.travel import FlightMode


@dataclass(frozen=True, slots=True, kw_only=True)
class ListingPlan:
    """A good at a market, with the stock it starts with."""

    good: str
    type: ListingType
    base_price: float
    trade_volume: int
    margin: int
    net_supply: int
    activity: Activity | None = None
    """None where it shall follow from the stocks."""
    rest: float | None = None
    """Its resting level; None where it shall be drawn."""

    def first_quote(self) -> Quote:
        """What it quotes at the start."""
        return quote(self.type, self.base_price, self.margin, self.net_supply, self.trade_volume)


@dataclass(frozen=True, slots=True, kw_only=True)
class YardPlan:
    """A ship type on sale at a shipyard."""

    ship_type: str
    price: int | None = None
    """What it costs at the start; None where it shall be drawn."""
    supply: Supply | None = None
    activity: Activity | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class WaypointPlan:
    """A place of the system."""

    symbol: str
    type: str
    x: int
    y: int
    orbits: str | None = None
    traits: tuple[str, ...] = ()
    modifiers: tuple[str, ...] = ()
    listings: tuple[ListingPlan, ...] = ()
    yard: tuple[YardPlan, ...] = ()
    under_construction: bool = False
    charted: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class SystemPlan:
    """A star system."""

    symbol: str
    type: str
    x: int
    y: int
    waypoints: tuple[WaypointPlan, ...]
    name: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ShipPlan:
    """A ship somebody has already."""

    role: str
    frame: str
    reactor: str
    engine: str
    modules: tuple[str, ...]
    mounts: tuple[str, ...]
    crew: int
    crew_required: int
    crew_capacity: int
    fuel: int
    cargo: dict[str, int]
    waypoint: str
    docked: bool
    flight_mode: FlightMode
    condition: tuple[float, float, float] = (1.0, 1.0, 1.0)
    """Of frame, reactor and engine."""
    integrity: tuple[float, float, float] = (1.0, 1.0, 1.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class FleetPlan:
    """What the first agent goes on with."""

    credits: int
    ships: tuple[ShipPlan, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class UniversePlan:
    """All systems; the first one is where new agents start."""

    systems: tuple[SystemPlan, ...]
    headquarters: str
    """The waypoint where new agents start."""
    connections: dict[str, tuple[str, ...]] = field(default_factory=dict)
    """The jump gates that each jump gate leads to."""
    fleet: FleetPlan | None = None
