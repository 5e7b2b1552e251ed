"""What is in the hold: looking, handing over, throwing away."""

from manufacturing.simulator import views
from manufacturing.simulator.errors import Code, Refusal
from manufacturing.simulator.messages import Text, Whole
from manufacturing.simulator.operation import (
    Call,
    Reply,
    operation,
    own_ship,
    require_aboard,
    require_arrived,
    require_room,
)
from manufacturing.simulator.universe import Universe


@operation("GET", "/my/ships/{}/cargo")
def get_my_ship_cargo(universe: Universe, call: Call) -> Reply:
    """A ship's hold."""
    return Reply(views.cargo(own_ship(universe, call)))


@operation("POST", "/my/ships/{}/jettison", body={"symbol": Text(), "units": Whole()})
def jettison(universe: Universe, call: Call) -> Reply:
    """Throws goods into space."""
    ship = own_ship(universe, call)
    require_arrived(ship, call.now)
    require_aboard(ship, call.body["symbol"], call.body["units"])
    ship.unload(call.body["symbol"], call.body["units"])
    return Reply({"cargo": views.cargo(ship)})


@operation(
    "POST",
    "/my/ships/{}/transfer",
    body={"tradeSymbol": Text(), "units": Whole(), "shipSymbol": Text()},
)
def transfer_cargo(universe: Universe, call: Call) -> Reply:
    """Hands goods over to another of the agent's ships: both docked, or both in orbit, at one waypoint."""
    ship, good, units = own_ship(universe, call), call.body["tradeSymbol"], call.body["units"]
    name = call.body["shipSymbol"]
    other = universe.state.ships.get(name)
    if other is None:
        raise Refusal(Code.TRANSFER_NO_SHIP, f"Ship {name} not found.", shipSymbol=name)
    if other.agent != ship.agent:
        raise Refusal(Code.TRANSFER_OTHER_AGENT, f"Ship {name} belongs to another agent.", shipSymbol=name)
    if other is ship:
        raise Refusal(Code.TRANSFER_SAME_SHIP, "A ship cannot hand over to itself.", shipSymbol=name)
    require_arrived(ship, call.now)
    require_arrived(other, call.now)
    if other.waypoint != ship.waypoint or other.docked != ship.docked:
        raise Refusal(
            Code.TRANSFER_LOCATION,
            f"Ships {ship.symbol} and {other.symbol} must both be docked, or both be in orbit, at one waypoint.",
            shipSymbol=ship.symbol,
            waypointSymbol=ship.waypoint,
            targetShipSymbol=other.symbol,
            targetWaypointSymbol=other.waypoint,
        )
    require_aboard(ship, good, units)
    require_room(other, units)
    ship.unload(good, units)
    other.load(good, units)
    return Reply({"cargo": views.cargo(ship)})
