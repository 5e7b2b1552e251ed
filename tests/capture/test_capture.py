"""Capturing a system: what gets into the file, how it is gone on with, and that a universe goes on from it."""

import json
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from manufacturing.adapters.capture_file import CaptureFile
from manufacturing.domain.capture import CaptureRefused
from manufacturing.domain.gateway import Purpose, RequestNotSent
from manufacturing.domain.ids import PlayerId
from manufacturing.domain.market_listing import MarketListing
from manufacturing.domain.prices import Activity, ListingType, Quote, Supply
from manufacturing.domain.universe import TradeGood
from manufacturing.services.capture_service import CaptureService
from manufacturing.simulator.capture import read_capture
from manufacturing.simulator.universe import Scenario, Settings, Universe
from tests.capture.watching import GameClock, InProcess, a_gateway
from tests.simulator.players import Player, a_player, a_universe

SYSTEM = "X1-KD71"


@dataclass
class Capturing:
    """A player and the file its system is captured in."""

    player: Player
    path: Path
    known: list[MarketListing] = field(default_factory=list)
    told: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.transport = InProcess(self.player)

    def capture(self, *, limit: int | None = None, with_fleet: bool = True, system: str = SYSTEM) -> dict[str, Any]:
        """Captures it with at most ``limit`` calls; what is in the file then."""
        service = CaptureService(
            GameClock(self.player), CaptureFile(self.path), lambda _system: self.known, self.told.append
        )
        service.capture(a_gateway(self.player, self.transport, limit), system, with_fleet=with_fleet)
        return self.read()

    def read(self) -> dict[str, Any]:
        """What is in the file."""
        document: dict[str, Any] = json.loads(self.path.read_text(encoding="utf-8"))
        return document

    def go_on(self) -> Player:
        """A player in a universe made from the file."""
        capture = read_capture(self.path)
        assert capture.inexact == ()
        return a_player(Universe.create(Settings(), capture.plan))


@pytest.fixture
def capturing(tmp_path: Path) -> Capturing:
    """An established player in the middle of its game: markets have moved, a ship is loaded, another is flying."""
    player = a_player()
    player.wait(hours=31, minutes=7)
    player.fly(f"{SYSTEM}-G57", number=2)
    for _ in range(3):
        player.post("/my/ships/TESTER-2/purchase", {"symbol": "IRON", "units": 15})
    player.post("/my/ships/TESTER-3/orbit")
    player.post("/my/ships/TESTER-3/navigate", {"waypointSymbol": f"{SYSTEM}-D44"})
    return Capturing(player, tmp_path / "system.json")


@pytest.fixture
def newcomer(tmp_path: Path) -> Capturing:
    """A new agent, who sees no market but the one at headquarters."""
    return Capturing(a_player(a_universe(scenario=Scenario.NEW_AGENT)), tmp_path / "system.json")


def _markets(player: Player) -> dict[str, Any]:
    """Every market that shows its quotes."""
    markets = {}
    for symbol, place in player.universe.state.places.items():
        if symbol.startswith(SYSTEM) and place.market is not None:
            market = player.get(f"/systems/{SYSTEM}/waypoints/{symbol}/market")
            if "tradeGoods" in market:
                markets[symbol] = sorted(market["tradeGoods"], key=lambda good: good["symbol"])
    return markets


def _place(document: dict[str, Any], symbol: str) -> dict[str, Any]:
    place: dict[str, Any] = next(place for place in document["waypoints"] if place["symbol"] == symbol)
    return place


def test_a_universe_that_goes_on_from_a_capture_has_the_same_quotes(capturing: Capturing) -> None:
    before = _markets(capturing.player)
    capturing.capture()
    after = _markets(capturing.go_on())
    assert len(before) >= 15
    assert after == before


def test_the_first_agent_goes_on_with_the_captured_fleet(capturing: Capturing) -> None:
    document = capturing.capture()
    later = capturing.go_on()
    before = capturing.player.universe.state
    assert len(later.universe.state.ships) == len(before.ships) == len(document["fleet"]["ships"])
    for symbol, ship in later.universe.state.ships.items():
        was = before.ships[symbol]
        assert (ship.waypoint, ship.frame.symbol, ship.cargo, ship.fuel, ship.modules, ship.mounts) == (
            *(was.waypoint, was.frame.symbol, was.cargo, was.fuel, was.modules, was.mounts),
        )
    assert later.ship(2).cargo == {"IRON": 45}
    assert later.get("/my/agent")["credits"] == capturing.player.get("/my/agent")["credits"]


