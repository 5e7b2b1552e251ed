"""What mining, outfitting and travelling afar refuse, and why."""

from typing import Any

import pytest

from manufacturing.domain.prices import ListingType
from manufacturing.simulator.deposits import EXHAUSTED_AFTER, UNSTABLE_AFTER
from tests.simulator.players import Player, a_listing, a_player, a_small_universe, a_waypoint, a_yard

FUEL = a_listing(ListingType.EXCHANGE, "FUEL", base_price=70.0, trade_volume=180)
YARD, ROCK, GIANT, MOON = "X1-TT1-A1", "X1-TT1-B2", "X1-TT1-C3", "X1-TT1-A4"


@pytest.fixture
def player() -> Player:
    universe = a_small_universe(
        a_waypoint(YARD, FUEL, yard=a_yard("SHIP_PROBE")),
        a_waypoint(ROCK, type="ASTEROID", traits=("COMMON_METAL_DEPOSITS",), x=5),
        a_waypoint(GIANT, type="GAS_GIANT", x=9),
        a_waypoint(MOON, type="MOON"),
    )
    return a_player(universe)


def _at(player: Player, waypoint: str, *, docked: bool = False) -> None:
    if player.ship().waypoint != waypoint:
        player.fly(waypoint)
    player.post(player.me + ("/dock" if docked else "/orbit"))


@pytest.mark.parametrize(
    ("lost", "place", "action", "code"),
    [
        ("MOUNT_MINING_LASER_II", ROCK, "/extract", 4243),
        ("MODULE_MINERAL_PROCESSOR_I", ROCK, "/extract", 4242),
        ("MOUNT_SURVEYOR_II", ROCK, "/survey", 4240),
        ("MOUNT_GAS_SIPHON_II", GIANT, "/siphon", 4258),
        ("MODULE_GAS_PROCESSOR_I", GIANT, "/siphon", 4257),
        ("MOUNT_SENSOR_ARRAY_II", ROCK, "/scan/systems", 4215),
        ("MOUNT_SENSOR_ARRAY_II", ROCK, "/scan/waypoints", 4215),
        ("MOUNT_SENSOR_ARRAY_II", ROCK, "/scan/ships", 4215),
        (None, GIANT, "/extract", 4205),
        (None, GIANT, "/survey", 4222),
        (None, ROCK, "/siphon", 4259),
        (None, ROCK, "/chart", 4230),
    ],
)
def test_work_needs_its_gear_and_its_place(
    player: Player, lost: str | None, place: str, action: str, code: int
) -> None:
    _at(player, place)
    ship = player.ship()
    for parts in (ship.modules, ship.mounts):
        parts[:] = [part for part in parts if part != lost]
    assert player.refused("POST", player.me + action) == (400, code)


@pytest.mark.parametrize("action", ["/extract", "/survey", "/siphon", "/scan/systems"])
def test_work_needs_an_orbit(player: Player, action: str) -> None:
    _at(player, ROCK, docked=True)
    assert player.refused("POST", player.me + action) == (400, 4236)


def test_nothing_more_goes_into_a_full_hold(player: Player) -> None:
    player.ship().load("FOOD", 40)
    _at(player, ROCK)
    assert player.refused("POST", player.me + "/extract") == (400, 4228)
    _at(player, GIANT)
    assert player.refused("POST", player.me + "/siphon") == (400, 4228)


def test_an_extraction_never_overfills_the_hold(player: Player) -> None:
    player.ship().load("FOOD", 39)
    _at(player, ROCK)
    assert player.post(player.me + "/extract")["extraction"]["yield"]["units"] == 1


def test_a_survey_must_be_known_of_this_place_valid_and_fresh(player: Player) -> None:
    _at(player, ROCK)
    survey: dict[str, Any] = player.post(player.me + "/survey")["surveys"][0]
    player.wait(minutes=5)
    assert player.refused("POST", player.me + "/extract/survey", {"signature": "X"}) == (400, 4220)
    kept = player.universe.state.surveys[survey["signature"]]
    kept.uses_left = 0
    assert player.refused("POST", player.me + "/extract", {"survey": survey}) == (400, 4224)
    kept.uses_left = 1
    player.wait(hours=2)
    assert player.refused("POST", player.me + "/extract", {"survey": survey}) == (400, 4221)


def test_an_asteroid_becomes_unstable_and_then_gives_nothing(player: Player) -> None:
    _at(player, ROCK)
    place = player.universe.state.places[ROCK]
    place.extracted = UNSTABLE_AFTER - 1
    mined = player.post(player.me + "/extract")
    assert [modifier["symbol"] for modifier in mined["modifiers"]] == ["UNSTABLE"]
    place.extracted = EXHAUSTED_AFTER
    player.wait(minutes=5)
    assert player.refused("POST", player.me + "/extract") == (400, 4253)


