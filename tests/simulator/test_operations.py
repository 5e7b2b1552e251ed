"""All operations in one long game: each answers with its documented status and exactly its documented fields."""

from typing import Any

import pytest

from manufacturing.simulator.economy_parameters import EconomyParameters
from manufacturing.simulator.entities import Place
from manufacturing.simulator.messages import Response
from manufacturing.simulator.operation import OPERATIONS
from tests.simulator import shapes
from tests.simulator.players import Player, a_player, a_universe


class Inspector(Player):
    """A player who looks closely at every answer."""

    def call(self, method: str, path: str, body: Any = None, query: str = "", **headers: str) -> Response:
        response = super().call(method, path, body, query, **headers)
        operation, _ = self.api._find(method, path)
        name = f"{operation.method} {operation.path}"
        if response.status < 400 and response.status != 204:
            self._inspect(name, response)
        return response

    def _inspect(self, name: str, response: Response) -> None:
        status, shape = shapes.ANSWERS[name]
        payload = response.json()
        outer = {"data"} | ({"meta"} if name in shapes.PAGED else set())
        found = [f"status is {response.status}, not {status}"] if response.status != status else []
        if name not in shapes.BARE:
            found += [f"envelope has {sorted(payload)}"] if set(payload) != outer else []
            found += shapes.differences(payload.get("meta"), shapes.META, "meta") if "meta" in outer else []
            payload = payload["data"]
        if name.endswith(("/market", "/shipyard")) and "transactions" not in payload:
            shape = shapes.MARKET_OUTLINE if name.endswith("/market") else shapes.YARD_OUTLINE
        assert found + shapes.differences(payload, shape) == [], name
        SEEN.add(name)


SEEN: set[str] = set()


@pytest.fixture(scope="module")
def player() -> Inspector:
    universe = a_universe(haulers=2, credits=10**9, economy=EconomyParameters(wear=0.05))
    game = Inspector(a_player(universe, strict=True).api, symbol="INSPECTOR").register()
    game.ship().fuel = game.ship().fuel_capacity = 100_000  # this game is not about fuel
    return game


def _ready(player: Player, waypoint: str, *, docked: bool = True) -> None:
    """Takes the first ship to a waypoint of its system, without waiting for anything."""
    ship = player.ship()
    if ship.waypoint != waypoint:
        player.fly(waypoint)
    player.post(player.me + ("/dock" if docked else "/orbit"))
    player.wait(minutes=10)


def _place(player: Player, kind: str, **wanted: Any) -> Place:
    home = player.universe.state.headquarters.rsplit("-", 1)[0]
    return next(
        place
        for place in player.universe.state.places.values()
        if place.system == home
        and place.type == kind
        and all(getattr(place, name) == value for name, value in wanted.items())
    )


def _yard(player: Player, ship_type: str) -> Place:
    return next(p for p in player.universe.state.places.values() if any(y.ship_type == ship_type for y in p.yard))


def test_what_anyone_may_read(player: Inspector) -> None:
    home = player.universe.state.headquarters
    system = home.rsplit("-", 1)[0]
    for path in ("/", "/error-codes", "/systems", f"/systems/{system}", f"/systems/{system}/waypoints", "/factions",
                 "/factions/COSMIC", "/agents", "/agents/INSPECTOR", f"/systems/{system}/waypoints/{home}",
                 "/market/supply-chain", "/my/agent", "/my/account"):  # fmt: skip
        assert player.call("GET", path).status == 200
    systems = player.call("GET", "/systems").json()
    assert systems["meta"]["total"] == 5
    for each in systems["data"]:
        waypoints = player.call("GET", f"/systems/{each['symbol']}/waypoints", query="limit=20").json()
        assert waypoints["meta"]["total"] == len(each["waypoints"])


def test_a_waypoint_list_can_be_narrowed(player: Inspector) -> None:
    system = player.universe.state.headquarters.rsplit("-", 1)[0]
    path = f"/systems/{system}/waypoints"
    planets = player.call("GET", path, query="type=PLANET&limit=20").json()
    assert {waypoint["type"] for waypoint in planets["data"]} == {"PLANET"}
    assert planets["meta"]["total"] == 7
    yards = player.call("GET", path, query="traits=MARKETPLACE&traits=SHIPYARD").json()
    assert yards["meta"]["total"] == 3
    assert player.call("GET", path, query="traits=MARKETPLACE,SHIPYARD").json()["data"] == yards["data"]


