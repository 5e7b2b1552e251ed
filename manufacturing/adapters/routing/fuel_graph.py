"""FuelGraph: the quickest way with fuel stops, as a shortest path (docs/domain.md, "Flying")."""

import itertools
from collections.abc import Sequence
from datetime import timedelta
from functools import lru_cache

import networkx as nx

from manufacturing.domain.routing import Hop
from manufacturing.domain.ship import Ship
from manufacturing.domain.travel import FlightMode, fuel_cost, travel_seconds
from manufacturing.domain.waypoint import Waypoint

#: Docking, filling up and leaving again, in game seconds: a stop must be worth at least this.
_STOP_SECONDS = 10


class FuelGraph:
    """A Router over one system. CRUISE where the tank reaches, DRIFT where it cannot."""

    def __init__(self, waypoints: Sequence[Waypoint]) -> None:
        self._waypoints = {waypoint.symbol: waypoint for waypoint in waypoints}
        self._stations = [waypoint for waypoint in waypoints if waypoint.sells_fuel]
        self._between_stations = lru_cache(maxsize=64)(self._build)
        self._seconds = lru_cache(maxsize=65536)(self._compute_seconds)

    def next_hop(self, ship: Ship, destination: str) -> Hop:
        """The next flight towards ``destination``; ValueError when the ship is there already."""
        if ship.waypoint == destination:
            raise ValueError(f"{ship.symbol} is at {destination} already")
        here = self._waypoints[ship.waypoint]
        if not ship.fuel_capacity:
            return Hop(
                waypoint=destination, mode=FlightMode.CRUISE, fuel_needed=0, refuel_first=False, fuel_sold_here=False
            )
        tank = ship.fuel_capacity if here.sells_fuel else ship.fuel_current
        path = self._path(ship.waypoint, destination, tank, ship.fuel_capacity, ship.speed)
        span = self._span(path[0], path[1])
        mode = FlightMode.CRUISE if span <= tank else FlightMode.DRIFT
        needed = fuel_cost(span, mode)
        return Hop(
            waypoint=path[1],
            mode=mode,
            fuel_needed=needed,
            refuel_first=here.sells_fuel and ship.fuel_current < needed,
            fuel_sold_here=here.sells_fuel,
        )

    def travel_time(self, ship: Ship, destination: str) -> timedelta:
        """How long the whole way takes from where the ship is or arrives."""
        here = self._waypoints[ship.waypoint]
        tank = ship.fuel_capacity if here.sells_fuel else ship.fuel_current
        return timedelta(seconds=self._seconds(ship.waypoint, destination, tank, ship.fuel_capacity, ship.speed))

    def leg_time(self, ship: Ship, origin: str, destination: str) -> timedelta:
        """How long the way takes from ``origin`` with a full tank."""
        full = ship.fuel_capacity
        return timedelta(seconds=self._seconds(origin, destination, full, full, ship.speed))

    def _compute_seconds(self, origin: str, destination: str, tank: int, capacity: int, speed: int) -> int:
        if origin == destination:
            return 0
        if not capacity:
            return travel_seconds(self._span(origin, destination), FlightMode.CRUISE, speed)
        path = self._path(origin, destination, tank, capacity, speed)
        seconds = 0
        for leaving, arriving in itertools.pairwise(path):
            reach = tank if leaving == origin else capacity
            seconds += self._flight_seconds(self._span(leaving, arriving), reach, speed) + _STOP_SECONDS
        return seconds - _STOP_SECONDS

    def _path(self, origin: str, destination: str, tank: int, capacity: int, speed: int) -> list[str]:
        graph = self._between_stations(capacity, speed).copy()
        for station in self._stations:
            if station.symbol != origin:
                self._add_flight(graph, origin, station.symbol, tank, speed)
            if station.symbol not in (origin, destination):
                self._add_flight(graph, station.symbol, destination, capacity, speed)
        self._add_flight(graph, origin, destination, tank, speed)
        path: list[str] = nx.dijkstra_path(graph, origin, destination, weight="seconds")
        return path

    def _build(self, capacity: int, speed: int) -> "nx.DiGraph[str]":
        graph: nx.DiGraph[str] = nx.DiGraph()
        for leaving in self._stations:
            for arriving in self._stations:
                if leaving is not arriving:
                    self._add_flight(graph, leaving.symbol, arriving.symbol, capacity, speed)
        return graph

    def _add_flight(self, graph: "nx.DiGraph[str]", leaving: str, arriving: str, reach: int, speed: int) -> None:
        span = self._span(leaving, arriving)
        seconds = self._flight_seconds(span, reach, speed) + _STOP_SECONDS
        if not self._waypoints[arriving].sells_fuel and span <= reach and reach - span < self._way_to_fuel(arriving):
            # It would get there, and could not get away again but adrift: that time counts too.
            seconds += travel_seconds(self._way_to_fuel(arriving), FlightMode.DRIFT, speed)
        graph.add_edge(leaving, arriving, seconds=seconds)

    @staticmethod
    def _flight_seconds(span: int, reach: int, speed: int) -> int:
        return travel_seconds(span, FlightMode.CRUISE if span <= reach else FlightMode.DRIFT, speed)

    def _way_to_fuel(self, waypoint: str) -> int:
        return min((self._span(waypoint, station.symbol) for station in self._stations), default=0)

    def _span(self, origin: str, destination: str) -> int:
        return max(1, self._waypoints[origin].distance_to(self._waypoints[destination]))
