"""Ways through a system: never beyond the tank, always to the end, and as fast as a ship's time is worth."""

import itertools
from datetime import timedelta

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from manufacturing.adapters.routing.fuel_graph import FuelGraph
from manufacturing.domain.routing import Hop
from manufacturing.domain.ship import Ship
from manufacturing.domain.travel import FlightMode, distance, fuel_cost, travel_seconds
from manufacturing.domain.waypoint import Waypoint
from tests.builders import a_ship, a_waypoint


def a_map(*places: tuple[str, int, int, bool]) -> list[Waypoint]:
    """Waypoints of (symbol, x, y, whether fuel is sold)."""
    return [a_waypoint(symbol, x, y, sells_fuel=sells_fuel) for symbol, x, y, sells_fuel in places]


#: Credits for an hour of a ship's time: so cheap that no fuel is burnt to save any, and so dear that much is.
CHEAP, DEAR = 500.0, 50_000.0


def fly(ship: Ship, destination: str, waypoints: list[Waypoint], ship_hour_worth: float = CHEAP) -> list[Hop]:
    """Flies the whole way as the ship's task would; the flights it took."""
    graph = FuelGraph(waypoints, ship_hour_worth)
    hops: list[Hop] = []
    while ship.waypoint != destination:
        hop = graph.next_hop(ship, destination)
        if hop.refuel_first:
            assert hop.fuel_sold_here, "it wants fuel where none is sold"
            ship.fuel_current = ship.fuel_capacity
        if ship.fuel_capacity:
            assert hop.fuel_needed <= ship.fuel_current, f"{hop} is beyond the tank ({ship.fuel_current})"
            ship.fuel_current -= hop.fuel_needed
        ship.waypoint = hop.waypoint
        hops.append(hop)
        assert len(hops) <= len(waypoints), f"it flies in circles: {hops}"
    return hops


places = st.tuples(st.integers(-800, 800), st.integers(-800, 800), st.booleans())


@st.composite
def maps(draw: st.DrawFn) -> list[Waypoint]:
    """Up to nine places, some of which sell fuel."""
    drawn = draw(st.lists(places, min_size=2, max_size=9, unique_by=lambda place: place[:2]))
    return a_map(*((f"W{n}", x, y, sells) for n, (x, y, sells) in enumerate(drawn)))


def reachable(start: str, end: str, tank: int, capacity: int, waypoints: list[Waypoint]) -> bool:
    """Whether the ship could get there without ever drifting, filling its tank wherever fuel is sold."""
    by_symbol = {waypoint.symbol: waypoint for waypoint in waypoints}
    reached, edge = {start}, [(start, capacity if by_symbol[start].sells_fuel else tank)]
    while edge:
        here, fuel = edge.pop()
        for there in waypoints:
            span = distance(by_symbol[here].x, by_symbol[here].y, there.x, there.y)
            if there.symbol not in reached and span <= fuel and (there.sells_fuel or there.symbol == end):
                reached.add(there.symbol)
                edge.append((there.symbol, capacity))
    return end in reached


@settings(deadline=None, max_examples=200)
@given(maps(), st.sampled_from([80, 300, 600]), st.floats(0, 1), st.sampled_from([0.0, CHEAP, DEAR]), st.data())
def test_every_way_ends_at_its_destination_within_the_tank(
    waypoints: list[Waypoint], capacity: int, filled: float, worth: float, data: st.DataObject
) -> None:
    tank = round(capacity * filled)
    start = data.draw(st.sampled_from(waypoints))
    end = data.draw(st.sampled_from([w for w in waypoints if w is not start]))
    assume(tank >= 1 or start.sells_fuel)
    by_symbol = {waypoint.symbol: waypoint for waypoint in waypoints}
    ship = a_ship(waypoint=start.symbol, fuel_current=tank, fuel_capacity=capacity)

    hops = fly(ship, end.symbol, waypoints, worth)

    assert ship.waypoint == end.symbol
    assert all(hop.waypoint == end.symbol or by_symbol[hop.waypoint].sells_fuel for hop in hops), "it stops for fuel"
    drifts = any(hop.mode is FlightMode.DRIFT for hop in hops)
    assert drifts is not reachable(start.symbol, end.symbol, tank, capacity, waypoints), "it drifts only where it must"


