"""The poll policies side by side, on factories of the simulated economy: how many calls, and how late they know.

Factories of made-up systems are filled with inputs and drained of their outputs; each policy watches each of them until
it has seen the output become HIGH. No fleet and no database: what is compared is the timing alone.
"""

import copy
import statistics
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import pytest

from manufacturing.domain.facts import recipes
from manufacturing.domain.market_listing import ListingChange
from manufacturing.domain.policy import PollPolicy
from manufacturing.domain.poll_timing import (
    LONGEST,
    Sight,
    is_overdue,
    next_planned_poll,
    next_recalculation_poll,
    plan_interval,
)
from manufacturing.domain.prices import ListingType, Supply
from manufacturing.domain.production_estimate import OutputSeen, ProductionEstimate
from manufacturing.domain.production_rates import ProductionRates, outlook
from manufacturing.domain.recalculation_rhythm import RecalculationRhythm
from manufacturing.simulator.economy import Listing, Market
from manufacturing.simulator.economy_parameters import EconomyParameters
from manufacturing.simulator.generator import generate_universe
from manufacturing.simulator.universe import START, Settings, Universe
from tests.builders import PLAYER, the_listing
from tests.domain.test_production_estimate import an_estimate

PARAMETERS = EconomyParameters()
QUARTER = timedelta(minutes=15)
LONGEST_WATCH = timedelta(hours=10)
REACTIVE_INTERVAL = timedelta(seconds=30)
#: By when a rhythm has been learned.
RHYTHM = RecalculationRhythm.of([START - number * QUARTER for number in range(4)])


