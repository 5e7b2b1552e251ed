"""A capture: a star system as the player sees it, in the form the simulator goes on from (docs/capture.md).

Only what is named here gets into one: no token, no account, no agent's or ship's name, nobody's trades.
"""

from datetime import UTC, datetime
from typing import Any, Protocol

from manufacturing.domain.errors import ManufacturingError
from manufacturing.domain.gateway import Purpose
from manufacturing.domain.market_listing import MarketListing
from manufacturing.domain.prices import ListingType
from manufacturing.domain.universe import (
    AgentState,
    MarketState,
    ServerStatus,
    ShipOffer,
    ShipOutfit,
    ShipPart,
    SystemFacts,
    TradeGood,
    WaypointFacts,
)

#: A capture, finished or not, as JSON.
Document = dict[str, Any]


class CaptureRefused(ManufacturingError):
    """The capture cannot be made or gone on with; the message says why."""


class Observer(Protocol):
    """The game as far as a capture reads it. All methods raise GatewayError."""

    def get_status(self) -> ServerStatus: ...
    def get_agent(self) -> AgentState: ...
    def get_system(self, system: str) -> SystemFacts: ...
    def list_waypoints(self, system: str) -> list[WaypointFacts]: ...
    def get_market(self, waypoint: str, purpose: Purpose) -> MarketState: ...
    def get_shipyard(self, waypoint: str) -> tuple[ShipOffer, ...]: ...
    def list_outfits(self) -> list[ShipOutfit]: ...


class CaptureStore(Protocol):
    """Where a capture is kept while it is made, and in the end."""

    def unfinished(self) -> Document | None:
        """What an earlier attempt has recorded; None when there was none."""
        ...

    def keep(self, document: Document) -> None:
        """Keeps what is recorded so far, at once or not at all."""
        ...

    def finish(self, document: Document) -> None:
        """Keeps the finished capture, and nothing of how it came to be."""
        ...


def written(moment: datetime) -> str:
    """A moment in UTC."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def place_of(facts: WaypointFacts) -> Document:
    """A waypoint. What it sells is added when it is read."""
    return {
        "symbol": facts.symbol,
        "type": facts.type,
        "x": facts.x,
        "y": facts.y,
        "orbits": facts.orbits,
        "traits": [*facts.traits, *facts.modifiers],
        "isUnderConstruction": facts.under_construction,
    }


def outline_of(market: MarketState) -> Document:
    """What a market deals in."""
    return {
        "exports": list(market.exports),
        "imports": list(market.imports),
        "exchange": list(market.exchange),
    }


def market_seen(market: MarketState, now: datetime) -> Document:
    """A market with the quotes it has just shown."""
    return _market(market, [_good(good) for good in market.trade_goods], now)


def market_remembered(market: MarketState, listings: dict[str, MarketListing]) -> Document | None:
    """A market that shows no quotes, with those it had when each was last seen; None unless that tells all of them.

    ``listings`` are those known, by good.
    """
    types = _types(market)
    if not types or any(
        good not in listings or not listings[good].is_known or listings[good].type is not type_
        for good, type_ in types.items()
    ):
        return None
    known = [listings[good] for good in types]
    seen_at = min(listing.observed_at for listing in known if listing.observed_at is not None)
    return _market(market, [_remembered(listing) for listing in known], seen_at)


def _market(market: MarketState, goods: list[Document], seen_at: datetime) -> Document:
    return {**outline_of(market), "trade_goods": goods, "observed_at": written(seen_at)}


def _types(market: MarketState) -> dict[str, ListingType]:
    return {
        **dict.fromkeys(market.exports, ListingType.EXPORT),
        **dict.fromkeys(market.imports, ListingType.IMPORT),
        **dict.fromkeys(market.exchange, ListingType.EXCHANGE),
    }


def _good(good: TradeGood) -> Document:
    return {
        "symbol": good.good,
        "type": good.type,
        "tradeVolume": good.trade_volume,
        "supply": good.supply,
        "activity": good.activity,
        "purchasePrice": good.quote.ask,
        "sellPrice": good.quote.bid,
    }


def _remembered(listing: MarketListing) -> Document:
    return {
        "symbol": listing.good,
        "type": listing.type,
        "tradeVolume": listing.trade_volume,
        "supply": listing.supply,
        "activity": listing.activity,
        "purchasePrice": listing.quote.ask,
        "sellPrice": listing.quote.bid,
    }


def offer_of(offer: ShipOffer) -> Document:
    """A ship type on sale."""
    return {"type": offer.ship_type, "price": offer.price, "supply": offer.supply, "activity": offer.activity}


def ship_of(ship: ShipOutfit) -> Document:
    """A ship, as the API shows it but for its name and what follows from its parts."""
    return {
        "registration": {"role": ship.role},
        "frame": _part(ship.frame),
        "reactor": _part(ship.reactor),
        "engine": _part(ship.engine),
        "modules": [{"symbol": module} for module in ship.modules],
        "mounts": [{"symbol": mount} for mount in ship.mounts],
        "crew": {"current": ship.crew, "required": ship.crew_required, "capacity": ship.crew_capacity},
        "nav": {
            "waypointSymbol": ship.nav.waypoint,
            "status": ship.nav.status,
            "flightMode": ship.nav.flight_mode,
        },
        "fuel": {"current": ship.fuel.current, "capacity": ship.fuel.capacity},
        "cargo": {
            "capacity": ship.cargo.capacity,
            "inventory": [{"symbol": item.good, "units": item.units} for item in ship.cargo.items],
        },
    }


def _part(part: ShipPart) -> Document:
    return {"symbol": part.symbol, "condition": part.condition, "integrity": part.integrity}
