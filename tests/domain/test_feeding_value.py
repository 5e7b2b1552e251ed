"""What an input is worth to the factory it feeds."""

import pytest

from manufacturing.domain.facts import base_prices
from manufacturing.domain.feeding_value import FeedingValues
from manufacturing.domain.market_listing import MarketListing
from manufacturing.domain.prices import ListingType, Supply
from manufacturing.domain.system_markets import SystemMarkets
from tests.builders import a_factory, a_listing, a_system

PLACES = {"X1-PX-A1": (0, 0), "X1-PX-B2": (60, 0), "X1-PX-C3": (0, 80)}
WORKS, CAPITAL, REFINERY = "X1-PX-A1", "X1-PX-B2", "X1-PX-C3"


def electronics(
    *, inputs: Supply = Supply.LIMITED, output: Supply = Supply.MODERATE, sink: Supply | None = Supply.SCARCE
) -> list[MarketListing]:
    """The works, which make ELECTRONICS, and the capital, which wants them."""
    wanted = [a_listing("ELECTRONICS", ListingType.IMPORT, sink, at=CAPITAL)] if sink is not None else []
    return [*a_factory("ELECTRONICS", output, at=WORKS, inputs=inputs), *wanted]


def worth(markets: SystemMarkets, good: str, at: str = WORKS, *, weight: float = 1.0) -> float:
    listing = markets.listing(at, good)
    assert listing is not None
    return FeedingValues(markets, weight=weight).of(listing)


def test_an_input_of_a_wanted_output_is_worth_more_than_its_bid() -> None:
    assert worth(a_system(PLACES, electronics()), "COPPER") > 0


@pytest.mark.parametrize("level", [Supply.HIGH, Supply.ABUNDANT])
def test_an_input_that_is_high_already_is_worth_nothing_more(level: Supply) -> None:
    assert worth(a_system(PLACES, electronics(inputs=level)), "COPPER") == 0


def test_what_feeds_no_factory_has_no_feeding_value() -> None:
    assert worth(a_system(PLACES, electronics()), "ELECTRONICS", CAPITAL) == 0


def test_an_input_of_an_output_nobody_wants_is_worth_nothing() -> None:
    assert worth(a_system(PLACES, electronics(sink=None)), "COPPER") == 0


def test_the_scarcer_the_output_the_more_its_inputs_are_worth() -> None:
    values = [
        worth(a_system(PLACES, electronics(sink=level)), "COPPER")
        for level in (Supply.MODERATE, Supply.LIMITED, Supply.SCARCE)
    ]
    assert values == sorted(values)
    assert values[0] < values[-1]


def test_an_output_that_piles_up_makes_its_inputs_worth_little() -> None:
    piling_up = worth(a_system(PLACES, electronics(output=Supply.ABUNDANT)), "COPPER")
    assert 0 < piling_up < worth(a_system(PLACES, electronics()), "COPPER")


def test_the_worst_input_is_worth_most() -> None:
    export, *_ = a_factory("ELECTRONICS", at=WORKS)
    copper = a_listing("COPPER", ListingType.IMPORT, Supply.MODERATE, at=WORKS, trade_volume=60)
    silicon = a_listing("SILICON_CRYSTALS", ListingType.IMPORT, Supply.SCARCE, at=WORKS, trade_volume=60)
    sink = a_listing("ELECTRONICS", ListingType.IMPORT, Supply.SCARCE, at=CAPITAL)
    markets = a_system(PLACES, [export, copper, silicon, sink])
    assert worth(markets, "COPPER") < worth(markets, "SILICON_CRYSTALS")


def test_worth_travels_up_the_chain() -> None:
    refinery = a_factory("COPPER", at=REFINERY)
    unwanted = a_system(PLACES, [*refinery, *electronics(sink=None)])
    wanted = a_system(PLACES, [*refinery, *electronics()])
    assert worth(unwanted, "COPPER_ORE", REFINERY) < worth(wanted, "COPPER_ORE", REFINERY)


def test_the_weight_scales_it_and_the_base_price_bounds_it() -> None:
    markets = a_system(PLACES, electronics())
    assert worth(markets, "COPPER", weight=0) == 0
    assert worth(markets, "COPPER", weight=0.2) < worth(markets, "COPPER", weight=0.4)
    assert worth(markets, "COPPER", weight=1_000) == 2 * base_prices()["COPPER"]
