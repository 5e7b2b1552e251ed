"""PipelinePlanner: how an opportunity would be taken (docs/domain.md, "Planning")."""

from collections.abc import Collection
from dataclasses import dataclass, field

from manufacturing.domain.facts import base_prices, raw_goods
from manufacturing.domain.feeding_value import FeedingValues
from manufacturing.domain.intermediate_good_pool import PoolLot
from manufacturing.domain.load import Load, best_load, room_until_high, units_in_one_visit
from manufacturing.domain.manufacturing_pipeline import PipelineKind
from manufacturing.domain.manufacturing_task import TaskType
from manufacturing.domain.market_listing import MarketListing, Place
from manufacturing.domain.opportunity import ManufacturingOpportunity, PipelinePlan, TaskDraft
from manufacturing.domain.policy import FleetPolicy
from manufacturing.domain.price_ladder import sale_rungs
from manufacturing.domain.prices import Supply
from manufacturing.domain.system_markets import SystemMarkets
from manufacturing.domain.travel import FlightMode, fuel_cost, travel_seconds

#: What a leg takes besides its flight, in game seconds: the way to its source and the time in port.
_APPROACH_SECONDS = 240.0
_SOURCE_BONUS = {Supply.ABUNDANT: 30, Supply.HIGH: 20}


@dataclass
class _Draft:
    """A plan in the making."""

    markets: SystemMarkets
    sink: MarketListing
    feeding: FeedingValues
    hold: int
    """Units the largest hold takes."""
    speed: int
    kept: Collection[Place]
    """The factories that are left to the hauls."""
    tasks: list[TaskDraft] = field(default_factory=list)
    cycles: dict[tuple[str, str], list[str]] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    lots_taken: set[int] = field(default_factory=set)
    cost: int = 0
    revenue: int = 0
    seconds: float = 0.0
    feeding_value: float = 0.0

    def add_trip(self, load: Load, origin: str, destination: str) -> None:
        span = max(1, self.markets.distance(origin, destination))
        fuel_units = fuel_cost(span, FlightMode.CRUISE) / 100
        self.cost += load.cost + round(fuel_units * base_prices()["FUEL"])
        self.revenue += load.revenue
        self.seconds += _APPROACH_SECONDS + travel_seconds(span, FlightMode.CRUISE, self.speed)


