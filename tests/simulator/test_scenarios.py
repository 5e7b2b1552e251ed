"""What a new agent starts with."""

from manufacturing.simulator.economy_parameters import EconomyParameters
from manufacturing.simulator.universe import Scenario
from tests.simulator.players import Player, a_player, a_universe


def test_an_established_agent_has_a_frigate_eight_haulers_and_a_probe_at_every_factory() -> None:
    player = a_player(a_universe())
    ships = player.registration["ships"]
    roles = [ship["registration"]["role"] for ship in ships]
    assert roles[:9] == ["COMMAND"] + ["HAULER"] * 8
    home = player.registration["agent"]["headquarters"].rsplit("-", 1)[0]
    places = [place for place in player.universe.state.places.values() if place.system == home]
    factories = {place.symbol for place in places if place.market and place.market.is_factory()}
    assert sorted(ship["nav"]["waypointSymbol"] for ship in ships[9:]) == sorted(factories)
    assert set(roles[9:]) == {"SATELLITE"}
    assert len(factories) > 10
    assert player.registration["agent"]["credits"] == 1_500_000


def test_ships_have_the_figures_of_the_game() -> None:
    player = a_player(a_universe(scenario=Scenario.NEW_AGENT))
    place = player.universe.state.places[player.universe.state.headquarters]
    agent = player.universe.state.agents["TESTER"]
    figures = {}
    for ship_type in ("SHIP_COMMAND_FRIGATE", "SHIP_PROBE", "SHIP_LIGHT_SHUTTLE", "SHIP_LIGHT_HAULER",
                      "SHIP_MINING_DRONE", "SHIP_HEAVY_FREIGHTER"):  # fmt: skip
        ship = player.universe.build_ship(agent, ship_type, place)
        figures[ship_type] = (ship.cargo_capacity, ship.fuel_capacity, ship.speed)
    assert figures == {
        "SHIP_COMMAND_FRIGATE": (40, 400, 36),
        "SHIP_PROBE": (0, 0, 9),
        "SHIP_LIGHT_SHUTTLE": (40, 300, 15),
        "SHIP_LIGHT_HAULER": (80, 600, 15),
        "SHIP_MINING_DRONE": (15, 80, 9),
        "SHIP_HEAVY_FREIGHTER": (225, 2300, 36),
    }


def test_the_ion_drive_ii_can_be_as_slow_as_the_game_made_it() -> None:
    player = a_player(a_universe(economy=EconomyParameters(ion_drive_ii_speed=30)))
    assert player.get(player.me)["engine"]["speed"] == 30


def test_a_new_agent_has_a_frigate_a_probe_and_little_money() -> None:
    player = a_player(a_universe(scenario=Scenario.NEW_AGENT))
    assert [ship["symbol"] for ship in player.registration["ships"]] == ["TESTER-1", "TESTER-2"]
    assert player.get("/my/agent")["credits"] == 175_000


def test_haulers_and_credits_can_be_chosen() -> None:
    player = a_player(a_universe(haulers=20, credits=42))
    assert player.get("/my/agent")["credits"] == 42
    symbols = [ship.symbol for ship in player.universe.fleets["TESTER"]]
    assert symbols[20] == "TESTER-15"  # ships are numbered in hexadecimal


def test_pages_of_the_fleet_follow_each_other_and_end_empty() -> None:
    player = a_player()
    everything = [ship["symbol"] for ship in player.registration["ships"]]
    pages = []
    for number in range(1, 5):
        response = player.call("GET", "/my/ships", query=f"page={number}&limit=10").json()
        assert response["meta"] == {"total": len(everything), "page": number, "limit": 10}
        pages.append([ship["symbol"] for ship in response["data"]])
    assert pages[0] + pages[1] + pages[2] + pages[3] == everything
    assert pages[3] == []


def test_two_agents_live_in_one_universe_and_share_its_markets() -> None:
    player = a_player()
    rival = Player(player.api, symbol="RIVAL").register()
    home = player.universe.state.headquarters
    before = rival.quoted(home, "FOOD")["purchasePrice"]
    player.post("/my/ships/TESTER-2/purchase", {"symbol": "FOOD", "units": 60})
    assert rival.quoted(home, "FOOD")["purchasePrice"] > before
    assert rival.get("/my/agent")["credits"] == 1_500_000
    agents = player.call("GET", "/agents").json()
    assert [agent["symbol"] for agent in agents["data"]] == ["TESTER", "RIVAL"]


def test_a_bought_ship_is_there_at_once_and_makes_the_next_one_dearer() -> None:
    player = a_player()
    yard = next(p for p in player.universe.state.places.values() if p.yard)
    player.fly(yard.symbol)
    path = f"/systems/{yard.system}/waypoints/{yard.symbol}/shipyard"
    offer = player.get(path)["ships"][0]
    credits = player.get("/my/agent")["credits"]

    bought = player.post("/my/ships", {"shipType": offer["type"], "waypointSymbol": yard.symbol})

    assert bought["transaction"]["price"] == offer["purchasePrice"]
    assert bought["agent"]["credits"] == credits - offer["purchasePrice"]
    assert bought["ship"]["nav"]["waypointSymbol"] == yard.symbol
    assert player.get(path)["ships"][0]["purchasePrice"] > offer["purchasePrice"]
    assert player.get(path)["transactions"][0]["price"] == offer["purchasePrice"]
    player.wait(days=3)
    assert player.get(path)["ships"][0]["purchasePrice"] == offer["purchasePrice"]
