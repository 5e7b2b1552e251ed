"""How the things of the universe look in the API's answers (docs/game.md, "The API").

What seldom changes is rendered once and kept as ready-made JSON, so that an answer costs about as much as its changing
parts.
"""

from collections.abc import Iterable
from datetime import datetime
from functools import cache, lru_cache
from typing import Any

from orjson import Fragment, dumps

from manufacturing.domain.prices import ListingType
from manufacturing.simulator import catalogue
from manufacturing.simulator.catalogue import Requirements, describe, display_name
from manufacturing.simulator.economy import Listing
from manufacturing.simulator.entities import (
    Agent,
    Component,
    Contract,
    MarketTransaction,
    Place,
    Ship,
    StarSystem,
    Survey,
    YardListing,
    YardTransaction,
)

View = dict[str, Any]


@lru_cache(maxsize=8192)
def iso(moment: datetime) -> str:
    """A moment as the API writes it: UTC with milliseconds and a Z."""
    return moment.isoformat(timespec="milliseconds")[:-6] + "Z"


@cache
def _named(symbol: str) -> tuple[str, str]:
    return display_name(symbol), describe(symbol)


def _described(symbol: str) -> View:
    name, description = _named(symbol)
    return {"symbol": symbol, "name": name, "description": description}


@cache
def described(symbol: str) -> Fragment:
    """A symbol with its name and description: a good, a trait, a modifier."""
    return Fragment(dumps(_described(symbol)))


def agent(of: Agent, ship_count: int) -> View:
    """An agent as its player sees it."""
    return {
        "accountId": of.account,
        "symbol": of.symbol,
        "headquarters": of.headquarters,
        "credits": of.credits,
        "startingFaction": of.faction,
        "shipCount": ship_count,
    }


def public_agent(of: Agent, ship_count: int) -> View:
    """An agent as everyone sees it."""
    return {
        "symbol": of.symbol,
        "headquarters": of.headquarters,
        "credits": of.credits,
        "startingFaction": of.faction,
        "shipCount": ship_count,
    }


def faction(symbol: str, headquarters: str) -> View:
    """A faction. Of its headquarters the game tells the system."""
    facts = catalogue.FACTIONS[symbol]
    return {
        "symbol": symbol,
        "name": facts.name,
        "description": facts.description,
        "headquarters": headquarters.rpartition("-")[0],
        "traits": [described(trait) for trait in facts.traits],
        "isRecruiting": facts.recruiting,
    }


def contract(of: Contract) -> View:
    """A contract."""
    return {
        "id": of.id,
        "factionSymbol": of.faction,
        "type": "PROCUREMENT",
        "terms": {
            "deadline": iso(of.deadline),
            "payment": {"onAccepted": of.paid_on_accept, "onFulfilled": of.paid_on_fulfil},
            "deliver": [
                {
                    "tradeSymbol": delivery.good,
                    "destinationSymbol": delivery.destination,
                    "unitsRequired": delivery.required,
                    "unitsFulfilled": delivery.fulfilled,
                }
                for delivery in of.deliveries
            ],
        },
        "accepted": of.accepted,
        "fulfilled": of.fulfilled,
        "expiration": iso(of.accept_by),
        "deadlineToAccept": iso(of.accept_by),
    }


# Places


def system(of: StarSystem, places: dict[str, Place]) -> View:
    """A system with the bare list of its waypoints."""
    return {
        "symbol": of.symbol,
        "sectorSymbol": of.symbol.split("-")[0],
        "constellation": "",
        "name": of.symbol,
        "type": of.type,
        "x": of.x,
        "y": of.y,
        "waypoints": [_bare_waypoint(places[symbol]) for symbol in of.waypoints],
        "factions": [],
    }


def _bare_waypoint(of: Place) -> View:
    view: View = {
        "symbol": of.symbol,
        "type": of.type,
        "x": of.x,
        "y": of.y,
        "orbitals": [{"symbol": symbol} for symbol in of.orbitals],
    }
    if of.orbits:
        view["orbits"] = of.orbits
    return view


