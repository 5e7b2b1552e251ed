"""PipelinePlanner: how an opportunity would be taken (docs/domain.md, "Planning")."""

from dataclasses import dataclass, field

from manufacturing.domain.facts import base_prices, raw_goods
from manufacturing.domain.feeding_value import FeedingValues
from manufacturing.domain.intermediate_good_pool import PoolLot
from manufacturing.domain.manufacturing_pipeline import PipelineKind
from manufacturing.domain.manufacturing_task import TaskType
from manufacturing.domain.market_listing import MarketListing
from manufacturing.domain.opportunity import ManufacturingOpportunity, PipelinePlan, TaskDraft
from manufacturing.domain.policy import FleetPolicy
from manufacturing.domain.price_ladder import Haul, best_haul, known_stock, sale_rungs
from manufacturing.domain.prices import Supply, supply_label
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
    tasks: list[TaskDraft] = field(default_factory=list)
    cycles: dict[tuple[str, str], list[str]] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    lots_taken: set[int] = field(default_factory=set)
    cost: int = 0
    revenue: int = 0
    seconds: float = 0.0
    feeding_value: float = 0.0

    def add_haul(self, haul: Haul, origin: str, destination: str) -> None:
        span = max(1, self.markets.distance(origin, destination))
        fuel_units = fuel_cost(span, FlightMode.CRUISE) / 100
        self.cost += haul.cost + round(fuel_units * base_prices()["FUEL"])
        self.revenue += haul.revenue
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
    ) -> PipelinePlan | None:
        """The most profitable plan over all factories of the good, or None when none is worth it.

        ``feeding`` says what deliveries are worth to factories, ``hold`` is the largest hold of the fleet in units,
        ``speed`` its usual engine speed.
        """
        plans = [
            plan
            for factory in markets.factories(opportunity.good)
            if (
                plan := self._plan_with(
                    factory,
                    opportunity,
                    _Draft(markets=markets, sink=opportunity.sink, feeding=feeding, hold=hold, speed=speed),
                )
            )
        ]
        worthwhile = [p for p in plans if p.profit > self._policy.min_margin * p.revenue]
        return max(worthwhile, key=lambda p: (p.worth_per_ship_hour, p.factory_symbol), default=None)

    def best_source(
        self, markets: SystemMarkets, good: str, sink: MarketListing, hold: int
    ) -> tuple[MarketListing, Haul] | None:
        """Where to buy an input for ``sink`` now: plentiful first, then busy, then cheap, then near. None when no
        source passes the gate or none leaves a profit."""
        gate = self._policy.source_gate
        candidates = [
            source
            for source in markets.sources(good)
            if source.waypoint != sink.waypoint and source.supply is not None and source.supply.at_least(gate)
        ]
        candidates.sort(key=lambda source: self._rank(markets, source, sink))
        for source in candidates:
            haul = self._haul(source, sink, hold)
            if haul is not None:
                return source, haul
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
        at_most = min(draft.hold, self._units_in_one_visit(factory, Supply.HIGH if not collecting else None))
        haul = best_haul(factory, sink, at_most=at_most, min_margin=self._policy.min_margin)
        if haul is None:
            return None
        draft.cycles[(factory.waypoint, factory.good)] = []
        deliveries: list[int] = []
        if not collecting:
            fed = self._feed(factory, draft, depth=1)
            if fed is None:
                return None
            deliveries = fed
        surplus = self._surplus(draft, factory, haul) if collecting else 0
        collect = self._add_collect(draft, factory, haul, deliveries)
        draft.tasks.append(
            TaskDraft(
                type=TaskType.SELL,
                good=sink.good,
                waypoint=sink.waypoint,
                quantity=haul.units - surplus,
                quoted_price=sink.quote.bid,
                price_limit=self._lowest_bid(haul, self._policy.sink_slack),
                depends_on=[collect],
                same_ship_as=collect,
            )
        )
        draft.add_haul(haul, factory.waypoint, sink.waypoint)
        return PipelinePlan(
            opportunity=opportunity,
            kind=PipelineKind.COLLECTION if collecting else PipelineKind.FABRICATION,
            factory_symbol=factory.waypoint,
            quantity=haul.units,
            tasks=draft.tasks,
            cycles=draft.cycles,
            cost=draft.cost,
            revenue=draft.revenue,
            ship_seconds=draft.seconds,
            feeding_value=round(draft.feeding_value),
            notes=draft.notes,
        )

    def _surplus(self, draft: _Draft, factory: MarketListing, haul: Haul) -> int:
        """Units of the haul that are worth more as some factory's input than in the flooded end of its sink: whole
        tranches that go into the pool, at least one being left to sell."""
        sink, tranche = draft.sink, factory.trade_volume or 0
        if not self._policy.pool or not tranche:
            return 0
        best_units, best_gain = 0, 0.0
        for needy in draft.markets.sinks(factory.good):
            if needy.waypoint == sink.waypoint or not self._lacks(draft, needy):
                continue
            for units in range(tranche, min(haul.units - tranche, _room_until_high(needy)) + 1, tranche):
                gain = _revenue(needy, units) - (haul.revenue - _revenue(sink, haul.units - units))
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
        bought = self.best_source(draft.markets, needed, sink, draft.hold)
        if bought is not None:
            source, haul = bought
            draft.tasks.append(
                TaskDraft(
                    type=TaskType.ACQUIRE,
                    good=needed,
                    waypoint=source.waypoint,
                    quantity=haul.units,
                    quoted_price=source.quote.ask,
                    price_limit=self._highest_ask(haul),
                    factory_symbol=factory.waypoint,
                    output_good=factory.good,
                    source_bonus=_SOURCE_BONUS.get(source.supply or Supply.MODERATE, 0),
                )
            )
            return self._add_deliver(draft, len(draft.tasks) - 1, haul, source, sink, factory)
        if depth >= self._policy.max_depth or needed in raw_goods():
            return None
        return self._make(needed, sink, factory, draft, depth)

    @staticmethod
    def _best_lot(draft: _Draft, needed: str, sink: MarketListing) -> PoolLot | None:
        """The nearest lot of the pool that is worth delivering to ``sink``."""
        if not _room_until_high(sink):
            return None
        able = [
            lot
            for lot in draft.markets.lots
            if lot.good == needed and lot.unit_cost <= sink.quote.bid and lot.id not in draft.lots_taken
        ]
        return min(able, key=lambda lot: (draft.markets.distance(lot.waypoint, sink.waypoint), lot.id), default=None)

    def _add_deliver_from_pool(self, draft: _Draft, lot: PoolLot, sink: MarketListing, factory: MarketListing) -> int:
        units = min(lot.free_units, _room_until_high(sink))
        rungs = list(sale_rungs(sink, units))
        haul = Haul(
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
                price_limit=self._lowest_bid(haul, self._policy.sink_slack),
                factory_symbol=factory.waypoint,
                output_good=factory.good,
                lot_id=lot.id,
                bound_ship=lot.holder_ship,
            )
        )
        draft.add_haul(haul, lot.waypoint, sink.waypoint)
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
            if maker.waypoint == factory.waypoint or key in draft.cycles:
                continue
            haul = self._haul(maker, sink, draft.hold, Supply.HIGH)
            if haul is None:
                continue
            mark = len(draft.tasks), draft.cost, draft.revenue, draft.seconds, draft.feeding_value
            draft.cycles[key] = []
            fed = self._feed(maker, draft, depth + 1)
            if fed:
                collect = self._add_collect(draft, maker, haul, fed)
                return self._add_deliver(draft, collect, haul, maker, sink, factory)
            del draft.cycles[key]
            del draft.tasks[mark[0] :]
            draft.cost, draft.revenue, draft.seconds, draft.feeding_value = mark[1:]
        return None

    def _add_collect(self, draft: _Draft, factory: MarketListing, haul: Haul, deliveries: list[int]) -> int:
        draft.tasks.append(
            TaskDraft(
                type=TaskType.COLLECT,
                good=factory.good,
                waypoint=factory.waypoint,
                quantity=haul.units,
                quoted_price=factory.quote.ask,
                price_limit=self._highest_ask(haul),
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
        haul: Haul,
        source: MarketListing,
        sink: MarketListing,
        factory: MarketListing,
    ) -> int:
        draft.tasks.append(
            TaskDraft(
                type=TaskType.DELIVER,
                good=sink.good,
                waypoint=sink.waypoint,
                quantity=haul.units,
                quoted_price=sink.quote.bid,
                price_limit=self._lowest_bid(haul, self._policy.sink_slack),
                factory_symbol=factory.waypoint,
                output_good=factory.good,
                depends_on=[carried_by],
                same_ship_as=carried_by,
            )
        )
        draft.add_haul(haul, source.waypoint, sink.waypoint)
        draft.feeding_value += haul.units * draft.feeding.of(sink)
        return len(draft.tasks) - 1

    def _haul(self, source: MarketListing, sink: MarketListing, hold: int, supply: Supply | None = None) -> Haul | None:
        at_most = min(hold, self._units_in_one_visit(source, supply), _room_until_high(sink))
        return best_haul(source, sink, at_most=at_most, min_margin=0.0) if at_most > 0 else None

    def _units_in_one_visit(self, source: MarketListing, supply_then: Supply | None) -> int:
        """Units the policy lets one visit buy: each tranche lowers the supply that the next one is judged by.

        ``supply_then`` is the supply at that time, where it is not the one last seen.
        """
        volume, supply = source.trade_volume, supply_then or source.supply
        if not volume or supply is None:
            return 0
        stock = known_stock(source.type, source.good, volume, source.quote, supply) if supply_then is None else None
        tranches = 0
        while tranches < self._policy.tranches(supply):
            tranches += 1
            if stock is not None:
                supply = supply_label(stock.net_supply - tranches * volume, volume)
        return tranches * volume

    def _highest_ask(self, haul: Haul) -> int:
        return round(haul.last_ask * (1 + self._policy.price_slack))

    @staticmethod
    def _lowest_bid(haul: Haul, slack: float) -> int:
        return max(1, round(haul.last_bid * (1 - slack)))


def _room_until_high(sink: MarketListing) -> int:
    """Units a factory's input takes before it is HIGH: more would only spoil its bid."""
    volume = sink.trade_volume or 0
    stock = known_stock(sink.type, sink.good, volume, sink.quote, sink.supply) if volume and sink.supply else None
    return 3 * volume if stock is None else max(0, 2 * volume - stock.net_supply)


def _revenue(sink: MarketListing, units: int) -> int:
    return sum(rung.units * rung.price for rung in sale_rungs(sink, units))