@settings(deadline=None, max_examples=100)
@given(maps(), st.sampled_from([300, 600]), st.data())
def test_a_ship_whose_hour_is_dear_is_never_slower_than_one_whose_hour_is_cheap(
    waypoints: list[Waypoint], capacity: int, data: st.DataObject
) -> None:
    start, end = data.draw(st.sampled_from(list(itertools.permutations(waypoints, 2))))
    assume(reachable(start.symbol, end.symbol, capacity, capacity, waypoints))
    ship = a_ship(waypoint=start.symbol, fuel_current=capacity, fuel_capacity=capacity)
    dear, cheap = (FuelGraph(waypoints, worth).travel_time(ship, end.symbol) for worth in (DEAR, CHEAP))
    # A second of it pays for fuel: what could still be slower is a detour that spares a ship from being stranded.
    assert dear <= cheap or not end.sells_fuel


@settings(deadline=None, max_examples=60)
@given(maps(), st.sampled_from([0, 300, 600]), st.sampled_from([CHEAP, DEAR]), st.data())
def test_many_ways_at_once_are_the_same_as_one_by_one(
    waypoints: list[Waypoint], capacity: int, worth: float, data: st.DataObject
) -> None:
    graph = FuelGraph(waypoints, worth)
    symbols = [waypoint.symbol for waypoint in waypoints]
    ships = [a_ship(waypoint=symbol, fuel_current=capacity // 2, fuel_capacity=capacity) for symbol in symbols]
    ways = graph.ways(ships, symbols)
    one, other = data.draw(st.tuples(*[st.integers(0, len(symbols) - 1)] * 2))
    assert timedelta(seconds=ways.seconds[one][other]) == graph.travel_time(ships[one], symbols[other])
    assert ways.fuel[one][other] >= 0


@settings(deadline=None, max_examples=100)
@given(maps(), st.sampled_from([CHEAP, DEAR]), st.data())
def test_the_time_of_a_way_is_the_time_of_its_flights_and_stops(
    waypoints: list[Waypoint], worth: float, data: st.DataObject
) -> None:
    start, end = data.draw(st.sampled_from(list(itertools.permutations(waypoints, 2))))
    by_symbol = {waypoint.symbol: waypoint for waypoint in waypoints}
    ship = a_ship(waypoint=start.symbol, fuel_current=400, fuel_capacity=600)
    told = FuelGraph(waypoints, worth).travel_time(ship, end.symbol)
    hops = fly(ship, end.symbol, waypoints, worth)
    flown, here = 10 * (len(hops) - 1), start
    for hop in hops:
        there = by_symbol[hop.waypoint]
        span = distance(here.x, here.y, there.x, there.y)
        assert hop.fuel_needed == fuel_cost(span, hop.mode)
        flown, here = flown + travel_seconds(span, hop.mode, 15), there
    assert told == timedelta(seconds=flown)


@settings(deadline=None, max_examples=60)
@given(maps(), st.data())
def test_a_probe_flies_straight_and_needs_no_fuel(waypoints: list[Waypoint], data: st.DataObject) -> None:
    start = data.draw(st.sampled_from(waypoints))
    end = data.draw(st.sampled_from([w for w in waypoints if w is not start]))
    probe = a_ship(waypoint=start.symbol, fuel_current=0, fuel_capacity=0, speed=9)
    hop = FuelGraph(waypoints).next_hop(probe, end.symbol)
    assert (hop.waypoint, hop.mode, hop.fuel_needed, hop.refuel_first) == (end.symbol, FlightMode.CRUISE, 0, False)


def test_a_leg_within_the_tank_is_flown_straight() -> None:
    waypoints = a_map(("A", 0, 0, True), ("STOP", 250, 0, True), ("B", 500, 0, True))
    (hop,) = fly(a_ship(waypoint="A", fuel_current=600), "B", waypoints)
    assert (hop.waypoint, hop.mode, hop.fuel_needed) == ("B", FlightMode.CRUISE, 500)


def test_a_ship_whose_hour_is_worth_the_fuel_burns_it() -> None:
    waypoints = a_map(("A", 0, 0, True), ("B", 200, 0, True))
    (slow,) = fly(a_ship(waypoint="A", fuel_current=600), "B", waypoints, CHEAP)
    (fast,) = fly(a_ship(waypoint="A", fuel_current=600), "B", waypoints, DEAR)
    assert (slow.mode, slow.fuel_needed) == (FlightMode.CRUISE, 200)
    assert (fast.mode, fast.fuel_needed) == (FlightMode.BURN, 400)


def test_burning_begins_where_the_time_saved_is_worth_its_fuel() -> None:
    waypoints = a_map(("A", 0, 0, True), ("B", 200, 0, True))
    ship = a_ship(waypoint="A", fuel_current=600)
    # A light hauler saves 167 seconds on this way, for 200 more units of fuel: 140 credits.
    even = 140 / 167 * 3600
    assert FuelGraph(waypoints, even * 0.98).next_hop(ship, "B").mode is FlightMode.CRUISE
    assert FuelGraph(waypoints, even * 1.02).next_hop(ship, "B").mode is FlightMode.BURN


def test_a_way_too_long_to_burn_in_one_flight_is_burnt_with_a_stop_or_cruised() -> None:
    waypoints = a_map(("A", 0, 0, True), ("STOP", 250, 0, True), ("B", 500, 0, True))
    burnt = fly(a_ship(waypoint="A", fuel_current=600), "B", waypoints, DEAR)
    assert [(hop.waypoint, hop.mode) for hop in burnt] == [("STOP", FlightMode.BURN), ("B", FlightMode.BURN)]
    without = a_map(("A", 0, 0, True), ("B", 500, 0, True))
    cruised = fly(a_ship(waypoint="A", fuel_current=600), "B", without, DEAR)
    assert [hop.mode for hop in cruised] == [FlightMode.CRUISE]


def test_it_fills_its_tank_when_it_could_get_there_and_not_away_again() -> None:
    waypoints = a_map(("A", 0, 0, True), ("WILD", 250, 0, False))
    hop = FuelGraph(waypoints, CHEAP).next_hop(a_ship(waypoint="A", fuel_current=300), "WILD")
    assert (hop.fuel_needed, hop.refuel_first) == (250, True)


def test_it_stops_for_fuel_rather_than_be_stranded_where_none_is_sold() -> None:
    waypoints = a_map(("A", 0, 0, True), ("STOP", 250, 0, True), ("WILD", 500, 0, False))
    hops = fly(a_ship(waypoint="A", fuel_current=600), "WILD", waypoints)
    assert [(hop.waypoint, hop.mode) for hop in hops] == [("STOP", FlightMode.CRUISE), ("WILD", FlightMode.CRUISE)]


def test_a_leg_beyond_the_tank_leads_over_a_fuel_stop() -> None:
    waypoints = a_map(("A", 0, 0, True), ("STOP", 400, 50, True), ("B", 800, 0, True))
    hops = fly(a_ship(waypoint="A", fuel_current=600), "B", waypoints)
    assert [(hop.waypoint, hop.mode) for hop in hops] == [("STOP", FlightMode.CRUISE), ("B", FlightMode.CRUISE)]
    assert hops[1].refuel_first


def test_without_a_fuel_stop_it_drifts_rather_than_not_arriving() -> None:
    waypoints = a_map(("A", 0, 0, True), ("B", 800, 0, False))
    (hop,) = fly(a_ship(waypoint="A", fuel_current=600), "B", waypoints)
    assert (hop.waypoint, hop.mode, hop.fuel_needed) == ("B", FlightMode.DRIFT, 1)


def test_a_nearly_empty_ship_fills_its_tank_before_it_leaves() -> None:
    waypoints = a_map(("A", 0, 0, True), ("B", 300, 0, True))
    (hop,) = fly(a_ship(waypoint="A", fuel_current=20), "B", waypoints)
    assert (hop.mode, hop.refuel_first) == (FlightMode.CRUISE, True)


def test_a_ship_out_of_fuel_in_the_wild_drifts_to_the_nearest_station_first() -> None:
    waypoints = a_map(("WILD", 0, 0, False), ("STOP", 30, 0, True), ("B", 500, 0, True))
    hops = fly(a_ship(waypoint="WILD", fuel_current=2), "B", waypoints)
    assert [(hop.waypoint, hop.mode) for hop in hops] == [("STOP", FlightMode.DRIFT), ("B", FlightMode.CRUISE)]


def test_a_ship_that_is_there_already_goes_nowhere() -> None:
    waypoints = a_map(("A", 0, 0, True), ("B", 300, 0, True))
    ship = a_ship(waypoint="A")
    assert FuelGraph(waypoints).travel_time(ship, "A") == timedelta(0)
    with pytest.raises(ValueError, match="HAULER-1 is at A already"):
        FuelGraph(waypoints).next_hop(ship, "A")


def test_the_time_of_a_way_is_that_of_its_flights() -> None:
    waypoints = a_map(("A", 0, 0, True), ("B", 300, 400, True))
    graph = FuelGraph(waypoints)
    expected = timedelta(seconds=travel_seconds(500, FlightMode.CRUISE, 15))
    assert graph.travel_time(a_ship(waypoint="A"), "B") == expected
    assert graph.leg_time(a_ship(waypoint="B"), "A", "B") == expected


def test_places_on_one_spot_are_one_unit_apart() -> None:
    waypoints = a_map(("A", 10, 10, True), ("MOON", 10, 10, False))
    (hop,) = fly(a_ship(waypoint="A"), "MOON", waypoints)
    assert (hop.waypoint, hop.fuel_needed) == ("MOON", 1)