def test_trading_and_flying(player: Inspector) -> None:
    system, home = player.ship().system, player.ship().waypoint
    player.get(f"/systems/{system}/waypoints/{home}/market")
    player.get("/my/ships")
    player.get(player.me)
    player.get(player.me + "/nav")
    player.get(player.me + "/cargo")
    assert player.call("GET", player.me + "/cooldown").status == 204
    assert player.call("GET", player.me + "/cooldown").body == b""
    player.post(player.me + "/purchase", {"symbol": "FUEL", "units": 9})
    player.post(player.me + "/sell", {"symbol": "FUEL", "units": 2})
    player.post(player.me + "/transfer", {"tradeSymbol": "FUEL", "units": 2, "shipSymbol": "INSPECTOR-2"})
    player.post(player.me + "/jettison", {"symbol": "FUEL", "units": 1})
    assert player.ship(2).cargo == {"FUEL": 2}
    player.ship().fuel -= 150
    player.post(player.me + "/refuel", {"fromCargo": True})
    player.post(player.me + "/refuel")
    player.call("PATCH", player.me + "/nav", {"flightMode": "CRUISE"})
    flown = _place(player, "GAS_GIANT").symbol
    player.fly(flown)
    assert player.ship().frame.condition < 1
    assert player.get(player.me)["frame"]["condition"] < 1


def test_buying_a_ship_mending_one_and_scrapping_one(player: Inspector) -> None:
    yard = _yard(player, "SHIP_LIGHT_SHUTTLE")
    _ready(player, yard.symbol)
    player.get(f"/systems/{yard.system}/waypoints/{yard.symbol}/shipyard")
    bought = player.post("/my/ships", {"shipType": "SHIP_LIGHT_SHUTTLE", "waypointSymbol": yard.symbol})
    player.get(f"/systems/{yard.system}/waypoints/{yard.symbol}/shipyard")
    price = player.get(player.me + "/repair")["transaction"]["totalPrice"]
    assert price > 0
    before = player.get("/my/agent")["credits"]
    assert player.post(player.me + "/repair")["agent"]["credits"] == before - price
    assert player.ship().frame.condition == player.ship().frame.integrity
    ship = "/my/ships/" + bought["ship"]["symbol"]
    worth = player.get(ship + "/scrap")["transaction"]["totalPrice"]
    before = player.get("/my/agent")["credits"]
    assert player.post(ship + "/scrap")["agent"]["credits"] == before + worth
    assert player.refused("GET", ship) == (404, 404)


def test_mounts_and_modules_change_hands_at_a_shipyard(player: Inspector) -> None:
    yard = _yard(player, "SHIP_PROBE")
    _ready(player, yard.symbol)
    ship = player.ship()
    ship.cargo.clear()
    assert len(player.get(player.me + "/mounts")) == 5
    removed = player.post(player.me + "/mounts/remove", {"symbol": "MOUNT_TURRET_I"})
    assert removed["cargo"]["inventory"][0]["symbol"] == "MOUNT_TURRET_I"
    assert removed["transaction"]["totalPrice"] == 1_500
    assert len(player.post(player.me + "/mounts/install", {"symbol": "MOUNT_TURRET_I"})["mounts"]) == 5
    modules = len(player.get(player.me + "/modules"))
    ship.load("MODULE_CARGO_HOLD_I", 1)
    built = player.post(player.me + "/modules/install", {"symbol": "MODULE_CARGO_HOLD_I"})
    assert built["cargo"]["capacity"] == 55
    assert len(built["modules"]) == modules + 1
    out = player.post(player.me + "/modules/remove", {"symbol": "MODULE_CARGO_HOLD_I"})
    assert out["cargo"]["capacity"] == 40
    ship.cargo.clear()


