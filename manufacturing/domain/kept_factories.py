"""Which factories are kept running, and which are brought up next (docs/domain.md, "Factories kept running").

A factory is busy only while the *worst* of its inputs is HIGH, and a little of everything everywhere makes none busy.
So the fleet fills the inputs of a few at a time, from the raw goods up, and keeps those that run running: once an
output is ABUNDANT its inputs hardly lose anything, while it goes on producing at full speed.
"""

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Final

from manufacturing.domain.factory_standing import (
    FactoryStanding,
    Hindrance,
    InputStanding,
    Obstacle,
    Shortage,
    Standing,
)
from manufacturing.domain.market_listing import MarketListing, Place
from manufacturing.domain.prices import Activity, ListingType, Supply
from manufacturing.domain.production_rates import CONSUMPTION, PRODUCTION, ProductionRates, RateBand
from manufacturing.domain.stock_value import filling
from manufacturing.domain.system_markets import SystemMarkets
from manufacturing.domain.travel import FlightMode, travel_seconds

#: Up to this stock, in trade volumes, the inputs of a kept factory are filled: HIGH begins at 2, and they sink.
FILLED: Final = 3.0
#: How much of a factory's output stays, be it running or on its way there: from 4 on it is ABUNDANT.
KEPT_OF_OUTPUT: Final = 4.0
#: How much stays when the good goes from a running factory to another kept one.
KEPT_FOR_KEPT: Final = 0.0
#: How much more a unit counts that keeps a running factory going than one that brings another up.
KEEPING_GOING: Final = 1.5
#: A customer below this stock is filled from a running factory without regard to later sales: MODERATE, it livens up.
LIVELY_CUSTOMER: Final = -1.0

_BUSY: Final = (Activity.GROWING, Activity.STRONG)
#: The stock of the worst input at which a GROWING factory counts as running; a STRONG one may fall back for a while.
_RUNS_AT: Final = 1.5
_STRONG_RUNS_AT: Final = -0.5
#: The worst input's stock from which on a busy factory is nearly there: to let go of it now would waste what it got.
_NEARLY_THERE_AT: Final = -1.0
#: Factories to bring up in one chain, at most.
_LONGEST_CHAIN: Final = 9
#: How much nearer a source seems that is busy already.
_BUSY_IS_NEARER: Final = 40
#: How much of a product's base price a unit earns in the long run, and what counts of it while it piles up.
_EARNED: Final = 0.35
_PILING_UP: Final = 0.4
#: How far the wants of the kept factories may exceed what is made.
_STRETCH: Final = 1.1
#: The hours over which a stock is used up, and those in which an EXCHANGE listing replaces its stock.
_HOURS_OF_STOCK: Final = 8.0
_EXCHANGE_PER_HOUR: Final = 8 / 3
#: A round trip that counts as one, in game seconds, what a trip takes beside its flights, and what every chain costs.
_USUAL_TRIP: Final = 600.0
_IN_PORT: Final = 60.0
_LEAST_TRIPS: Final = 0.5


@dataclass(frozen=True, slots=True)
class _Chain:
    """A factory with all those that make its inputs."""

    last: MarketListing
    factories: frozenset[Place]
    customers: tuple[MarketListing, ...]


