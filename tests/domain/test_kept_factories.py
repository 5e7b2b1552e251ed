"""Which factories are kept running."""

from collections.abc import Iterable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from manufacturing.domain.factory_standing import FactoryStanding, Hindrance, Obstacle, Standing
from manufacturing.domain.facts import recipes
from manufacturing.domain.kept_factories import (
    FILLED,
    KEEPING_GOING,
    KEPT_FOR_KEPT,
    KEPT_OF_OUTPUT,
    KeptFactories,
    units_above,
    units_until_filled,
)
from manufacturing.domain.market_listing import MarketListing
from manufacturing.domain.prices import Activity, ListingType, Supply
from manufacturing.domain.production_rates import ProductionRates
from manufacturing.domain.stock_value import filling
from manufacturing.domain.system_markets import SystemMarkets
from tests.builders import a_factory, a_listing, a_system

GAS, FARM, MILL, TAILOR, CITY, KITCHEN = (f"X1-PX-{name}" for name in ("A1", "B2", "C3", "D4", "E5", "F6"))
PLACES = {GAS: (0, 0), FARM: (60, 0), MILL: (0, 80), TAILOR: (90, 40), CITY: (-50, 30), KITCHEN: (-90, 0)}
FERTILIZERS, FABRICS, CLOTHING = (FARM, "FERTILIZERS"), (MILL, "FABRICS"), (TAILOR, "CLOTHING")


def gas(**stock: object) -> MarketListing:
    return a_listing("LIQUID_NITROGEN", ListingType.EXCHANGE, at=GAS, trade_volume=180, **stock)  # type: ignore[arg-type]


def clothing_country(**factories: dict[str, object]) -> list[MarketListing]:
    """Nitrogen becomes fertilizers, those become fabrics, those clothing, and a city wants it."""
    made: list[MarketListing] = []
    for output, place in (("FERTILIZERS", FARM), ("FABRICS", MILL), ("CLOTHING", TAILOR)):
        made += a_factory(output, at=place, **factories.get(output, {}))  # type: ignore[arg-type]
    return [gas(), *made, a_listing("CLOTHING", ListingType.IMPORT, Supply.LIMITED, at=CITY)]


def kept(
    listings: Iterable[MarketListing], *, at_once: int = 2, others: Iterable[tuple[str, str]] = ()
) -> KeptFactories:
    markets = a_system(PLACES, listings)
    return KeptFactories(markets, ProductionRates(), hold=80, speed=15, at_once=at_once, others=set(others))


def the(markets: SystemMarkets, waypoint: str, good: str) -> MarketListing:
    listing = markets.listing(waypoint, good)
    assert listing is not None
    return listing


RUNNING = {"inputs": Supply.HIGH, "activity": Activity.STRONG, "supply": Supply.ABUNDANT}


def test_a_chain_is_brought_up_from_the_raw_goods_to_what_a_customer_wants() -> None:
    chosen = kept(clothing_country())
    assert chosen.raised == (CLOTHING,)
    assert chosen.kept == {FERTILIZERS, FABRICS, CLOTHING}
    assert chosen.inputs == {(FARM, "LIQUID_NITROGEN"), (MILL, "FERTILIZERS"), (TAILOR, "FABRICS")}
    assert not chosen.running


def test_nothing_is_brought_up_where_none_is_to_be() -> None:
    assert not kept(clothing_country(), at_once=0).kept


def test_what_nobody_wants_is_not_brought_up() -> None:
    country = [listing for listing in clothing_country() if listing.waypoint != CITY]
    # Fabrics have no customer either but the tailor, who is not kept.
    assert not kept(country).kept


def test_a_chain_whose_first_input_comes_from_nowhere_is_not_begun() -> None:
    assert not kept([listing for listing in clothing_country() if listing.waypoint != GAS]).kept


def test_a_factory_that_belongs_to_a_pipeline_is_left_to_it_with_all_that_depend_on_it() -> None:
    assert not kept(clothing_country(), others=[FABRICS]).kept


@pytest.mark.parametrize(
    ("activity", "inputs", "runs"),
    [
        (Activity.STRONG, Supply.HIGH, True),
        (Activity.STRONG, Supply.MODERATE, True),
        (Activity.STRONG, Supply.LIMITED, False),
        (Activity.GROWING, Supply.HIGH, True),
        (Activity.GROWING, Supply.MODERATE, False),
        (Activity.WEAK, Supply.ABUNDANT, False),
    ],
)
def test_a_factory_runs_while_it_is_busy_and_its_worst_input_keeps_it_so(
    activity: Activity, inputs: Supply, runs: bool
) -> None:
    country = clothing_country(FERTILIZERS={"activity": activity, "inputs": inputs})
    assert (FERTILIZERS in kept(country).running) is runs


