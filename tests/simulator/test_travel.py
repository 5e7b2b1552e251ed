"""Flying: how long it takes, what it burns, and what stands in the way."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from manufacturing.domain.prices import ListingType
from manufacturing.domain.travel import FlightMode, distance, fuel_cost, travel_seconds
from tests.simulator.players import Player, a_listing, a_player, a_small_universe, a_waypoint

FUEL = a_listing(ListingType.EXCHANGE, "FUEL", base_price=70.0, trade_volume=180)
coordinates = st.integers(-140, 140)


def _player_between(x: int, y: int) -> Player:
    return a_player(a_small_universe(a_waypoint("X1-TT1-A1", FUEL, x=3, y=-2), a_waypoint("X1-TT1-B2", FUEL, x=x, y=y)))


@settings(deadline=None, max_examples=60)
@given(coordinates, coordinates, st.sampled_from(FlightMode))
def test_a_flight_takes_the_time_and_the_fuel_of_its_distance_and_mode(x: int, y: int, mode: FlightMode) -> None:
    player = _player_between(x, y)
    player.call("PATCH", player.me + "/nav", {"flightMode": mode})
    player.post(player.me + "/orbit")

    flown = player.post(player.me + "/navigate", {"waypointSymbol": "X1-TT1-B2"})

    span = distance(3, -2, x, y)
    ship = player.ship()
    assert (ship.arrives_at - ship.departed_at).total_seconds() == travel_seconds(span, mode, 36)
    assert flown["fuel"]["current"] == 400 - fuel_cost(span, mode)
    assert flown["nav"]["status"] == "IN_TRANSIT"
    assert flown["nav"]["flightMode"] == mode


def test_a_ship_is_at_its_destination_at_once_but_in_orbit_only_on_arrival() -> None:
    player = _player_between(30, 40)
    player.post(player.me + "/orbit")
    player.post(player.me + "/navigate", {"waypointSymbol": "X1-TT1-B2"})
    arrival = player.ship().arrives_at

    nav = player.get(player.me + "/nav")
    assert nav["waypointSymbol"] == "X1-TT1-B2"
    assert nav["status"] == "IN_TRANSIT"
    assert nav["route"]["origin"]["symbol"] == "X1-TT1-A1"
    assert nav["route"]["departure"] == nav["route"]["origin"]
    assert nav["route"]["arrival"].endswith("Z")
    assert player.refused("POST", player.me + "/dock") == (400, 4214)

    player.now = arrival
    assert player.get(player.me + "/nav")["status"] == "IN_ORBIT"
    assert player.post(player.me + "/dock")["nav"]["status"] == "DOCKED"


def test_a_market_shows_its_quotes_only_while_a_ship_is_there() -> None:
    player = _player_between(30, 40)
    there = "/systems/X1-TT1/waypoints/X1-TT1-B2/market"
    assert set(player.get(there)) == {"symbol", "exports", "imports", "exchange"}
    player.post(player.me + "/orbit")
    player.post(player.me + "/navigate", {"waypointSymbol": "X1-TT1-B2"})
    assert "tradeGoods" not in player.get(there)
    player.now = player.ship().arrives_at
    assert player.get(there)["tradeGoods"][0]["symbol"] == "FUEL"
    assert "activity" not in player.get(there)["tradeGoods"][0]


def test_a_ship_without_a_tank_burns_nothing() -> None:
    player = _player_between(100, 100)
    probe = player.universe.build_ship(
        player.universe.state.agents["TESTER"], "SHIP_PROBE", player.universe.state.places["X1-TT1-A1"]
    )
    player.post(f"/my/ships/{probe.symbol}/orbit")
    flown = player.post(f"/my/ships/{probe.symbol}/navigate", {"waypointSymbol": "X1-TT1-B2"})
    assert (flown["fuel"]["current"], flown["fuel"]["capacity"]) == (0, 0)


@pytest.mark.parametrize(("burned", "units"), [(1, 1), (100, 1), (101, 2), (399, 4)])
def test_a_refuel_buys_market_units_by_the_hundred(burned: int, units: int) -> None:
    player = _player_between(1, 1)
    player.ship().fuel -= burned
    ask = player.quoted("X1-TT1-A1", "FUEL")["purchasePrice"]

    answer = player.post(player.me + "/refuel")

    assert answer["fuel"]["current"] == 400
    assert answer["transaction"]["units"] == units
    assert answer["transaction"]["totalPrice"] == units * ask
    assert answer["agent"]["credits"] == 1_500_000 - units * ask


def test_a_refuel_adds_only_what_was_asked_for() -> None:
    player = _player_between(1, 1)
    player.ship().fuel = 0
    answer = player.post(player.me + "/refuel", {"units": 150})
    assert (answer["fuel"]["current"], answer["transaction"]["units"]) == (150, 2)


def test_a_refuel_from_cargo_costs_fuel_aboard_instead_of_credits() -> None:
    player = _player_between(1, 1)
    ship = player.ship()
    ship.fuel = 250
    ship.load("FUEL", 5)
    answer = player.post(player.me + "/refuel", {"fromCargo": True})
    assert answer["fuel"]["current"] == 400
    assert answer["cargo"]["units"] == 3
    assert answer["agent"]["credits"] == 1_500_000
    assert answer["transaction"]["totalPrice"] == 0
