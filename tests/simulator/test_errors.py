"""Every refusal has its code, its HTTP status, and changes nothing."""

from typing import Any

import pytest

from manufacturing.domain.prices import ListingType
from manufacturing.simulator.registration import make_token
from tests.simulator.players import Player, a_listing, a_player, a_small_universe, a_waypoint, a_yard

FUEL = a_listing(ListingType.EXCHANGE, "FUEL", base_price=70.0, trade_volume=180)
IRON = a_listing(ListingType.EXPORT, "IRON", base_price=120.0)


@pytest.fixture
def player() -> Player:
    universe = a_small_universe(
        a_waypoint("X1-TT1-A1", FUEL, IRON, traits=("MARKETPLACE", "SHIPYARD"), yard=a_yard("SHIP_PROBE")),
        a_waypoint("X1-TT1-B2", x=1000, y=0),
        a_waypoint("X1-TT1-C3", x=10, y=0, yard=a_yard("SHIP_PROBE")),
    )
    return a_player(universe)


def _orbiting(player: Player) -> None:
    player.post(player.me + "/orbit")


def _flying(player: Player) -> None:
    _orbiting(player)
    player.post(player.me + "/navigate", {"waypointSymbol": "X1-TT1-C3"})


def _at_a_place_without_market(player: Player) -> None:
    player.fly("X1-TT1-C3")


def _poor(player: Player) -> None:
    player.universe.state.agents["TESTER"].credits = 5


def _nearly_full(player: Player) -> None:
    player.ship().load("FOOD", 39)


def _with_some_iron(player: Player) -> None:
    player.ship().load("IRON", 3)


def _nothing(player: Player) -> None:
    pass


SHIP = "/my/ships/TESTER-1"
OTHER = "/my/ships/TESTER-2"

CASES: list[tuple[str, Any, str, str, Any, int, int]] = [
    ("navigate while docked", _nothing, "POST", SHIP + "/navigate", {"waypointSymbol": "X1-TT1-C3"}, 400, 4236),
    ("navigate in transit", _flying, "POST", SHIP + "/navigate", {"waypointSymbol": "X1-TT1-A1"}, 400, 4200),
    ("navigate to where it is", _orbiting, "POST", SHIP + "/navigate", {"waypointSymbol": "X1-TT1-A1"}, 400, 4204),
    ("navigate too far", _orbiting, "POST", SHIP + "/navigate", {"waypointSymbol": "X1-TT1-B2"}, 400, 4203),
    ("navigate to nowhere", _orbiting, "POST", SHIP + "/navigate", {"waypointSymbol": "X1-TT1-Z9"}, 404, 404),
    ("navigate without a target", _orbiting, "POST", SHIP + "/navigate", {}, 422, 3001),
    ("dock in transit", _flying, "POST", SHIP + "/dock", None, 400, 4214),
    ("orbit in transit", _flying, "POST", SHIP + "/orbit", None, 400, 4214),
    ("sell in transit", _flying, "POST", SHIP + "/sell", {"symbol": "IRON", "units": 1}, 400, 4214),
    ("jettison in transit", _flying, "POST", SHIP + "/jettison", {"symbol": "IRON", "units": 1}, 400, 4214),
    ("buy in orbit", _orbiting, "POST", SHIP + "/purchase", {"symbol": "IRON", "units": 1}, 400, 4244),
    ("refuel in orbit", _orbiting, "POST", SHIP + "/refuel", {}, 400, 4244),
    ("buy too many", _nothing, "POST", SHIP + "/purchase", {"symbol": "IRON", "units": 21}, 400, 4604),
    ("sell too many", _with_some_iron, "POST", SHIP + "/sell", {"symbol": "IRON", "units": 21}, 400, 4604),
    ("buy what is not listed", _nothing, "POST", SHIP + "/purchase", {"symbol": "GOLD", "units": 1}, 400, 4601),
    ("sell what is not listed", _nothing, "POST", SHIP + "/sell", {"symbol": "FOOD", "units": 1}, 400, 4602),
    ("buy where there is no market", _at_a_place_without_market, "POST", SHIP + "/purchase",
     {"symbol": "IRON", "units": 1}, 400, 4603),
    ("buy without money", _poor, "POST", SHIP + "/purchase", {"symbol": "IRON", "units": 1}, 400, 4600),
    ("buy without room", _nearly_full, "POST", SHIP + "/purchase", {"symbol": "IRON", "units": 2}, 400, 4217),
    ("sell what is not aboard", _nothing, "POST", SHIP + "/sell", {"symbol": "IRON", "units": 1}, 400, 4218),
    ("sell more than is aboard", _with_some_iron, "POST", SHIP + "/sell", {"symbol": "IRON", "units": 4}, 400, 4219),
    ("throw away more than is aboard", _with_some_iron, "POST", SHIP + "/jettison",
     {"symbol": "IRON", "units": 4}, 400, 4219),
    ("buy none", _nothing, "POST", SHIP + "/purchase", {"symbol": "IRON", "units": 0}, 422, 3001),
    ("buy a part", _nothing, "POST", SHIP + "/purchase", {"symbol": "IRON", "units": 1.5}, 422, 3001),
    ("buy nothing in particular", _nothing, "POST", SHIP + "/purchase", {"units": 1}, 422, 3001),
    ("hand over to nobody", _with_some_iron, "POST", SHIP + "/transfer",
     {"tradeSymbol": "IRON", "units": 1, "shipSymbol": "TESTER-FF"}, 400, 4231),
    ("hand over to itself", _with_some_iron, "POST", SHIP + "/transfer",
     {"tradeSymbol": "IRON", "units": 1, "shipSymbol": "TESTER-1"}, 400, 4233),
    ("hand over what is not aboard", _nothing, "POST", SHIP + "/transfer",
     {"tradeSymbol": "IRON", "units": 1, "shipSymbol": "TESTER-2"}, 400, 4218),
    ("hand over from orbit to the dock", _orbiting, "POST", OTHER + "/transfer",
     {"tradeSymbol": "IRON", "units": 1, "shipSymbol": "TESTER-1"}, 400, 4234),
    ("buy a ship where none of ours is", _nothing, "POST", "/my/ships",
     {"shipType": "SHIP_PROBE", "waypointSymbol": "X1-TT1-C3"}, 400, 4245),
    ("buy a ship without money", _poor, "POST", "/my/ships",
     {"shipType": "SHIP_PROBE", "waypointSymbol": "X1-TT1-A1"}, 400, 4216),
    ("buy a ship of no type", _nothing, "POST", "/my/ships",
     {"shipType": "SHIP_ARK", "waypointSymbol": "X1-TT1-A1"}, 422, 3001),
    ("fly in no mode", _nothing, "PATCH", SHIP + "/nav", {"flightMode": "WALK"}, 422, 3001),
    ("look at somebody else's ship", _nothing, "GET", "/my/ships/OTHER-1", None, 404, 404),
    ("look for a market where there is none", _nothing, "GET", "/systems/X1-TT1/waypoints/X1-TT1-B2/market",
     None, 404, 404),
    ("look for a waypoint in another system", _nothing, "GET", "/systems/X1-TT2/waypoints/X1-TT1-B2", None, 404, 404),
    ("look at page 0", _nothing, "GET", "/my/ships?page=0", None, 422, 3001),
    ("look at 21 at once", _nothing, "GET", "/my/ships?limit=21", None, 422, 3001),
    ("go where nothing is", _nothing, "GET", "/nowhere", None, 404, 404),
    ("use a method that is not there", _nothing, "DELETE", "/my/ships", None, 405, 405),
    ("register a symbol that is taken", _nothing, "POST", "/register",
     {"symbol": "TESTER", "faction": "COSMIC"}, 409, 4111),
    ("register a symbol that is too short", _nothing, "POST", "/register",
     {"symbol": "AB", "faction": "COSMIC"}, 422, 3001),
    ("send no JSON", _nothing, "POST", SHIP + "/purchase", b"{units", 400, 3000),
]  # fmt: skip


