"""The price law against recorded quotes, and what must hold of it for every stock."""

import csv
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from manufacturing.domain.facts import base_prices, is_base_price_certain
from manufacturing.domain.prices import (
    ListingType,
    Quote,
    StockRange,
    Supply,
    decode,
    quote,
    round_half_up,
    supply_label,
)

RECORDED = Path(__file__).parents[3] / "shared" / "data" / "quotes.csv"

types = st.sampled_from(ListingType)
goods = st.sampled_from(sorted(good for good in base_prices() if is_base_price_certain(good)))
margins = st.integers(4, 14)
volumes = st.sampled_from([6, 10, 20, 40, 60])
#: Stocks in trade volumes, as they are seen in the game.
fillings = st.floats(-10, 10)


@pytest.mark.skipif(not RECORDED.exists(), reason=f"the recorded quotes ({RECORDED}) are not here")
def test_every_recorded_quote_is_reproduced_to_the_credit(capsys: pytest.CaptureFixture[str]) -> None:
    rows = list(csv.DictReader(RECORDED.open(encoding="utf-8")))
    wrong = [row for row in rows if not _reproduced(row)]
    with capsys.disabled():
        print(f" [{len(rows) - len(wrong)} of {len(rows)} recorded quotes reproduced] ", end="")
    assert len(rows) > 100
    assert wrong == []


def _reproduced(row: dict[str, str]) -> bool:
    stock, volume = int(row["net_supply"]), int(row["trade_volume"])
    ours = quote(ListingType(row["type"]), base_prices()[row["good"]], int(row["margin"]), stock, volume)
    seen = Quote(ask=int(row["purchase_price"]), bid=int(row["sell_price"]))
    return ours == seen and supply_label(stock, volume) == row["supply"]


@pytest.mark.skipif(not RECORDED.exists(), reason=f"the recorded quotes ({RECORDED}) are not here")
def test_the_stock_behind_every_recorded_quote_is_found_again() -> None:
    missed = []
    for row in csv.DictReader(RECORDED.open(encoding="utf-8")):
        seen = Quote(ask=int(row["purchase_price"]), bid=int(row["sell_price"]))
        stocks = decode(
            ListingType(row["type"]), base_prices()[row["good"]], int(row["trade_volume"]), seen, Supply(row["supply"])
        )
        margin, stock = int(row["margin"]), int(row["net_supply"])
        if not any(each.margin == margin and each.least <= stock <= each.most for each in stocks):
            missed.append(row)
    assert missed == []


def test_what_a_ship_pays_is_the_ask_and_what_it_receives_is_the_bid() -> None:
    # FOOD at a market that lacks nothing: a ship pays 4,152 and would be paid 1,953.
    seen = quote(ListingType.IMPORT, 1800, 9, 4, 60)
    assert seen.ask == 4152
    assert seen.bid == 1953


@given(types, goods, margins, volumes, fillings)
def test_no_market_pays_more_than_it_asks_or_less_than_one_credit(
    type_: ListingType, good: str, margin: int, volume: int, filling: float
) -> None:
    seen = quote(type_, base_prices()[good], margin, round(filling * volume), volume)
    assert 1 <= seen.bid <= seen.ask


@given(types, goods, margins, volumes, fillings, st.integers(1, 200))
def test_more_stock_never_makes_a_good_dearer(
    type_: ListingType, good: str, margin: int, volume: int, filling: float, more: int
) -> None:
    stock = round(filling * volume)
    before = quote(type_, base_prices()[good], margin, stock, volume)
    then = quote(type_, base_prices()[good], margin, stock + more, volume)
    assert then.ask <= before.ask
    assert then.bid <= before.bid


@given(volumes, fillings, st.integers(0, 200))
def test_more_stock_never_lowers_the_supply_level(volume: int, filling: float, more: int) -> None:
    stock = round(filling * volume)
    assert supply_label(stock + more, volume).at_least(supply_label(stock, volume))


@pytest.mark.parametrize(
    ("stock", "level"),
    [
        (-81, Supply.SCARCE),
        (-80, Supply.LIMITED),
        (-41, Supply.LIMITED),
        (-40, Supply.MODERATE),
        (39, Supply.MODERATE),
        (40, Supply.HIGH),
        (79, Supply.HIGH),
        (80, Supply.ABUNDANT),
    ],
)
def test_a_supply_level_begins_at_a_whole_number_of_trade_volumes(stock: int, level: Supply) -> None:
    assert supply_label(stock, 20) is level


@settings(deadline=None, max_examples=60)
@given(types, goods, margins, volumes, fillings)
def test_the_stock_behind_any_quote_is_found_again(
    type_: ListingType, good: str, margin: int, volume: int, filling: float
) -> None:
    stock, base = round(filling * volume), base_prices()[good]
    seen, level = quote(type_, base, margin, stock, volume), supply_label(stock, volume)
    found = list(decode(type_, base, volume, seen, level))
    assert any(each.margin == margin and each.least <= stock <= each.most for each in found)
    for each in found:
        for explains in (each.least, (each.least + each.most) // 2, each.most):
            assert quote(type_, base, each.margin, explains, volume) == seen
            assert supply_label(explains, volume) is level
        for beyond in (each.least - 1, each.most + 1):
            then = quote(type_, base, each.margin, beyond, volume), supply_label(beyond, volume)
            assert then != (seen, level) or abs(beyond) > 24 * volume


@pytest.mark.parametrize("type_", [ListingType.EXPORT, ListingType.IMPORT])
def test_a_dear_good_tells_its_stock_from_one_quote(type_: ListingType) -> None:
    seen = quote(type_, base_prices()["LASER_RIFLES"], 9, -37, 20)
    found = list(decode(type_, base_prices()["LASER_RIFLES"], 20, seen, supply_label(-37, 20)))
    assert found == [StockRange(9, -37, -37)]


@pytest.mark.parametrize(("value", "rounded"), [(0.5, 1), (1.5, 2), (2.5, 3), (2.49, 2), (-0.5, 0), (7.0, 7)])
def test_halves_are_rounded_up(value: float, rounded: int) -> None:
    assert round_half_up(value) == rounded


def test_supply_levels_are_ordered_from_scarce_to_abundant() -> None:
    assert sorted(Supply, key=lambda level: level.rank) == [
        Supply.SCARCE,
        Supply.LIMITED,
        Supply.MODERATE,
        Supply.HIGH,
        Supply.ABUNDANT,
    ]
    assert Supply.HIGH.at_least(Supply.HIGH)
    assert not Supply.MODERATE.at_least(Supply.HIGH)
