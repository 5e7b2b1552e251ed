"""The next action of a ship at work, for every situation it may find itself in."""

from dataclasses import dataclass, replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from manufacturing.domain.execution import (
    Action,
    Complete,
    Dock,
    Fail,
    LookAtMarket,
    Navigate,
    Orbit,
    Park,
    Refuel,
    SetFlightMode,
    Situation,
    Trade,
    WaitUntil,
    next_action,
    supply_allows,
)
from manufacturing.domain.manufacturing_task import TaskType
from manufacturing.domain.policy import FleetPolicy
from manufacturing.domain.prices import ListingType, Supply
from manufacturing.domain.routing import Hop
from manufacturing.domain.trade_intent import IntentKind
from manufacturing.domain.travel import FlightMode
from manufacturing.domain.universe import NavStatus
from tests.builders import (
    NOW,
    a_flying_ship,
    a_listing,
    a_ship,
    a_task,
    a_task_under_way,
    a_trade_good,
    after,
    an_unseen_listing,
)

POLICY = FleetPolicy()
HERE, THERE = "X1-PX-A1", "X1-PX-B2"


def a_hop(to: str = THERE, **fields: Any) -> Hop:
    """A CRUISE that burns 100 fuel, from a place that sells fuel."""
    defaults: dict[str, Any] = {
        "mode": FlightMode.CRUISE,
        "fuel_needed": 100,
        "refuel_first": False,
        "fuel_sold_here": True,
    }
    return Hop(waypoint=to, **(defaults | fields))


def a_situation(**fields: Any) -> Situation:
    """A hauler docked at its task's market, which it has just read: 40 IRON to buy, plentiful."""
    defaults: dict[str, Any] = {
        "task": a_task_under_way(),
        "ship": a_ship(),
        "now": NOW,
        "hop": None,
        "market_seen": True,
        "listing": a_trade_good("IRON", supply=Supply.HIGH),
        "policy": POLICY,
    }
    return Situation(**(defaults | fields))


def elsewhere(**fields: Any) -> Situation:
    """The same hauler, with its task at another market."""
    return a_situation(**({"task": a_task_under_way(waypoint=THERE), "hop": a_hop(), "market_seen": False} | fields))


def selling(**fields: Any) -> Situation:
    """A hauler with 50 IRON aboard, docked where they are to be sold."""
    defaults: dict[str, Any] = {
        "task": a_task_under_way(TaskType.SELL, quantity=50),
        "ship": a_ship(cargo={"IRON": 50}),
        "listing": a_trade_good("IRON", ListingType.IMPORT, Supply.LIMITED),
    }
    return a_situation(**(defaults | fields))


ASK = a_trade_good("IRON", supply=Supply.HIGH).quote.ask
BID = a_trade_good("IRON", ListingType.IMPORT, Supply.LIMITED).quote.bid


@dataclass
class Case:
    """A situation, in words, and what the ship does in it."""

    words: str
    here: Situation
    does: Action


