"""Plans carried out on paper, and in the simulated game."""

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from manufacturing.adapters.routing.fuel_graph import FuelGraph
from manufacturing.domain.facts import base_prices
from manufacturing.domain.forecast_walk import Outlook, Walk, walk
from manufacturing.domain.intermediate_good_pool import PoolLot
from manufacturing.domain.manufacturing_pipeline import PipelineKind
from manufacturing.domain.manufacturing_task import TaskType
from manufacturing.domain.market_listing import MarketListing
from manufacturing.domain.opportunity import ManufacturingOpportunity, PipelinePlan, TaskDraft
from manufacturing.domain.policy import FleetPolicy
from manufacturing.domain.price_ladder import known_stock
from manufacturing.domain.prices import Activity, ListingType, Stock, Supply
from manufacturing.domain.production_rates import ProductionRates
from manufacturing.domain.ship import Ship
from manufacturing.domain.system_markets import SystemMarkets
from tests.builders import NOW, PLAYER, a_flying_ship, a_listing, a_ship, a_system, after
from tests.simulator.players import a_listing as a_real_listing
from tests.simulator.players import a_player, a_small_universe
from tests.simulator.players import a_waypoint as a_real_waypoint

MILL, TOWN, FARM = "X1-PX-A1", "X1-PX-B2", "X1-PX-C3"
PLACES = {MILL: (0, 0), TOWN: (60, 0), FARM: (0, 40)}
GOOD = "CLOTHING"


def a_haul(quantity: int = 40, **draft: Any) -> PipelinePlan:
    """40 CLOTHING from the mill to the town."""
    return a_plan(
        a_draft(TaskType.ACQUIRE, MILL, quantity=quantity, **draft),
        a_draft(TaskType.SELL, TOWN, quantity=quantity, depends_on=[0], same_ship_as=0),
    )


def a_draft(type_: TaskType, waypoint: str, good: str = GOOD, **fields: Any) -> TaskDraft:
    defaults: dict[str, Any] = {"quantity": 40, "quoted_price": 1, "price_limit": None}
    return TaskDraft(type=type_, good=good, waypoint=waypoint, **(defaults | fields))


def a_plan(*drafts: TaskDraft) -> PipelinePlan:
    sink = a_listing(GOOD, ListingType.IMPORT, at=TOWN)
    return PipelinePlan(
        opportunity=ManufacturingOpportunity(good=GOOD, sink=sink),
        kind=PipelineKind.HAUL,
        factory_symbol=MILL,
        quantity=40,
        tasks=list(drafts),
        cycles={},
        cost=0,
        revenue=0,
        ship_seconds=0,
    )


def the_markets(
    source: Supply = Supply.HIGH, sink: Supply = Supply.LIMITED, **source_fields: Any
) -> list[MarketListing]:
    return [
        a_listing(GOOD, ListingType.EXPORT, source, at=MILL, **source_fields),
        a_listing(GOOD, ListingType.IMPORT, sink, at=TOWN),
    ]


def walked(plan: PipelinePlan, listings: list[MarketListing], *ships: Ship, **outlook: Any) -> Walk:
    markets = outlook.pop("markets", None) or a_system(PLACES, listings)
    haulers = list(ships) or [a_ship()]
    router = FuelGraph(list(markets.waypoints.values()))
    policy = outlook.pop("policy", FleetPolicy())
    return walk(
        plan,
        Outlook(
            markets=markets, haulers=haulers, router=router, policy=policy, now=NOW, rates=ProductionRates(), **outlook
        ),
    )


stocks = st.floats(-1.9, 6)


@settings(deadline=None, max_examples=40)
@given(
    margins=st.tuples(st.integers(6, 11), st.integers(6, 11)),
    source=stocks,
    sink=st.floats(-7, 3),
    volumes=st.tuples(st.sampled_from([6, 20, 60]), st.sampled_from([6, 20, 60])),
    quantity=st.integers(1, 120),
)
def test_a_haul_costs_and_brings_what_the_game_then_charges_and_pays_to_the_credit(
    margins: tuple[int, int], source: float, sink: float, volumes: tuple[int, int], quantity: int
) -> None:
    made, wanted = round(source * volumes[0]), round(sink * volumes[1])
    listings = [
        a_listing(GOOD, ListingType.EXPORT, at=MILL, margin=margins[0], net_supply=made, trade_volume=volumes[0]),
        a_listing(GOOD, ListingType.IMPORT, at=TOWN, margin=margins[1], net_supply=wanted, trade_volume=volumes[1]),
    ]
    for listing, margin, stock in zip(listings, margins, (made, wanted), strict=True):
        assert listing.supply is not None
        seen = known_stock(listing.type, GOOD, listing.trade_volume or 0, listing.quote, listing.supply)
        assume(seen == Stock(margin, stock))

    forecast = walked(a_haul(quantity), listings)

    player = a_player(
        a_small_universe(
            *(
                a_real_waypoint(
                    symbol,
                    a_real_listing(
                        listing.type,
                        GOOD,
                        base_price=base_prices()[GOOD],
                        margin=margin,
                        net_supply=stock,
                        trade_volume=listing.trade_volume,
                    ),
                    x=PLACES[symbol][0],
                )
                for symbol, listing, margin, stock in zip((MILL, TOWN), listings, margins, (made, wanted), strict=True)
            ),
            credits=10**12,
        )
    )
    player.ship().cargo_capacity = 80
    player.wait(minutes=1)  # The next recalculation is a while off.
    (leg,) = forecast.legs
    assert 0 < leg.units <= min(quantity, 80)
    assert trade(player, "purchase", leg.units, volumes[0]) == leg.cost
    player.fly(TOWN)
    assert trade(player, "sell", leg.units, volumes[1]) == leg.revenue
    assert forecast.revenue - forecast.cost == leg.revenue - leg.cost - forecast.fuel_cost