class KeptFactories:
    """What to keep running, as the markets stand: nothing is remembered, so it is the same for every worker.

    ``rates`` tell how fast the single listings are; ``hold`` is the usual hold in units, ``speed`` the usual engine
    speed; ``at_once`` says how many chains are brought up at a time. Factories in ``others`` are somebody else's.
    """

    def __init__(
        self,
        markets: SystemMarkets,
        rates: ProductionRates,
        *,
        hold: int,
        speed: int,
        at_once: int,
        others: Collection[Place] = (),
    ) -> None:
        self._markets = markets
        self._rates = rates
        self._hold = max(1, hold)
        self._speed = max(1, speed)
        self._at_once = at_once
        self.others = others

    @cached_property
    def running(self) -> frozenset[Place]:
        """The factories that run, as (waypoint, output good)."""
        return frozenset(place for place, factory in self._factories.items() if self._runs(factory))

    @cached_property
    def raised(self) -> tuple[Place, ...]:
        """The last factories of the chains that are brought up now, the most worthwhile first."""
        return tuple((chain.last.waypoint, chain.last.good) for chain in self._chosen)

    @cached_property
    def kept(self) -> frozenset[Place]:
        """All of them: those that run and those being brought up."""
        return self.running.union(*(chain.factories for chain in self._chosen))

    @cached_property
    def inputs(self) -> frozenset[Place]:
        """The listings that are kept HIGH for them."""
        return frozenset(listing.place for place in self.kept for listing in self._inputs[place])

    def standings(self) -> list[FactoryStanding]:
        """Every factory whose inputs are known, with what is done about it and why: what runs first, then what is
        brought up, then by what it would bring for the trips it takes."""
        chain_of = {chain.last.place: chain for chain in self._chains}
        told = [self._standing(factory, chain_of.get(place)) for place, factory in self._factories.items()]
        order = list(Standing)
        told.sort(key=lambda one: (order.index(one.standing), -one.worth / (one.trips or 1), one.waypoint, one.good))
        return told

    def _standing(self, factory: MarketListing, chain: _Chain | None) -> FactoryStanding:
        place, terms = factory.place, factory.terms
        return FactoryStanding(
            waypoint=factory.waypoint,
            good=factory.good,
            standing=self._what_is_done(place),
            supply=terms.supply,
            activity=factory.activity,
            inputs=tuple(
                InputStanding(good=listing.good, supply=listing.terms.supply, lacking=units_until_filled(listing))
                for listing in self._inputs[place]
            ),
            brought_up_for=next((c.last.good for c in self._chosen if place in c.factories - self.running), None),
            worth=round(self._worth(chain, self.kept)) if chain else 0,
            trips=round(self._trips(chain.factories - self.running), 1) if chain else None,
            hindrance=None if place in self.kept else self._hindrance(factory, chain),
        )

    def _what_is_done(self, place: Place) -> Standing:
        if place in self.running:
            return Standing.RUNS
        if place in self.kept:
            return Standing.RAISED
        return Standing.NEARLY_THERE if place in self._nearly_there else Standing.LEFT

    def _hindrance(self, factory: MarketListing, chain: _Chain | None) -> Hindrance:
        if chain is None:
            customers = self._customers(factory)
            return Hindrance(obstacle=Obstacle.NO_SOURCE if customers else Obstacle.NO_CUSTOMER)
        if not self._worth(chain, self.kept):
            return Hindrance(obstacle=Obstacle.NO_CUSTOMER)
        for shortage in self._shortages(chain, self.kept, self._wanted(self.kept)):
            return Hindrance(obstacle=Obstacle.TOO_LITTLE, shortage=shortage)
        for other in self._chosen:
            if self._compete(chain, other):
                return Hindrance(obstacle=Obstacle.RIVAL, rival=other.last.good)
        return Hindrance(obstacle=Obstacle.OTHERS_FIRST)

    def kept_back(self, source: MarketListing, sink: MarketListing) -> float | None:
        """The stock, in trade volumes, below which ``source`` is not drawn on for ``sink``; None where it is neither a
        kept factory nor nearly one."""
        place = source.place
        if sink.place in self.inputs:
            return KEPT_FOR_KEPT if place in self.running else None
        return KEPT_OF_OUTPUT if place in self.kept or place in self._nearly_there else None

    def weight(self, sink: MarketListing) -> float:
        """How much a unit counts for a kept factory's input: most where the factory runs already."""
        return KEEPING_GOING if sink.place in self._inputs_of_running else 1.0

    @cached_property
    def _inputs_of_running(self) -> frozenset[Place]:
        return frozenset(listing.place for place in self.running for listing in self._inputs[place])

    @cached_property
    def _nearly_there(self) -> frozenset[Place]:
        """Factories that are busy and whose inputs are not far from what keeps them so."""
        return frozenset(
            place for place, factory in self._factories.items() if factory.activity in _BUSY and self._is_near(place)
        )

    def _worst(self, place: Place) -> float:
        """The stock of a factory's worst input, in trade volumes."""
        return min(filling(listing) for listing in self._inputs[place])

    @cached_property
    def _factories(self) -> dict[Place, MarketListing]:
        """Those that need inputs, each of which is known."""
        found: dict[Place, MarketListing] = {}
        for good in self._markets.recipes:
            for factory in self._markets.factories(good):
                inputs = self._markets.inputs_of(factory)
                if inputs and all(listing.is_known for listing in inputs) and factory.place not in self.others:
                    found[factory.place] = factory
        return found

    @cached_property
    def _inputs(self) -> dict[Place, list[MarketListing]]:
        return {place: self._markets.inputs_of(factory) for place, factory in self._factories.items()}

    @cached_property
    def _sources(self) -> dict[str, list[MarketListing]]:
        return {
            listing.good: self._markets.sources(listing.good) for inputs in self._inputs.values() for listing in inputs
        }

    def _runs(self, factory: MarketListing) -> bool:
        worst = self._worst(factory.place)
        if factory.activity is Activity.STRONG:
            return worst >= _STRONG_RUNS_AT
        return factory.activity is Activity.GROWING and worst >= _RUNS_AT

    @cached_property
    def _chosen(self) -> list[_Chain]:
        """The chains that earn most for what it takes to fill them, as long as what is made suffices for all."""
        kept = set(self.running)
        chosen: list[_Chain] = []
        for _ in range(self._at_once):
            wanted = self._wanted(kept)
            worthwhile = [
                (self._worth(chain, kept) / self._trips(chain.factories - kept), chain.last.place, chain)
                for chain in self._chains
                if chain.last.place not in kept
                and not any(self._shortages(chain, kept, wanted))
                and not any(self._compete(chain, other) for other in chosen)
            ]
            if not worthwhile:
                break
            best = max(worthwhile, key=lambda entry: entry[:2])
            if not best[0]:
                break
            chosen.append(best[2])
            kept |= best[2].factories
        return chosen

    @cached_property
    def _chains(self) -> list[_Chain]:
        chains: list[_Chain] = []
        for place, factory in self._factories.items():
            customers = self._customers(factory)
            needed: set[Place] = set()
            if customers and self._follow(place, needed):
                chains.append(_Chain(factory, frozenset(needed), customers))
        return chains

    def _customers(self, factory: MarketListing) -> tuple[MarketListing, ...]:
        """Who imports its product."""
        return tuple(
            sink
            for sink in self._markets.sinks(factory.good)
            if sink.type is ListingType.IMPORT and sink.waypoint != factory.waypoint
        )

    def _follow(self, place: Place, needed: set[Place]) -> bool:
        """Collects what has to run for a factory to run; False when one of its inputs comes from nowhere."""
        if place in needed:
            return True
        if place not in self._factories or len(needed) >= _LONGEST_CHAIN:
            return False
        needed.add(place)
        for listing in self._inputs[place]:
            sources = self._sources[listing.good]
            if any(source.type is ListingType.EXCHANGE for source in sources):
                continue
            makers = [source for source in sources if source.waypoint != place[0]]
            if not makers:
                return False
            maker = min(makers, key=lambda source: self._remoteness(source, place[0]))
            if self._markets.inputs_of(maker) and not self._follow(maker.place, needed):
                return False
        return True

    def _remoteness(self, source: MarketListing, waypoint: str) -> tuple[bool, int, str]:
        way = self._markets.distance(source.waypoint, waypoint)
        return (
            source.place not in self._factories,
            way - (_BUSY_IS_NEARER if source.activity in _BUSY else 0),
            source.waypoint,
        )

    def _worth(self, chain: _Chain, kept: Collection[Place]) -> float:
        """Credits an hour that the product brings: to customers, and to factories that are kept."""
        sinks = [sink for sink in chain.customers if self._counts(sink, kept)]
        sold = sum(CONSUMPTION[Activity.STRONG].median * _volume(sink) for sink in sinks)
        made = min(PRODUCTION[Activity.STRONG].median * _volume(chain.last), sold)
        piling_up = _PILING_UP if chain.last.supply is Supply.ABUNDANT else 1.0
        return made * _EARNED * chain.last.base_price * piling_up

    def _counts(self, sink: MarketListing, kept: Collection[Place]) -> bool:
        outputs = self._markets.outputs_fed_by(sink)
        return not outputs or any(output.place in kept for output in outputs)

    def _compete(self, one: _Chain, other: _Chain) -> bool:
        """Whether two chains need the same good that a factory makes: shared out, it would bring neither up."""
        return not self._made_inputs(one).isdisjoint(self._made_inputs(other))

    def _made_inputs(self, chain: _Chain) -> set[str]:
        """What the factories of a chain that do not run need and no EXCHANGE has."""
        return {
            listing.good
            for place in chain.factories - self.running
            for listing in self._inputs[place]
            if all(source.type is not ListingType.EXCHANGE for source in self._sources[listing.good])
        }

    def _trips(self, factories: Iterable[Place]) -> float:
        """Usual round trips that fill their inputs."""
        trips = _LEAST_TRIPS
        for place in sorted(factories):
            for listing in self._inputs[place]:
                units = max(0.0, FILLED - filling(listing)) * _volume(listing)
                nearest = min(self._markets.distance(s.waypoint, place[0]) for s in self._sources[listing.good])
                there = travel_seconds(max(1, nearest), FlightMode.CRUISE, self._speed)
                trips += units / self._hold * (2 * there + _IN_PORT) / _USUAL_TRIP
        return trips

    def _shortages(self, chain: _Chain, kept: Collection[Place], wanted: Counter[str]) -> Iterator[Shortage]:
        """What too little is made of for the chain beside what is kept already. What is nearly there is not given up
        for it: its inputs have grown while they were filled, and hardly lose anything once it runs."""
        new = self._wanted(place for place in chain.factories.difference(kept) if not self._is_near(place))
        together = chain.factories.union(kept)
        for good, units in new.items():
            made = self._made(good, together)
            if units + wanted[good] > _STRETCH * made:
                yield Shortage(good=good, wanted=units + wanted[good], made=round(made))

    def _is_near(self, place: Place) -> bool:
        return self._worst(place) >= _NEARLY_THERE_AT

    def _wanted(self, factories: Iterable[Place]) -> Counter[str]:
        """Units an hour that the factories use up: those that run as they do, others at full speed."""
        wanted: Counter[str] = Counter()
        for place in factories:
            for good, units in self._used_up[place]:
                wanted[good] += units
        return wanted

    @cached_property
    def _used_up(self) -> dict[Place, list[tuple[str, int]]]:
        """Units an hour of each input that a kept factory uses up."""
        used: dict[Place, list[tuple[str, int]]] = {}
        for place, inputs in self._inputs.items():
            runs = place in self.running
            used[place] = [
                (listing.good, round(self._hourly(CONSUMPTION, listing, listing.activity if runs else Activity.STRONG)))
                for listing in inputs
            ]
        return used

    def _hourly(self, rates: Mapping[Activity, RateBand], listing: MarketListing, activity: Activity | None) -> float:
        """Units an hour that the listing makes or uses up at an activity."""
        return rates[activity or Activity.WEAK].median * _volume(listing) * self._rates.pace(listing)

    def _made(self, good: str, kept: Collection[Place]) -> float:
        """Units an hour that there are of a good, once the kept factories run."""
        return sum(running if place in kept else idle for place, running, idle in self._output[good])

    @cached_property
    def _output(self) -> dict[str, list[tuple[Place, float, float]]]:
        """Units an hour of each good that each source has to give: once it is kept, and otherwise."""
        output: dict[str, list[tuple[Place, float, float]]] = {}
        for good, sources in self._sources.items():
            output[good] = []
            for source in sources:
                if source.type is ListingType.EXCHANGE:
                    kept = other = _EXCHANGE_PER_HOUR * _volume(source)
                else:
                    stock = max(0.0, filling(source)) * _volume(source) / _HOURS_OF_STOCK
                    kept = stock + self._hourly(PRODUCTION, source, Activity.STRONG)
                    other = stock + self._hourly(PRODUCTION, source, source.activity)
                output[good].append((source.place, kept, other))
        return output


def held_value(listing: MarketListing, worth: float) -> float:
    """Credits beyond its bid that a unit of a kept factory's input is worth: ``worth`` times its base price."""
    return worth * listing.base_price


def units_until_filled(sink: MarketListing) -> int:
    """Units until a kept factory's input is as full as it is kept."""
    return max(0, round((FILLED - filling(sink)) * _volume(sink)))


def units_above(source: MarketListing, stock: float) -> int:
    """Units that may be taken so that this stock, in trade volumes, stays."""
    return max(0, int((filling(source) - stock) * _volume(source)))


def _volume(listing: MarketListing) -> int:
    return listing.trade_volume or 0
