"""Trading: purchases, sales and fuel (docs/game.md, "Prices" and "Travel").

A trade is priced at the quote before it and moves the stock by its units, which makes the next quote.
"""

from manufacturing.domain.travel import refuel_units
from manufacturing.simulator import views
from manufacturing.simulator.economy import Listing
from manufacturing.simulator.entities import Agent, MarketTransaction, Place, Ship
from manufacturing.simulator.errors import Code, Refusal
from manufacturing.simulator.messages import BodyRule, Flag, Text, Whole
from manufacturing.simulator.operation import (
    Call,
    Reply,
    operation,
    own_ship,
    require_aboard,
    require_credits,
    require_docked,
    require_room,
)
from manufacturing.simulator.universe import Universe

_TRADE: BodyRule = {"symbol": Text(), "units": Whole()}


@operation("POST", "/my/ships/{}/purchase", body=_TRADE)
def purchase_cargo(universe: Universe, call: Call) -> Reply:
    """Buys goods where the ship is docked."""
    ship, good, units = own_ship(universe, call), call.body["symbol"], call.body["units"]
    require_docked(ship, call.now)
    place = universe.state.places[ship.waypoint]
    listing = _listing(universe, place, good, Code.NOT_SOLD)
    _require_within_volume(listing, units)
    require_room(ship, units)
    price = listing.quote.ask
    require_credits(call.agent, price * units)
    call.agent.credits -= price * units
    listing.net_supply -= units
    ship.load(good, units)
    return _traded(universe, call, ship, _record(place, ship, good, "PURCHASE", units, price, call))


@operation("POST", "/my/ships/{}/sell", body=_TRADE)
def sell_cargo(universe: Universe, call: Call) -> Reply:
    """Sells goods where the ship is docked."""
    ship, good, units = own_ship(universe, call), call.body["symbol"], call.body["units"]
    require_docked(ship, call.now)
    place = universe.state.places[ship.waypoint]
    listing = _listing(universe, place, good, Code.NOT_BOUGHT)
    _require_within_volume(listing, units)
    require_aboard(ship, good, units)
    price = listing.quote.bid
    call.agent.credits += price * units
    listing.net_supply += units
    ship.unload(good, units)
    return _traded(universe, call, ship, _record(place, ship, good, "SELL", units, price, call))


def _listing(universe: Universe, place: Place, good: str, unlisted: Code) -> Listing:
    market = universe.market(place)
    if market is None:
        raise Refusal(Code.NO_MARKET, f"{place.symbol} has no market.", waypointSymbol=place.symbol)
    listing = market.listings.get(good)
    if listing is None:
        deals = "sell" if unlisted is Code.NOT_SOLD else "buy"
        raise Refusal(
            unlisted,
            f"The market at {place.symbol} does not {deals} {good}.",
            waypointSymbol=place.symbol,
            tradeSymbol=good,
        )
    return listing


def _require_within_volume(listing: Listing, units: int) -> None:
    if units > listing.trade_volume:
        raise Refusal(
            Code.OVER_TRADE_VOLUME,
            f"At most {listing.trade_volume} {listing.good} change hands at a time here, not {units}.",
            tradeSymbol=listing.good,
            units=units,
            tradeVolume=listing.trade_volume,
        )


def _record(place: Place, ship: Ship, good: str, kind: str, units: int, price: int, call: Call) -> MarketTransaction:
    trade = MarketTransaction(
        waypoint=place.symbol,
        ship=ship.symbol,
        good=good,
        kind=kind,
        units=units,
        unit_price=price,
        at=call.now,
    )
    place.remember_trade(trade)
    return trade


def _traded(universe: Universe, call: Call, ship: Ship, trade: MarketTransaction) -> Reply:
    return Reply(
        {
            "agent": _agent(universe, call.agent),
            "cargo": views.cargo(ship),
            "transaction": views.market_transaction(trade),
        },
        status=201,
    )


def _agent(universe: Universe, agent: Agent) -> views.View:
    return views.agent(agent, len(universe.fleets[agent.symbol]))


@operation("POST", "/my/ships/{}/refuel", body={"units": Whole(required=False), "fromCargo": Flag()})
def refuel_ship(universe: Universe, call: Call) -> Reply:
    """Fills the tank, or adds the units of ship fuel asked for, from the market or from the hold."""
    ship = own_ship(universe, call)
    require_docked(ship, call.now)
    place = universe.state.places[ship.waypoint]
    missing = ship.fuel_capacity - ship.fuel
    added = min(missing, call.body.get("units", missing))
    units = refuel_units(added)
    from_cargo = call.body.get("fromCargo", False)
    price = 0
    if from_cargo:
        if units:
            require_aboard(ship, "FUEL", units)
            ship.unload("FUEL", units)
    else:
        listing = _listing(universe, place, "FUEL", Code.NOT_SOLD)
        price = listing.quote.ask
        require_credits(call.agent, price * units)
        call.agent.credits -= price * units
        listing.net_supply -= units
    ship.fuel += added
    trade = MarketTransaction(
        waypoint=place.symbol,
        ship=ship.symbol,
        good="FUEL",
        kind="PURCHASE",
        units=units,
        unit_price=price,
        at=call.now,
    )
    if units and not from_cargo:
        place.remember_trade(trade)
    data = {
        "agent": _agent(universe, call.agent),
        "fuel": views.fuel(ship),
        "transaction": views.market_transaction(trade),
    }
    if from_cargo:
        data["cargo"] = views.cargo(ship)
    return Reply(data)
