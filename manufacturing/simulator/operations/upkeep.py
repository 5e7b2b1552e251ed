"""Repairing ships and scrapping them, at a shipyard."""

from manufacturing.simulator import views
from manufacturing.simulator.entities import Ship
from manufacturing.simulator.errors import Code, Refusal
from manufacturing.simulator.operation import Call, Reply, operation, own_ship, require_credits, require_docked
from manufacturing.simulator.universe import Universe
from manufacturing.simulator.wear import repair, repair_price, scrap_price


@operation("GET", "/my/ships/{}/repair")
def get_repair_ship(universe: Universe, call: Call) -> Reply:
    """What a repair would cost."""
    ship = _at_yard(universe, call, Code.REPAIR_NO_SHIPYARD)
    return Reply({"transaction": _transaction(ship, repair_price(ship), call)})


@operation("POST", "/my/ships/{}/repair")
def repair_ship(universe: Universe, call: Call) -> Reply:
    """Mends a ship."""
    ship = _at_yard(universe, call, Code.REPAIR_NO_SHIPYARD)
    price = repair_price(ship)
    require_credits(call.agent, price, Code.NO_CREDITS_FOR_SERVICE)
    call.agent.credits -= price
    repair(ship)
    return Reply(
        {
            "agent": views.agent(call.agent, len(universe.fleets[call.agent.symbol])),
            "ship": views.ship(ship, call.now, universe.state.places),
            "transaction": _transaction(ship, price, call),
        }
    )


@operation("GET", "/my/ships/{}/scrap")
def get_scrap_ship(universe: Universe, call: Call) -> Reply:
    """What scrapping would bring."""
    ship = _at_yard(universe, call, Code.SCRAP_NO_SHIPYARD)
    return Reply({"transaction": _transaction(ship, scrap_price(ship), call)})


@operation("POST", "/my/ships/{}/scrap")
def scrap_ship(universe: Universe, call: Call) -> Reply:
    """Takes a ship apart; what is in its hold is lost."""
    ship = _at_yard(universe, call, Code.SCRAP_NO_SHIPYARD)
    price = scrap_price(ship)
    call.agent.credits += price
    universe.remove_ship(ship)
    return Reply(
        {
            "agent": views.agent(call.agent, len(universe.fleets[call.agent.symbol])),
            "transaction": _transaction(ship, price, call),
        }
    )


def _at_yard(universe: Universe, call: Call, refusal: Code) -> Ship:
    ship = own_ship(universe, call)
    require_docked(ship, call.now)
    if not universe.state.places[ship.waypoint].yard:
        raise Refusal(refusal, f"{ship.waypoint} has no shipyard.", waypointSymbol=ship.waypoint)
    return ship


def _transaction(ship: Ship, price: int, call: Call) -> views.View:
    return {
        "waypointSymbol": ship.waypoint,
        "shipSymbol": ship.symbol,
        "totalPrice": price,
        "timestamp": views.iso(call.now),
    }
