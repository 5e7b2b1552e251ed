"""Shipyards: what they build, and buying it."""

from manufacturing.simulator import views
from manufacturing.simulator.catalogue import SHIP_TYPES
from manufacturing.simulator.entities import YardTransaction
from manufacturing.simulator.errors import Code, Refusal
from manufacturing.simulator.messages import Text
from manufacturing.simulator.operation import Access, Call, Reply, operation, require_credits
from manufacturing.simulator.operations.places import find_place, named_place
from manufacturing.simulator.universe import Universe

#: What a shipyard takes for installing or removing a part, in credits.
MODIFICATIONS_FEE = 1_500


@operation("GET", "/systems/{}/waypoints/{}/shipyard", access=Access.ANYONE)
def get_shipyard(universe: Universe, call: Call) -> Reply:
    """A shipyard; its ships and sales only for those who have a ship there."""
    place = named_place(universe, call)
    if not place.yard:
        raise Refusal(Code.NOT_FOUND, f"{place.symbol} has no shipyard.", waypointSymbol=place.symbol)
    view = views.shipyard_outline(place, MODIFICATIONS_FEE)
    if call.caller is not None and universe.is_present(call.caller.symbol, place.symbol):
        view["transactions"] = [views.yard_transaction(sale) for sale in place.sales]
        view["ships"] = [views.yard_ship(listing) for listing in universe.yard(place)]
    return Reply(view)


@operation("POST", "/my/ships", body={"shipType": Text(among=frozenset(SHIP_TYPES)), "waypointSymbol": Text()})
def purchase_ship(universe: Universe, call: Call) -> Reply:
    """Buys a ship at a yard where the agent has one already."""
    agent, ship_type = call.agent, call.body["shipType"]
    place = find_place(universe, call.body["waypointSymbol"])
    if not universe.is_present(agent.symbol, place.symbol):
        raise Refusal(Code.NO_SHIP_AT_YARD, f"No ship of yours is at {place.symbol}.", waypointSymbol=place.symbol)
    listing = next((each for each in universe.yard(place) if each.ship_type == ship_type), None)
    if listing is None:
        raise Refusal(
            Code.NOT_FOUND,
            f"{place.symbol} does not sell {ship_type}.",
            shipType=ship_type,
            waypointSymbol=place.symbol,
        )
    price = listing.quote.ask
    require_credits(agent, price, Code.CANNOT_AFFORD_SHIP)
    agent.credits -= price
    listing.net_supply -= 1
    ship = universe.build_ship(agent, ship_type, place)
    sale = YardTransaction(waypoint=place.symbol, ship_type=ship_type, price=price, agent=agent.symbol, at=call.now)
    place.remember_sale(sale)
    return Reply(
        {
            "agent": views.agent(agent, len(universe.fleets[agent.symbol])),
            "ship": views.ship(ship, call.now, universe.state.places),
            "transaction": views.yard_transaction(sale) | {"shipSymbol": ship.symbol},
        },
        status=201,
    )
