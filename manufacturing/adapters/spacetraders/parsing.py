"""Answers of the API as our values. Fields we do not know are ignored; one we need and cannot read is named."""

from collections.abc import Iterator
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any, TypeVar

from manufacturing.adapters.spacetraders.errors import UnexpectedAnswer
from manufacturing.domain.prices import Activity, ListingType, Quote, Supply
from manufacturing.domain.travel import FlightMode
from manufacturing.domain.universe import (
    AgentState,
    Cargo,
    CargoItem,
    Departure,
    Fuel,
    MarketState,
    Nav,
    NavStatus,
    RefuelReceipt,
    Registration,
    ServerStatus,
    ShipOffer,
    ShipOutfit,
    ShipPart,
    ShipState,
    SystemFacts,
    TradeGood,
    TradeKind,
    TradeReceipt,
    Transaction,
    WaypointFacts,
)

_Choice = TypeVar("_Choice", bound=StrEnum)


class Node:
    """A part of an answer that knows where it is, so that what is wrong with it can be said."""

    __slots__ = ("_path", "_value")

    def __init__(self, value: Any, path: str) -> None:
        self._value = value
        self._path = path

    def _field(self, name: str) -> Any:
        if not isinstance(self._value, dict):
            raise self._unexpected(self._path, "an object", self._value)
        return self._value.get(name)

    def _unexpected(self, path: str, wanted: str, got: Any) -> UnexpectedAnswer:
        found = "nothing" if got is None else f"{type(got).__name__} {str(got)[:40]!r}"
        return UnexpectedAnswer(f"{path}: expected {wanted}, got {found}")

    def has(self, name: str) -> bool:
        """Whether the field is there and not null."""
        return self._field(name) is not None

    def child(self, name: str) -> "Node":
        """The object in the field ``name``."""
        value = self._field(name)
        if not isinstance(value, dict):
            raise self._unexpected(f"{self._path}.{name}", "an object", value)
        return Node(value, f"{self._path}.{name}")

    def items(self) -> list["Node"]:
        """The members of a list."""
        if not isinstance(self._value, list):
            raise self._unexpected(self._path, "a list", self._value)
        return [Node(value, f"{self._path}[{index}]") for index, value in enumerate(self._value)]

    def children(self, name: str) -> list["Node"]:
        """The members of the list in the field ``name``."""
        return Node(self._field(name), f"{self._path}.{name}").items()

    def optional_children(self, name: str) -> list["Node"]:
        """The same; nothing where the field is absent."""
        return self.children(name) if self.has(name) else []

    def entries(self, name: str) -> Iterator[tuple[str, "Node"]]:
        """The names and values of the object in the field ``name``."""
        child = self.child(name)
        for key, value in child._value.items():
            yield key, Node(value, f"{child._path}.{key}")

    def text(self, name: str) -> str:
        """The text in the field ``name``."""
        return Node(self._field(name), f"{self._path}.{name}").as_text()

    def as_text(self) -> str:
        """This very part as a text."""
        if not isinstance(self._value, str):
            raise self._unexpected(self._path, "a text", self._value)
        return self._value

    def integer(self, name: str) -> int:
        """The whole number in the field ``name``."""
        value = self._field(name)
        if isinstance(value, float) and value.is_integer():
            return int(value)
        if not isinstance(value, int) or isinstance(value, bool):
            raise self._unexpected(f"{self._path}.{name}", "a whole number", value)
        return value

    def number(self, name: str) -> float:
        """The number in the field ``name``."""
        value = self._field(name)
        if not isinstance(value, int | float) or isinstance(value, bool):
            raise self._unexpected(f"{self._path}.{name}", "a number", value)
        return float(value)

    def optional_flag(self, name: str) -> bool:
        """Whether the field ``name`` is there and true."""
        return self._field(name) is True

    def moment(self, name: str) -> datetime:
        """The time in the field ``name``, UTC."""
        text = self.text(name)
        try:
            moment = datetime.fromisoformat(text)
        except ValueError:
            raise self._unexpected(f"{self._path}.{name}", "a time", text) from None
        return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)

    def choice(self, kind: type[_Choice], name: str) -> _Choice:
        """The member of ``kind`` that the field ``name`` names."""
        text = self.text(name)
        try:
            return kind(text)
        except ValueError:
            raise self._unexpected(f"{self._path}.{name}", f"one of {', '.join(kind)}", text) from None


def status(node: Node, time_scale: str | None) -> ServerStatus:
    """The answer to get-status."""
    health = node.child("health") if node.has("health") else None
    known = health is not None and health.has("lastMarketUpdate")
    return ServerStatus(
        reset_date=node.text("resetDate"),
        version=node.text("version"),
        last_market_update=health.moment("lastMarketUpdate") if health is not None and known else None,
        time_scale=time_scale,
    )


def agent(node: Node) -> AgentState:
    """An Agent."""
    return AgentState(
        symbol=node.text("symbol"),
        headquarters=node.text("headquarters"),
        credits=node.integer("credits"),
        ship_count=node.integer("shipCount"),
        faction=node.text("startingFaction"),
    )


def registration(node: Node) -> Registration:
    """The answer to register."""
    return Registration(token=node.text("token"), agent=agent(node.child("agent")))


def waypoint(node: Node) -> WaypointFacts:
    """A Waypoint."""
    return WaypointFacts(
        symbol=node.text("symbol"),
        system=node.text("systemSymbol"),
        type=node.text("type"),
        x=node.integer("x"),
        y=node.integer("y"),
        traits=tuple(trait.text("symbol") for trait in node.optional_children("traits")),
        modifiers=tuple(modifier.text("symbol") for modifier in node.optional_children("modifiers")),
        orbits=node.text("orbits") if node.has("orbits") else None,
        under_construction=node.optional_flag("isUnderConstruction"),
    )


