"""Building what is under construction, such as a jump gate."""

from manufacturing.simulator import views
from manufacturing.simulator.entities import Place
from manufacturing.simulator.errors import Code, Refusal
from manufacturing.simulator.messages import Text, Whole
from manufacturing.simulator.operation import (
    Access,
    Call,
    Reply,
    operation,
    require_aboard,
    require_docked,
    ship_named,
)
from manufacturing.simulator.operations.places import named_place
from manufacturing.simulator.universe import Universe

_SITE = "/systems/{}/waypoints/{}/construction"


@operation("GET", _SITE, access=Access.ANYONE)
def get_construction(universe: Universe, call: Call) -> Reply:
    """What a construction still needs."""
    return Reply(views.construction(_site(universe, call)))


@operation(
    "POST",
    _SITE + "/supply",
    body={"shipSymbol": Text(), "tradeSymbol": Text(), "units": Whole()},
)
def supply_construction(universe: Universe, call: Call) -> Reply:
    """Brings material to a construction; the last unit completes it."""
    place = _site(universe, call)
    ship = ship_named(universe, call, call.body["shipSymbol"])
    good, units = call.body["tradeSymbol"], call.body["units"]
    material = next((each for each in place.materials if each.good == good), None)
    if material is None:
        raise _refusal(Code.MATERIAL_NOT_NEEDED, place, good, "is not needed")
    missing = material.required - material.fulfilled
    if missing == 0:
        raise _refusal(Code.MATERIAL_COMPLETE, place, good, "is complete")
    if units > missing:
        raise _refusal(Code.MATERIAL_COMPLETE, place, good, f"lacks only {missing} units")
    require_docked(ship, call.now)
    if ship.waypoint != place.symbol:
        raise _refusal(Code.CONSTRUCTION_ELSEWHERE, place, good, f"has to be brought; {ship.symbol} is elsewhere")
    require_aboard(ship, good, units)
    ship.unload(good, units)
    material.fulfilled += units
    if all(each.fulfilled == each.required for each in place.materials):
        place.under_construction = False
    return Reply({"construction": views.construction(place), "cargo": views.cargo(ship)}, status=201)


def _site(universe: Universe, call: Call) -> Place:
    place = named_place(universe, call)
    if not place.materials:
        raise Refusal(Code.NOT_FOUND, f"Nothing was ever built at {place.symbol}.", waypointSymbol=place.symbol)
    return place


def _refusal(code: Code, place: Place, good: str, why: str) -> Refusal:
    return Refusal(
        code,
        f"{good} for the construction at {place.symbol} {why}.",
        waypointSymbol=place.symbol,
        tradeSymbol=good,
    )