def test_what_runs_is_kept_even_when_nothing_is_brought_up() -> None:
    chosen = kept(clothing_country(FERTILIZERS=RUNNING), at_once=0)
    assert chosen.kept == chosen.running == {FERTILIZERS}
    assert chosen.inputs == {(FARM, "LIQUID_NITROGEN")}


def test_a_chain_is_not_begun_while_what_it_needs_is_wanted_by_those_that_run() -> None:
    """One farm cannot feed many mills: the tailor's chain is taken, and a kitchen's as long as there is enough."""
    kitchens = [*a_factory("FOOD", at=KITCHEN, trade_volume=200), a_listing("FOOD", ListingType.IMPORT, at=CITY)]
    for listing in kitchens:
        if listing.good == "FERTILIZERS":
            listing.trade_volume = 400
    assert kept([*clothing_country(), *kitchens]).raised == (CLOTHING,)


def test_of_a_running_factory_only_what_is_beyond_abundant_is_taken() -> None:
    markets = a_system(PLACES, clothing_country(FERTILIZERS=RUNNING, FABRICS=RUNNING, CLOTHING=RUNNING))
    chosen = KeptFactories(markets, ProductionRates(), hold=80, speed=15, at_once=0)
    clothing, city = the(markets, *CLOTHING), the(markets, CITY, "CLOTHING")
    fabrics, tailor = the(markets, *FABRICS), the(markets, TAILOR, "FABRICS")
    assert chosen.kept_back(clothing, city) == KEPT_OF_OUTPUT
    assert chosen.kept_back(fabrics, tailor) == KEPT_FOR_KEPT
    assert units_above(clothing, KEPT_OF_OUTPUT) == round((filling(clothing) - KEPT_OF_OUTPUT) * 20)


def test_a_factory_that_is_brought_up_keeps_some_of_its_output_but_not_from_its_own_chain() -> None:
    markets = a_system(PLACES, clothing_country())
    chosen = KeptFactories(markets, ProductionRates(), hold=80, speed=15, at_once=1)
    clothing, city = the(markets, *CLOTHING), the(markets, CITY, "CLOTHING")
    fabrics, tailor = the(markets, *FABRICS), the(markets, TAILOR, "FABRICS")
    assert chosen.kept_back(clothing, city) == KEPT_OF_OUTPUT
    assert chosen.kept_back(fabrics, tailor) is None


def test_what_keeps_a_running_factory_going_counts_for_more_than_what_brings_another_up() -> None:
    markets = a_system(PLACES, clothing_country(FERTILIZERS=RUNNING))
    chosen = KeptFactories(markets, ProductionRates(), hold=80, speed=15, at_once=1)
    assert chosen.weight(the(markets, FARM, "LIQUID_NITROGEN")) == KEEPING_GOING
    assert chosen.weight(the(markets, MILL, "FERTILIZERS")) == 1


def test_a_busy_factory_that_is_nearly_there_keeps_its_output_though_its_chain_is_not_taken() -> None:
    busy = {"inputs": Supply.MODERATE, "activity": Activity.GROWING}
    markets = a_system(PLACES, clothing_country(CLOTHING=busy))
    chosen = KeptFactories(markets, ProductionRates(), hold=80, speed=15, at_once=0)
    clothing, city = the(markets, *CLOTHING), the(markets, CITY, "CLOTHING")
    assert not chosen.kept
    assert chosen.kept_back(clothing, city) == KEPT_OF_OUTPUT


def two_farms() -> list[MarketListing]:
    """Clothing and food, each for a city, from the fertilizers of one farm that has plenty for both."""
    country = [*clothing_country(), *a_factory("FOOD", at=KITCHEN), a_listing("FOOD", ListingType.IMPORT, at=CITY)]
    for listing in country:
        if listing.place == FERTILIZERS:
            listing.trade_volume = 400
    return country


def test_two_chains_are_not_brought_up_at_once_by_the_same_factory() -> None:
    assert len(kept(two_farms(), at_once=2).raised) == 1


def test_the_second_is_brought_up_once_the_first_runs() -> None:
    country = two_farms()
    (first,) = kept(country, at_once=2).raised
    for listing in country:
        if listing.waypoint == first[0] and listing.place != first:
            filled = a_listing(listing.good, ListingType.IMPORT, Supply.HIGH, trade_volume=listing.trade_volume or 0)
            listing.supply, listing.ask, listing.bid = filled.supply, filled.ask, filled.bid
        elif listing.place == first:
            listing.activity = Activity.STRONG
    (second,) = kept(country, at_once=2).raised
    assert second != first