def system(node: Node) -> SystemFacts:
    """A System."""
    return SystemFacts(symbol=node.text("symbol"), type=node.text("type"), x=node.integer("x"), y=node.integer("y"))


def shipyard(node: Node) -> tuple[ShipOffer, ...]:
    """A Shipyard, seen from near or far."""
    seen = tuple(
        ShipOffer(
            ship_type=ship.text("type"),
            price=ship.integer("purchasePrice"),
            supply=ship.choice(Supply, "supply") if ship.has("supply") else None,
            activity=ship.choice(Activity, "activity") if ship.has("activity") else None,
        )
        for ship in node.optional_children("ships")
    )
    types = (entry.text("type") for entry in node.children("shipTypes"))
    return seen + tuple(ShipOffer(ship_type=t) for t in types if t not in {offer.ship_type for offer in seen})


def supply_chain(node: Node) -> dict[str, tuple[str, ...]]:
    """The answer to get-supply-chain: inputs by output."""
    return {
        output: tuple(good.as_text() for good in inputs.items()) for output, inputs in node.entries("exportToImportMap")
    }


def nav(node: Node) -> Nav:
    """A ShipNav."""
    route = node.child("route")
    return Nav(
        system=node.text("systemSymbol"),
        waypoint=node.text("waypointSymbol"),
        status=node.choice(NavStatus, "status"),
        flight_mode=node.choice(FlightMode, "flightMode"),
        origin=route.child("origin").text("symbol"),
        departure_at=route.moment("departureTime"),
        arrival_at=route.moment("arrival"),
    )


def fuel(node: Node) -> Fuel:
    """A ShipFuel."""
    return Fuel(current=node.integer("current"), capacity=node.integer("capacity"))


def cargo(node: Node) -> Cargo:
    """A ShipCargo."""
    return Cargo(
        capacity=node.integer("capacity"),
        units=node.integer("units"),
        items=tuple(
            CargoItem(good=item.text("symbol"), units=item.integer("units")) for item in node.children("inventory")
        ),
    )


def ship(node: Node) -> ShipState:
    """A Ship."""
    return ShipState(
        symbol=node.text("symbol"),
        role=node.child("registration").text("role"),
        frame=node.child("frame").text("symbol"),
        speed=node.child("engine").integer("speed"),
        nav=nav(node.child("nav")),
        fuel=fuel(node.child("fuel")),
        cargo=cargo(node.child("cargo")),
    )


def outfit(node: Node) -> ShipOutfit:
    """A Ship with all its parts."""
    crew = node.child("crew")
    return ShipOutfit(
        role=node.child("registration").text("role"),
        frame=_part(node.child("frame")),
        reactor=_part(node.child("reactor")),
        engine=_part(node.child("engine")),
        modules=_symbols(node, "modules"),
        mounts=_symbols(node, "mounts"),
        crew=crew.integer("current"),
        crew_required=crew.integer("required"),
        crew_capacity=crew.integer("capacity"),
        nav=nav(node.child("nav")),
        fuel=fuel(node.child("fuel")),
        cargo=cargo(node.child("cargo")),
    )


def _part(node: Node) -> ShipPart:
    worn = {name: node.number(name) if node.has(name) else 1.0 for name in ("condition", "integrity")}
    return ShipPart(symbol=node.text("symbol"), **worn)


def departure(node: Node) -> Departure:
    """The answer to navigate-ship."""
    return Departure(nav=nav(node.child("nav")), fuel=fuel(node.child("fuel")))


def transaction(node: Node) -> Transaction:
    """A MarketTransaction."""
    return Transaction(
        waypoint=node.text("waypointSymbol"),
        ship=node.text("shipSymbol"),
        good=node.text("tradeSymbol"),
        kind=node.choice(TradeKind, "type"),
        units=node.integer("units"),
        unit_price=node.integer("pricePerUnit"),
        total=node.integer("totalPrice"),
        at=node.moment("timestamp"),
    )


def market(node: Node) -> MarketState:
    """A Market, seen from near or far."""
    return MarketState(
        waypoint=node.text("symbol"),
        exports=_symbols(node, "exports"),
        imports=_symbols(node, "imports"),
        exchange=_symbols(node, "exchange"),
        trade_goods=tuple(_trade_good(good) for good in node.optional_children("tradeGoods")),
        transactions=tuple(transaction(entry) for entry in node.optional_children("transactions")),
    )


def trade_receipt(node: Node) -> TradeReceipt:
    """The answer to purchase-cargo and sell-cargo."""
    return TradeReceipt(
        transaction=transaction(node.child("transaction")),
        cargo=cargo(node.child("cargo")),
        agent=agent(node.child("agent")),
    )


def refuel_receipt(node: Node) -> RefuelReceipt:
    """The answer to refuel-ship."""
    return RefuelReceipt(
        transaction=transaction(node.child("transaction")),
        fuel=fuel(node.child("fuel")),
        agent=agent(node.child("agent")),
    )


def _symbols(node: Node, name: str) -> tuple[str, ...]:
    """The symbols of the things in the field ``name``."""
    return tuple(good.text("symbol") for good in node.children(name))


def _trade_good(node: Node) -> TradeGood:
    return TradeGood(
        good=node.text("symbol"),
        type=node.choice(ListingType, "type"),
        trade_volume=node.integer("tradeVolume"),
        supply=node.choice(Supply, "supply"),
        activity=node.choice(Activity, "activity") if node.has("activity") else None,
        quote=Quote(ask=node.integer("purchasePrice"), bid=node.integer("sellPrice")),
    )