def waypoint(of: Place) -> View:
    """A waypoint with what is known of it; of an uncharted one nobody knows the traits."""
    view = _bare_waypoint(of)
    view["systemSymbol"] = of.system
    view["isUnderConstruction"] = of.under_construction
    if of.charted_at is None:
        view["traits"] = [described("UNCHARTED")]
        return view
    view["traits"] = [described(trait) for trait in of.traits]
    view["modifiers"] = [described(modifier) for modifier in of.modifiers]
    view["chart"] = chart(of)
    if of.market is not None:
        view["faction"] = {"symbol": "COSMIC"}
    return view


def chart(of: Place) -> View:
    """Who charted a waypoint, and when."""
    assert of.charted_at is not None
    assert of.charted_by is not None
    return {"waypointSymbol": of.symbol, "submittedBy": of.charted_by, "submittedOn": iso(of.charted_at)}


def construction(of: Place) -> View:
    """What a waypoint under construction still needs."""
    return {
        "symbol": of.symbol,
        "materials": [
            {"tradeSymbol": material.good, "required": material.required, "fulfilled": material.fulfilled}
            for material in of.materials
        ],
        "isComplete": not of.under_construction,
    }


# Markets


def market_outline(of: Place) -> View:
    """What a market deals in, which anyone may know."""
    assert of.market is not None
    by_type: dict[ListingType, list[Fragment]] = {kind: [] for kind in ListingType}
    for listing in of.market.listings.values():
        by_type[listing.type].append(described(listing.good))
    return {
        "symbol": of.symbol,
        "exports": by_type[ListingType.EXPORT],
        "imports": by_type[ListingType.IMPORT],
        "exchange": by_type[ListingType.EXCHANGE],
    }


def market(of: Place) -> Fragment:
    """A market with its quotes and last trades, for those who are there. The caller has recalculated it."""
    if of._market_view is None:
        assert of.market is not None
        view = market_outline(of)
        view["transactions"] = [market_transaction(trade) for trade in of.trades]
        view["tradeGoods"] = [_trade_good(listing) for listing in of.market.listings.values()]
        of._market_view = Fragment(dumps(view))
    return of._market_view  # type: ignore[no-any-return]


def _trade_good(listing: Listing) -> View:
    prices = listing.quote
    view = {
        "symbol": listing.good,
        "tradeVolume": listing.trade_volume,
        "type": listing.type,
        "supply": listing.supply,
        "purchasePrice": prices.ask,
        "sellPrice": prices.bid,
    }
    if listing.activity is not None:
        view["activity"] = listing.activity
    return view


def market_transaction(of: MarketTransaction) -> View:
    """A trade."""
    return {
        "waypointSymbol": of.waypoint,
        "shipSymbol": of.ship,
        "tradeSymbol": of.good,
        "type": of.kind,
        "units": of.units,
        "pricePerUnit": of.unit_price,
        "totalPrice": of.units * of.unit_price,
        "timestamp": iso(of.at),
    }


# Shipyards


def shipyard_outline(of: Place, modifications_fee: int) -> View:
    """What a shipyard builds, which anyone may know."""
    return {
        "symbol": of.symbol,
        "shipTypes": [{"type": listing.ship_type} for listing in of.yard],
        "modificationsFee": modifications_fee,
    }


def yard_ship(of: YardListing) -> View:
    """A ship on sale."""
    facts = catalogue.SHIP_TYPES[of.ship_type]
    return {
        "type": of.ship_type,
        "name": display_name(of.ship_type),
        "description": describe(of.ship_type),
        "supply": of.supply,
        "activity": of.activity,
        "purchasePrice": of.quote.ask,
        "frame": frame(Component(symbol=facts.frame)),
        "reactor": reactor(Component(symbol=facts.reactor)),
        "engine": engine(Component(symbol=facts.engine), catalogue.ENGINES[facts.engine].speed),
        "modules": modules(facts.modules),
        "mounts": mounts(facts.mounts),
        "crew": {"required": facts.crew, "capacity": facts.crew_capacity},
    }


