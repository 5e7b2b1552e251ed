"""A star system small enough to keep in mind, for tests of the fleet: two products, each with its chain.

    the mine → SILICON_CRYSTALS ──────────────┐
    the mine → COPPER_ORE → the refinery      ├→ the works → ELECTRONICS → the capital, the depot
                            → COPPER ─────────┘
    the old refinery → COPPER (usually too little)
    the smelter → IRON → the foundry → MACHINERY → the capital

Its markets quote by the game's price law. They produce and consume nothing unless a test asks for a lively universe, so
that only trades move a price.
"""

from manufacturing.domain.facts import base_prices
from manufacturing.domain.prices import Activity, ListingType, Supply
from manufacturing.simulator.blueprint import ListingPlan, SystemPlan, UniversePlan, WaypointPlan
from manufacturing.simulator.economy_parameters import EconomyParameters
from tests.builders import STOCK_AT, SYSTEM

#: The waypoint of each place by the name a player would give it.
PLACES = {
    "the capital": "X1-PX-A1",
    "the works": "X1-PX-B2",
    "the refinery": "X1-PX-C3",
    "the old refinery": "X1-PX-C4",
    "the mine": "X1-PX-D5",
    "the foundry": "X1-PX-E6",
    "the smelter": "X1-PX-F7",
    "the depot": "X1-PX-G8",
}
NAMES = {symbol: name for name, symbol in PLACES.items()}

_COORDINATES = {
    "the capital": (0, 0),
    "the works": (60, 0),
    "the refinery": (0, 80),
    "the old refinery": (80, 60),
    "the mine": (-60, 40),
    "the foundry": (-40, -40),
    "the smelter": (-90, -30),
    "the depot": (40, -50),
}

_VOLUMES = {"SILICON_CRYSTALS": 60, "COPPER": 60, "COPPER_ORE": 60, "IRON": 60}

#: What each market deals in, and how much of it there is unless a test says otherwise.
_MARKETS = {
    "the capital": [
        ("ELECTRONICS", ListingType.IMPORT, Supply.MODERATE),
        ("MACHINERY", ListingType.IMPORT, Supply.MODERATE),
    ],
    "the works": [
        ("ELECTRONICS", ListingType.EXPORT, Supply.MODERATE),
        ("SILICON_CRYSTALS", ListingType.IMPORT, Supply.LIMITED),
        ("COPPER", ListingType.IMPORT, Supply.LIMITED),
    ],
    "the refinery": [
        ("COPPER", ListingType.EXPORT, Supply.HIGH),
        ("COPPER_ORE", ListingType.IMPORT, Supply.LIMITED),
    ],
    "the old refinery": [
        ("COPPER", ListingType.EXPORT, Supply.LIMITED),
        ("COPPER_ORE", ListingType.IMPORT, Supply.LIMITED),
    ],
    "the mine": [
        ("SILICON_CRYSTALS", ListingType.EXPORT, Supply.HIGH),
        ("COPPER_ORE", ListingType.EXPORT, Supply.HIGH),
    ],
    "the foundry": [
        ("MACHINERY", ListingType.EXPORT, Supply.MODERATE),
        ("IRON", ListingType.IMPORT, Supply.LIMITED),
    ],
    "the smelter": [("IRON", ListingType.EXPORT, Supply.HIGH)],
    "the depot": [("ELECTRONICS", ListingType.IMPORT, Supply.MODERATE)],
}


def _still() -> EconomyParameters:
    nothing = dict.fromkeys(Activity, 0.0)
    return EconomyParameters(
        production=nothing,
        weak_production_when_high=0.0,
        consumption=nothing,
        overshoot_return=0.0,
        exchange_return_hours=1e12,
        growth=1.0,
    )


def _lively() -> EconomyParameters:
    """Factories make in minutes what takes the real ones hours."""
    busy = {Activity.RESTRICTED: 0.0, Activity.WEAK: 6.0, Activity.GROWING: 12.0, Activity.STRONG: 18.0}
    return EconomyParameters(
        production=busy,
        weak_production_when_high=2.0,
        consumption=dict.fromkeys(Activity, 0.1),
        exchange_return_hours=1e12,
        growth=1.0,
    )


#: Markets that only trades move.
STILL = _still()
#: Markets that make their outputs from what they are brought, quickly.
LIVELY = _lively()


def trade_volume(good: str) -> int:
    """Units of the good that one trade moves at most."""
    return _VOLUMES.get(good, 180 if good == "FUEL" else 20)


def plan() -> UniversePlan:
    """The universe as it begins."""
    return UniversePlan(
        systems=(SystemPlan(symbol=SYSTEM, type="BLUE_STAR", x=0, y=0, waypoints=tuple(map(_waypoint, PLACES))),),
        headquarters=PLACES["the capital"],
    )


def _waypoint(name: str) -> WaypointPlan:
    x, y = _COORDINATES[name]
    listings = [*_MARKETS[name], ("FUEL", ListingType.EXCHANGE, Supply.MODERATE)]
    return WaypointPlan(
        symbol=PLACES[name],
        type="PLANET",
        x=x,
        y=y,
        traits=("MARKETPLACE",),
        listings=tuple(_listing(*listing) for listing in listings),
    )


def _listing(good: str, type_: ListingType, supply: Supply) -> ListingPlan:
    volume = trade_volume(good)
    return ListingPlan(
        good=good,
        type=type_,
        base_price=base_prices()[good],
        trade_volume=volume,
        margin=8,
        net_supply=round(STOCK_AT[supply] * volume),
        rest=6.0 if type_ is ListingType.EXPORT else -6.0,
    )
