"""A recorded star system as a starting point: its quotes at the start are the recorded ones, to the credit.

The margin and the stock behind each recorded quote are found with the price law (docs/game.md, "Prices").
"""

import json
import math
from collections.abc import Callable, Container, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from manufacturing.domain.facts import base_prices
from manufacturing.domain.prices import (
    MARGINS,
    Activity,
    ListingType,
    Quote,
    Stock,
    StockRange,
    Supply,
    decode,
    quote,
    supply_label,
)
from manufacturing.domain.travel import FlightMode
from manufacturing.simulator.blueprint import (
    FleetPlan,
    ListingPlan,
    ShipPlan,
    SystemPlan,
    UniversePlan,
    WaypointPlan,
    YardPlan,
)
from manufacturing.simulator.catalogue import (
    ENGINES,
    FRAMES,
    MODULES,
    MOUNTS,
    REACTORS,
    SHIP_TYPES,
    WAYPOINT_MODIFIERS,
)
from manufacturing.simulator.economy_parameters import EconomyParameters
from manufacturing.simulator.generator import made_up_listing

_LISTED_AS = {"exports": ListingType.EXPORT, "imports": ListingType.IMPORT, "exchange": ListingType.EXCHANGE}


class BadCapture(ValueError):
    """The file is no capture; the message says where it is wrong."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Capture:
    """A recorded system, ready to be built."""

    plan: UniversePlan
    inexact: tuple[str, ...]
    """Listings whose recorded quote the price law cannot give, with what they quote instead."""
    made_up: tuple[str, ...]
    """Markets whose quotes nobody recorded, so that they begin with others."""


def read_capture(path: Path, seed: int = 1, parameters: EconomyParameters | None = None) -> Capture:
    """The system recorded in ``path``. Raises BadCapture when the file is missing, no JSON, or lacks something.

    What nobody recorded follows from ``seed``.
    """
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise BadCapture(f"{path}: {error}") from error
    reader = _Reader(str(path), seed, parameters or EconomyParameters())
    system = reader.system(data)
    headquarters = _headquarters(system)
    if headquarters is None:
        raise BadCapture(f"{path}: no waypoint has a market, so nobody could start there")
    gates = {w.symbol: () for w in system.waypoints if w.type == "JUMP_GATE"}
    plan = UniversePlan(systems=(system,), headquarters=headquarters, connections=dict(gates), fleet=reader.fleet(data))
    return Capture(plan=plan, inexact=tuple(reader.inexact), made_up=tuple(reader.made_up))


def _headquarters(system: SystemPlan) -> str | None:
    """Where agents of this system would have started: its first inhabited planet."""
    markets = [w for w in system.waypoints if w.listings]
    first = [w for w in markets if w.symbol.endswith("-A1")]
    planets = [w for w in markets if w.type == "PLANET"]
    return next((w.symbol for w in [*first, *planets, *markets]), None)


class _Reader:
    """Reads the parts of a capture and knows where it is, so that a mistake can be named."""

    def __init__(self, where: str, seed: int, parameters: EconomyParameters) -> None:
        self._where = where
        self._seed = seed
        self._parameters = parameters
        self.inexact: list[str] = []
        self.made_up: list[str] = []

    def system(self, data: Any) -> SystemPlan:
        where = self._where
        symbol = _get(data, "system", str, where)
        recorded = _get(data, "waypoints", list, where)
        waypoints = tuple(self._waypoint(w, f"{where}: waypoints[{i}]") for i, w in enumerate(recorded))
        seen: set[str] = set()
        for waypoint in waypoints:
            if waypoint.symbol in seen:
                raise BadCapture(f"{where}: waypoint {waypoint.symbol} is there twice")
            if not waypoint.symbol.startswith(symbol + "-"):
                raise BadCapture(f"{where}: waypoint {waypoint.symbol} is not of system {symbol}")
            seen.add(waypoint.symbol)
        for waypoint in waypoints:
            if waypoint.orbits is not None and waypoint.orbits not in seen:
                raise BadCapture(f"{where}: {waypoint.symbol} orbits {waypoint.orbits}, which is not there")
        return SystemPlan(
            symbol=symbol,
            type=_get(data, "type", str, where, "ORANGE_STAR"),
            x=_get(data, "x", int, where, 0),
            y=_get(data, "y", int, where, 0),
            waypoints=waypoints,
        )

    def fleet(self, data: Any) -> FleetPlan | None:
        """What the recorded player had; None when nobody recorded it."""
        recorded = _get(data, "fleet", dict, self._where, None)
        if recorded is None:
            return None
        where = f"{self._where}: fleet"
        ships = _get(recorded, "ships", list, where)
        return FleetPlan(
            credits=_get(recorded, "credits", int, where),
            ships=tuple(self._ship(ship, f"{where}: ships[{i}]") for i, ship in enumerate(ships)),
        )

    def _ship(self, data: Any, where: str) -> ShipPlan:
        nav, crew, fuel, cargo = (_get(data, name, dict, where) for name in ("nav", "crew", "fuel", "cargo"))
        parts = [_get(data, name, dict, where) for name in ("frame", "reactor", "engine")]
        catalogues: tuple[Container[str], ...] = (FRAMES, REACTORS, ENGINES)
        symbols = [_known(part, known, where) for part, known in zip(parts, catalogues, strict=True)]
        mode = _get(nav, "flightMode", str, f"{where}: nav", "CRUISE")
        return ShipPlan(
            role=_get(_get(data, "registration", dict, where), "role", str, where),
            frame=symbols[0],
            reactor=symbols[1],
            engine=symbols[2],
            modules=tuple(_known(module, MODULES, where) for module in _get(data, "modules", list, where)),
            mounts=tuple(_known(mount, MOUNTS, where) for mount in _get(data, "mounts", list, where)),
            crew=_get(crew, "current", int, f"{where}: crew"),
            crew_required=_get(crew, "required", int, f"{where}: crew"),
            crew_capacity=_get(crew, "capacity", int, f"{where}: crew"),
            fuel=_get(fuel, "current", int, f"{where}: fuel"),
            cargo={
                _get(item, "symbol", str, where): _get(item, "units", int, where)
                for item in _get(cargo, "inventory", list, f"{where}: cargo")
            },
            waypoint=_get(nav, "waypointSymbol", str, f"{where}: nav"),
            docked=_get(nav, "status", str, f"{where}: nav") == "DOCKED",
            flight_mode=_choice(FlightMode, mode, where),
            condition=_shares(parts, "condition"),
            integrity=_shares(parts, "integrity"),
        )

    def _waypoint(self, data: Any, where: str) -> WaypointPlan:
        symbol = _get(data, "symbol", str, where)
        where = f"{self._where}: {symbol}"
        marks = tuple(_get(data, "traits", list, where, []))
        if not all(isinstance(mark, str) for mark in marks):
            raise BadCapture(f"{where}: traits must be a list of symbols")
        market = data.get("market")
        return WaypointPlan(
            symbol=symbol,
            type=_get(data, "type", str, where),
            x=_get(data, "x", int, where),
            y=_get(data, "y", int, where),
            orbits=_get(data, "orbits", str, where, None),
            traits=tuple(mark for mark in marks if mark not in WAYPOINT_MODIFIERS),
            modifiers=tuple(mark for mark in marks if mark in WAYPOINT_MODIFIERS),
            listings=(
                self._listings(market, symbol, f"{where}: market")
                if market
                else self._unseen_listings(_get(data, "unseen_market", dict, where, {}), symbol)
            ),
            yard=tuple(self._yard(y, f"{where}: shipyard") for y in data.get("shipyard") or ()),
            under_construction=bool(data.get("isUnderConstruction", False)),
        )

    def _listings(self, market: Any, waypoint: str, where: str) -> tuple[ListingPlan, ...]:
        quoted = _get(market, "trade_goods", list, where, [])
        listings = tuple(self._listing(good, waypoint, f"{where}: trade_goods") for good in quoted)
        for name, kind in _LISTED_AS.items():
            listed = {listing.good for listing in listings if listing.type is kind}
            for good in _get(market, name, list, where, []):
                if good not in listed:
                    raise BadCapture(f"{where}: {good} is among the {name}, but has no quote as {kind}")
        return listings

    def _unseen_listings(self, market: Any, waypoint: str) -> tuple[ListingPlan, ...]:
        """Of a market that nobody was at only the goods are recorded: its quotes are made up."""
        goods = [
            (kind, good)
            for name, kind in _LISTED_AS.items()
            for good in _get(market, name, list, f"{self._where}: {waypoint}: unseen_market", [])
            if good in base_prices()
        ]
        if goods:
            self.made_up.append(waypoint)
        return tuple(made_up_listing(kind, good, waypoint, self._seed, self._parameters) for kind, good in goods)

    def _listing(self, data: Any, waypoint: str, where: str) -> ListingPlan:
        good = _get(data, "symbol", str, where)
        where = f"{where}: {good}"
        kind = _choice(ListingType, _get(data, "type", str, where), where)
        supply = _choice(Supply, _get(data, "supply", str, where), where)
        activity = _get(data, "activity", str, where, None)
        volume = _get(data, "tradeVolume", int, where)
        seen = Quote(ask=_get(data, "purchasePrice", int, where), bid=_get(data, "sellPrice", int, where))
        if volume < 1 or seen.ask < 1 or seen.bid < 1:
            raise BadCapture(f"{where}: trade volume and prices must be at least 1")
        base, stock = explain(kind, good, volume, seen, supply)
        given = quote(kind, base, stock.margin, stock.net_supply, volume)
        if given != seen or supply_label(stock.net_supply, volume) is not supply:
            self.inexact.append(
                f"{waypoint} {kind} {good}: recorded {seen.ask}/{seen.bid}, starts at {given.ask}/{given.bid}"
            )
        return ListingPlan(
            good=good,
            type=kind,
            base_price=float(base),
            trade_volume=volume,
            margin=stock.margin,
            net_supply=stock.net_supply,
            activity=_choice(Activity, activity, where) if activity else None,
            rest=_rest_seen(kind, volume, stock.net_supply),
        )

    def _yard(self, data: Any, where: str) -> YardPlan:
        ship_type = _get(data, "type", str, where)
        if ship_type not in SHIP_TYPES:
            raise BadCapture(f"{where}: unknown ship type {ship_type}; known are {', '.join(SHIP_TYPES)}")
        supply, activity = data.get("supply"), data.get("activity")
        return YardPlan(
            ship_type=ship_type,
            price=_get(data, "price", int, where, None),
            supply=_choice(Supply, supply, where) if supply else None,
            activity=_choice(Activity, activity, where) if activity else None,
        )


def explain(kind: ListingType, good: str, volume: int, seen: Quote, supply: Supply) -> tuple[float, Stock]:
    """A base price, and a margin and stock, that give the quote seen (or, where none does, the nearest)."""
    base = base_prices().get(good)
    if base is not None:
        stock = _likeliest(kind, decode(kind, base, volume, seen, supply))
        if stock is not None:
            return float(base), stock
    return _fit(kind, volume, seen, supply)


def _likeliest(kind: ListingType, stocks: Iterator[StockRange]) -> Stock | None:
    """Of all stocks with the likeliest margin, the middle one; for an EXCHANGE the one nearest to 0."""
    if kind is ListingType.EXCHANGE:
        nearest = (Stock(each.margin, min(max(each.least, 0), each.most)) for each in stocks)
        return min(nearest, key=lambda stock: (abs(stock.net_supply), stock.margin), default=None)
    first = next(stocks, None)
    return Stock(first.margin, (first.least + first.most + 1) // 2) if first is not None else None


def _fit(kind: ListingType, volume: int, seen: Quote, supply: Supply) -> tuple[float, Stock]:
    """For a good whose base price nobody knows: one that, with a likely margin and stock, gives the quote seen."""
    best: tuple[int, float, Stock] | None = None
    usual = 10 if volume <= 11 else 8
    for margin in sorted(MARGINS, key=lambda m: (abs(m - usual), m)):
        for stock in (Stock(margin, n) for n in _stocks_within(supply, volume)):
            for base in _bases(kind, stock, volume, seen):
                given = quote(kind, base, margin, stock.net_supply, volume)
                miss = abs(given.ask - seen.ask) + abs(given.bid - seen.bid)
                if best is None or miss < best[0]:
                    best = (miss, base, stock)
                if miss == 0:
                    return base, stock
    if best is None:
        raise BadCapture(f"no base price explains {seen} at {supply}")
    return best[1], best[2]


#: How far an ask and a bid, each (below, above), may be from the exact product of base price and factor by rounding.
_ROUNDING = {
    ListingType.EXPORT: ((-0.5, 0.5), (-0.75, 0.25)),
    ListingType.IMPORT: ((-1.0, 1.0), (-0.5, 0.5)),
    ListingType.EXCHANGE: ((-1.0, 1.0), (-1.0, 1.0)),
}


def _bases(kind: ListingType, stock: Stock, volume: int, seen: Quote) -> list[float]:
    """Base prices that may give the quote seen with this stock: whole ones first."""
    at_scale = quote(kind, 1e9, stock.margin, stock.net_supply, volume)
    ask_factor, bid_factor = at_scale.ask / 1e9, at_scale.bid / 1e9
    (ask_low, ask_high), (bid_low, bid_high) = _ROUNDING[kind]
    low, high = (seen.ask + ask_low) / ask_factor, (seen.ask + ask_high) / ask_factor
    # No price is below 1, so a bid of 1 may stand for any smaller product, and one at every scale for no base at all.
    if seen.bid > 1:
        low = max(low, (seen.bid + bid_low) / bid_factor)
    if at_scale.bid > 1:
        high = min(high, (seen.bid + bid_high) / bid_factor)
    if low > high:
        return [(low + high) / 2]
    inside = [low + (high - low) * i / 10 for i in (5, 3, 7, 1, 9)]
    return [float(n) for n in range(math.ceil(low), min(math.floor(high), math.ceil(low) + 3) + 1)] + inside


def _stocks_within(supply: Supply, volume: int) -> list[int]:
    """Stocks with this supply label, from the middle of its range outward."""
    low, high = {
        Supply.SCARCE: (-9.0, -4.0),
        Supply.LIMITED: (-4.0, -2.0),
        Supply.MODERATE: (-2.0, 2.0),
        Supply.HIGH: (2.0, 4.0),
        Supply.ABUNDANT: (4.0, 9.0),
    }[supply]
    middle = (low + high) / 2 * volume
    inside = range(math.floor(low * volume), math.ceil(high * volume) + 1)
    labelled = [n for n in inside if supply_label(n, volume) is supply]
    return sorted(labelled, key=lambda n: abs(n - middle))


def _rest_seen(kind: ListingType, volume: int, net_supply: int) -> float | None:
    """A stock within the usual resting levels was at rest when it was recorded; others are drawn."""
    s = net_supply / volume
    if kind is ListingType.EXPORT and 2.0 <= s <= 6.0 and volume > 11:
        return round(s + 0.2, 3)
    if kind is ListingType.IMPORT and -6.5 <= s <= -2.0 and volume > 11:
        return round(s - 0.2, 3)
    return None


def _get(data: Any, name: str, kind: type, where: str, *default: Any) -> Any:
    """A field of the capture. An absent or null one has ``default``, if there is one."""
    if not isinstance(data, dict):
        raise BadCapture(f"{where}: expected an object, found {type(data).__name__}")
    value = data.get(name)
    if value is None:
        if default:
            return default[0]
        raise BadCapture(f"{where}: {name!r} is missing")
    if kind is int and isinstance(value, float) and value.is_integer():
        value = int(value)
    if not isinstance(value, kind) or isinstance(value, bool):
        raise BadCapture(f"{where}: {name!r} must be {_KINDS[kind]}, not {value!r:.60}")
    return value


def _known(part: Any, catalogue: Container[str], where: str) -> str:
    """The symbol of a part that the catalogue has."""
    symbol: str = _get(part, "symbol", str, where)
    if symbol not in catalogue:
        raise BadCapture(f"{where}: unknown part {symbol}")
    return symbol


def _shares(parts: Sequence[Any], name: str) -> tuple[float, float, float]:
    """The condition or integrity of frame, reactor and engine."""
    frame, reactor, engine = (float(part.get(name, 1.0)) for part in parts)
    return frame, reactor, engine


_KINDS = {str: "text", int: "a whole number", list: "a list", dict: "an object"}
_Choice = TypeVar("_Choice")


def _choice(kind: Callable[[str], _Choice], value: str, where: str) -> _Choice:
    try:
        return kind(value)
    except ValueError as error:
        raise BadCapture(f"{where}: {error}") from error
