"""Ships and where they are: listing, docking, flying (docs/game.md, "Travel")."""

from manufacturing.domain.travel import FlightMode, distance, fuel_cost, travel_seconds
from manufacturing.simulator import views
from manufacturing.simulator.errors import Code, Refusal
from manufacturing.simulator.messages import Page, Text
from manufacturing.simulator.operation import (
    Call,
    Reply,
    operation,
    own_ship,
    require_arrived,
    require_in_orbit,
)
from manufacturing.simulator.operations.places import find_place
from manufacturing.simulator.universe import Universe
from manufacturing.simulator.wear import wear_out


@operation("GET", "/my/ships")
def get_my_ships(universe: Universe, call: Call) -> Reply:
    """The agent's ships."""
    page = Page.of(call.query)
    fleet = universe.fleets[call.agent.symbol]
    shown = [views.ship(ship, call.now, universe.state.places) for ship in fleet[page.span]]
    return Reply(shown, meta=page.meta(len(fleet)))


@operation("GET", "/my/ships/{}")
def get_my_ship(universe: Universe, call: Call) -> Reply:
    """One ship."""
    return Reply(views.ship(own_ship(universe, call), call.now, universe.state.places))


@operation("GET", "/my/ships/{}/nav")
def get_ship_nav(universe: Universe, call: Call) -> Reply:
    """Where a ship is."""
    return Reply(views.nav(own_ship(universe, call), call.now, universe.state.places))


@operation("GET", "/my/ships/{}/cooldown")
def get_ship_cooldown(universe: Universe, call: Call) -> Reply:
    """How long a ship still cools down; no content when it does not."""
    ship = own_ship(universe, call)
    if ship.cooldown_until is None or call.now >= ship.cooldown_until:
        return Reply(None, status=204)
    return Reply(views.cooldown(ship, call.now))


@operation("POST", "/my/ships/{}/dock")
def dock_ship(universe: Universe, call: Call) -> Reply:
    """Docks a ship; it may be docked already."""
    ship = own_ship(universe, call)
    require_arrived(ship, call.now)
    ship.docked = True
    return Reply({"nav": views.nav(ship, call.now, universe.state.places)})


@operation("POST", "/my/ships/{}/orbit")
def orbit_ship(universe: Universe, call: Call) -> Reply:
    """Puts a ship into orbit; it may be there already."""
    ship = own_ship(universe, call)
    require_arrived(ship, call.now)
    ship.docked = False
    return Reply({"nav": views.nav(ship, call.now, universe.state.places)})


@operation(
    "PATCH",
    "/my/ships/{}/nav",
    body={"flightMode": Text(required=False, among=frozenset(FlightMode))},
)
def patch_ship_nav(universe: Universe, call: Call) -> Reply:
    """Sets how a ship flies from its next departure on."""
    ship = own_ship(universe, call)
    if "flightMode" in call.body:
        ship.flight_mode = FlightMode(call.body["flightMode"])
    return Reply(
        {
            "nav": views.nav(ship, call.now, universe.state.places),
            "fuel": views.fuel(ship),
            "events": [],
        }
    )


@operation("POST", "/my/ships/{}/navigate", body={"waypointSymbol": Text()})
def navigate_ship(universe: Universe, call: Call) -> Reply:
    """Sends a ship to another waypoint of its system."""
    ship = own_ship(universe, call)
    require_arrived(ship, call.now, Code.ALREADY_IN_TRANSIT)
    require_in_orbit(ship, call.now)
    destination = find_place(universe, call.body["waypointSymbol"])
    if destination.system != ship.system:
        raise Refusal(
            Code.OUTSIDE_SYSTEM,
            f"{destination.symbol} is outside {ship.system}.",
            shipSymbol=ship.symbol,
            destinationSymbol=destination.symbol,
        )
    if destination.symbol == ship.waypoint:
        raise Refusal(
            Code.SAME_DESTINATION,
            f"Ship {ship.symbol} is at {destination.symbol} already.",
            shipSymbol=ship.symbol,
            destinationSymbol=destination.symbol,
        )
    origin = universe.state.places[ship.waypoint]
    span = distance(origin.x, origin.y, destination.x, destination.y)
    burned = fuel_cost(span, ship.flight_mode) if ship.fuel_capacity else 0
    if burned > ship.fuel:
        raise Refusal(
            Code.NOT_ENOUGH_FUEL,
            f"Ship {ship.symbol} has {ship.fuel} fuel, but {burned} are needed to reach {destination.symbol}.",
            shipSymbol=ship.symbol,
            destinationSymbol=destination.symbol,
            fuelRequired=burned,
            fuelAvailable=ship.fuel,
        )
    ship.fuel -= burned
    ship.fuel_consumed, ship.fuel_consumed_at = burned, call.now
    seconds = travel_seconds(span, ship.flight_mode, ship.speed)
    universe.depart(ship, destination, seconds)
    return Reply(
        {
            "nav": views.nav(ship, call.now, universe.state.places),
            "fuel": views.fuel(ship),
            "events": wear_out(universe, ship, seconds / 3600),
        }
    )