def yard_transaction(of: YardTransaction) -> View:
    """A sale of a ship."""
    return {
        "waypointSymbol": of.waypoint,
        "shipSymbol": of.ship_type,
        "shipType": of.ship_type,
        "price": of.price,
        "agentSymbol": of.agent,
        "timestamp": iso(of.at),
    }


def survey(of: Survey) -> View:
    """What a surveyor has found."""
    return {
        "signature": of.signature,
        "symbol": of.waypoint,
        "deposits": [{"symbol": good} for good in of.deposits],
        "expiration": iso(of.expires_at),
        "size": of.size,
    }


# Scans


def scanned_system(of: StarSystem, away: int) -> View:
    """A system as sensors see it."""
    return {
        "symbol": of.symbol,
        "sectorSymbol": of.symbol.split("-")[0],
        "type": of.type,
        "x": of.x,
        "y": of.y,
        "distance": away,
    }


def scanned_waypoint(of: Place) -> View:
    """A waypoint as sensors see it: with its traits, charted or not."""
    view = _bare_waypoint(of)
    view.pop("orbits", None)
    view["systemSymbol"] = of.system
    view["traits"] = [described(trait) for trait in of.traits]
    if of.charted_at is not None:
        view["chart"] = chart(of)
    return view


def scanned_ship(of: Ship, now: datetime, places: dict[str, Place]) -> View:
    """A ship as sensors see it."""
    return {
        "symbol": of.symbol,
        "registration": registration(of),
        "nav": nav(of, now, places),
        "frame": {"symbol": of.frame.symbol},
        "reactor": {"symbol": of.reactor.symbol},
        "engine": {"symbol": of.engine.symbol},
        "mounts": [{"symbol": mount} for mount in of.mounts],
    }


# Ships


def _requirements(of: Requirements) -> View:
    needs = {"power": of.power, "crew": of.crew, "slots": of.slots}
    return {name: value for name, value in needs.items() if value is not None}


def _worn(of: Component) -> View:
    return _described(of.symbol) | {
        "condition": _share(of.condition),
        "integrity": _share(of.integrity),
        "quality": 1,
    }


def _share(value: float) -> float:
    """A share of 1; the untouched whole as an integer, the only form some clients read."""
    return int(value) if value in (0.0, 1.0) else value


def frame(of: Component) -> View:
    """A ship's hull."""
    facts = catalogue.FRAMES[of.symbol]
    return _worn(of) | {
        "moduleSlots": facts.module_slots,
        "mountingPoints": facts.mounting_points,
        "fuelCapacity": facts.fuel_capacity,
        "requirements": _requirements(facts.requirements),
    }


def reactor(of: Component) -> View:
    """A ship's reactor."""
    facts = catalogue.REACTORS[of.symbol]
    return _worn(of) | {
        "powerOutput": facts.power_output,
        "requirements": _requirements(facts.requirements),
    }


def engine(of: Component, speed: int) -> View:
    """A ship's engine."""
    return _worn(of) | {
        "speed": speed,
        "requirements": _requirements(catalogue.ENGINES[of.symbol].requirements),
    }


def modules(symbols: Iterable[str]) -> list[View]:
    """The modules of a ship."""
    return [_module(symbol) for symbol in symbols]


def _module(symbol: str) -> View:
    facts = catalogue.MODULES[symbol]
    view = _described(symbol) | {"requirements": _requirements(facts.requirements)}
    if facts.capacity is not None:
        view["capacity"] = facts.capacity
    if facts.range is not None:
        view["range"] = facts.range
    return view


def mounts(symbols: Iterable[str]) -> list[View]:
    """The mounts of a ship."""
    return [_mount(symbol) for symbol in symbols]


def _mount(symbol: str) -> View:
    facts = catalogue.MOUNTS[symbol]
    view = _described(symbol) | {"requirements": _requirements(facts.requirements)}
    if facts.strength is not None:
        view["strength"] = facts.strength
    if facts.deposits:
        view["deposits"] = list(facts.deposits)
    return view


