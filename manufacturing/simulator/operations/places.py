"""The map: systems, waypoints, markets and jump gates."""

from manufacturing.simulator import views
from manufacturing.simulator.entities import Place
from manufacturing.simulator.errors import Code, Refusal
from manufacturing.simulator.messages import Page, query_values
from manufacturing.simulator.operation import Access, Call, Reply, operation
from manufacturing.simulator.universe import Universe


def find_place(universe: Universe, symbol: str) -> Place:
    """The waypoint of that name. Raises Refusal (404) when there is none."""
    place = universe.state.places.get(symbol)
    if place is None:
        raise Refusal(Code.NOT_FOUND, f"Waypoint {symbol} not found.", waypointSymbol=symbol)
    return place


def named_place(universe: Universe, call: Call) -> Place:
    """The waypoint in the path, in the system in the path."""
    place = find_place(universe, call.names[1])
    if place.system != call.names[0]:
        raise Refusal(Code.NOT_FOUND, f"{place.symbol} is not in {call.names[0]}.", waypointSymbol=place.symbol)
    return place


@operation("GET", "/systems", access=Access.ANYONE)
def get_systems(universe: Universe, call: Call) -> Reply:
    """All systems."""
    page = Page.of(call.query)
    systems = list(universe.state.systems.values())
    shown = [views.system(system, universe.state.places) for system in systems[page.span]]
    return Reply(shown, meta=page.meta(len(systems)))


@operation("GET", "/systems/{}", access=Access.ANYONE)
def get_system(universe: Universe, call: Call) -> Reply:
    """One system."""
    system = universe.state.systems.get(call.names[0])
    if system is None:
        raise Refusal(Code.NOT_FOUND, f"System {call.names[0]} not found.", systemSymbol=call.names[0])
    return Reply(views.system(system, universe.state.places))


@operation("GET", "/systems/{}/waypoints", access=Access.ANYONE)
def get_waypoints(universe: Universe, call: Call) -> Reply:
    """The waypoints of a system, perhaps only those of a type or with all the traits given."""
    page = Page.of(call.query)
    system = universe.state.systems.get(call.names[0])
    if system is None:
        raise Refusal(Code.NOT_FOUND, f"System {call.names[0]} not found.", systemSymbol=call.names[0])
    types, traits = query_values(call.query, "type"), query_values(call.query, "traits")
    places = [universe.state.places[symbol] for symbol in system.waypoints]
    found = [
        place
        for place in places
        if (not types or place.type in types) and all(trait in _visible_traits(place) for trait in traits)
    ]
    return Reply([views.waypoint(place) for place in found[page.span]], meta=page.meta(len(found)))


def _visible_traits(place: Place) -> list[str]:
    return place.traits if place.charted_at is not None else ["UNCHARTED"]


@operation("GET", "/systems/{}/waypoints/{}", access=Access.ANYONE)
def get_waypoint(universe: Universe, call: Call) -> Reply:
    """One waypoint."""
    return Reply(views.waypoint(named_place(universe, call)))


@operation("GET", "/systems/{}/waypoints/{}/market", access=Access.ANYONE)
def get_market(universe: Universe, call: Call) -> Reply:
    """A market; its quotes and trades only for those who have a ship there."""
    place = named_place(universe, call)
    if universe.market(place) is None:
        raise Refusal(Code.NOT_FOUND, f"{place.symbol} has no market.", waypointSymbol=place.symbol)
    if call.caller is not None and universe.is_present(call.caller.symbol, place.symbol):
        return Reply(views.market(place))
    _require_charted(place)
    return Reply(views.market_outline(place))


def _require_charted(place: Place) -> None:
    if place.charted_at is None:
        raise Refusal(
            Code.WAYPOINT_NO_ACCESS,
            f"{place.symbol} is uncharted: bring a ship there first.",
            waypointSymbol=place.symbol,
        )


@operation("GET", "/systems/{}/waypoints/{}/jump-gate", access=Access.ANYONE)
def get_jump_gate(universe: Universe, call: Call) -> Reply:
    """The gates a jump gate leads to."""
    place = named_place(universe, call)
    if place.type != "JUMP_GATE":
        raise Refusal(Code.NOT_FOUND, f"{place.symbol} has no jump gate.", waypointSymbol=place.symbol)
    connections = universe.state.connections.get(place.symbol, ())
    return Reply({"symbol": place.symbol, "connections": list(connections)})
