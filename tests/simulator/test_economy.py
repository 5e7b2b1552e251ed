"""Markets live: left alone they come to rest where real ones do; fed they grow as real ones did."""

import statistics
from collections import defaultdict
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from manufacturing.domain.prices import Activity, ListingType, Supply
from manufacturing.simulator.economy import Listing, Market
from manufacturing.simulator.economy_parameters import BadEconomyFile, EconomyParameters
from manufacturing.simulator.universe import START, Universe
from tests.simulator.players import a_listing, a_small_universe, a_universe, a_waypoint

HERE = "X1-TT1-A1"
PLAIN = EconomyParameters(rate_spread=0.0, pace_spread=0.0)


def _factory(iron: float, ore: float, **settings: object) -> Universe:
    """A market that makes iron out of ore, both filled so many trade volumes."""
    return a_small_universe(
        a_waypoint(
            HERE,
            a_listing(ListingType.EXPORT, "IRON", net_supply=round(iron * 20), rest=5.0),
            a_listing(ListingType.IMPORT, "IRON_ORE", net_supply=round(ore * 60), trade_volume=60, rest=-5.0),
        ),
        **{"economy": PLAIN, **settings},
    )


def _market(universe: Universe) -> Market:
    market = universe.market(universe.state.places[HERE])
    assert market is not None
    return market


def _live(universe: Universe, hours: float, each_tick: Callable[[Market], None] = lambda market: None) -> Market:
    """Lets the hours pass, with something done after every recalculation."""
    until = universe.now + timedelta(hours=hours)
    while universe.now < until:
        universe.advance(universe.now + timedelta(minutes=15))
        each_tick(_market(universe))
    return _market(universe)


def _fill(listing: Listing, s: float) -> None:
    listing.net_supply = max(listing.net_supply, round(s * listing.trade_volume))


def _drain(listing: Listing, s: float) -> None:
    listing.net_supply = min(listing.net_supply, round(s * listing.trade_volume))


def test_between_recalculations_nothing_changes() -> None:
    universe = _factory(0, 0)
    before = _market(universe).listings["IRON"].net_supply
    universe.advance(START + timedelta(minutes=14, seconds=59.999))
    assert _market(universe).listings["IRON"].net_supply == before
    assert universe.last_market_update == START
    universe.advance(START + timedelta(minutes=15))
    assert _market(universe).listings["IRON"].net_supply > before
    assert universe.last_market_update == START + timedelta(minutes=15)


@pytest.mark.parametrize(
    ("ore", "activity"),
    [(-4.5, Activity.RESTRICTED), (-3.0, Activity.WEAK), (-1.0, Activity.WEAK), (3.0, Activity.GROWING)],
)
def test_an_exports_activity_follows_its_worst_input(ore: float, activity: Activity) -> None:
    assert _live(_factory(0, ore), 0.25).listings["IRON"].activity is activity


def test_the_worst_of_several_inputs_counts() -> None:
    universe = a_small_universe(
        a_waypoint(
            HERE,
            a_listing(ListingType.EXPORT, "ELECTRONICS"),
            a_listing(ListingType.IMPORT, "COPPER", net_supply=60),
            a_listing(ListingType.IMPORT, "SILICON_CRYSTALS", net_supply=-100),
        ),
        economy=PLAIN,
    )
    assert _live(universe, 0.25).listings["ELECTRONICS"].activity is Activity.RESTRICTED


def test_a_factory_kept_fed_becomes_strong_after_a_while() -> None:
    seen: list[Activity | None] = []

    def feed(market: Market) -> None:
        _fill(market.listings["IRON_ORE"], 3)
        _drain(market.listings["IRON"], 0)
        seen.append(market.listings["IRON"].activity)

    _live(_factory(0, 3), 4, feed)
    first_strong = seen.index(Activity.STRONG)
    assert set(seen[:first_strong]) == {Activity.GROWING}
    assert 4 <= first_strong <= 10  # quarters of an hour
    assert set(seen[first_strong:]) == {Activity.STRONG}


@pytest.mark.parametrize(
    ("ore", "iron", "per_hour"),
    [(-4.5, 0.0, 0.25), (-3.0, 0.0, 0.5), (-3.0, 2.5, 0.17), (3.0, 0.0, 1.0)],
)
def test_an_export_is_produced_at_the_rate_of_its_activity(ore: float, iron: float, per_hour: float) -> None:
    universe = _factory(iron, ore)
    stock = _market(universe).listings["IRON_ORE"].net_supply

    def hold(market: Market) -> None:
        market.listings["IRON_ORE"].net_supply = stock
        if market.listings["IRON"].s > iron + 0.5:
            market.listings["IRON"].net_supply -= 5
            made.append(5)

    made: list[int] = []
    before = _market(universe).listings["IRON"].net_supply
    after = _live(universe, 2, hold).listings["IRON"].net_supply
    # An activity of GROWING turns STRONG after an hour and a half, and half faster.
    assert (after - before + sum(made)) / 20 / 2 == pytest.approx(per_hour, rel=0.15)