CASES = [
    Case(
        "a ship that flies waits for its arrival",
        elsewhere(ship=a_flying_ship(until=after(minutes=3), waypoint=THERE), hop=None),
        WaitUntil(after(minutes=3)),
    ),
    Case("a docked ship that must go elsewhere undocks", elsewhere(), Orbit()),
    Case(
        "a ship in orbit flies",
        elsewhere(ship=a_ship(nav_status=NavStatus.IN_ORBIT)),
        Navigate(THERE),
    ),
    Case(
        "it flies to the fuel stop first when the way leads over one",
        elsewhere(ship=a_ship(nav_status=NavStatus.IN_ORBIT), hop=a_hop(to="X1-PX-C3")),
        Navigate("X1-PX-C3"),
    ),
    Case(
        "it changes its flight mode before a leg that needs another",
        elsewhere(
            ship=a_ship(nav_status=NavStatus.IN_ORBIT),
            hop=a_hop(mode=FlightMode.DRIFT, fuel_needed=1, fuel_sold_here=False),
        ),
        SetFlightMode(FlightMode.DRIFT),
    ),
    Case(
        "a docked ship fills its tank when the leg needs more than it has",
        elsewhere(ship=a_ship(fuel_current=80), hop=a_hop(refuel_first=True)),
        Refuel(520),
    ),
    Case(
        "a ship in orbit docks to fill its tank",
        elsewhere(ship=a_ship(fuel_current=80, nav_status=NavStatus.IN_ORBIT), hop=a_hop(refuel_first=True)),
        Dock(),
    ),
    Case(
        "a docked ship fills up first when the flight leaves less than the share it is to keep",
        elsewhere(ship=a_ship(fuel_current=390), policy=FleetPolicy(min_fuel_share=0.5)),
        Refuel(210),
    ),
    Case(
        "a docked ship whose tank suffices does not fill up",
        elsewhere(ship=a_ship(fuel_current=390, nav_status=NavStatus.DOCKED)),
        Orbit(),
    ),
    Case(
        "a ship in orbit does not dock just to top up",
        elsewhere(ship=a_ship(fuel_current=390, nav_status=NavStatus.IN_ORBIT), policy=FleetPolicy(min_fuel_share=0.5)),
        Navigate(THERE),
    ),
    Case(
        "where no fuel is sold it goes with what it has",
        elsewhere(
            ship=a_ship(fuel_current=120, nav_status=NavStatus.IN_ORBIT),
            hop=a_hop(fuel_sold_here=False),
        ),
        Navigate(THERE),
    ),
    Case(
        "a probe has no tank to fill",
        elsewhere(
            task=a_task_under_way(TaskType.OBSERVE, waypoint=THERE),
            ship=a_ship(fuel_current=0, fuel_capacity=0, cargo_capacity=0),
            hop=a_hop(fuel_needed=0),
        ),
        Orbit(),
    ),
    Case("a ship that has arrived docks", a_situation(ship=a_ship(nav_status=NavStatus.IN_ORBIT)), Dock()),
    Case(
        "a ship whose flight is over by now docks, whatever its row still says",
        a_situation(ship=a_flying_ship(until=NOW)),
        Dock(),
    ),
    Case("nothing is traded on an old quote", a_situation(market_seen=False, listing=None), LookAtMarket()),
    Case("it buys a trade volume at a time", a_situation(), Trade(IntentKind.BUY, "IRON", 20, ASK)),
    Case(
        "it buys no more than the task still wants",
        a_situation(task=a_task_under_way(quantity=45, units_moved=40, trades=1)),
        Trade(IntentKind.BUY, "IRON", 5, ASK),
    ),
    Case(
        "it buys no more than the hold takes",
        a_situation(ship=a_ship(cargo={"COPPER": 73})),
        Trade(IntentKind.BUY, "IRON", 7, ASK),
    ),
    Case("it is done when it has what the task wants", a_situation(task=a_task_under_way(units_moved=40)), Complete()),
    Case(
        "it is done when the hold is full",
        a_situation(task=a_task_under_way(quantity=120, units_moved=60), ship=a_ship(cargo={"IRON": 80})),
        Complete(),
    ),
    Case(
        "a scarce source is not bought from: the task parks",
        a_situation(listing=a_trade_good("IRON", supply=Supply.SCARCE)),
        Park("IRON is SCARCE at X1-PX-A1: bought from MODERATE on", after(minutes=5)),
    ),
    Case(
        "nor is a limited one",
        a_situation(listing=a_trade_good("IRON", supply=Supply.LIMITED)),
        Park("IRON is LIMITED at X1-PX-A1: bought from MODERATE on", after(minutes=5)),
    ),
    Case(
        "raw goods are under the same gate",
        a_situation(task=a_task_under_way(good="IRON_ORE"), listing=a_trade_good("IRON_ORE", supply=Supply.LIMITED)),
        Park("IRON_ORE is LIMITED at X1-PX-A1: bought from MODERATE on", after(minutes=5)),
    ),
    Case(
        "when the source runs low half-way, it goes on with what it has",
        a_situation(
            task=a_task_under_way(units_moved=20, trades=1),
            ship=a_ship(cargo={"IRON": 20}),
            listing=a_trade_good("IRON", supply=Supply.LIMITED),
        ),
        Complete(),
    ),
    Case(
        "at MODERATE two tranches are enough",
        a_situation(
            task=a_task_under_way(quantity=80, units_moved=40, trades=2),
            ship=a_ship(cargo={"IRON": 40}),
            listing=a_trade_good("IRON", supply=Supply.MODERATE),
        ),
        Complete(),
    ),
    Case(
        "an output that is not plentiful yet is not collected",
        a_situation(task=a_task_under_way(TaskType.COLLECT), listing=a_trade_good("IRON", supply=Supply.MODERATE)),
        Park("IRON is MODERATE at X1-PX-A1: bought from HIGH on", after(minutes=5)),
    ),
    Case(
        "a collection that began goes on while the output is MODERATE",
        a_situation(
            task=a_task_under_way(TaskType.COLLECT, quantity=60, units_moved=20, trades=1),
            ship=a_ship(cargo={"IRON": 20}),
            listing=a_trade_good("IRON", supply=Supply.MODERATE),
        ),
        Trade(IntentKind.BUY, "IRON", 20, a_trade_good("IRON", supply=Supply.MODERATE).quote.ask),
    ),
    Case(
        "a price above the plan's limit is not paid",
        a_situation(task=a_task_under_way(price_limit=ASK - 1)),
        Park(f"IRON costs {ASK} at X1-PX-A1: at most {ASK - 1} is paid", after(minutes=5)),
    ),
    Case(
        "nor is one far above what other markets ask",
        a_situation(price_ceiling=ASK - 1),
        Park(f"IRON costs {ASK} at X1-PX-A1: others make the limit {ASK - 1}", after(minutes=5)),
    ),
    Case(
        "the limit itself is paid",
        a_situation(task=a_task_under_way(price_limit=ASK)),
        Trade(IntentKind.BUY, "IRON", 20, ASK),
    ),
    Case(
        "a market that does not sell the good cannot serve the task",
        a_situation(listing=None),
        Fail("X1-PX-A1 does not deal in IRON"),
    ),
    Case(
        "a ship whose hold is full of other goods cannot buy",
        a_situation(ship=a_ship(cargo={"COPPER": 80})),
        Fail("the hold of HAULER-1 is full of other goods"),
    ),
    Case("it sells a trade volume at a time", selling(), Trade(IntentKind.SELL, "IRON", 20, BID)),
    Case(
        "it sells what is left",
        selling(ship=a_ship(cargo={"IRON": 7}), task=a_task_under_way(TaskType.SELL, quantity=50, units_moved=43)),
        Trade(IntentKind.SELL, "IRON", 7, BID),
    ),
    Case(
        "a sale is done when none of the good is left aboard",
        selling(ship=a_ship(cargo={"COPPER": 7}), task=a_task_under_way(TaskType.SELL, units_moved=50)),
        Complete(),
    ),
    Case(
        "a sale is not done while some of what it was to sell is aboard",
        selling(ship=a_ship(cargo={"IRON": 10}), task=a_task_under_way(TaskType.SELL, quantity=50, units_moved=40)),
        Trade(IntentKind.SELL, "IRON", 10, BID),
    ),
    Case(
        "it sells no more than it was to sell: the rest aboard is for others",
        selling(ship=a_ship(cargo={"IRON": 50}), task=a_task_under_way(TaskType.SELL, quantity=45, units_moved=40)),
        Trade(IntentKind.SELL, "IRON", 5, BID),
    ),
    Case(
        "a sale of goods that are not there is no success",
        selling(ship=a_ship()),
        Fail("HAULER-1 has no IRON aboard to sell"),
    ),
    Case(
        "it does not even fly to a sale with an empty hold",
        elsewhere(task=a_task_under_way(TaskType.SELL, waypoint=THERE)),
        Fail("HAULER-1 has no IRON aboard to sell"),
    ),
    Case(
        "below the plan's lowest bid it waits",
        selling(task=a_task_under_way(TaskType.SELL, price_limit=BID + 1)),
        Park(f"IRON brings {BID} at X1-PX-A1: sold from {BID + 1} on", after(minutes=5)),
    ),
    Case(
        "after an hour it takes the price there is",
        selling(task=a_task_under_way(TaskType.SELL, price_limit=BID + 1, started_at=NOW), now=after(minutes=61)),
        Trade(IntentKind.SELL, "IRON", 20, BID),
    ),
    Case(
        "stray cargo is sold at any price",
        selling(task=a_task_under_way(TaskType.LIQUIDATE)),
        Trade(IntentKind.SELL, "IRON", 20, BID),
    ),
    Case(
        "an observer looks without docking",
        a_situation(
            task=a_task_under_way(TaskType.OBSERVE),
            ship=a_ship(nav_status=NavStatus.IN_ORBIT),
            market_seen=False,
            listing=None,
        ),
        LookAtMarket(),
    ),
    Case(
        "an observer is done when it has looked",
        a_situation(task=a_task_under_way(TaskType.OBSERVE), listing=None),
        Complete(),
    ),
]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.words)
def test_what_a_ship_does_next(case: Case) -> None:
    assert next_action(case.here) == case.does


