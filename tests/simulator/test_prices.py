"""The price law, seen through the API: every trade moves the next quote exactly."""

import csv
import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from manufacturing.domain.facts import base_prices
from manufacturing.domain.prices import ListingType, Quote, Supply, quote, supply_label
from manufacturing.simulator.capture import read_capture
from manufacturing.simulator.universe import Settings, Universe
from tests.simulator.players import (
    RECORDED_SYSTEM,
    SHARED_DATA,
    Player,
    a_listing,
    a_player,
    a_small_universe,
    a_waypoint,
)

HERE = "X1-TT1-A1"
kinds = st.sampled_from(ListingType)
fillings = st.floats(-10, 10)


@st.composite
def markets(draw: st.DrawFn) -> tuple[ListingType, int, int, int, int]:
    """A listing with any stock, and a number of units up to its trade volume."""
    volume = draw(st.sampled_from([6, 18, 20, 60, 180]))
    return (
        draw(kinds),
        draw(st.sampled_from([15, 60, 240, 1800, 5200])),
        draw(st.integers(5, 12)),
        round(draw(fillings) * volume),
        volume,
    )


def _player_at(kind: ListingType, base: int, margin: int, stock: int, volume: int) -> Player:
    listing = a_listing(kind, "IRON", base_price=base, margin=margin, net_supply=stock, trade_volume=volume)
    player = a_player(a_small_universe(a_waypoint(HERE, listing), credits=10**12))
    player.ship().cargo_capacity = 1000
    return player


def _seen(player: Player) -> tuple[Quote, Supply]:
    shown = player.quoted(HERE, "IRON")
    return Quote(ask=shown["purchasePrice"], bid=shown["sellPrice"]), Supply(shown["supply"])


@settings(deadline=None, max_examples=60)
@given(markets(), st.data())
def test_a_purchase_is_priced_at_the_quote_before_it_and_makes_the_next_one(
    market: tuple[ListingType, int, int, int, int], data: st.DataObject
) -> None:
    kind, base, margin, stock, volume = market
    player = _player_at(*market)
    units = data.draw(st.integers(1, volume))
    before = quote(kind, base, margin, stock, volume)
    assert _seen(player) == (before, supply_label(stock, volume))

    bought = player.post(player.me + "/purchase", {"symbol": "IRON", "units": units})

    assert bought["transaction"]["pricePerUnit"] == before.ask
    assert bought["agent"]["credits"] == 10**12 - before.ask * units
    assert bought["cargo"]["units"] == units
    assert _seen(player) == (quote(kind, base, margin, stock - units, volume), supply_label(stock - units, volume))


@settings(deadline=None, max_examples=60)
@given(markets(), st.data())
def test_a_sale_is_priced_at_the_quote_before_it_and_makes_the_next_one(
    market: tuple[ListingType, int, int, int, int], data: st.DataObject
) -> None:
    kind, base, margin, stock, volume = market
    player = _player_at(*market)
    units = data.draw(st.integers(1, volume))
    player.ship().load("IRON", units)
    before = quote(kind, base, margin, stock, volume)

    sold = player.post(player.me + "/sell", {"symbol": "IRON", "units": units})

    assert sold["transaction"]["pricePerUnit"] == before.bid
    assert sold["agent"]["credits"] == 10**12 + before.bid * units
    assert sold["cargo"]["units"] == 0
    assert _seen(player) == (quote(kind, base, margin, stock + units, volume), supply_label(stock + units, volume))


@settings(deadline=None, max_examples=60)
@given(markets(), st.lists(st.integers(-1, 1), max_size=6))
def test_what_is_bought_and_sold_again_leaves_the_quote_as_it_was(
    market: tuple[ListingType, int, int, int, int], trades: list[int]
) -> None:
    player = _player_at(*market)
    player.ship().load("IRON", 100)
    before = _seen(player)
    for way in trades:
        player.post(player.me + ("/purchase" if way > 0 else "/sell"), {"symbol": "IRON", "units": 3})
    for way in trades:
        player.post(player.me + ("/sell" if way > 0 else "/purchase"), {"symbol": "IRON", "units": 3})
    assert _seen(player) == before


@pytest.mark.skipif(not RECORDED_SYSTEM.exists(), reason=f"the recorded system ({RECORDED_SYSTEM}) is not here")
def test_a_captured_system_quotes_exactly_what_was_recorded(capsys: pytest.CaptureFixture[str]) -> None:
    capture = read_capture(RECORDED_SYSTEM)
    assert capture.inexact == ()
    player = a_player(Universe.create(Settings(seed=7, haulers=0), capture.plan))
    recorded = json.loads(RECORDED_SYSTEM.read_text(encoding="utf-8"))
    markets = [waypoint for waypoint in recorded["waypoints"] if waypoint.get("market")]
    checked = 0
    for waypoint in markets:
        ship = player.universe.build_ship(
            player.universe.state.agents["TESTER"], "SHIP_PROBE", player.universe.state.places[waypoint["symbol"]]
        )
        shown = player.get(f"/systems/X1-AD75/waypoints/{waypoint['symbol']}/market")
        quoted = {good["symbol"]: good for good in shown["tradeGoods"]}
        for good in waypoint["market"]["trade_goods"]:
            expected = {name: value for name, value in good.items() if value is not None}
            assert quoted.pop(good["symbol"]) == expected, (waypoint["symbol"], ship.symbol)
            checked += 1
        assert quoted == {}
        for name in ("exports", "imports", "exchange"):
            assert {good["symbol"] for good in shown[name]} == set(waypoint["market"][name])
    with capsys.disabled():
        print(f" [{checked} captured quotes equal] ", end="")
    assert checked == sum(len(waypoint["market"]["trade_goods"]) for waypoint in markets)


@pytest.mark.skipif(not RECORDED_SYSTEM.exists(), reason=f"the recorded system ({RECORDED_SYSTEM}) is not here")
def test_a_captured_shipyard_asks_the_recorded_prices() -> None:
    universe = Universe.create(Settings(seed=3), read_capture(RECORDED_SYSTEM).plan)
    recorded = json.loads(RECORDED_SYSTEM.read_text(encoding="utf-8"))
    yards = {
        w["symbol"]: {y["type"]: y["price"] for y in w["shipyard"]} for w in recorded["waypoints"] if "shipyard" in w
    }
    for symbol, prices in yards.items():
        assert {y.ship_type: y.quote.ask for y in universe.state.places[symbol].yard} == prices
    assert sum(map(len, yards.values())) > 5


@pytest.mark.skipif(not (SHARED_DATA / "quotes.csv").exists(), reason="the recorded quotes are not here")
def test_every_recorded_quote_is_shown_through_the_api(capsys: pytest.CaptureFixture[str]) -> None:
    rows = list(csv.DictReader((SHARED_DATA / "quotes.csv").open(encoding="utf-8")))
    for row in rows:
        kind, volume = ListingType(row["type"]), int(row["trade_volume"])
        listing = a_listing(
            kind,
            row["good"],
            base_price=base_prices()[row["good"]],
            margin=int(row["margin"]),
            net_supply=int(float(row["net_supply"])),
            trade_volume=volume,
        )
        shown = a_player(a_small_universe(a_waypoint(HERE, listing))).quoted(HERE, row["good"])
        assert shown["purchasePrice"] == int(row["purchase_price"]), row
        assert shown["sellPrice"] == int(row["sell_price"]), row
        assert shown["supply"] == row["supply"], row
    with capsys.disabled():
        print(f" [{len(rows)} recorded quotes shown] ", end="")
    assert len(rows) > 100