def trade(player: Any, operation: str, units: int, volume: int) -> int:
    """Trades all of it, as much at a time as the market takes; what changed hands, in credits."""
    credits = 0
    while units:
        tranche = min(units, volume)
        answer = player.post(f"{player.me}/{operation}", {"symbol": GOOD, "units": tranche})
        credits += answer["transaction"]["totalPrice"]
        units -= tranche
    return credits


def test_a_leg_names_its_source_its_sink_and_the_moments_of_its_trades() -> None:
    (leg,) = walked(a_haul(), the_markets()).legs
    assert (leg.good, leg.source, leg.sink, leg.units) == (GOOD, MILL, TOWN, 40)
    flight = timedelta(seconds=round(60 * 25 / 15 + 15))
    assert leg.bought_at == NOW + timedelta(seconds=2)
    assert leg.sold_at == leg.bought_at + flight + timedelta(seconds=2)


def test_the_way_to_the_source_and_the_fuel_count() -> None:
    here = walked(a_haul(), the_markets(), a_ship(fuel_current=50))
    far = walked(a_haul(), the_markets(), a_ship(waypoint=TOWN, fuel_current=50))
    assert far.ship_seconds > here.ship_seconds + 60
    assert here.fuel_cost == 6 * base_prices()["FUEL"], "550 of 600 are missing"
    assert here.cost == here.legs[0].cost + here.fuel_cost


def test_a_ship_with_enough_in_its_tank_pays_no_fuel() -> None:
    assert walked(a_haul(), the_markets()).fuel_cost == 0


def test_no_more_is_bought_than_one_visit_may_buy() -> None:
    (leg,) = walked(a_haul(80), the_markets(Supply.MODERATE)).legs
    assert leg.units == 40, "two tranches of 20 at MODERATE"


def test_buying_stops_at_the_price_limit() -> None:
    listings = the_markets()
    (leg,) = walked(a_haul(80, price_limit=listings[0].ask), listings).legs
    assert leg.units == 20


def test_a_small_ship_carries_what_it_can() -> None:
    (leg,) = walked(a_haul(), the_markets(), a_ship(cargo_capacity=15)).legs
    assert leg.units == 15


def test_a_ship_that_can_take_it_whole_is_expected_before_a_nearer_small_one() -> None:
    small, large = a_ship("SMALL-1", cargo_capacity=15), a_ship("LARGE-1", waypoint=TOWN)
    (leg,) = walked(a_haul(), the_markets(), small, large).legs
    assert leg.units == 40
    (leg,) = walked(a_haul(bound_ship="SMALL-1"), the_markets(), small, large).legs
    assert leg.units == 15, "a plan may be bound to its ship"


def test_when_every_ship_is_busy_one_of_the_usual_kind_comes_later() -> None:
    ships = [a_ship(f"HAULER-{n}", container_id="task") for n in range(3)]
    (leg,) = walked(a_haul(), the_markets(), *ships).legs
    assert leg.units == 40
    assert leg.bought_at > after(minutes=2)


def test_a_ship_in_flight_begins_when_it_arrives() -> None:
    flying = a_flying_ship(after(minutes=7))
    (leg,) = walked(a_haul(), the_markets(), flying).legs
    assert leg.bought_at >= after(minutes=7)


def test_a_source_that_is_too_scarce_is_waited_for_and_then_given_up() -> None:
    forecast = walked(a_haul(), the_markets(Supply.SCARCE))
    assert forecast.legs == []
    assert forecast.revenue == forecast.cost == 0
    assert forecast.notes == [f"{GOOD} at {MILL} would not be bought"]


