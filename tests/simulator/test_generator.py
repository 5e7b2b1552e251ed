"""A made-up starter system has the shape of real ones, whatever the seed."""

import math
from collections import Counter

import pytest

from manufacturing.domain.facts import recipes
from manufacturing.domain.prices import ListingType
from manufacturing.simulator.blueprint import SystemPlan
from manufacturing.simulator.economy_parameters import EconomyParameters
from manufacturing.simulator.generator import INDUSTRIES, generate_system
from tests.simulator.players import a_universe

SEEDS = range(1, 40)


@pytest.fixture(scope="module")
def systems() -> list[SystemPlan]:
    return [generate_system(seed, EconomyParameters()) for seed in SEEDS]


def _goods(system: SystemPlan, *kinds: ListingType) -> set[str]:
    return {listing.good for w in system.waypoints for listing in w.listings if listing.type in kinds}


def test_it_has_the_number_and_kinds_of_waypoints_that_starter_systems_have(systems: list[SystemPlan]) -> None:
    for system in systems:
        kinds = Counter(waypoint.type for waypoint in system.waypoints)
        assert 82 <= len(system.waypoints) <= 93
        assert kinds["PLANET"] == 7
        assert 9 <= kinds["MOON"] <= 19
        assert kinds["ORBITAL_STATION"] == 3
        assert kinds["FUEL_STATION"] == 4
        assert kinds["ASTEROID_BASE"] == 2
        assert kinds["GAS_GIANT"] == kinds["ENGINEERED_ASTEROID"] == kinds["JUMP_GATE"] == 1
        assert 52 <= kinds["ASTEROID"] <= 60
        assert len({waypoint.symbol for waypoint in system.waypoints}) == len(system.waypoints)


def test_its_markets_lie_as_they_do_in_starter_systems(systems: list[SystemPlan]) -> None:
    for system in systems:
        markets = [waypoint for waypoint in system.waypoints if waypoint.listings]
        coordinates = {(market.x, market.y) for market in markets}
        radii = sorted(math.hypot(*each) for each in coordinates)
        assert 25 <= len(markets) <= 30
        assert len(coordinates) == 16
        assert sum(radius <= 160 for radius in radii) == 10
        assert max(math.hypot(w.x, w.y) for w in system.waypoints) <= 935
        assert radii[-1] > 700


def test_every_ordinary_good_is_made_and_every_input_is_sold(systems: list[SystemPlan]) -> None:
    for system in systems:
        made = _goods(system, ListingType.EXPORT)
        sold = _goods(system, ListingType.EXPORT, ListingType.EXCHANGE)
        wanted = _goods(system, ListingType.IMPORT)
        assert set(INDUSTRIES) <= made
        assert wanted - sold <= {"EXOTIC_MATTER"}


def test_a_factory_imports_its_recipes_inputs_and_never_what_it_makes(systems: list[SystemPlan]) -> None:
    for system in systems:
        for waypoint in system.waypoints:
            by_kind = {
                kind: {listing.good for listing in waypoint.listings if listing.type is kind} for kind in ListingType
            }
            for good in by_kind[ListingType.EXPORT]:
                assert set(recipes()[good]) <= by_kind[ListingType.IMPORT]
            assert len(waypoint.listings) == sum(map(len, by_kind.values())) == len(set().union(*by_kind.values()))


def test_final_goods_have_buyers(systems: list[SystemPlan]) -> None:
    finals = {"FOOD", "MEDICINE", "CLOTHING", "EQUIPMENT", "JEWELRY", "DRUGS", "FIREARMS", "ASSAULT_RIFLES",
              "SHIP_PARTS", "SHIP_PLATING"}  # fmt: skip
    for system in systems:
        assert finals <= _goods(system, ListingType.IMPORT)
        assert sum(bool(waypoint.yard) for waypoint in system.waypoints) == 3


def test_a_hauler_reaches_every_market_by_way_of_others(systems: list[SystemPlan]) -> None:
    for system in systems:
        fuelled = {(w.x, w.y) for w in system.waypoints if any(listing.good == "FUEL" for listing in w.listings)}
        reached = {(w.x, w.y) for w in system.waypoints if w.symbol.endswith("-A1")}
        while True:
            further = {b for b in fuelled - reached if any(math.dist(a, b) <= 600 for a in reached)}
            if not further:
                break
            reached |= further
        assert reached >= {(w.x, w.y) for w in system.waypoints if w.listings}


def test_one_seed_makes_one_system_and_another_seed_another() -> None:
    assert a_universe(seed=5).save() == a_universe(seed=5).save()
    assert a_universe(seed=5).save() != a_universe(seed=6).save()
