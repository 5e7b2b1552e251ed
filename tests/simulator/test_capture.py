"""Reading a capture: what is wrong is named, and no quote is left unexplained."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from manufacturing.domain.prices import ListingType, Quote, Supply, quote, supply_label
from manufacturing.simulator.capture import BadCapture, explain, read_capture
from manufacturing.simulator.dispatcher import Dispatcher
from manufacturing.simulator.universe import Settings, Universe
from tests.simulator.players import Player, a_player


def _capture() -> dict[str, Any]:
    """A system of two waypoints, with a quote of a known and one of an unknown good."""
    goods = [
        {"symbol": "IRON", "type": "EXPORT", "tradeVolume": 60, "supply": "ABUNDANT", "activity": "WEAK",
         "purchasePrice": 85, "sellPrice": 41},
        {"symbol": "MARBLES", "type": "EXCHANGE", "tradeVolume": 180, "supply": "MODERATE", "activity": None,
         "purchasePrice": 722, "sellPrice": 708},
    ]  # fmt: skip
    market = {"exports": ["IRON"], "imports": [], "exchange": ["MARBLES"], "trade_goods": goods}
    return {
        "system": "X1-QQ7",
        "type": "RED_STAR",
        "x": 5,
        "y": 6,
        "waypoints": [
            {"symbol": "X1-QQ7-A1", "type": "PLANET", "x": 1, "y": 2, "orbits": None, "orbitals": ["X1-QQ7-A2"],
             "traits": ["MARKETPLACE", "STRIPPED"], "market": market},
            {"symbol": "X1-QQ7-A2", "type": "MOON", "x": 1, "y": 2, "orbits": "X1-QQ7-A1", "traits": ["SHIPYARD"],
             "shipyard": [{"type": "SHIP_PROBE", "price": 21627, "supply": "HIGH", "activity": "GROWING"}]},
        ],
    }  # fmt: skip


def _read(tmp_path: Path, data: Any) -> Universe:
    path = tmp_path / "capture.json"
    path.write_text(json.dumps(data), encoding="utf-8")
    return Universe.create(Settings(haulers=1), read_capture(path).plan)


def test_a_good_whose_base_price_nobody_knows_starts_at_its_recorded_quote(tmp_path: Path) -> None:
    player = a_player(_read(tmp_path, _capture()))
    shown = player.quoted("X1-QQ7-A1", "MARBLES")
    assert (shown["purchasePrice"], shown["sellPrice"], shown["supply"]) == (722, 708, "MODERATE")


@settings(deadline=None, max_examples=40)
@given(
    st.sampled_from(ListingType),
    st.sampled_from([6, 20, 60]),
    st.integers(700, 40_000),
    st.integers(6, 11),
    st.floats(-6, 8),
)
def test_any_quote_the_price_law_can_give_is_explained_for_an_unknown_good(
    kind: ListingType, volume: int, base: int, margin: int, s: float
) -> None:
    stock = round(s * volume)
    seen, supply = quote(kind, base, margin, stock, volume), supply_label(stock, volume)
    fitted, explained = explain(kind, "MARBLES", volume, seen, supply)
    assert quote(kind, fitted, explained.margin, explained.net_supply, volume) == seen
    assert supply_label(explained.net_supply, volume) is supply


def test_a_quote_the_price_law_cannot_give_is_said_and_met_as_nearly_as_possible(tmp_path: Path) -> None:
    data = _capture()
    data["waypoints"][0]["market"]["trade_goods"][0]["sellPrice"] = 84
    path = tmp_path / "capture.json"
    path.write_text(json.dumps(data), encoding="utf-8")
    capture = read_capture(path)
    assert len(capture.inexact) == 1
    assert capture.inexact[0].startswith("X1-QQ7-A1 EXPORT IRON: recorded 85/84")


def test_modifiers_among_the_traits_are_told_apart(tmp_path: Path) -> None:
    player = a_player(_read(tmp_path, _capture()))
    waypoint = player.get("/systems/X1-QQ7/waypoints/X1-QQ7-A1")
    assert [trait["symbol"] for trait in waypoint["traits"]] == ["MARKETPLACE"]
    assert [modifier["symbol"] for modifier in waypoint["modifiers"]] == ["STRIPPED"]
    assert waypoint["orbitals"] == [{"symbol": "X1-QQ7-A2"}]


def _without(*way: str | int) -> Any:
    data = _capture()
    inner: Any = data
    for step in way[:-1]:
        inner = inner[step]
    del inner[way[-1]]
    return data


def _with(value: Any, *way: str | int) -> Any:
    data = _capture()
    inner: Any = data
    for step in way[:-1]:
        inner = inner[step]
    inner[way[-1]] = value
    return data


GOOD = ("waypoints", 0, "market", "trade_goods", 0)


@pytest.mark.parametrize(
    ("data", "complaint"),
    [
        ([], "expected an object, found list"),
        (_without("system"), "'system' is missing"),
        (_without("waypoints"), "'waypoints' is missing"),
        (_without("waypoints", 1, "x"), "X1-QQ7-A2: 'x' is missing"),
        (_with("far", "waypoints", 1, "x"), "X1-QQ7-A2: 'x' must be a whole number"),
        (_with("X1-QQ7-A1", "waypoints", 1, "symbol"), "X1-QQ7-A1 is there twice"),
        (_with("X1-ZZ1-A2", "waypoints", 1, "symbol"), "not of system X1-QQ7"),
        (_with("X1-QQ7-B9", "waypoints", 1, "orbits"), "orbits X1-QQ7-B9, which is not there"),
        (_without(*GOOD, "supply"), "IRON: 'supply' is missing"),
        (_with("PLENTY", *GOOD, "supply"), "'PLENTY' is not a valid Supply"),
        (_with("GIFT", *GOOD, "type"), "'GIFT' is not a valid ListingType"),
        (_with(0, *GOOD, "tradeVolume"), "must be at least 1"),
        (_with(["GOLD"], "waypoints", 0, "market", "exports"), "GOLD is among the exports, but has no quote"),
        (_with("SHIP_ARK", "waypoints", 1, "shipyard", 0, "type"), "unknown ship type SHIP_ARK"),
        (_without("waypoints", 0), "orbits X1-QQ7-A1"),
    ],
)  # fmt: skip
def test_a_mistake_in_a_capture_is_named(tmp_path: Path, data: Any, complaint: str) -> None:
    with pytest.raises(BadCapture, match=complaint) as raised:
        _read(tmp_path, data)
    assert str(tmp_path) in str(raised.value)


def test_a_file_that_is_missing_or_no_json_is_named(tmp_path: Path) -> None:
    with pytest.raises(BadCapture, match=r"nothing\.json"):
        read_capture(tmp_path / "nothing.json")
    (tmp_path / "text.json").write_text("no json")
    with pytest.raises(BadCapture, match=r"text\.json"):
        read_capture(tmp_path / "text.json")


def test_a_known_good_is_explained_with_its_true_base_price() -> None:
    base, stock = explain(ListingType.EXPORT, "IRON", 60, Quote(ask=85, bid=41), Supply.ABUNDANT)
    assert base == 120
    assert quote(ListingType.EXPORT, base, stock.margin, stock.net_supply, 60) == Quote(ask=85, bid=41)


def test_the_first_agent_goes_on_with_the_recorded_fleet_and_the_next_one_begins_anew(tmp_path: Path) -> None:
    recorded = a_player(_read(tmp_path, _capture()))
    ship = recorded.ship()
    ship.load("IRON", 7)
    ship.fuel = 123
    recorded.post(recorded.me + "/orbit")
    recorded.call("PATCH", recorded.me + "/nav", {"flightMode": "DRIFT"})
    seen = recorded.get("/my/ships")
    data = {**_capture(), "fleet": {"credits": 4321, "ships": seen}}

    universe = _read(tmp_path, data)
    player = Player(Dispatcher(universe), symbol="HEIR").register()
    assert player.get("/my/agent")["credits"] == 4321
    renamed = json.loads(json.dumps(seen).replace("TESTER", "HEIR"))
    assert [_lasting(ship) for ship in player.get("/my/ships")] == [_lasting(ship) for ship in renamed]

    other = Player(player.api, symbol="OTHER").register()
    assert other.get("/my/agent")["credits"] == 1_500_000


def _lasting(ship: dict[str, Any]) -> dict[str, Any]:
    """A ship without what belongs to the moment it was seen."""
    nav = {name: ship["nav"][name] for name in ("systemSymbol", "waypointSymbol", "status", "flightMode")}
    return {**ship, "nav": nav, "fuel": ship["fuel"]["current"]}


@pytest.mark.parametrize(
    ("fleet", "complaint"),
    [
        ({"ships": []}, "fleet: 'credits' is missing"),
        ({"credits": 1, "ships": [{}]}, r"ships\[0\]: 'nav' is missing"),
        ([], "'fleet' must be an object"),
    ],
)
def test_a_mistake_in_a_fleet_is_named(tmp_path: Path, fleet: Any, complaint: str) -> None:
    with pytest.raises(BadCapture, match=complaint):
        _read(tmp_path, {**_capture(), "fleet": fleet})