def test_mining_with_and_without_a_survey(player: Inspector) -> None:
    asteroid = _place(player, "ASTEROID")
    _ready(player, asteroid.symbol, docked=False)
    surveys = player.post(player.me + "/survey")["surveys"]
    assert len(surveys) == 2
    assert player.refused("POST", player.me + "/extract") == (409, 4000)
    assert player.get(player.me + "/cooldown")["remainingSeconds"] == 70
    player.wait(seconds=70)
    found = player.post(player.me + "/extract", {"survey": surveys[0]})["extraction"]["yield"]
    assert found["symbol"] in {deposit["symbol"] for deposit in surveys[0]["deposits"]}
    assert player.ship().cargo == {found["symbol"]: found["units"]}
    player.wait(minutes=3)
    player.post(player.me + "/extract")
    player.wait(minutes=3)
    player.post(player.me + "/extract/survey", surveys[1])
    player.ship().cargo.clear()


def test_siphoning_a_gas_giant(player: Inspector) -> None:
    _ready(player, _place(player, "GAS_GIANT").symbol, docked=False)
    found = player.post(player.me + "/siphon")["siphon"]["yield"]
    assert found["symbol"] in {"LIQUID_HYDROGEN", "LIQUID_NITROGEN", "HYDROCARBON"}
    player.ship().cargo.clear()


def test_refining_thirty_units_of_ore_into_ten_of_metal(player: Inspector) -> None:
    ship = player.ship()
    ship.modules.append("MODULE_ORE_REFINERY_I")
    ship.load("IRON_ORE", 31)
    player.wait(minutes=5)
    refined = player.post(player.me + "/refine", {"produce": "IRON"})
    assert refined["consumed"] == [{"tradeSymbol": "IRON_ORE", "units": 30}]
    assert ship.cargo == {"IRON_ORE": 1, "IRON": 10}
    ship.cargo.clear()


def test_scanning(player: Inspector) -> None:
    _ready(player, player.universe.state.headquarters, docked=False)
    assert len(player.post(player.me + "/scan/systems")["systems"]) == 4
    player.wait(minutes=3)
    seen = player.post(player.me + "/scan/waypoints")["waypoints"]
    assert len(seen) == len(player.universe.state.systems[player.ship().system].waypoints)
    player.wait(minutes=3)
    ships = [ship["symbol"] for ship in player.post(player.me + "/scan/ships")["ships"]]
    assert "TESTER-1" in ships
    assert "INSPECTOR-1" not in ships


def test_a_contract_from_offer_to_pay(player: Inspector) -> None:
    contract = player.get("/my/contracts")[0]
    path = f"/my/contracts/{contract['id']}"
    wanted = contract["terms"]["deliver"][0]
    assert player.get(path) == contract
    _ready(player, wanted["destinationSymbol"])
    delivery = {"shipSymbol": "INSPECTOR-1", "tradeSymbol": wanted["tradeSymbol"], "units": 1}
    assert player.refused("POST", path + "/deliver", delivery) == (400, 4500)
    before = player.get("/my/agent")["credits"]
    paid = player.post(path + "/accept")["agent"]["credits"] - before
    assert paid == contract["terms"]["payment"]["onAccepted"]
    assert player.refused("POST", path + "/accept") == (400, 4501)
    assert player.refused("POST", path + "/fulfill") == (400, 4502)
    assert player.refused("POST", path + "/deliver", delivery) == (400, 4218)
    assert player.refused("POST", path + "/deliver", {**delivery, "tradeSymbol": "MARBLES"}) == (400, 4508)
    assert player.refused("POST", player.me + "/negotiate/contract") == (400, 4511)
    player.ship().load(wanted["tradeSymbol"], 200)
    units = wanted["unitsRequired"]
    assert player.refused("POST", path + "/deliver", {**delivery, "units": units + 1}) == (400, 4509)
    player.post(path + "/deliver", {**delivery, "units": 1})
    player.post(path + "/deliver", {**delivery, "units": units - 1})
    before = player.get("/my/agent")["credits"]
    paid = player.post(path + "/fulfill")["agent"]["credits"] - before
    assert paid == contract["terms"]["payment"]["onFulfilled"]
    assert player.refused("POST", path + "/fulfill") == (400, 4504)
    player.ship().cargo.clear()
    again = player.post(player.me + "/negotiate/contract")["contract"]
    assert again["id"] != contract["id"]
    assert len(player.get("/my/contracts")) == 2