def test_a_source_that_is_no_kept_factory_is_drawn_on_as_ever() -> None:
    markets = a_system(PLACES, clothing_country())
    nitrogen, farm = the(markets, GAS, "LIQUID_NITROGEN"), the(markets, FARM, "LIQUID_NITROGEN")
    assert KeptFactories(markets, ProductionRates(), hold=80, speed=15, at_once=1).kept_back(nitrogen, farm) is None


@given(st.floats(-8, 8), st.sampled_from([6, 20, 60]))
def test_what_an_input_lacks_fills_it_and_no_more(stock: float, volume: int) -> None:
    listing = a_listing("FABRICS", ListingType.IMPORT, trade_volume=volume, net_supply=round(stock * volume))
    missing = units_until_filled(listing)
    assert missing >= 0
    if missing:
        assert filling(listing) + missing / volume == pytest.approx(FILLED, abs=1 / volume)
    else:
        assert filling(listing) >= FILLED - 1 / volume


levels = st.sampled_from(list(Supply))


@given(st.lists(st.tuples(levels, levels, st.sampled_from(list(Activity))), min_size=3, max_size=3), st.integers(0, 3))
def test_every_kept_factory_has_sources_for_all_its_inputs_or_runs(
    states: list[tuple[Supply, Supply, Activity]], at_once: int
) -> None:
    names = ("FERTILIZERS", "FABRICS", "CLOTHING")
    country = clothing_country(
        **{
            name: {"supply": output, "inputs": inputs, "activity": activity}
            for name, (output, inputs, activity) in zip(names, states, strict=True)
        }
    )
    chosen = kept(country, at_once=at_once)
    assert chosen.running <= chosen.kept
    assert len(chosen.raised) <= at_once
    assert not set(chosen.raised) & chosen.running
    for waypoint, good in chosen.kept:
        assert {(waypoint, needed) for needed in recipes()[good]} <= chosen.inputs


def standings(listings: Iterable[MarketListing], at_once: int = 2) -> dict[tuple[str, str], FactoryStanding]:
    told = kept(listings, at_once=at_once).standings()
    assert [list(Standing).index(one.standing) for one in told] == sorted(
        list(Standing).index(one.standing) for one in told
    )
    return {(one.waypoint, one.good): one for one in told}


def test_it_is_told_what_runs_what_is_brought_up_and_for_what() -> None:
    told = standings(clothing_country(FERTILIZERS=RUNNING))
    assert [told[place].standing for place in (FERTILIZERS, FABRICS, CLOTHING)] == [
        Standing.RUNS,
        Standing.RAISED,
        Standing.RAISED,
    ]
    assert [told[place].brought_up_for for place in (FERTILIZERS, FABRICS, CLOTHING)] == [None, "CLOTHING", "CLOTHING"]
    assert all(one.hindrance is None for one in told.values())
    (fertilizers,) = told[FABRICS].inputs
    assert fertilizers.good == "FERTILIZERS"
    assert fertilizers.lacking > 0
    assert told[CLOTHING].worth > 0
    assert told[CLOTHING].trips > told[FABRICS].trips


@pytest.mark.parametrize(
    ("without", "obstacle"), [(GAS, Obstacle.NO_SOURCE), (CITY, Obstacle.NO_CUSTOMER), (None, Obstacle.OTHERS_FIRST)]
)
def test_it_is_told_why_a_factory_is_not_brought_up(without: str | None, obstacle: Obstacle) -> None:
    told = standings([one for one in clothing_country() if one.waypoint != without], at_once=0)
    assert told[CLOTHING].standing is Standing.LEFT
    assert told[CLOTHING].hindrance == Hindrance(obstacle=obstacle)


def test_of_two_that_compete_it_is_told_which_comes_first() -> None:
    told = standings(two_farms())
    first, second = sorted((CLOTHING, (KITCHEN, "FOOD")), key=lambda place: told[place].hindrance is not None)
    assert told[second].hindrance == Hindrance(obstacle=Obstacle.RIVAL, rival=first[1])


def test_it_is_told_what_there_is_too_little_of() -> None:
    country = two_farms()
    for listing in country:
        if listing.place == FERTILIZERS:
            listing.trade_volume = 1
    hindrance = standings(country)[CLOTHING].hindrance
    assert hindrance is not None
    assert hindrance.obstacle is Obstacle.TOO_LITTLE
    assert hindrance.shortage is not None
    assert hindrance.shortage.good == "FERTILIZERS"
    assert hindrance.shortage.wanted > hindrance.shortage.made


def test_a_busy_factory_that_is_not_far_from_running_is_told_to_be_nearly_there() -> None:
    busy: dict[str, object] = {"inputs": Supply.MODERATE, "activity": Activity.GROWING}
    told = standings(clothing_country(CLOTHING=busy), at_once=0)
    assert told[CLOTHING].standing is Standing.NEARLY_THERE