def test_refining_needs_a_refinery_and_thirty_units(player: Player) -> None:
    _at(player, ROCK)
    assert player.refused("POST", player.me + "/refine", {"produce": "IRON"}) == (400, 4239)
    player.ship().modules.append("MODULE_ORE_REFINERY_I")
    player.ship().load("IRON_ORE", 29)
    assert player.refused("POST", player.me + "/refine", {"produce": "IRON"}) == (400, 4219)
    assert player.refused("POST", player.me + "/refine", {"produce": "FUEL"}) == (400, 4239)
    assert player.refused("POST", player.me + "/refine", {"produce": "CAKE"}) == (422, 3001)


@pytest.mark.parametrize(
    ("part", "kind", "code"), [("MOUNT_TURRET_I", "mounts", 4246), ("MODULE_CARGO_HOLD_I", "modules", 4266)]
)
def test_outfitting_needs_a_shipyard(player: Player, part: str, kind: str, code: int) -> None:
    _at(player, MOON, docked=True)
    assert player.refused("POST", f"{player.me}/{kind}/install", {"symbol": part}) == (400, code)
    assert player.refused("POST", f"{player.me}/{kind}/remove", {"symbol": part}) == (400, code)
    assert player.refused("GET", player.me + "/repair") == (400, 4264)
    assert player.refused("GET", player.me + "/scrap") == (400, 4263)


def test_outfitting_needs_the_part_room_for_it_power_crew_and_the_fee(player: Player) -> None:
    ship, agent = player.ship(), player.universe.state.agents["TESTER"]
    mounts, modules = player.me + "/mounts", player.me + "/modules"
    turret, hold = {"symbol": "MOUNT_TURRET_I"}, {"symbol": "MODULE_CARGO_HOLD_I"}
    assert player.refused("POST", mounts + "/install", turret) == (400, 4218)
    assert player.refused("POST", mounts + "/remove", {"symbol": "MOUNT_LASER_CANNON_I"}) == (400, 4247)
    assert player.refused("POST", modules + "/remove", {"symbol": "MODULE_SCIENCE_LAB_I"}) == (400, 4267)
    assert player.refused("POST", mounts + "/install", hold) == (422, 3001)
    ship.cargo = {
        "MOUNT_TURRET_I": 1,
        "MODULE_CARGO_HOLD_I": 1,
        "MODULE_CARGO_HOLD_III": 1,
        "MOUNT_MINING_LASER_III": 1,
    }
    assert player.refused("POST", mounts + "/install", turret) == (400, 4251)  # all five points are taken
    assert player.refused("POST", modules + "/install", {"symbol": "MODULE_CARGO_HOLD_III"}) == (400, 4250)
    ship.mounts.remove("MOUNT_TURRET_I")
    agent.credits = 10
    assert player.refused("POST", mounts + "/install", turret) == (400, 4248)
    assert player.refused("POST", modules + "/install", hold) == (400, 4268)
    agent.credits = 10_000
    ship.crew_required = ship.crew_capacity
    assert player.refused("POST", mounts + "/install", turret) == (400, 4252)
    ship.crew_required = 0
    ship.reactor.symbol = "REACTOR_SOLAR_I"
    assert player.refused("POST", mounts + "/install", turret) == (400, 4249)


def test_a_hold_in_use_cannot_be_taken_out(player: Player) -> None:
    player.ship().load("FOOD", 10)
    assert player.refused("POST", player.me + "/modules/remove", {"symbol": "MODULE_CARGO_HOLD_II"}) == (400, 4217)


def test_what_is_nowhere_built_has_no_construction(player: Player) -> None:
    assert player.refused("GET", f"/systems/X1-TT1/waypoints/{MOON}/construction") == (404, 404)
    assert player.refused("GET", f"/systems/X1-TT1/waypoints/{MOON}/jump-gate") == (404, 404)
    assert player.refused("GET", f"/systems/X1-TT1/waypoints/{MOON}/shipyard") == (404, 404)


def test_a_jump_begins_at_a_gate(player: Player) -> None:
    _at(player, ROCK)
    assert player.refused("POST", player.me + "/jump", {"waypointSymbol": YARD}) == (400, 4254)


def test_a_contract_can_be_accepted_only_in_its_time(player: Player) -> None:
    contract = player.get("/my/contracts")[0]["id"]
    player.wait(days=1, seconds=1)
    assert player.refused("POST", f"/my/contracts/{contract}/accept") == (400, 4503)
    assert player.refused("GET", "/my/contracts/none") == (404, 404)
    assert player.post(player.me + "/negotiate/contract")["contract"]["id"] != contract
    _at(player, MOON, docked=True)
    assert player.refused("POST", player.me + "/negotiate/contract") == (400, 4700)