@pytest.mark.parametrize(
    ("momentum", "per_hour"), [(0.0, 0.41), (0.8, 1.5), (1.7, 1.6)], ids=["weak", "growing", "strong"]
)
def test_a_customer_consumes_at_the_rate_of_its_activity(momentum: float, per_hour: float) -> None:
    customer = a_listing(ListingType.IMPORT, "FOOD", trade_volume=60, net_supply=180, rest=-5.0)
    universe = a_small_universe(a_waypoint(HERE, customer), economy=replace(PLAIN, growth=1.0))
    listing = _market(universe).listings["FOOD"]
    listing.momentum = momentum
    listing.net_supply = 0
    after = _live(universe, 0.5).listings["FOOD"].net_supply
    assert -after / 60 / 0.5 == pytest.approx(per_hour, rel=0.1)


def test_an_import_nobody_needs_is_restricted_but_a_customer_never_is() -> None:
    market = _live(_factory(4.9, -3), 0.25)
    assert market.listings["IRON"].supply is Supply.ABUNDANT
    assert market.listings["IRON_ORE"].activity is Activity.RESTRICTED
    customer = a_small_universe(a_waypoint(HERE, a_listing(ListingType.IMPORT, "FOOD", net_supply=-400)), economy=PLAIN)
    seen = set()
    _live(customer, 24, lambda market: seen.add(market.listings["FOOD"].activity))
    assert seen == {Activity.WEAK}


def test_a_trade_volume_grows_while_strong_and_shrinks_back_when_that_is_over() -> None:
    universe = _factory(0, 3)
    volumes: list[int] = []
    margins: set[int] = set()

    def feed(market: Market) -> None:
        iron = market.listings["IRON"]
        _fill(market.listings["IRON_ORE"], 3)
        _drain(iron, 0)
        volumes.append(iron.trade_volume)
        margins.add(iron.margin)

    market = _live(universe, 12, feed)
    steps = sorted(set(volumes))
    assert steps[:4] == [20, 22, 25, 28]  # a tenth more each time, rounded up
    assert steps[-1] == 60
    growing_ticks = volumes.index(60) - volumes.index(22)
    assert 30 <= 15 * growing_ticks / (len(steps) - 2) <= 45  # minutes from one step to the next
    assert len(margins) > 1
    assert market.listings["IRON_ORE"].trade_volume <= 3 * market.listings["IRON"].trade_volume
    assert market.listings["IRON_ORE"].trade_volume > 60
    shrunk = _live(universe, 24 * 9)
    assert shrunk.listings["IRON"].trade_volume == 20
    assert shrunk.listings["IRON_ORE"].trade_volume == 60


def test_a_margin_stays_until_the_trade_volume_changes() -> None:
    universe = _factory(0, -3)
    seen = set()
    _live(universe, 48, lambda market: seen.add(market.listings["IRON"].margin))
    assert seen == {8}


def test_an_exchange_comes_back_to_where_it_began() -> None:
    fuel = a_listing(ListingType.EXCHANGE, "FUEL", trade_volume=180, net_supply=-900)
    universe = a_small_universe(a_waypoint(HERE, fuel), economy=PLAIN)
    assert -400 < _live(universe, 3).listings["FUEL"].net_supply < -250  # a third is left after three hours
    assert _live(universe, 30).listings["FUEL"].net_supply == 0


def _by_kind(universe: Universe) -> dict[tuple[str, str], list[float]]:
    groups: dict[tuple[str, str], list[float]] = defaultdict(list)
    for place in universe.state.places.values():
        market = universe.market(place)
        for listing in market.listings.values() if market else ():
            if listing.type is ListingType.EXCHANGE:
                groups["EXCHANGE", ""].append(listing.s)
            else:
                size = " (few)" if listing.trade_volume <= 11 else ""
                groups[listing.type.value + size, str(listing.activity)].append(listing.s)
    return groups


@pytest.mark.parametrize("seed", [1, 7])
def test_left_alone_for_two_days_a_system_rests_where_real_ones_do(
    seed: int, capsys: pytest.CaptureFixture[str]
) -> None:
    universe = a_universe(seed=seed)
    universe.advance(START + timedelta(hours=48))
    after_two = _by_kind(universe)
    universe.advance(START + timedelta(hours=96))
    with capsys.disabled():
        print(f"\n  s after 48 h without players, seed {seed}; real systems rest at −2…−8 (imports), 2…5.5 (exports)")
        for (kind, activity), stocks in sorted(after_two.items()):
            quartiles = statistics.quantiles(stocks, n=4) if len(stocks) > 1 else stocks * 3
            print(f"  {kind:<13}{activity:<11}n={len(stocks):<4}quartiles " + " ".join(f"{q:6.2f}" for q in quartiles))
    for (kind, _), stocks in after_two.items():
        low, high = {
            "EXPORT": (2.0, 6.5), "IMPORT": (-8.5, -2.0), "EXPORT (few)": (2.0, 18.0), "IMPORT (few)": (-17.0, -2.0),
            "EXCHANGE": (-0.1, 0.1),
        }[kind]  # fmt: skip
        assert low <= min(stocks) <= max(stocks) <= high, kind
    for (kind, activity), stocks in _by_kind(universe).items():
        before = after_two[kind, activity]
        assert statistics.fmean(stocks) == pytest.approx(statistics.fmean(before), abs=0.7)  # nothing drifts away