waypoints = st.sampled_from([HERE, THERE])
levels = st.sampled_from(Supply)
trading = st.sampled_from([each for each in TaskType if each.moves_cargo])


@st.composite
def situations(draw: st.DrawFn) -> Situation:
    """Any situation a ship may be in."""
    type_ = draw(trading)
    moved = draw(st.integers(0, 120))
    task = a_task_under_way(
        type_,
        waypoint=draw(waypoints),
        quantity=draw(st.integers(1, 120)),
        units_moved=moved,
        trades=draw(st.integers(1, 6)) if moved else 0,
        price_limit=draw(st.none() | st.integers(1, 400)),
    )
    iron = draw(st.integers(0, 80))
    ship = a_ship(
        waypoint=draw(waypoints),
        cargo={good: units for good, units in (("IRON", iron), ("COPPER", draw(st.integers(0, 80 - iron)))) if units},
        fuel_current=draw(st.integers(0, 600)),
        nav_status=draw(st.sampled_from(NavStatus)),
        arrival_at=after(minutes=draw(st.integers(-30, 30))),
    )
    flying, away = ship.is_flying(NOW), ship.waypoint != task.waypoint
    seen = draw(st.booleans()) and not flying and not away
    listing = a_trade_good(
        "IRON",
        ListingType.EXPORT if type_.buys else ListingType.IMPORT,
        draw(levels),
        trade_volume=draw(st.sampled_from([6, 20, 60])),
    )
    return Situation(
        task=task,
        ship=ship,
        now=NOW,
        hop=a_hop(to=task.waypoint, fuel_needed=draw(st.integers(0, 600))) if away and not flying else None,
        market_seen=seen,
        listing=listing if seen and draw(st.booleans()) else None,
        policy=POLICY,
    )


