"""FuelGraph: the cheapest way with fuel stops, as a shortest path (docs/domain.md, "Flying").

A flight costs its fuel and its time, the time at what a ship's hour is worth. All ways of one kind of ship are found
together and kept, because every decision about who goes where asks for many of them.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import lru_cache
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from scipy.sparse.csgraph import shortest_path

from manufacturing.domain.facts import base_prices
from manufacturing.domain.routing import Hop, Ways
from manufacturing.domain.ship import Ship
from manufacturing.domain.travel import FUEL_PER_MARKET_UNIT, FlightMode, fuel_cost, travel_seconds
from manufacturing.domain.waypoint import Waypoint

#: Docking, filling up and leaving again, in game seconds: a stop must be worth at least this.
_STOP_SECONDS: Final = 10
#: Credits that a second of a ship's time counts for at least, so that no ship dawdles to save a credit.
_LEAST_WORTH: Final = 0.1
#: What having to drift costs besides its time: a way that drifts is taken only where every way does.
_DRIFT_COST: Final = 1e9
#: Below this two costs are the same, and the simpler way is taken.
_TIE: Final = 1e-6

_Numbers = NDArray[np.float64]
_Places = NDArray[np.intp]


@dataclass(frozen=True, slots=True)
class _Flights:
    """Flights from several origins to every waypoint, each in its cheapest mode: a row for each origin."""

    cost: _Numbers
    seconds: _Numbers
    fuel: _Numbers
    mode: NDArray[Any]


@dataclass(frozen=True, slots=True)
class _Ways:
    """Ways with a full tank from each fuel station to every waypoint: a row for each station."""

    cost: _Numbers
    seconds: _Numbers
    fuel: _Numbers


@dataclass(frozen=True, slots=True)
class _Row:
    """The ways of one ship from where it is to every waypoint."""

    seconds: _Numbers
    fuel: _Numbers
    first: _Places
    """The waypoint of the first flight."""
    flights: _Flights


class FuelGraph:
    """A Router over one system: CRUISE or BURN, whichever is worth its fuel; DRIFT where nothing else reaches."""

    def __init__(self, waypoints: Sequence[Waypoint], ship_hour_worth: float = 0.0) -> None:
        """``ship_hour_worth`` is what an hour of a ship's time is worth, in credits."""
        self._symbols = [waypoint.symbol for waypoint in waypoints]
        self._index = {symbol: number for number, symbol in enumerate(self._symbols)}
        self._sells_fuel: NDArray[np.bool_] = np.array([waypoint.sells_fuel for waypoint in waypoints], dtype=bool)
        self._stations: _Places = np.flatnonzero(self._sells_fuel)
        self._spans = _spans(waypoints)
        self._way_to_fuel = self._nearest_station()
        self._seconds = lru_cache(maxsize=64)(self._find_seconds)
        self._adrift = lru_cache(maxsize=16)(self._find_adrift)
        self._worth = max(_LEAST_WORTH, ship_hour_worth / 3600)
        self._fuel_price = base_prices()["FUEL"] / FUEL_PER_MARKET_UNIT
        self._ways_between = lru_cache(maxsize=64)(self._find_ways)
        self._row = lru_cache(maxsize=4096)(self._find_row)

    @property
    def ship_second_worth(self) -> float:
        """Credits that a second of a ship's time is worth."""
        return self._worth

    def next_hop(self, ship: Ship, destination: str) -> Hop:
        """The next flight towards ``destination``; ValueError when the ship is there already."""
        if ship.waypoint == destination:
            raise ValueError(f"{ship.symbol} is at {destination} already")
        here, there = self._index[ship.waypoint], self._index[destination]
        if not ship.fuel_capacity:
            return Hop(
                waypoint=destination, mode=FlightMode.CRUISE, fuel_needed=0, refuel_first=False, fuel_sold_here=False
            )
        row = self._row_of(ship)
        towards = int(row.first[there])
        mode = FlightMode(row.flights.mode[0, towards])
        needed = fuel_cost(int(self._spans[here, towards]), mode)
        sold_here = bool(self._sells_fuel[here])
        return Hop(
            waypoint=self._symbols[towards],
            mode=mode,
            fuel_needed=needed,
            # What gets it there may be too little to get away again.
            refuel_first=sold_here
            and ship.fuel_current < min(ship.fuel_capacity, needed + int(self._way_to_fuel[towards])),
            fuel_sold_here=sold_here,
        )

    def travel_time(self, ship: Ship, destination: str) -> timedelta:
        """How long the whole way takes from where the ship is or arrives."""
        return timedelta(seconds=float(self._row_of(ship).seconds[self._index[destination]]))

    def leg_time(self, ship: Ship, origin: str, destination: str) -> timedelta:
        """How long the way takes from ``origin`` with a full tank."""
        full = ship.fuel_capacity
        row = self._row(self._index[origin], full, full, ship.speed)
        return timedelta(seconds=float(row.seconds[self._index[destination]]))

    def ways(self, ships: Sequence[Ship], destinations: Sequence[str]) -> Ways:
        """How long each ship would take to each destination, and what for fuel."""
        columns = [self._index[destination] for destination in destinations]
        rows = [self._row_of(ship) for ship in ships]
        return Ways(
            seconds=[row.seconds[columns].tolist() for row in rows],
            fuel=[row.fuel[columns].tolist() for row in rows],
        )

    def _row_of(self, ship: Ship) -> _Row:
        here = self._index[ship.waypoint]
        tank = ship.fuel_capacity if self._sells_fuel[here] else ship.fuel_current
        return self._row(here, tank, ship.fuel_capacity, ship.speed)

    def _find_row(self, here: int, tank: int, capacity: int, speed: int) -> _Row:
        """The ways from ``here`` with ``tank`` fuel units aboard: straight, or over the best first station."""
        flights = self._flights(np.array([here]), tank if capacity else None, speed)
        seconds, fuel = flights.seconds[0].copy(), flights.fuel[0].copy()
        first: _Places = np.arange(len(self._symbols))
        if capacity and len(self._stations):
            onward = self._ways_between(capacity, speed)
            to_station = flights.cost[0, self._stations] + _STOP_SECONDS * self._worth
            to_station[self._stations == here] = np.inf
            over = to_station[:, None] + onward.cost
            best = over.argmin(axis=0)
            columns = np.arange(len(self._symbols))
            stops = over[best, columns] < flights.cost[0] - _TIE
            first = np.where(stops, self._stations[best], first)
            via = self._stations[best]
            over_seconds = flights.seconds[0, via] + _STOP_SECONDS + onward.seconds[best, columns]
            seconds = np.where(stops, over_seconds, seconds)
            fuel = np.where(stops, flights.fuel[0, via] + onward.fuel[best, columns], fuel)
        seconds[here] = fuel[here] = 0.0
        return _Row(seconds=seconds, fuel=fuel * self._fuel_price, first=first, flights=flights)

    def _find_ways(self, capacity: int, speed: int) -> _Ways:
        """Ways from every station to every waypoint, the tank being filled at each stop."""
        stations = self._stations
        flights = self._flights(stations, capacity, speed)
        count = len(stations)
        between = flights.cost[:, stations] + _STOP_SECONDS * self._worth
        np.fill_diagonal(between, 0.0)
        cost, before = shortest_path(between, method="D", return_predecessors=True)
        seconds, fuel = np.zeros((count, count)), np.zeros((count, count))
        for start in range(count):
            for end in np.argsort(cost[start], kind="stable"):
                last = before[start, end]
                if last < 0:
                    continue
                seconds[start, end] = seconds[start, last] + flights.seconds[last, stations[end]] + _STOP_SECONDS
                fuel[start, end] = fuel[start, last] + flights.fuel[last, stations[end]]
        # The last flight begins at the station that makes the whole way cheapest.
        whole = cost[:, :, None] + flights.cost[None, :, :]
        leaving = whole.argmin(axis=1)
        starts, ends = np.arange(count)[:, None], np.arange(len(self._symbols))[None, :]
        found = _Ways(
            cost=whole.min(axis=1),
            seconds=seconds[starts, leaving] + flights.seconds[leaving, ends],
            fuel=fuel[starts, leaving] + flights.fuel[leaving, ends],
        )
        for number, station in enumerate(stations):
            found.cost[number, station] = found.seconds[number, station] = found.fuel[number, station] = 0.0
        return found

    def _flights(self, origins: _Places, tank: int | None, speed: int) -> _Flights:
        """Straight flights from ``origins`` with ``tank`` fuel units; None for a ship that needs no fuel."""
        spans = self._spans[origins]
        if tank is None:
            seconds = self._seconds(FlightMode.CRUISE, speed)[origins]
            return _Flights(
                seconds * self._worth, seconds, np.zeros_like(seconds), np.full(spans.shape, FlightMode.CRUISE.value)
            )
        modes = (FlightMode.CRUISE, FlightMode.BURN, FlightMode.DRIFT)
        fuel = np.stack([spans, 2 * spans, np.ones_like(spans)])
        seconds = np.stack([self._seconds(mode, speed)[origins] for mode in modes])
        # It would get there, and could not get away again but adrift: that time counts too.
        stranded = (tank - fuel < self._way_to_fuel) & ~self._sells_fuel
        cost = (seconds + stranded * self._adrift(speed)) * self._worth + fuel * self._fuel_price
        cost[:2][fuel[:2] > tank] = np.inf
        cost[2] += _DRIFT_COST
        choice = cost.argmin(axis=0)[None]
        return _Flights(
            cost=np.take_along_axis(cost, choice, axis=0)[0],
            seconds=np.take_along_axis(seconds, choice, axis=0)[0],
            fuel=np.take_along_axis(fuel, choice, axis=0)[0],
            mode=np.array([mode.value for mode in modes])[choice[0]],
        )

    def _find_seconds(self, mode: FlightMode, speed: int) -> _Numbers:
        """The flight times between every two waypoints, as the game rounds them: each length is looked up once."""
        lengths, places = np.unique(self._spans, return_inverse=True)
        times = np.array([travel_seconds(int(length), mode, speed) for length in lengths], dtype=float)
        found: _Numbers = times[places].reshape(self._spans.shape)
        return found

    def _find_adrift(self, speed: int) -> _Numbers:
        """How long a ship drifts from each waypoint to the nearest station."""
        home = [travel_seconds(int(span), FlightMode.DRIFT, speed) for span in self._way_to_fuel]
        return np.array(home, dtype=float)

    def _nearest_station(self) -> _Numbers:
        if not len(self._stations):
            return np.zeros(len(self._symbols))
        nearest: _Numbers = np.where(self._sells_fuel, 0.0, self._spans[:, self._stations].min(axis=1))
        return nearest


def _spans(waypoints: Sequence[Waypoint]) -> _Numbers:
    """The game's distance between every two waypoints: rounded, at least 1."""
    x = np.array([waypoint.x for waypoint in waypoints], dtype=float)
    y = np.array([waypoint.y for waypoint in waypoints], dtype=float)
    exact = np.hypot(x[:, None] - x[None, :], y[:, None] - y[None, :])
    rounded: _Numbers = np.maximum(1.0, np.floor(exact + 0.5))
    return rounded