def ship(of: Ship, now: datetime, places: dict[str, Place]) -> Fragment:
    """A ship with everything aboard."""
    cooling = cooldown(of, now)
    # Everything in the view but the outfit, whose changes clear the view: as long as it is the same, so is the view.
    showing = (
        of.waypoint,
        of.arrives_at,
        now < of.arrives_at,
        of.docked,
        of.flight_mode,
        of.fuel,
        of.fuel_consumed_at,
        cooling["remainingSeconds"],
        of.cooldown_until,
        of.cargo_capacity,
        tuple(of.cargo.items()),
    )
    if of._outfit is None:
        of._outfit = {name: Fragment(dumps(part)) for name, part in _outfit(of).items()}
    elif of._view is not None and of._showing == showing:
        return of._view  # type: ignore[no-any-return]
    of._showing = showing
    view = Fragment(
        dumps(
            {
                "symbol": of.symbol,
                **of._outfit,
                "nav": nav(of, now, places),
                "cooldown": cooling,
                "cargo": cargo(of),
                "fuel": fuel(of),
            }
        )
    )
    of._view = view
    return view


def _outfit(of: Ship) -> View:
    return {
        "registration": registration(of),
        "crew": {
            "current": of.crew,
            "required": of.crew_required,
            "capacity": of.crew_capacity,
            "rotation": "STRICT",
            "morale": 100,
            "wages": 0,
        },
        "frame": frame(of.frame),
        "reactor": reactor(of.reactor),
        "engine": engine(of.engine, of.speed),
        "modules": modules(of.modules),
        "mounts": mounts(of.mounts),
    }


def registration(of: Ship) -> View:
    """How a ship is registered."""
    return {"name": of.symbol, "factionSymbol": of.faction, "role": of.role}


def nav(of: Ship, now: datetime, places: dict[str, Place]) -> View:
    """Where a ship is and how it flies. In transit, its waypoint is already the destination."""
    origin = _route_waypoint(places[of.origin])
    return {
        "systemSymbol": of.system,
        "waypointSymbol": of.waypoint,
        "route": {
            "destination": _route_waypoint(places[of.waypoint]),
            "origin": origin,
            "departure": origin,
            "departureTime": iso(of.departed_at),
            "arrival": iso(of.arrives_at),
        },
        "status": status(of, now),
        "flightMode": of.flight_mode,
    }


def status(of: Ship, now: datetime) -> str:
    """What a ship is doing."""
    if now < of.arrives_at:
        return "IN_TRANSIT"
    return "DOCKED" if of.docked else "IN_ORBIT"


def _route_waypoint(of: Place) -> Fragment:
    if of._route_view is None:
        of._route_view = Fragment(
            dumps({"symbol": of.symbol, "type": of.type, "systemSymbol": of.system, "x": of.x, "y": of.y})
        )
    return of._route_view  # type: ignore[no-any-return]


def cargo(of: Ship) -> View:
    """A ship's hold."""
    inventory = []
    for good, units in of.cargo.items():
        name, description = _named(good)
        inventory.append({"symbol": good, "name": name, "description": description, "units": units})
    return {"capacity": of.cargo_capacity, "units": of.cargo_units, "inventory": inventory}


def fuel(of: Ship) -> View:
    """A ship's tank."""
    return {
        "current": of.fuel,
        "capacity": of.fuel_capacity,
        "consumed": {"amount": of.fuel_consumed, "timestamp": iso(of.fuel_consumed_at)},
    }


def cooldown(of: Ship, now: datetime) -> View:
    """How long a ship must wait before it may do certain things again."""
    until = of.cooldown_until
    if until is None or now >= until:
        return {"shipSymbol": of.symbol, "totalSeconds": 0, "remainingSeconds": 0}
    return {
        "shipSymbol": of.symbol,
        "totalSeconds": of.cooldown_seconds,
        "remainingSeconds": max(0, -int(-(until - now).total_seconds() // 1)),
        "expiration": iso(until),
    }