def a_fabrication() -> PipelinePlan:
    """FABRICS are brought to the mill; when it has made enough CLOTHING, that is collected and sold."""
    return a_plan(
        a_draft(TaskType.ACQUIRE, FARM, "FABRICS", quantity=80),
        a_draft(TaskType.DELIVER, MILL, "FABRICS", quantity=80, depends_on=[0], same_ship_as=0),
        a_draft(TaskType.COLLECT, MILL, depends_on=[1]),
        a_draft(TaskType.SELL, TOWN, depends_on=[2], same_ship_as=2),
    )


def a_mill(output: Supply = Supply.MODERATE, fabrics: int = 60) -> list[MarketListing]:
    return [
        *the_markets(output, activity=Activity.RESTRICTED),
        a_listing("FABRICS", ListingType.EXPORT, Supply.HIGH, at=FARM, trade_volume=60),
        a_listing("FABRICS", ListingType.IMPORT, at=MILL, trade_volume=60, net_supply=fabrics),
    ]


def test_an_output_is_collected_when_it_is_plentiful_at_the_price_of_that_moment() -> None:
    listings = a_mill()
    forecast = walked(a_fabrication(), listings)
    assert [(leg.good, leg.source, leg.sink) for leg in forecast.legs] == [("FABRICS", FARM, MILL), (GOOD, MILL, TOWN)]
    clothing = forecast.legs[1]
    assert forecast.waiting_seconds > 3600
    assert clothing.bought_at - NOW > timedelta(hours=1)
    assert clothing.cost / clothing.units < (listings[0].ask or 0), "it has become cheaper than it is now"


def test_a_factory_that_is_fed_well_is_waited_for_less() -> None:
    poor = walked(a_fabrication(), a_mill(fabrics=-100))
    rich = walked(a_fabrication(), a_mill(fabrics=120))
    assert rich.waiting_seconds < poor.waiting_seconds


def test_an_output_that_is_plentiful_already_is_collected_at_once() -> None:
    assert walked(a_fabrication(), a_mill(Supply.HIGH)).waiting_seconds == 0


def test_nothing_is_collected_for_a_market_that_has_enough() -> None:
    plan = a_plan(a_draft(TaskType.COLLECT, MILL), a_draft(TaskType.SELL, TOWN, depends_on=[0], same_ship_as=0))
    assert walked(plan, the_markets(sink=Supply.MODERATE)).waiting_seconds == 0
    assert walked(plan, the_markets(sink=Supply.HIGH)).waiting_seconds > 3600


def test_what_is_not_sold_is_neither_cost_nor_revenue() -> None:
    plan = a_plan(
        a_draft(TaskType.COLLECT, MILL, quantity=40),
        a_draft(TaskType.SELL, TOWN, quantity=10, depends_on=[0], same_ship_as=0),
    )
    whole = walked(a_haul(), the_markets()).legs[0]
    (leg,) = walked(plan, the_markets()).legs
    assert (leg.units, leg.cost) == (10, round(whole.cost / 4))


def test_goods_of_the_pool_cost_what_their_lot_cost() -> None:
    lot = PoolLot(
        id=7, pool_id=1, player_id=PLAYER, good=GOOD, holder_ship="HAULER-1", waypoint=MILL, units_added=30,
        units_held=30, unit_cost=900, added_at=NOW,
    )  # fmt: skip
    listings = the_markets()
    seen = a_system(PLACES, listings)
    markets = SystemMarkets(list(seen.waypoints.values()), listings, seen.recipes, [lot])
    plan = a_plan(a_draft(TaskType.DELIVER, TOWN, quantity=30, lot_id=7, bound_ship="HAULER-1"))
    (leg,) = walked(plan, listings, a_ship(cargo={GOOD: 30}), markets=markets).legs
    assert (leg.units, leg.cost, leg.source, leg.sink) == (30, 27_000, MILL, TOWN)


def test_work_under_way_is_counted_and_work_that_waits_is_not() -> None:
    listings = the_markets()
    seen = a_system(PLACES, listings)
    claimed = the_markets(Supply.MODERATE)
    soon = SystemMarkets(list(seen.waypoints.values()), claimed, seen.recipes, soon=listings)
    now, later = walked(a_haul(), listings), walked(a_haul(), claimed, markets=soon)
    assert now.cost == later.cost


def test_a_plan_that_nobody_can_carry_out_is_refused() -> None:
    with pytest.raises(ValueError, match="no ship"):
        walk(
            a_haul(),
            Outlook(
                markets=a_system(PLACES, the_markets()),
                haulers=[],
                router=FuelGraph([]),
                policy=FleetPolicy(),
                now=NOW,
                rates=ProductionRates(),
            ),
        )


def test_a_market_that_does_not_deal_in_the_good_is_refused() -> None:
    with pytest.raises(ValueError, match="does not deal"):
        walked(a_haul(), [])