@dataclass
class Watch:
    """One policy, one factory."""

    market: Market
    good: str
    seed: int
    began: datetime
    rates: ProductionRates
    polls: int = 0
    estimate: ProductionEstimate = field(default_factory=an_estimate)

    def at(self, moment: datetime) -> Listing:
        """The output as it truly is."""
        self.market.advance((moment - START) // QUARTER, self.seed, PARAMETERS)
        return self.market.listings[self.good]

    def poll(self, moment: datetime) -> Supply:
        """A look at the output."""
        self.polls += 1
        return self.at(moment).supply

    def learn(self, moment: datetime) -> None:
        """What follows from a look for rates and estimate."""
        real = self.at(moment)
        seen = self.seen(real, moment)
        listing = the_listing(seen)
        self.rates.learn([seen], [])
        needed = [self.market.listings.get(good) for good in recipes().get(self.good, ())]
        inputs = [the_listing(self.seen(each, moment)) for each in needed if each is not None]
        rate, evidence = outlook(self.rates, listing, inputs)
        output = OutputSeen(
            supply=real.supply,
            activity=real.activity,
            trade_volume=real.trade_volume,
            net_supply=self.rates.net_supply_range(listing),
            rate=rate,
            evidence=evidence,
        )
        self.estimate.reckon(output, moment, self.rates.rhythm.latest_until(moment))

    def seen(self, real: Listing, moment: datetime) -> ListingChange:
        """What a ship sees of a listing."""
        return ListingChange(
            player_id=PLAYER,
            waypoint=self.market.waypoint,
            good=real.good,
            type=real.type,
            trade_volume=real.trade_volume,
            supply=real.supply,
            activity=real.activity,
            ask=real.quote.ask,
            bid=real.quote.bid,
            recorded_at=moment,
        )


def reactive(watch: Watch, at: datetime) -> datetime:
    """Every half a minute, whatever was seen."""
    return at + REACTIVE_INTERVAL


def plan(watch: Watch, at: datetime) -> datetime:
    """By the table of intervals."""
    watch.learn(at)
    estimate = watch.estimate
    if is_overdue(estimate.estimated_ready_at, at):
        estimate.overdue_polls += 1
        if plan_interval(estimate.estimated_ready_at, at, estimate.overdue_polls) == LONGEST:
            estimate.move_out(at + LONGEST)
    return next_planned_poll(Sight(looked_at=at, is_ready=False, estimate=estimate))


def recalculation(watch: Watch, at: datetime) -> datetime:
    """After recalculations that may have brought it."""
    watch.learn(at)
    due = next_recalculation_poll(Sight(looked_at=at, is_ready=False, estimate=watch.estimate), RHYTHM)
    assert due is not None
    return due


POLICIES: dict[PollPolicy, Callable[[Watch, datetime], datetime]] = {
    PollPolicy.REACTIVE: reactive,
    PollPolicy.PLAN: plan,
    PollPolicy.RECALCULATION: recalculation,
}


@dataclass(frozen=True)
class Result:
    """What a policy did, over all factories."""

    polls: int
    delays: list[float]
    """Game seconds."""

    @property
    def mean_delay(self) -> float:
        """Game seconds."""
        return statistics.fmean(self.delays)


def factories(seed: int) -> Iterator[tuple[Market, str]]:
    """Factories of a made-up system: some of their inputs are plentiful, and their output has run low."""
    universe = Universe.create(Settings(seed=seed), generate_universe(seed))
    for number, place in enumerate(universe.state.places.values()):
        market = place.market
        if market is None or not market.is_factory():
            continue
        for listing in market.listings.values():
            if listing.type is ListingType.IMPORT:
                listing.net_supply = (3, 0, -3)[number % 3] * listing.trade_volume
        for good, listing in market.listings.items():
            if listing.type is ListingType.EXPORT:
                low = copy.deepcopy(market)
                low.listings[good].net_supply = -(number % 5) * listing.trade_volume // 2
                yield low, good


def became_ready(market: Market, good: str, seed: int) -> datetime | None:
    """When the output truly becomes HIGH; None when it does not in a long time."""
    copied = copy.deepcopy(market)
    for tick in range(1, LONGEST_WATCH // QUARTER):
        copied.advance(tick, seed, PARAMETERS)
        if copied.listings[good].supply.at_least(Supply.HIGH):
            return START + tick * QUARTER
    return None


def played(policy: PollPolicy, seeds: range) -> Result:
    """The policy on every factory of these systems that becomes HIGH."""
    polls, delays = 0, []
    for seed in seeds:
        known = ProductionRates(RHYTHM if policy is PollPolicy.RECALCULATION else RecalculationRhythm())
        for number, (market, good) in enumerate(factories(seed)):
            ready_at = became_ready(market, good, seed)
            if ready_at is None or ready_at == START + QUARTER:
                continue
            # Nobody begins to watch at a recalculation exactly.
            began = START + timedelta(seconds=17 + 41 * (number % 20))
            watch = Watch(copy.deepcopy(market), good, seed, began, known)
            at = began
            while not watch.poll(at).at_least(Supply.HIGH):
                at = POLICIES[policy](watch, at)
            # The others of its good profit from what was seen last as well.
            watch.learn(at)
            polls += watch.polls
            delays.append((at - ready_at).total_seconds())
    return Result(polls, delays)


@pytest.fixture(scope="module")
def results() -> dict[PollPolicy, Result]:
    """What came of each policy on the same factories."""
    found = {policy: played(policy, range(1, 4)) for policy in POLICIES}
    for policy, result in found.items():
        print(
            f"{policy}: {result.polls} polls, mean delay {result.mean_delay:.1f} s "
            f"over {len(result.delays)} factories, longest {max(result.delays):.0f} s"
        )
    return found


def test_they_are_compared_on_enough(results: dict[PollPolicy, Result]) -> None:
    counts = {len(result.delays) for result in results.values()}
    assert len(counts) == 1
    assert counts.pop() > 60


@pytest.mark.parametrize(("policy", "share"), [(PollPolicy.PLAN, 0.5), (PollPolicy.RECALCULATION, 0.1)])
def test_a_share_of_the_calls_is_enough(results: dict[PollPolicy, Result], policy: PollPolicy, share: float) -> None:
    assert results[policy].polls <= share * results[PollPolicy.REACTIVE].polls


@pytest.mark.parametrize("policy", [PollPolicy.PLAN, PollPolicy.RECALCULATION])
def test_what_became_plentiful_is_known_within_a_minute_of_reactive(
    results: dict[PollPolicy, Result], policy: PollPolicy
) -> None:
    assert results[policy].mean_delay <= results[PollPolicy.REACTIVE].mean_delay + 60