@given(situations())
def test_a_purchase_never_exceeds_trade_volume_hold_or_task(here: Situation) -> None:
    action = next_action(here)
    if isinstance(action, Trade) and action.kind is IntentKind.BUY:
        assert here.listing is not None
        assert 1 <= action.units <= here.listing.trade_volume
        assert action.units <= here.ship.cargo_free
        assert here.task.units_moved + action.units <= here.task.quantity


@given(situations())
def test_nothing_is_ever_bought_at_scarce_or_limited(here: Situation) -> None:
    if here.listing is not None and here.listing.supply in (Supply.SCARCE, Supply.LIMITED):
        action = next_action(here)
        assert not (isinstance(action, Trade) and action.kind is IntentKind.BUY)


@given(situations())
def test_a_sale_never_exceeds_trade_volume_or_what_is_aboard(here: Situation) -> None:
    action = next_action(here)
    if isinstance(action, Trade) and action.kind is IntentKind.SELL:
        assert here.listing is not None
        assert 1 <= action.units <= here.listing.trade_volume
        assert action.units <= here.ship.units_of(action.good)
        assert here.task.units_moved + action.units <= here.task.quantity


@given(situations())
def test_trades_are_made_docked_at_the_market_that_was_just_seen(here: Situation) -> None:
    action = next_action(here)
    if isinstance(action, Trade):
        assert here.market_seen
        assert here.ship.waypoint == here.task.waypoint
        assert here.ship.nav_status is NavStatus.DOCKED
        assert here.listing is not None
        assert action.unit_price in (here.listing.quote.ask, here.listing.quote.bid)


