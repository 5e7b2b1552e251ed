"""HaulPlanner: what a free ship carries from where it is made to where it is wanted (docs/domain.md, "Hauls")."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from manufacturing.domain.facts import base_prices
from manufacturing.domain.feeding_value import FeedingValues
from manufacturing.domain.kept_factories import (
    LIVELY_CUSTOMER,
    KeptFactories,
    held_value,
    units_above,
    units_until_filled,
)
from manufacturing.domain.load import Drain, Load, best_load, room_until_high, units_in_one_visit
from manufacturing.domain.manufacturing_pipeline import PipelineKind
from manufacturing.domain.manufacturing_task import TaskType
from manufacturing.domain.market_listing import MarketListing, Place
from manufacturing.domain.opportunity import ManufacturingOpportunity, PipelinePlan, TaskDraft
from manufacturing.domain.policy import FleetPolicy
from manufacturing.domain.prices import Supply
from manufacturing.domain.routing import Router
from manufacturing.domain.ship import Ship
from manufacturing.domain.stock_value import cost_of_moving, filling
from manufacturing.domain.system_markets import SystemMarkets

#: Game seconds in port for each of the two visits of a haul.
_IN_PORT: Final = 15.0
_HOUR: Final = 3600.0
_SOURCE_BONUS: Final = {Supply.ABUNDANT: 30, Supply.HIGH: 20}


@dataclass(frozen=True, slots=True)
class _Lane:
    """A source and a sink with the best load between them."""

    source: MarketListing
    sink: MarketListing
    load: Load


class HaulPlanner:
    """Plans single trips, just in time: when a ship is free, with the prices of that moment."""

    def __init__(self, policy: FleetPolicy) -> None:
        self._policy = policy

    def plan(
        self,
        markets: SystemMarkets,
        ships: Sequence[Ship],
        router: Router,
        *,
        kept: KeptFactories,
    ) -> list[PipelinePlan]:
        """The best haul for each free ship, those worth most per ship-hour first. No source and no sink is in two of
        them, and none is worth less than the policy's ``min_worth_per_ship_hour``. The inputs of the factories that are
        ``kept`` come first, and of their outputs only so much is taken that they go on. Nothing is brought to factories
        that are others' (``kept.others``): their pipelines see to them."""
        feeding = FeedingValues(markets, weight=self._policy.feeding_weight)
        lanes = {
            hold: list(self._lanes(markets, feeding, kept, hold)) for hold in {ship.cargo_capacity for ship in ships}
        }
        times: dict[tuple[int, int, str, str], float] = {}
        waiting = list(ships)
        plans: list[PipelinePlan] = []
        taken: set[Place] = set()
        while waiting:
            best: tuple[float, float, Ship, _Lane] | None = None
            for ship in waiting:
                approach: dict[str, float] = {}
                for lane in lanes[ship.cargo_capacity]:
                    if not taken.isdisjoint((lane.source.place, lane.sink.place)):
                        continue
                    start, end = lane.source.waypoint, lane.sink.waypoint
                    # The quickest conceivable trip is not good enough: the way need not be looked up.
                    if best is not None and lane.load.worth / (2 * _IN_PORT) <= best[0]:
                        continue
                    if start not in approach:
                        approach[start] = router.travel_time(ship, start).total_seconds()
                    way = (ship.speed, ship.fuel_capacity, start, end)
                    if way not in times:
                        times[way] = router.leg_time(ship, start, end).total_seconds()
                    seconds = approach[start] + times[way] + 2 * _IN_PORT
                    rate = (lane.load.worth - self._fuel(markets, ship, start, end)) / seconds
                    if best is None or rate > best[0]:
                        best = rate, seconds, ship, lane
            if best is None or best[0] * _HOUR < self._policy.min_worth_per_ship_hour:
                break
            _, seconds, ship, lane = best
            plans.append(self._plan(markets, ship, lane, seconds))
            waiting.remove(ship)
            taken |= {lane.source.place, lane.sink.place}
        return plans

    def _lanes(
        self,
        markets: SystemMarkets,
        feeding: FeedingValues,
        kept: KeptFactories,
        hold: int,
    ) -> Iterator[_Lane]:
        drains: dict[Place, Drain] = {}
        for sink in markets.imports():
            if any(output.place in kept.others for output in markets.outputs_fed_by(sink)):
                continue
            is_kept = sink.place in kept.inputs
            hungry = units_until_filled(sink) if is_kept else room_until_high(sink.terms)
            worth = held_value(sink, self._policy.kept_input_worth * kept.weight(sink)) if is_kept else feeding.of(sink)
            # Kept lively, a customer takes more than what the low prices cost.
            is_calm = filling(sink) < LIVELY_CUSTOMER and not markets.feeds_a_factory(sink)
            # Not even the first unit could be worth it: most pairs need no closer look.
            most = sink.quote.bid * (1 - self._policy.min_margin) + (worth if hungry else 0.0)
            for source in markets.sources(sink.good):
                if source.waypoint == sink.waypoint or source.supply is None or source.quote.ask > most:
                    continue
                at_most = min(hold, units_in_one_visit(source, self._policy, hauled=True))
                stays = kept.kept_back(source, sink)
                if stays is not None:
                    at_most = min(at_most, units_above(source, stays))
                if not at_most:
                    continue
                runs = source.place in kept.running
                load = best_load(
                    source.terms,
                    sink.terms,
                    at_most=at_most,
                    feeding=worth,
                    hungry=hungry,
                    min_margin=self._policy.min_margin,
                    # What a factory makes that runs anyway, and what it needs for that, has no other use later on.
                    draining=Drain() if is_kept or runs else self._drain(source, drains),
                    filling=Drain() if is_kept or (runs and is_calm) else self._drain(sink, drains),
                )
                if load is not None:
                    yield _Lane(source, sink, load)

    def _drain(self, listing: MarketListing, known: dict[Place, Drain]) -> Drain:
        found = known.get(listing.place)
        if found is None:
            hours = self._policy.stock_horizon.total_seconds() / _HOUR
            found = known[listing.place] = Drain(*cost_of_moving(listing.terms, listing.activity, hours))
        return found

    @staticmethod
    def _fuel(markets: SystemMarkets, ship: Ship, start: str, end: str) -> float:
        if not ship.fuel_capacity:
            return 0.0
        span = markets.distance(ship.waypoint, start) + markets.distance(start, end)
        return span / 100 * base_prices()["FUEL"]

    def _plan(self, markets: SystemMarkets, ship: Ship, lane: _Lane, seconds: float) -> PipelinePlan:
        source, sink, load = lane.source, lane.sink, lane.load
        feeds = markets.feeds_a_factory(sink)
        fuel = round(self._fuel(markets, ship, source.waypoint, sink.waypoint))
        return PipelinePlan(
            opportunity=ManufacturingOpportunity(good=sink.good, sink=sink),
            kind=PipelineKind.HAUL,
            factory_symbol=source.waypoint,
            quantity=load.units,
            tasks=[
                TaskDraft(
                    type=TaskType.ACQUIRE,
                    good=source.good,
                    waypoint=source.waypoint,
                    quantity=load.units,
                    quoted_price=source.quote.ask,
                    price_limit=round(load.last_ask * (1 + self._policy.price_slack)),
                    is_ready=True,
                    source_bonus=_SOURCE_BONUS.get(source.supply or Supply.MODERATE, 0),
                ),
                TaskDraft(
                    type=TaskType.DELIVER if feeds else TaskType.SELL,
                    good=sink.good,
                    waypoint=sink.waypoint,
                    quantity=load.units,
                    quoted_price=sink.quote.bid,
                    price_limit=max(1, round(load.last_bid * (1 - self._policy.sink_slack))),
                    depends_on=[0],
                    same_ship_as=0,
                ),
            ],
            cycles={},
            cost=load.cost + fuel,
            revenue=load.revenue,
            ship_seconds=seconds,
            feeding_value=load.feeding_value,
            stock_cost=load.stock_cost,
        )