def test_a_fed_factory_and_a_supplied_customer_move_as_recorded_ones_did(capsys: pytest.CaptureFixture[str]) -> None:
    universe = a_universe(seed=1)
    factory = next(p.symbol for p in universe.state.places.values() if p.market and _exports(p.market, "MACHINERY"))
    yard = next(p.symbol for p in universe.state.places.values() if p.yard)
    told: list[str] = []
    history: list[tuple[Activity | None, int, Activity | None, int]] = []
    for tick in range(4 * 48):
        universe.advance(START + timedelta(minutes=15 * (tick + 1)))
        made, used = (_listing(universe, factory, good) for good in ("MACHINERY", "IRON"))
        bought = _listing(universe, yard, "SHIP_PARTS")
        if tick % 4 == 0 and (tick < 48 or tick % 48 == 0):
            told.append(f"{tick // 4:>4} h  MACHINERY {_told(made)}   SHIP_PARTS {_told(bought)}")
        history.append((made.activity, made.trade_volume, bought.activity, bought.trade_volume))
        _fill(used, 3)
        _drain(made, 1)
        _fill(bought, 2)
    with capsys.disabled():
        print(
            "\n  a factory kept fed and a customer kept supplied; recorded: EQUIPMENT 20 → 25 → 28 → 39 within 4 h of"
        )
        print("  being STRONG, a shipyard's SHIP_PARTS 6 → 9 within 4 h of being filled")
        print("\n".join(told))
    activities = [activity for activity, *_ in history]
    assert activities.index(Activity.GROWING) < activities.index(Activity.STRONG) <= 12
    strong = activities.index(Activity.STRONG)
    assert 30 <= history[strong + 16][1] <= 45
    customer = [activity for _, _, activity, _ in history]
    assert 2 <= customer.index(Activity.GROWING) <= 10  # recorded: 1 to 2.5 h after it was filled
    assert 8 <= history[customer.index(Activity.GROWING) + 16][3] <= 11
    assert history[-1][1] == 60
    assert history[-1][3] == 18


def _told(listing: Listing) -> str:
    volume, margin = listing.trade_volume, listing.margin
    return f"{listing.activity:<10} s {listing.s:6.2f} tv {volume:>3} m {margin:>2}"


def _exports(market: Market, good: str) -> bool:
    return good in market.listings and market.listings[good].type is ListingType.EXPORT


def _listing(universe: Universe, waypoint: str, good: str) -> Listing:
    market = universe.market(universe.state.places[waypoint])
    assert market is not None
    return market.listings[good]


def test_parameters_come_from_a_file(tmp_path: Path) -> None:
    toml, json = tmp_path / "economy.toml", tmp_path / "economy.json"
    toml.write_text("growth_hours = 1\nexport_rest = [3, 4.5]\n[production]\nSTRONG = 3.0\n")
    json.write_text('{"growth_hours": 1, "export_rest": [3, 4.5], "production": {"STRONG": 3.0}}')
    read = EconomyParameters.from_file(toml)
    assert read == EconomyParameters.from_file(json)
    assert (read.growth_hours, read.export_rest) == (1.0, (3.0, 4.5))
    assert read.production[Activity.STRONG] == 3.0
    assert read.production[Activity.WEAK] == EconomyParameters().production[Activity.WEAK]


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("growth_our = 1", "unknown parameter 'growth_our'"),
        ('growth_hours = "long"', "growth_hours must be a number"),
        ("growth_hours = 0", "growth_hours must be greater than 0"),
        ("tick_minutes = 1.5", "tick_minutes must be a whole number"),
        ("export_rest = [5, 3]", r"export_rest must be \(low, high\)"),
        ("export_rest = 5", "export_rest must be a pair"),
        ("production = 5", "production must map"),
        ("[production]\nBUSY = 5", "production must map"),
        ("growth = 0.5", "growth and growth_limit must be at least 1"),
        ("growth", "economy.toml"),
    ],
)
def test_a_mistake_in_an_economy_file_is_named(tmp_path: Path, text: str, complaint: str) -> None:
    (tmp_path / "economy.toml").write_text(text)
    with pytest.raises(BadEconomyFile, match=complaint):
        EconomyParameters.from_file(tmp_path / "economy.toml")