@pytest.mark.parametrize(
    ("prepare", "method", "path", "body", "status", "code"), [c[1:] for c in CASES], ids=[c[0] for c in CASES]
)
def test_a_refusal_has_its_code_and_changes_nothing(
    player: Player, prepare: Any, method: str, path: str, body: Any, status: int, code: int
) -> None:
    prepare(player)
    before = player.universe.save()
    path, _, query = path.partition("?")
    response = player.call(method, path, body, query=query)
    assert (response.status, response.json()["error"]["code"]) == (status, code)
    assert response.json()["error"]["message"]
    assert player.universe.save() == before


def test_a_ship_in_transit_says_when_it_arrives(player: Player) -> None:
    _flying(player)
    player.wait(seconds=5.25)
    data = player.call("POST", player.me + "/dock").json()["error"]["data"]
    arrival = player.ship().arrives_at
    assert data["arrival"] == arrival.isoformat(timespec="milliseconds").replace("+00:00", "Z")
    assert data["secondsToArrival"] == 17  # 22 seconds of flight, begun 5.25 seconds ago, rounded up


def test_a_missing_a_wrong_and_an_old_token_are_told_apart(player: Player) -> None:
    good = player.token
    player.token = ""
    assert player.refused("GET", "/my/agent") == (401, 4103)
    player.token = "nonsense"
    assert player.refused("GET", "/my/agent") == (401, 4104)
    player.token = make_token(7, "TESTER", "2025-12-21")
    assert player.refused("GET", "/my/agent") == (401, 4113)
    player.token = good
    assert player.get("/my/agent")["symbol"] == "TESTER"


def test_another_agents_ship_cannot_be_flown_or_fed(player: Player) -> None:
    other = Player(player.api, symbol="OTHER").register()
    assert other.refused("POST", player.me + "/orbit") == (404, 404)
    player.ship().load("IRON", 1)
    body = {"tradeSymbol": "IRON", "units": 1, "shipSymbol": "OTHER-1"}
    assert player.refused("POST", player.me + "/transfer", body) == (400, 4232)


def test_the_error_codes_are_listed(player: Player) -> None:
    listed = {each["code"] for each in player.call("GET", "/error-codes").json()["errorCodes"]}
    assert {4000, 4113, 4200, 4203, 4214, 4236, 4244, 4600, 4604, 3001} <= listed