class PipelinePlanner:
    """Turns an opportunity into tasks: what to buy where, deliver, collect and sell."""

    def __init__(self, policy: FleetPolicy) -> None:
        self._policy = policy

    def plan(
        self,
        opportunity: ManufacturingOpportunity,
        markets: SystemMarkets,
        feeding: FeedingValues,
        *,
        hold: int,
        speed: int,
        kept: Collection[Place] = (),
    ) -> PipelinePlan | None:
        """The most profitable plan over all factories of the good, or None when none is worth it.

        ``feeding`` says what deliveries are worth to factories, ``hold`` is the largest hold of the fleet in units,
        ``speed`` its usual engine speed. Factories that are ``kept`` are left to the hauls: a pipeline neither feeds
        them nor takes what they make.
        """
        plans = [
            plan
            for factory in markets.factories(opportunity.good)
            if factory.place not in kept
            and (
                plan := self._plan_with(
                    factory,
                    opportunity,
                    _Draft(markets=markets, sink=opportunity.sink, feeding=feeding, hold=hold, speed=speed, kept=kept),
                )
            )
        ]
        worthwhile = [p for p in plans if p.profit > self._policy.min_margin * p.revenue]
        return max(worthwhile, key=lambda p: (p.worth_per_ship_hour, p.factory_symbol), default=None)

    def best_source(
        self,
        markets: SystemMarkets,
        good: str,
        sink: MarketListing,
        hold: int,
        kept: Collection[Place] = (),
    ) -> tuple[MarketListing, Load] | None:
        """Where to buy an input for ``sink`` now: plentiful first, then busy, then cheap, then near. None when no
        source passes the gate or none leaves a profit. What ``kept`` factories make is not for pipelines."""
        gate = self._policy.source_gate
        candidates = [
            source
            for source in markets.sources(good)
            if source.waypoint != sink.waypoint
            and source.place not in kept
            and source.supply is not None
            and source.supply.at_least(gate)
        ]
        candidates.sort(key=lambda source: self._rank(markets, source, sink))
        for source in candidates:
            load = self._load(source, sink, hold)
            if load is not None:
                return source, load
        return None

    @staticmethod
    def _rank(markets: SystemMarkets, source: MarketListing, sink: MarketListing) -> tuple[int, int, int, int, str]:
        supply = source.supply.rank if source.supply is not None else 0
        activity = source.activity.rank if source.activity is not None else 0
        way = markets.distance(source.waypoint, sink.waypoint)
        return -supply, -activity, source.quote.ask, way, source.waypoint

    def _plan_with(
        self, factory: MarketListing, opportunity: ManufacturingOpportunity, draft: _Draft
    ) -> PipelinePlan | None:
        sink = opportunity.sink
        assert factory.supply is not None
        collecting = factory.supply.at_least(self._policy.collect_gate)
        # A factory that is still to be fed is priced as it stands: dearer than it will be, so on the safe side.
        at_most = min(draft.hold, units_in_one_visit(factory, self._policy, Supply.HIGH if not collecting else None))
        load = best_load(factory.terms, sink.terms, at_most=at_most, min_margin=self._policy.min_margin)
        if load is None:
            return None
        draft.cycles[(factory.waypoint, factory.good)] = []
        deliveries: list[int] = []
        if not collecting:
            fed = self._feed(factory, draft, depth=1)
            if fed is None:
                return None
            deliveries = fed
        surplus = self._surplus(draft, factory, load) if collecting else 0
        collect = self._add_collect(draft, factory, load, deliveries)
        draft.tasks.append(
            TaskDraft(
                type=TaskType.SELL,
                good=sink.good,
                waypoint=sink.waypoint,
                quantity=load.units - surplus,
                quoted_price=sink.quote.bid,
                price_limit=self._lowest_bid(load, self._policy.sink_slack),
                depends_on=[collect],
                same_ship_as=collect,
            )
        )
        draft.add_trip(load, factory.waypoint, sink.waypoint)
        return PipelinePlan(
            opportunity=opportunity,
            kind=PipelineKind.COLLECTION if collecting else PipelineKind.FABRICATION,
            factory_symbol=factory.waypoint,
            quantity=load.units,
            tasks=draft.tasks,
            cycles=draft.cycles,
            cost=draft.cost,
            revenue=draft.revenue,
            ship_seconds=draft.seconds,
            feeding_value=round(draft.feeding_value),
            notes=draft.notes,
        )

    def _surplus(self, draft: _Draft, factory: MarketListing, load: Load) -> int:
        """Units of the load that are worth more as some factory's input than in the flooded end of its sink: whole
        tranches that go into the pool, at least one being left to sell."""
        sink, tranche = draft.sink, factory.trade_volume or 0
        if not self._policy.pool or not tranche:
            return 0
        best_units, best_gain = 0, 0.0
        for needy in draft.markets.sinks(factory.good):
            if needy.waypoint == sink.waypoint or not self._lacks(draft, needy):
                continue
            for units in range(tranche, min(load.units - tranche, room_until_high(needy.terms)) + 1, tranche):
                gain = _revenue(needy, units) - (load.revenue - _revenue(sink, load.units - units))
                if gain > max(best_gain, self._policy.min_margin * _revenue(needy, units)):
                    best_units, best_gain = units, gain
        return best_units

    @staticmethod
    def _lacks(draft: _Draft, needy: MarketListing) -> bool:
        return needy.supply in (Supply.SCARCE, Supply.LIMITED) and draft.markets.feeds_a_factory(needy)

    def _feed(self, factory: MarketListing, draft: _Draft, depth: int) -> list[int] | None:
        """Drafts the legs that bring a factory its inputs; the positions of their DELIVERs, or None when it lacks an
        input and not one leg can be made."""
        deliveries: list[int] = []
        lacking = False
        for needed in draft.markets.recipes.get(factory.good, ()):
            sink = draft.markets.listing(factory.waypoint, needed)
            if sink is None or not sink.is_known or sink.supply is None:
                draft.notes.append(f"{needed} at {factory.waypoint} was never seen")
                continue
            if sink.supply.at_least(Supply.HIGH):
                continue
            lacking = True
            delivery = self._bring(needed, sink, factory, draft, depth)
            if delivery is None:
                draft.notes.append(f"no plentiful source of {needed} for {factory.waypoint}")
                continue
            deliveries.append(delivery)
            draft.cycles[(factory.waypoint, factory.good)].append(needed)
        return deliveries if deliveries or not lacking else None

    def _bring(self, needed: str, sink: MarketListing, factory: MarketListing, draft: _Draft, depth: int) -> int | None:
        lot = self._best_lot(draft, needed, sink)
        if lot is not None:
            return self._add_deliver_from_pool(draft, lot, sink, factory)
        bought = self.best_source(draft.markets, needed, sink, draft.hold, draft.kept)
        if bought is not None:
            source, load = bought
            draft.tasks.append(
                TaskDraft(
                    type=TaskType.ACQUIRE,
                    good=needed,
                    waypoint=source.waypoint,
                    quantity=load.units,
                    quoted_price=source.quote.ask,
                    price_limit=self._highest_ask(load),
                    factory_symbol=factory.waypoint,
                    output_good=factory.good,
                    source_bonus=_SOURCE_BONUS.get(source.supply or Supply.MODERATE, 0),
                )
            )
            return self._add_deliver(draft, len(draft.tasks) - 1, load, source, sink, factory)
        if depth >= self._policy.max_depth or needed in raw_goods():
            return None
        return self._make(needed, sink, factory, draft, depth)

    @staticmethod
    def _best_lot(draft: _Draft, needed: str, sink: MarketListing) -> PoolLot | None:
        """The nearest lot of the pool that is worth delivering to ``sink``."""
        if not room_until_high(sink.terms):
            return None
        able = [
            lot
            for lot in draft.markets.lots
            if lot.good == needed and lot.unit_cost <= sink.quote.bid and lot.id not in draft.lots_taken
        ]
        return min(able, key=lambda lot: (draft.markets.distance(lot.waypoint, sink.waypoint), lot.id), default=None)

    def _add_deliver_from_pool(self, draft: _Draft, lot: PoolLot, sink: MarketListing, factory: MarketListing) -> int:
        units = min(lot.free_units, room_until_high(sink.terms))
        rungs = list(sale_rungs(sink, units))
        load = Load(
            units=units,
            cost=units * lot.unit_cost,
            revenue=_revenue(sink, units),
            last_ask=lot.unit_cost,
            last_bid=rungs[-1].price,
        )
        draft.tasks.append(
            TaskDraft(
                type=TaskType.DELIVER,
                good=sink.good,
                waypoint=sink.waypoint,
                quantity=units,
                quoted_price=sink.quote.bid,
                price_limit=self._lowest_bid(load, self._policy.sink_slack),
                factory_symbol=factory.waypoint,
                output_good=factory.good,
                lot_id=lot.id,
                bound_ship=lot.holder_ship,
            )
        )
        draft.add_trip(load, lot.waypoint, sink.waypoint)
        draft.notes.append(f"{units} {lot.good} aboard {lot.holder_ship} are taken from the pool")
        draft.lots_taken.add(lot.id)
        return len(draft.tasks) - 1

    def _make(self, needed: str, sink: MarketListing, factory: MarketListing, draft: _Draft, depth: int) -> int | None:
        """Feeds a factory of the input first, then collects there and delivers here."""
        for maker in sorted(
            draft.markets.factories(needed),
            key=lambda m: (draft.markets.distance(m.waypoint, sink.waypoint), m.waypoint),
        ):
            key = (maker.waypoint, maker.good)
            if maker.waypoint == factory.waypoint or key in draft.cycles or key in draft.kept:
                continue
            load = self._load(maker, sink, draft.hold, Supply.HIGH)
            if load is None:
                continue
            mark = len(draft.tasks), draft.cost, draft.revenue, draft.seconds, draft.feeding_value
            draft.cycles[key] = []
            fed = self._feed(maker, draft, depth + 1)
            if fed:
                collect = self._add_collect(draft, maker, load, fed)
                return self._add_deliver(draft, collect, load, maker, sink, factory)
            del draft.cycles[key]
            del draft.tasks[mark[0] :]
            draft.cost, draft.revenue, draft.seconds, draft.feeding_value = mark[1:]
        return None

    def _add_collect(self, draft: _Draft, factory: MarketListing, load: Load, deliveries: list[int]) -> int:
        draft.tasks.append(
            TaskDraft(
                type=TaskType.COLLECT,
                good=factory.good,
                waypoint=factory.waypoint,
                quantity=load.units,
                quoted_price=factory.quote.ask,
                price_limit=self._highest_ask(load),
                factory_symbol=factory.waypoint,
                output_good=factory.good,
                depends_on=deliveries,
            )
        )
        return len(draft.tasks) - 1

    def _add_deliver(
        self,
        draft: _Draft,
        carried_by: int,
        load: Load,
        source: MarketListing,
        sink: MarketListing,
        factory: MarketListing,
    ) -> int:
        draft.tasks.append(
            TaskDraft(
                type=TaskType.DELIVER,
                good=sink.good,
                waypoint=sink.waypoint,
                quantity=load.units,
                quoted_price=sink.quote.bid,
                price_limit=self._lowest_bid(load, self._policy.sink_slack),
                factory_symbol=factory.waypoint,
                output_good=factory.good,
                depends_on=[carried_by],
                same_ship_as=carried_by,
            )
        )
        draft.add_trip(load, source.waypoint, sink.waypoint)
        draft.feeding_value += load.units * draft.feeding.of(sink)
        return len(draft.tasks) - 1

    def _load(self, source: MarketListing, sink: MarketListing, hold: int, supply: Supply | None = None) -> Load | None:
        at_most = min(hold, units_in_one_visit(source, self._policy, supply), room_until_high(sink.terms))
        return best_load(source.terms, sink.terms, at_most=at_most, min_margin=0.0) if at_most > 0 else None

    def _highest_ask(self, load: Load) -> int:
        return round(load.last_ask * (1 + self._policy.price_slack))

    @staticmethod
    def _lowest_bid(load: Load, slack: float) -> int:
        return max(1, round(load.last_bid * (1 - slack)))


def _revenue(sink: MarketListing, units: int) -> int:
    return sum(rung.units * rung.price for rung in sale_rungs(sink, units))
