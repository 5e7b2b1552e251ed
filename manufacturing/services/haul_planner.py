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
#: Calls to the game that a flight takes: out of the dock, away, and into the next one.
_CALLS_OF_A_FLIGHT: Final = 3
#: … and what a trip takes for fuel.
_CALLS_FOR_FUEL: Final = 1
#: How much of ``call_worth`` counts on the way to a kept factory: what it will bring is not all in the worth of a load.
_CALL_TO_KEPT: Final = 0.5
#: Trade volumes that an input of a kept factory may lack before less than a load is brought: it is mostly HIGH.
_MAY_LACK: Final = 1.5
_SOURCE_BONUS: Final = {Supply.ABUNDANT: 30, Supply.HIGH: 20}


@dataclass(frozen=True, slots=True)
class _Lane:
    """A source and a sink with the best load between them."""

    source: MarketListing
    sink: MarketListing
    load: Load
    is_to_kept: bool = False


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
        them, and each is worth the policy's ``call_worth`` for its calls and ``min_worth_per_ship_hour`` beyond that.
        The inputs of the factories that are ``kept`` come first, and of their outputs only so much is taken that they
        go on. Nothing is brought to factories that are others' (``kept.others``): their pipelines see to them."""
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
                    costs = self._fuel(markets, ship, start, end) + self._call_worth(lane) * _calls(ship, lane)
                    rate = (lane.load.worth - costs) / seconds
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
                at_least = self._least_load(source, sink, hold) if is_kept else 1
                at_most = min(hold, units_in_one_visit(source, self._policy, hauled=True))
                stays = kept.kept_back(source, sink)
                if stays is not None:
                    at_most = min(at_most, units_above(source, stays))
                if at_most < at_least:
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
                if load is not None and load.units >= at_least:
                    yield _Lane(source, sink, load, is_kept)

    def _least_load(self, source: MarketListing, sink: MarketListing, hold: int) -> int:
        """Units that a trip to a kept factory is worth making for: most of a hold, or, where trade volumes are small,
        what may be bought in one visit, or as much as the input may lack while it is full enough."""
        visit = self._policy.tranches(Supply.HIGH) * source.terms.trade_volume
        lacking = int(_MAY_LACK * sink.terms.trade_volume)
        return max(1, min(int(self._policy.kept_load * hold), visit, lacking))

    def _call_worth(self, lane: _Lane) -> float:
        return self._policy.call_worth * (_CALL_TO_KEPT if lane.is_to_kept else 1.0)

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


def _calls(ship: Ship, lane: _Lane) -> int:
    """Calls to the game that the trip takes, fuel stops on the way left out."""
    source, sink = lane.source.terms, lane.sink.terms
    flights = 1 if ship.waypoint == lane.source.waypoint else 2
    trades = -(-lane.load.units // source.trade_volume) - (-lane.load.units // sink.trade_volume)
    fuel = _CALLS_FOR_FUEL if ship.fuel_capacity else 0
    return flights * _CALLS_OF_A_FLIGHT + trades + fuel