def test_the_map_and_the_shipyards_are_the_same(capturing: Capturing) -> None:
    capturing.player.fly(f"{SYSTEM}-A3", number=1)
    capturing.capture()
    later, path = capturing.go_on(), f"/systems/{SYSTEM}/waypoints"
    for place in capturing.player.universe.state.places.values():
        if place.system != SYSTEM:
            continue
        was, now = (who.get(f"{path}/{place.symbol}") for who in (capturing.player, later))
        for name in ("type", "x", "y", "orbitals", "traits", "modifiers", "isUnderConstruction"):
            assert now[name] == was[name], place.symbol
        assert now.get("orbits") == was.get("orbits")
    was, now = (who.get(f"{path}/{SYSTEM}-A3/shipyard")["ships"] for who in (capturing.player, later))
    assert [(ship["type"], ship["purchasePrice"]) for ship in now] == [
        (ship["type"], ship["purchasePrice"]) for ship in was
    ]


def test_without_the_fleet_an_agent_begins_as_the_scenario_says(capturing: Capturing) -> None:
    assert "fleet" not in capturing.capture(with_fleet=False)
    assert capturing.go_on().get("/my/agent")["credits"] == 1_500_000


def test_neither_token_nor_account_nor_names_get_into_the_file(capturing: Capturing) -> None:
    capturing.capture()
    text = capturing.path.read_text(encoding="utf-8")
    agent = capturing.player.registration["agent"]
    for secret in (capturing.player.token, agent["accountId"], agent["symbol"], "transactions", "TESTER"):
        assert secret not in text
    assert not list(capturing.path.parent.glob("*unfinished*"))


def test_a_capture_that_was_interrupted_is_gone_on_with_and_reads_nothing_twice(capturing: Capturing) -> None:
    with pytest.raises(RequestNotSent):
        capturing.capture(limit=20)
    assert not capturing.path.exists()
    first = list(capturing.transport.paths)
    capturing.transport.paths.clear()
    document = capturing.capture()
    places = [path for path in capturing.transport.paths if path.endswith(("/market", "/shipyard"))]
    assert places
    assert not {path for path in first if path.endswith("/market")} & set(places)
    assert f"/systems/{SYSTEM}/waypoints" not in capturing.transport.paths
    assert "unread" not in document
    assert _markets(capturing.go_on()) == _markets(capturing.player)


def test_every_call_is_counted_and_reads_of_places_come_after_trading(capturing: Capturing) -> None:
    gateway = a_gateway(capturing.player, capturing.transport)
    service = CaptureService(GameClock(capturing.player), CaptureFile(capturing.path), lambda _: (), print)
    service.capture(gateway, SYSTEM, with_fleet=True)
    purposes: list[Purpose] = gateway._budget.purposes  # type: ignore[attr-defined]
    assert len(purposes) == len(capturing.transport.paths)
    assert Purpose.TRADE not in purposes
    assert purposes.count(Purpose.SCAN) > len(purposes) * 0.7


def test_prices_that_nobody_sees_are_left_out_with_a_note(newcomer: Capturing) -> None:
    document = newcomer.capture()
    far = _place(document, f"{SYSTEM}-G57")
    assert "market" not in far
    assert "IRON" in far["unseen_market"]["exports"]
    assert f"{SYSTEM}-G57: no ship is there and not all its prices are known: they are left out" in document["notes"]
    assert document["notes"] == [told for told in newcomer.told if told in document["notes"]]
    later = newcomer.go_on()
    assert _markets(later) == _markets(newcomer.player)


def test_markets_that_nobody_was_at_deal_in_the_same_goods_at_prices_that_are_made_up(newcomer: Capturing) -> None:
    newcomer.capture()
    capture = read_capture(newcomer.path, seed=5)
    assert f"{SYSTEM}-G57" in capture.made_up
    assert f"{SYSTEM}-A1" not in capture.made_up
    assert read_capture(newcomer.path, seed=5) == capture
    later = a_player(Universe.create(Settings(seed=5), capture.plan))
    was, now = (
        {(listing.good, listing.type) for listing in market.listings.values()}
        for who in (newcomer.player, later)
        if (market := who.universe.state.places[f"{SYSTEM}-G57"].market) is not None
    )
    assert now == was


