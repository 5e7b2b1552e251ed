"""Ship prices: dearer with every ship bought, cheaper again with time."""

from typing import Final

from manufacturing.domain.prices import Activity, ListingType, Supply, quote
from manufacturing.simulator import catalogue
from manufacturing.simulator.blueprint import WaypointPlan, YardPlan
from manufacturing.simulator.entities import YARD_MARGIN, YARD_VOLUME, YardListing
from manufacturing.simulator.randomness import stream

#: Stock a supply label stands for when a yard opens, in trade volumes.
_STOCK: Final = {
    Supply.SCARCE: -5.0,
    Supply.LIMITED: -3.0,
    Supply.MODERATE: 0.0,
    Supply.HIGH: 3.0,
    Supply.ABUNDANT: 5.0,
}
#: Ships a yard makes per recalculation while it has fewer than it began with.
_BUILT_PER_TICK: Final = 0.05


def open_yard(plan: WaypointPlan, seed: int) -> list[YardListing]:
    """The ships on sale at a waypoint when the universe begins."""
    return [_open(each, plan.symbol, seed) for each in plan.yard]


def _open(plan: YardPlan, waypoint: str, seed: int) -> YardListing:
    chance = stream(seed, "yard", waypoint, plan.ship_type)
    supply = plan.supply or chance.choice([Supply.MODERATE, Supply.HIGH, Supply.ABUNDANT])
    price = plan.price or round(catalogue.SHIP_TYPES[plan.ship_type].price * chance.uniform(0.86, 1.12))
    net_supply = round(_STOCK[supply] * YARD_VOLUME)
    return YardListing(
        ship_type=plan.ship_type,
        base_price=_base_price(price, net_supply),
        net_supply=net_supply,
        rest=net_supply,
        activity=plan.activity or chance.choice([Activity.WEAK, Activity.GROWING, Activity.STRONG]),
    )


def _base_price(price: int, net_supply: int) -> float:
    """The base price at which a yard with this stock asks exactly ``price``."""
    scale = quote(ListingType.EXPORT, 1e9, YARD_MARGIN, net_supply, YARD_VOLUME).ask / 1e9
    return price / scale


def advance_yard(listing: YardListing, tick: int) -> None:
    """Builds ships up to recalculation number ``tick``."""
    missing = listing.rest - listing.net_supply
    if missing <= 0:
        listing.carry = 0.0
    else:
        built = listing.carry + (tick - listing.tick) * _BUILT_PER_TICK
        whole = min(int(built), missing)
        listing.net_supply += whole
        listing.carry = built - whole
    listing.tick = tick
