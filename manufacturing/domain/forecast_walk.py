"""The walk of a forecast: a plan carried out on paper, trade by trade (docs/domain.md, "Forecasts").

Ships set out, gates open when the stocks behind them have moved far enough, and every transaction is priced by what the
listing will quote at that moment. It buys, stops and sells by the same rules as a ship at work, so what it forecasts is
what the fleet would do if nothing unforeseen happened.
"""

import dataclasses
import heapq
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from manufacturing.domain.execution import wants_fuel
from manufacturing.domain.expected_listing import ExpectedListing
from manufacturing.domain.facts import base_prices
from manufacturing.domain.manufacturing_task import TaskType
from manufacturing.domain.market_drift import activity_of_output
from manufacturing.domain.market_listing import MarketListing
from manufacturing.domain.opportunity import PipelinePlan, TaskDraft
from manufacturing.domain.policy import FleetPolicy
from manufacturing.domain.prices import Supply
from manufacturing.domain.production_rates import ProductionRates
from manufacturing.domain.routing import Router
from manufacturing.domain.ship import Ship
from manufacturing.domain.system_markets import SystemMarkets
from manufacturing.domain.travel import refuel_units, travel_seconds
from manufacturing.domain.universe import NavStatus

#: Docking, looking at the market and trading, in game seconds for each task.
_PORT_SECONDS: Final = 2.0
#: The way of a ship that is busy now to a task that begins later, in game seconds.
_APPROACH_SECONDS: Final = 240.0
#: Waiting for a gate is followed in steps of this …
_STEP: Final = timedelta(minutes=5)
#: … and no further than this.
_HORIZON: Final = timedelta(hours=12)