def _remembered(newcomer: Capturing, symbol: str, **but: Any) -> list[MarketListing]:
    """What the player would have noted of a market two hours and five minutes ago."""
    market = newcomer.player.universe.state.places[symbol].market
    assert market is not None
    listings = []
    for listing in market.listings.values():
        known = MarketListing(
            player_id=PlayerId(1), system_symbol=SYSTEM, waypoint=symbol, good=listing.good, type=listing.type
        )
        seen = {
            "good": listing.good,
            "type": listing.type,
            "trade_volume": listing.trade_volume,
            "supply": listing.supply,
            "activity": listing.activity,
            "quote": listing.quote,
        }
        known.observe(TradeGood(**seen | but), newcomer.player.now - timedelta(hours=2, minutes=5))
        listings.append(known)
    return listings


def test_a_market_that_was_seen_before_has_its_old_prices_and_a_note_of_their_age(newcomer: Capturing) -> None:
    newcomer.player.wait(hours=3)
    newcomer.known = _remembered(newcomer, f"{SYSTEM}-F53")
    document = newcomer.capture()
    assert f"{SYSTEM}-F53: no ship is there; its prices were seen 2 h 5 min before" in document["notes"]
    market = _place(document, f"{SYSTEM}-F53")["market"]
    assert market["observed_at"] == "2026-01-04T00:55:00.000Z"
    later = newcomer.go_on()
    for listing in newcomer.known:
        assert later.listing(f"{SYSTEM}-F53", listing.good).quote == listing.quote


@pytest.mark.parametrize("gap", ["one good was never seen", "one good was traded otherwise"])
def test_a_market_that_is_not_known_whole_is_left_out(newcomer: Capturing, gap: str) -> None:
    newcomer.known = _remembered(newcomer, f"{SYSTEM}-F53")
    if gap == "one good was never seen":
        del newcomer.known[0]
    else:
        newcomer.known[0].observe(
            TradeGood(
                good=newcomer.known[0].good,
                type=ListingType.IMPORT,
                trade_volume=60,
                supply=Supply.SCARCE,
                activity=Activity.WEAK,
                quote=Quote(ask=100, bid=50),
            ),
            newcomer.player.now,
        )
    assert "market" not in _place(newcomer.capture(), f"{SYSTEM}-F53")


def test_a_shipyard_that_nobody_is_at_is_captured_without_prices(newcomer: Capturing) -> None:
    document = newcomer.capture()
    yard = _place(document, f"{SYSTEM}-A3")["shipyard"]
    assert {"type": "SHIP_PROBE", "price": None, "supply": None, "activity": None} in yard
    assert newcomer.go_on().universe.state.places[f"{SYSTEM}-A3"].yard


def test_a_finished_capture_is_not_written_over(capturing: Capturing) -> None:
    capturing.capture()
    with pytest.raises(CaptureRefused, match="exists already"):
        capturing.capture()


def test_an_unfinished_capture_of_another_system_is_not_gone_on_with(capturing: Capturing) -> None:
    with pytest.raises(RequestNotSent):
        capturing.capture(limit=20)
    with pytest.raises(CaptureRefused, match=f"an unfinished capture of {SYSTEM}"):
        capturing.capture(system="X1-HE4")


def test_an_unfinished_capture_of_an_older_universe_is_not_gone_on_with(capturing: Capturing) -> None:
    with pytest.raises(RequestNotSent):
        capturing.capture(limit=20)
    capturing.player.universe.reset()
    capturing.player.token = ""
    capturing.player.register()
    with pytest.raises(CaptureRefused, match="in the universe of 2026-01-04"):
        capturing.capture()


@pytest.mark.parametrize("content", ["{", "[]", '{"system": "X1-KD71"}'])
def test_a_damaged_unfinished_capture_is_named(capturing: Capturing, content: str) -> None:
    beside = capturing.path.with_name("system.json.unfinished")
    beside.write_text(content, encoding="utf-8")
    with pytest.raises(CaptureRefused, match=r"system\.json\.unfinished"):
        capturing.capture()
    assert beside.read_text(encoding="utf-8") == content