def test_a_gate_is_built_then_jumped_through(player: Inspector) -> None:
    gate = _place(player, "JUMP_GATE")
    _ready(player, gate.symbol)
    site = f"/systems/{gate.system}/waypoints/{gate.symbol}"
    assert player.get(site)["isUnderConstruction"] is True
    assert player.get(site + "/construction")["isComplete"] is False
    there = player.get(site + "/jump-gate")["connections"][0]
    player.post(player.me + "/orbit")
    assert player.refused("POST", player.me + "/jump", {"waypointSymbol": there}) == (400, 4256)
    player.post(player.me + "/dock")
    body = {"shipSymbol": "INSPECTOR-1", "tradeSymbol": "FAB_MATS", "units": 100}
    assert player.refused("POST", site + "/construction/supply", {**body, "tradeSymbol": "FOOD"}) == (400, 4800)
    assert player.refused("POST", site + "/construction/supply", body) == (400, 4218)
    player.ship().cargo_capacity = 2_000
    player.ship().cargo = {"FAB_MATS": 1_600, "ADVANCED_CIRCUITRY": 400}
    player.post(site + "/construction/supply", body)
    player.post(site + "/construction/supply", {**body, "units": 1_500})
    assert player.refused("POST", site + "/construction/supply", body) == (400, 4801)
    built = player.post(site + "/construction/supply", {**body, "tradeSymbol": "ADVANCED_CIRCUITRY", "units": 400})
    assert built["construction"]["isComplete"] is True
    assert player.get(site)["isUnderConstruction"] is False
    player.post(player.me + "/orbit")
    jumped = player.post(player.me + "/jump", {"waypointSymbol": there})
    assert jumped["nav"]["waypointSymbol"] == there
    assert jumped["nav"]["status"] == "IN_ORBIT"
    assert jumped["transaction"]["tradeSymbol"] == "ANTIMATTER"
    assert jumped["cooldown"]["remainingSeconds"] >= 60


def test_charting_what_nobody_has_charted(player: Inspector) -> None:
    ship = player.ship()
    symbols = player.universe.state.systems[ship.system].waypoints
    uncharted = next(symbol for symbol in symbols if player.universe.state.places[symbol].charted_at is None)
    path = f"/systems/{ship.system}/waypoints/{uncharted}"
    assert [trait["symbol"] for trait in player.get(path)["traits"]] == ["UNCHARTED"]
    _ready(player, uncharted, docked=False)
    charted = player.post(player.me + "/chart")
    assert charted["chart"]["submittedBy"] == "INSPECTOR"
    assert player.get(path)["chart"] == charted["chart"]
    assert player.refused("POST", player.me + "/chart") == (400, 4230)
    assert player.call("GET", "/").json()["leaderboards"]["mostSubmittedCharts"][0]["agentSymbol"] == "INSPECTOR"


def test_warping_to_another_system(player: Inspector) -> None:
    home = player.universe.state.headquarters
    assert player.refused("POST", player.me + "/warp", {"waypointSymbol": home}) == (400, 4241)
    player.ship().modules.append("MODULE_WARP_DRIVE_I")
    flown = player.post(player.me + "/warp", {"waypointSymbol": home})
    assert flown["nav"]["status"] == "IN_TRANSIT"
    player.now = player.ship().arrives_at
    assert player.get(player.me + "/nav")["systemSymbol"] == home.rsplit("-", 1)[0]
    assert player.refused("POST", player.me + "/warp", {"waypointSymbol": home}) == (400, 4235)


def test_every_operation_was_called_and_looked_at(player: Inspector) -> None:
    registered = {f"{operation.method} {operation.path}" for operation in OPERATIONS}
    assert registered == set(shapes.ANSWERS)
    Inspector(player.api, symbol="ANOTHER").register()
    assert registered - SEEN == set()
    assert len(registered) == 59 + 2  # the documented ones, and those for the account and the error codes


def test_the_check_of_shapes_notices_what_is_missing_and_what_is_too_much() -> None:
    whole = {"current": 1, "capacity": 2}
    assert shapes.differences(whole, shapes.FUEL) == []
    assert shapes.differences({"current": 1}, shapes.FUEL) == ["data.capacity is missing"]
    assert shapes.differences({**whole, "colour": 1}, shapes.FUEL) == ["data.colour is undocumented"]
    assert len(shapes.differences({**whole, "current": "1"}, shapes.FUEL)) == 1