@given(situations())
def test_nothing_completes_with_nothing_moved(here: Situation) -> None:
    if here.task.units_moved == 0:
        assert next_action(here) != Complete()


@given(situations())
def test_a_sale_never_completes_with_some_of_it_still_to_sell_aboard(here: Situation) -> None:
    task = here.task
    if task.type.sells and task.units_moved < task.quantity and here.ship.units_of("IRON"):
        assert next_action(here) != Complete()


@given(situations())
def test_a_ship_in_transit_always_waits_for_its_arrival(here: Situation) -> None:
    ship = replace(here.ship, nav_status=NavStatus.IN_TRANSIT, arrival_at=after(minutes=7))
    assert next_action(replace(here, ship=ship)) == WaitUntil(after(minutes=7))


@given(situations(), st.sampled_from([Supply.SCARCE, Supply.LIMITED]))
def test_a_limit_of_no_tranches_buys_nothing(here: Situation, level: Supply) -> None:
    # A gate so strict that even the best level gives no tranche: none means none, not "no limit".
    closed = replace(POLICY, source_gate=Supply.ABUNDANT, collect_gate=Supply.SCARCE)
    assert closed.tranches(level) == 0
    seen = replace(here, policy=closed, listing=a_trade_good("IRON", supply=level))
    action = next_action(seen)
    assert not (isinstance(action, Trade) and action.kind is IntentKind.BUY)


@given(situations())
def test_waiting_is_never_without_an_end_and_a_reason(here: Situation) -> None:
    action = next_action(here)
    if isinstance(action, Park):
        assert action.until > NOW
        assert action.reason


@pytest.mark.parametrize("supply", Supply)
def test_buying_begins_at_moderate_and_collecting_at_high(supply: Supply) -> None:
    made = a_listing("IRON", ListingType.EXPORT, supply)
    assert supply_allows(a_task(TaskType.ACQUIRE), made, POLICY) is supply.at_least(Supply.MODERATE)
    assert supply_allows(a_task(TaskType.COLLECT), made, POLICY) is supply.at_least(Supply.HIGH)


@pytest.mark.parametrize("supply", Supply)
def test_a_haul_draws_on_an_exchange_at_any_supply_and_production_does_not(supply: Supply) -> None:
    ore = a_listing("IRON_ORE", ListingType.EXCHANGE, supply)
    assert supply_allows(a_task(TaskType.ACQUIRE, good="IRON_ORE"), ore, POLICY)
    leg = a_task(TaskType.ACQUIRE, good="IRON_ORE", factory_symbol="X1-PX-A1")
    assert supply_allows(leg, ore, POLICY) is supply.at_least(Supply.MODERATE)


def test_a_supply_nobody_has_seen_opens_no_gate() -> None:
    assert not supply_allows(a_task(TaskType.ACQUIRE), an_unseen_listing(at="X1-PX-A1"), POLICY)
