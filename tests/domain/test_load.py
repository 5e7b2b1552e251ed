"""How much is worth carrying in one trip."""

from hypothesis import given, settings
from hypothesis import strategies as st

from manufacturing.domain.facts import base_prices
from manufacturing.domain.load import best_load
from manufacturing.domain.price_ladder import purchase_rungs, sale_rungs
from manufacturing.domain.prices import ListingType, supply_label
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
    load = best_load(source.terms, sink.terms, at_most=hold, feeding=feeding, min_margin=0.05)
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
    fed = best_load(source.terms, sink.terms, at_most=hold, feeding=feeding, min_margin=0.05)
    assert (plain.units if plain else 0) <= (fed.units if fed else 0)


@settings(deadline=None)
@given(volumes, fillings, volumes, fillings, holds, st.floats(0, 5_000))
def test_nothing_delivered_beyond_high_is_worth_anything_to_the_factory(
    source_volume: int, source_filling: float, sink_volume: int, sink_filling: float, hold: int, feeding: float
) -> None:
    source, sink = listings(source_volume, source_filling, sink_volume, sink_filling)
    load = best_load(source.terms, sink.terms, at_most=hold, feeding=feeding, min_margin=0.05)
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