@dataclass(frozen=True, slots=True, kw_only=True)
class Outlook:
    """What a forecast is made on."""

    markets: SystemMarkets
    haulers: Sequence[Ship]
    """The ships that may haul; at least one."""
    router: Router
    policy: FleetPolicy
    now: datetime
    rates: ProductionRates
    """What was learned of how fast listings move."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Leg:
    """Goods of one kind from where they are bought to where they are sold."""

    good: str
    source: str
    """The waypoint they are bought at; for goods of the pool, where their holder waits."""
    sink: str
    units: int
    cost: int
    """Of these units, in credits."""
    revenue: int
    bought_at: datetime
    sold_at: datetime

    @property
    def profit(self) -> int:
        """Revenue less cost, in credits."""
        return self.revenue - self.cost


@dataclass(kw_only=True)
class Walk:
    """What came of carrying a plan out on paper. Money in credits, durations in game seconds."""

    begun_at: datetime
    ended_at: datetime
    legs: list[Leg] = field(default_factory=list)
    """In the order in which they are sold."""
    fuel_cost: int = 0
    ship_seconds: float = 0.0
    """Of all ships together, flights and time in port."""
    waiting_seconds: float = 0.0
    """From when a task could have begun until its gate opened, the longest such wait."""
    listings: list[MarketListing] = field(default_factory=list)
    """Every listing that was traded with, as it was last seen."""
    notes: list[str] = field(default_factory=list)
    """What would not be carried out, and why."""

    @property
    def cost(self) -> int:
        """Of everything that is sold, with the fuel."""
        return sum(leg.cost for leg in self.legs) + self.fuel_cost

    @property
    def revenue(self) -> int:
        """Of all sales."""
        return sum(leg.revenue for leg in self.legs)

    @property
    def elapsed_seconds(self) -> float:
        """From now until the last sale."""
        return (self.ended_at - self.begun_at).total_seconds()


def walk(plan: PipelinePlan, outlook: Outlook) -> Walk:
    """Carries ``plan`` out on paper. ValueError when there is no hauler, or a listing it needs was never seen."""
    if not outlook.haulers:
        raise ValueError("there is no ship to haul")
    return _Walker(plan.tasks, outlook).run()


@dataclass
class _Carrier:
    """A ship of the walk, and what it has aboard."""

    ship: Ship
    """Where it is, and with how much fuel."""
    at: datetime
    good: str = ""
    source: str = ""
    units: int = 0
    cost: int = 0
    bought_at: datetime | None = None


class _Walker:
    def __init__(self, drafts: Sequence[TaskDraft], outlook: Outlook) -> None:
        self._drafts = drafts
        self._outlook = outlook
        self._policy = outlook.policy
        self._listings: dict[tuple[str, str], ExpectedListing] = {}
        self._carriers: dict[int, _Carrier] = {}
        self._carries_on: dict[int, int] = {
            draft.same_ship_as: position for position, draft in enumerate(drafts) if draft.same_ship_as is not None
        }
        self._free = [ship for ship in outlook.haulers if ship.container_id is None and not ship.cargo_units]
        self._walk = Walk(begun_at=outlook.now, ended_at=outlook.now)

    def run(self) -> Walk:
        ended: dict[int, datetime] = {}
        due = [(self._outlook.now, position) for position, draft in enumerate(self._drafts) if not draft.depends_on]
        heapq.heapify(due)
        while due:
            moment, position = heapq.heappop(due)
            ended[position] = self._carry_out(position, moment)
            for later, draft in enumerate(self._drafts):
                if position in draft.depends_on and all(needed in ended for needed in draft.depends_on):
                    heapq.heappush(due, (max(ended[needed] for needed in draft.depends_on), later))
        walked = self._walk
        walked.listings = [self._listings[key].seen for key in sorted(self._listings)]
        return walked

    def _carry_out(self, position: int, moment: datetime) -> datetime:
        """When the draft at ``position`` has ended, which may begin at ``moment``."""
        draft = self._drafts[position]
        if draft.type.buys:
            return self._buy(position, draft, moment)
        carrier = self._carriers.get(position)
        if draft.lot_id is not None:
            carrier = self._holder_of_lot(draft, moment)
        if carrier is None or not carrier.units:
            return moment
        return self._sell(draft, carrier)

    def _buy(self, position: int, draft: TaskDraft, moment: datetime) -> datetime:
        listing = self._listing(draft.waypoint, draft.good)
        opened = self._gate_opens(position, draft, listing, moment)
        if opened is None:
            self._walk.notes.append(f"{draft.good} at {draft.waypoint} would not be bought")
            return moment
        self._walk.waiting_seconds = max(self._walk.waiting_seconds, (opened - moment).total_seconds())
        carrier = self._next_ship(draft, opened)
        self._fly(carrier, draft.waypoint)
        listing.wait_until(carrier.at)
        carrier.good, carrier.source, carrier.bought_at = draft.good, draft.waypoint, carrier.at
        trades = 0
        wanted = min(draft.quantity, carrier.ship.cargo_capacity)
        # The gate was open when the ship set out: one transaction at least is made.
        while carrier.units < wanted and (not trades or self._buys_more(draft, listing, trades)):
            rung = listing.book_purchase(wanted - carrier.units)
            carrier.units += rung.units
            carrier.cost += rung.units * rung.price
            trades += 1
        if position in self._carries_on:
            self._carriers[self._carries_on[position]] = carrier
        return carrier.at

    def _buys_more(self, draft: TaskDraft, listing: ExpectedListing, trades: int) -> bool:
        if trades >= self._policy.tranches(self._counted_supply(draft, listing)):
            return False
        return draft.price_limit is None or listing.quote.ask <= draft.price_limit

    def _counted_supply(self, draft: TaskDraft, listing: ExpectedListing) -> Supply:
        return self._policy.counted_supply(listing.seen.type, listing.supply, hauled=draft.is_hauled)

    def _gate_opens(
        self, position: int, draft: TaskDraft, listing: ExpectedListing, moment: datetime
    ) -> datetime | None:
        """The first moment from ``moment`` on at which the draft's gate is open, None when it stays closed."""
        collects = draft.type is TaskType.COLLECT
        patience = _HORIZON if collects else self._policy.leg_patience
        inputs = self._inputs(draft) if collects else []
        sink = self._saturable_sink(position) if collects else None
        gate = self._policy.collect_gate if collects else self._policy.source_gate
        at = moment
        while at - moment <= patience:
            self._bring_to(at, listing, inputs, sink)
            dear = draft.price_limit is not None and listing.quote.ask > draft.price_limit
            saturated = sink is not None and sink.supply.at_least(Supply.HIGH)
            if self._counted_supply(draft, listing).at_least(gate) and not dear and not saturated:
                return at
            if not listing.is_exact:
                # Nothing tells when it will: as the fleet's plan has it, now.
                return moment
            at += _STEP
        return None

    def _bring_to(
        self, at: datetime, listing: ExpectedListing, inputs: list[ExpectedListing], sink: ExpectedListing | None
    ) -> None:
        """A factory works as its worst input lets it, which is being used up meanwhile."""
        for each in inputs:
            each.wait_until(at)
        if sink is not None:
            sink.wait_until(at)
        if inputs:
            listing.activity = activity_of_output(min((i.supply for i in inputs), key=lambda supply: supply.rank))
        listing.wait_until(at)

    def _inputs(self, draft: TaskDraft) -> list[ExpectedListing]:
        """The inputs of the factory a draft collects from, where they are fed by this plan."""
        fed = {d.good for d in self._drafts if d.type is TaskType.DELIVER and d.waypoint == draft.waypoint}
        needed = self._outlook.markets.recipes.get(draft.good, ())
        if not fed.intersection(needed):
            return []
        known = (self._outlook.markets.listing(draft.waypoint, good) for good in needed)
        return [self._listing(seen.waypoint, seen.good) for seen in known if seen is not None and seen.is_known]

    def _saturable_sink(self, position: int) -> ExpectedListing | None:
        """The market where a product is sold: it is not collected while that has plenty."""
        selling = self._carries_on.get(position)
        if selling is None or self._drafts[selling].type is not TaskType.SELL:
            return None
        return self._listing(self._drafts[selling].waypoint, self._drafts[selling].good)

    def _sell(self, draft: TaskDraft, carrier: _Carrier) -> datetime:
        listing = self._listing(draft.waypoint, draft.good)
        self._fly(carrier, draft.waypoint)
        listing.wait_until(carrier.at)
        units = min(draft.quantity, carrier.units)
        sold = revenue = 0
        while sold < units:
            rung = listing.book_sale(units - sold)
            sold += rung.units
            revenue += rung.units * rung.price
        # What stays aboard is worth what it cost: it is neither cost nor revenue of this.
        cost = round(carrier.cost * sold / carrier.units)
        self._walk.legs.append(
            Leg(
                good=draft.good,
                source=carrier.source,
                sink=draft.waypoint,
                units=sold,
                cost=cost,
                revenue=revenue,
                bought_at=carrier.bought_at or carrier.at,
                sold_at=carrier.at,
            )
        )
        carrier.units -= sold
        carrier.cost -= cost
        self._walk.ended_at = max(self._walk.ended_at, carrier.at)
        return carrier.at

    def _holder_of_lot(self, draft: TaskDraft, moment: datetime) -> _Carrier | None:
        lot = next((lot for lot in self._outlook.markets.lots if lot.id == draft.lot_id), None)
        holder = next((ship for ship in self._outlook.haulers if ship.symbol == draft.bound_ship), None)
        if lot is None or holder is None:
            self._walk.notes.append(f"{draft.good} of the pool is not there")
            return None
        return _Carrier(
            holder,
            moment,
            good=lot.good,
            source=lot.waypoint,
            units=draft.quantity,
            cost=draft.quantity * lot.unit_cost,
            bought_at=moment,
        )

    def _next_ship(self, draft: TaskDraft, moment: datetime) -> _Carrier:
        """The ship that will take a draft: its own, else the free one that is there first, else one of the usual kind
        that comes from somewhere."""
        if draft.bound_ship is not None:
            bound = [ship for ship in self._outlook.haulers if ship.symbol == draft.bound_ship]
            if bound:
                return self._from_where_it_is(bound[0], moment)
        if self._free and moment <= self._outlook.now:
            # A task is meant for a ship that can take it whole.
            able = [ship for ship in self._free if ship.cargo_capacity >= draft.quantity] or self._free
            nearest = min(able, key=lambda ship: (self._arrival(ship, draft.waypoint), ship.symbol))
            self._free.remove(nearest)
            return self._from_where_it_is(nearest, moment)
        self._walk.ship_seconds += _APPROACH_SECONDS
        return _Carrier(self._usual_ship(draft.waypoint), moment + timedelta(seconds=_APPROACH_SECONDS))

    def _from_where_it_is(self, ship: Ship, moment: datetime) -> _Carrier:
        flying = ship.arrival_at if ship.is_flying(self._outlook.now) else None
        return _Carrier(ship, max(moment, flying) if flying is not None else moment)

    def _arrival(self, ship: Ship, waypoint: str) -> datetime:
        way = self._outlook.router.travel_time(ship, waypoint)
        return self._from_where_it_is(ship, self._outlook.now).at + way

    def _usual_ship(self, waypoint: str) -> Ship:
        """A ship of the fleet's usual kind that has come to ``waypoint``."""
        by_size = sorted(self._outlook.haulers, key=lambda ship: (ship.cargo_capacity, ship.speed, ship.symbol))
        usual = by_size[len(by_size) // 2]
        # A tank is filled when it is low, so that it is somewhere between.
        filled = round(usual.fuel_capacity * (1 + self._policy.min_fuel_share) / 2)
        return dataclasses.replace(usual, waypoint=waypoint, fuel_current=filled, nav_status=NavStatus.DOCKED)

    def _fly(self, carrier: _Carrier, waypoint: str) -> None:
        """Takes the ship to a waypoint, with the fuel stops and fillings that it would make, and into port there."""
        seconds = _PORT_SECONDS
        while carrier.ship.waypoint != waypoint:
            seconds += self._hop(carrier, waypoint)
        carrier.ship = dataclasses.replace(carrier.ship, nav_status=NavStatus.DOCKED)
        carrier.at += timedelta(seconds=seconds)
        self._walk.ship_seconds += seconds

    def _hop(self, carrier: _Carrier, destination: str) -> float:
        """The next flight on the way: the seconds it takes."""
        ship = carrier.ship
        hop = self._outlook.router.next_hop(ship, destination)
        fuel = ship.fuel_current
        if ship.fuel_capacity and hop.fuel_sold_here and wants_fuel(ship, hop, self._policy):
            self._walk.fuel_cost += refuel_units(ship.fuel_capacity - fuel) * self._fuel_price(ship.waypoint)
            fuel = ship.fuel_capacity
        span = max(1, self._outlook.markets.distance(ship.waypoint, hop.waypoint))
        carrier.ship = dataclasses.replace(
            ship,
            waypoint=hop.waypoint,
            fuel_current=max(0, fuel - hop.fuel_needed),
            nav_status=NavStatus.IN_ORBIT,
        )
        return travel_seconds(span, hop.mode, ship.speed)

    def _fuel_price(self, waypoint: str) -> int:
        listing = self._outlook.markets.listing(waypoint, "FUEL")
        return base_prices()["FUEL"] if listing is None or listing.ask is None else listing.ask

    def _listing(self, waypoint: str, good: str) -> ExpectedListing:
        key = (waypoint, good)
        if key not in self._listings:
            seen = self._outlook.markets.soon(waypoint, good)
            if seen is None:
                raise ValueError(f"{waypoint} does not deal in {good}")
            listing = ExpectedListing(seen, self._outlook.rates)
            # Since it was seen, markets have gone on.
            listing.wait_until(self._outlook.now)
            self._listings[key] = listing
        return self._listings[key]
