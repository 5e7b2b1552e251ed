"""How much is worth carrying in one trip."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from manufacturing.domain.facts import base_prices
from manufacturing.domain.load import Load, best_load, room_until_high
from manufacturing.domain.price_ladder import purchase_rungs, sale_rungs
from manufacturing.domain.prices import ListingType, Supply, supply_label
from tests.builders import a_listing

#: A good so dear that every stock has a quote of its own.
DEAR = "LASER_RIFLES"
volumes = st.sampled_from([6, 20, 60])
fillings = st.floats(-6, 6)
holds = st.integers(0, 240)


def listings(source_volume: int, source_filling: float, sink_volume: int, sink_filling: float):  # type: ignore[no-untyped-def]
    source = a_listing(
        DEAR, ListingType.EXPORT, trade_volume=source_volume, net_supply=round(source_filling * source_volume)
    )
    sink = a_listing(DEAR, ListingType.IMPORT, trade_volume=sink_volume, net_supply=round(sink_filling * sink_volume))
    return source, sink


@settings(deadline=None)
@given(volumes, fillings, volumes, fillings, holds, st.floats(0, 5_000))
def test_a_load_costs_and_brings_what_the_walks_say(
    source_volume: int, source_filling: float, sink_volume: int, sink_filling: float, hold: int, feeding: float
) -> None:
    source, sink = listings(source_volume, source_filling, sink_volume, sink_filling)
    load = best_load(
        source.terms, sink.terms, at_most=hold, feeding=feeding, hungry=room_until_high(sink.terms), min_margin=0.05
    )
    if load is None:
        return
    assert 0 < load.units <= hold
    assert load.cost == sum(rung.units * rung.price for rung in purchase_rungs(source, load.units))
    assert load.revenue == sum(rung.units * rung.price for rung in sale_rungs(sink, load.units))


@settings(deadline=None)
@given(volumes, fillings, volumes, fillings, holds, st.floats(0, 5_000))
def test_what_feeding_is_worth_only_makes_loads_larger(
    source_volume: int, source_filling: float, sink_volume: int, sink_filling: float, hold: int, feeding: float
) -> None:
    source, sink = listings(source_volume, source_filling, sink_volume, sink_filling)
    plain = best_load(source.terms, sink.terms, at_most=hold, feeding=0.0, min_margin=0.05)
    fed = best_load(
        source.terms, sink.terms, at_most=hold, feeding=feeding, hungry=room_until_high(sink.terms), min_margin=0.05
    )
    assert (plain.units if plain else 0) <= (fed.units if fed else 0)


@settings(deadline=None)
@given(volumes, fillings, volumes, fillings, holds, st.floats(0, 5_000))
def test_nothing_delivered_beyond_high_is_worth_anything_to_the_factory(
    source_volume: int, source_filling: float, sink_volume: int, sink_filling: float, hold: int, feeding: float
) -> None:
    source, sink = listings(source_volume, source_filling, sink_volume, sink_filling)
    load = best_load(
        source.terms, sink.terms, at_most=hold, feeding=feeding, hungry=room_until_high(sink.terms), min_margin=0.05
    )
    room = max(0, 2 * sink_volume - round(sink_filling * sink_volume))
    if load is not None:
        assert load.feeding_value <= round(min(load.units, room) * feeding) + 1


@settings(deadline=None)
@given(volumes, fillings, volumes, fillings, holds)
def test_without_feeding_every_tranche_earns_the_least_margin(
    source_volume: int, source_filling: float, sink_volume: int, sink_filling: float, hold: int
) -> None:
    source, sink = listings(source_volume, source_filling, sink_volume, sink_filling)
    load = best_load(source.terms, sink.terms, at_most=hold, feeding=0.0, min_margin=0.05)
    if load is not None:
        assert load.last_bid - load.last_ask >= 0.05 * load.last_bid
        assert load.worth == load.revenue - load.cost > 0


def test_the_last_tranche_is_the_last_that_pays() -> None:
    source, sink = listings(20, 5.0, 20, -5.0)
    load = best_load(source.terms, sink.terms, at_most=1_000, feeding=0.0, min_margin=0.0)
    assert load is not None
    asks, bids = list(purchase_rungs(source, load.units + 20)), list(sale_rungs(sink, load.units + 20))
    assert asks[-1].price >= bids[-1].price
    assert base_prices()[DEAR] * 0.5 < load.last_ask <= load.last_bid
    assert supply_label(100 - load.units, 20) is not source.supply


@settings(deadline=None, max_examples=60)
@given(volumes, volumes, fillings, fillings, st.integers(1, 240), st.sampled_from([0.0, 0.05, 0.3]))
def test_the_best_load_is_the_longest_whose_every_unit_pays(
    source_volume: int, sink_volume: int, source_filling: float, sink_filling: float, at_most: int, margin: float
) -> None:
    source = a_listing(
        DEAR, ListingType.EXPORT, trade_volume=source_volume, net_supply=round(source_filling * source_volume)
    )
    sink = a_listing(DEAR, ListingType.IMPORT, trade_volume=sink_volume, net_supply=round(sink_filling * sink_volume))
    offered = [_offered(source, sink, units) for units in range(1, at_most + 1)]
    paying = [load for load in offered if load.last_bid - load.last_ask >= margin * load.last_bid]
    best = best_load(source.terms, sink.terms, at_most=at_most, min_margin=margin)
    # Prices only get worse, so what pays is a beginning of what is offered.
    assert paying == offered[: len(paying)]
    assert best == (paying[-1] if paying else None)
    if margin == 0.0 and best is not None:
        assert best.profit == max(load.profit for load in offered)


def _offered(source: object, sink: object, units: int) -> Load:
    bought, sold = list(purchase_rungs(source, units)), list(sale_rungs(sink, units))  # type: ignore[arg-type]
    return Load(
        units=units,
        cost=sum(r.units * r.price for r in bought),
        revenue=sum(r.units * r.price for r in sold),
        last_ask=bought[-1].price,
        last_bid=sold[-1].price,
    )


@pytest.mark.parametrize(("source", "sink"), [(Supply.SCARCE, Supply.ABUNDANT), (Supply.SCARCE, Supply.HIGH)])
def test_there_is_no_load_where_the_first_tranche_loses(source: Supply, sink: Supply) -> None:
    dear = a_listing(DEAR, ListingType.EXPORT, source)
    flooded = a_listing(DEAR, ListingType.IMPORT, sink)
    assert best_load(dear.terms, flooded.terms, at_most=80, min_margin=0.0) is None


def test_no_load_of_nothing() -> None:
    cheap = a_listing(DEAR, ListingType.EXPORT, Supply.ABUNDANT)
    needy = a_listing(DEAR, ListingType.IMPORT, Supply.SCARCE)
    assert best_load(cheap.terms, needy.terms, at_most=0, min_margin=0.0) is None
