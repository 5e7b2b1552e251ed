"""PredictiveSupplyMonitor: estimates when the outputs of factories at work will be plentiful, and looks at them then
(docs/domain.md, "Production cycles" and "Supply polls")."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from manufacturing.domain.clock import Clock
from manufacturing.domain.decision import DecisionKind
from manufacturing.domain.errors import UnknownThing
from manufacturing.domain.events import WorkChanged
from manufacturing.domain.factory_state import FactoryState
from manufacturing.domain.facts import recipes
from manufacturing.domain.gateway import Purpose, ServerUnavailable, SpaceTradersGateway, UniverseReset
from manufacturing.domain.ids import IdSource, PipelineId, PlayerId
from manufacturing.domain.manufacturing_task import ManufacturingTask, StepState
from manufacturing.domain.policy import FleetPolicy, PollPolicy
from manufacturing.domain.poll_timing import (
    FAR_FROM_ESTIMATE,
    LONGEST,
    Sight,
    is_overdue,
    next_planned_poll,
    next_recalculation_poll,
    plan_interval,
)
from manufacturing.domain.ports import UnitOfWork, UnitOfWorkFactory
from manufacturing.domain.prices import ListingType, Supply
from manufacturing.domain.production_estimate import OutputSeen, ProductionEstimate
from manufacturing.domain.production_rates import outlook
from manufacturing.domain.profit_forecast import ConfidenceLevel
from manufacturing.domain.recalculation_rhythm import RecalculationRhythm
from manufacturing.domain.ship import Ship
from manufacturing.domain.universe import MarketState
from manufacturing.services.conflicts import deciding_again
from manufacturing.services.due_queue import DueQueue
from manufacturing.services.factory_state_tracker import FactoryStateTracker
from manufacturing.services.gateways import Gateways
from manufacturing.services.market_service import MarketService
from manufacturing.services.production_rate_service import ProductionRateService
from manufacturing.services.recalculation_watch import RecalculationWatch

log = logging.getLogger(__name__)

#: A poll that would be due again within this is taken now.
_AT_ONCE: Final = timedelta(seconds=1)


@dataclass(frozen=True, slots=True)
class _Turn:
    """A factory whose poll was claimed."""

    state: FactoryState
    gateway: SpaceTradersGateway
    ships: Sequence[Ship]
    """Ours that are there or on their way."""
    observed: bool
    """Whether one of them is there to see it."""
    estimate: ProductionEstimate | None

    @property
    def looked_at(self) -> datetime:
        """When the output was last seen, by whomever."""
        return self.state.observed_at or self.state.created_at


class PredictiveSupplyMonitor:
    """Watches factories at work by the poll policy, where a ship of ours is present to see them."""

    def __init__(
        self,
        uow: UnitOfWorkFactory,
        clock: Clock,
        ids: IdSource,
        policy: FleetPolicy,
        *,
        gateways: Gateways,
        markets: MarketService,
        due_queue: DueQueue,
        tracker: FactoryStateTracker,
        rates: ProductionRateService,
        recalculations: RecalculationWatch,
    ) -> None:
        self._uow = uow
        self._clock = clock
        self._ids = ids
        self._policy = policy
        self._gateways = gateways
        self._markets = markets
        self._due_queue = due_queue
        self._tracker = tracker
        self._rates = rates
        self._recalculations = recalculations
        self._is_adaptive = True

    # What happened to a factory

    def record_delivery(self, uow: UnitOfWork, task: ManufacturingTask, units: int, at: datetime) -> None:
        """A DELIVER sold ``units`` to its factory: it may work faster from the next recalculation on, and is looked at
        then."""
        state = self._tracker.record_delivery(uow, task, units, at)
        if state is None or task.good is None:
            return
        estimate = self._estimate_of(uow, state, at)
        estimate.record_delivery(task.good, at)
        self._look_sooner(uow, state, estimate, at)

    def record_all_inputs_delivered(self, uow: UnitOfWork, state: FactoryState, at: datetime) -> None:
        """Nothing more will be delivered to the factory in this cycle: from now on it is estimated when its output will
        be plentiful."""
        estimate = self._estimate_of(uow, state, at)
        estimate.record_all_inputs_delivered(at)
        self._look_sooner(uow, state, estimate, at)

    def _look_sooner(self, uow: UnitOfWork, state: FactoryState, estimate: ProductionEstimate, now: datetime) -> None:
        """Moves the next poll forward where what is known now calls for it."""
        if not state.is_watched or state.step_state is not StepState.WAITING:
            return
        due = self._next_poll(state, estimate, self._recalculations.rhythm(state.player_id), now)
        if state.next_poll_at is None or due < state.next_poll_at:
            self._due_queue.wait_for_poll(uow, state, due)

    # When its output will be plentiful

    def estimate_production_ready(
        self, pipeline_id: PipelineId, factory_symbol: str, output_good: str
    ) -> ProductionEstimate:
        """When the output of a factory at work for the pipeline is expected to be HIGH, from what was last seen of it.
        UnknownThing when the pipeline has no such factory."""
        return deciding_again(lambda: self._reckoned(pipeline_id, factory_symbol, output_good))

    def _reckoned(self, pipeline_id: PipelineId, factory_symbol: str, output_good: str) -> ProductionEstimate:
        with self._uow() as uow:
            state = uow.factories.find(pipeline_id, factory_symbol, output_good)
            if state is None:
                raise UnknownThing(f"pipeline {pipeline_id} has no factory of {output_good} at {factory_symbol}")
            estimate = self._estimate_of(uow, state, self._clock.now())
            self._reckon(uow, state, estimate)
            uow.commit()
        return estimate

    def _estimate_of(self, uow: UnitOfWork, state: FactoryState, now: datetime) -> ProductionEstimate:
        """The estimate of this cycle, begun where there is none."""
        estimate = uow.estimates.find(state.pipeline_id, state.factory_symbol, state.output_good)
        if estimate is None:
            estimate = ProductionEstimate(
                id=self._ids(),
                player_id=state.player_id,
                factory_symbol=state.factory_symbol,
                output_good=state.output_good,
                pipeline_id=state.pipeline_id,
                inputs_delivered_at=dict(state.inputs_delivered_at),
                all_inputs_at=state.all_inputs_at,
                confidence_level=ConfidenceLevel.LOW,
                created_at=now,
            )
            uow.estimates.add(estimate)
        return estimate

    def _reckon(self, uow: UnitOfWork, state: FactoryState, estimate: ProductionEstimate) -> None:
        listings = {listing.good: listing for listing in uow.markets.at(state.player_id, state.factory_symbol)}
        output = listings.get(state.output_good)
        if output is None or output.observed_at is None or output.supply is None or output.trade_volume is None:
            return
        rates = self._rates.rates(uow, state.player_id)
        needed = [listings[good] for good in recipes().get(output.good, ()) if good in listings]
        inputs = [listing for listing in needed if listing.type is not ListingType.EXPORT]
        rate, evidence = outlook(rates, output, inputs)
        seen = OutputSeen(
            supply=output.supply,
            activity=output.activity,
            trade_volume=output.trade_volume,
            net_supply=rates.net_supply_range(output),
            rate=rate,
            evidence=evidence,
        )
        rhythm = self._recalculations.rhythm(state.player_id)
        estimate.reckon(seen, output.observed_at, rhythm.latest_until(output.observed_at))

    # Polls

    def get_factories_to_poll(self, player_id: PlayerId) -> list[FactoryState]:
        """Watched factories whose next poll is due."""
        now = self._clock.now()
        with self._uow() as uow:
            return [f for f in uow.factories.watched(player_id) if f.next_poll_at is not None and f.next_poll_at <= now]

    def set_adaptive_poll_interval(self, enabled: bool) -> None:
        """Whether this process follows the configured poll policy, or polls reactively whatever that says."""
        self._is_adaptive = enabled

    def run(self, state_id: str, version: int) -> None:
        """One turn of the polling: looks at the factory, unless it was looked at meanwhile or nothing can have changed,
        and sets its next poll. A message that is late or repeated does nothing."""
        turn = self._claim(state_id, version)
        if turn is None:
            return
        state, market = turn.state, None
        try:
            rhythm = self._rhythm_for(turn)
            if turn.observed and self._is_worth_a_look(turn, rhythm):
                market = turn.gateway.get_market(state.factory_symbol, Purpose.SUPPLY_POLL)
        except UniverseReset as error:
            self._gateways.stop_player(state.player_id, str(error))
            return
        except ServerUnavailable as error:
            log.info("poll of %s: %s", state.factory_symbol, error)
        deciding_again(lambda: self._finish(turn, market))

    def _claim(self, state_id: str, version: int) -> _Turn | None:
        """The factory, when it is this message's."""
        now = self._clock.now()
        with self._uow() as uow:
            state = uow.factories.claim_poll(state_id, version, self._due_queue.lease_from(now))
            if state is None:
                return None
            player = uow.players.get(state.player_id)
            ships = uow.ships.at(state.player_id, state.factory_symbol)
            observed = any(not ship.is_flying(now) for ship in ships)
            estimate = uow.estimates.find(state.pipeline_id, state.factory_symbol, state.output_good)
            if not observed:
                reason = f"no ship of ours is at {state.factory_symbol} to see its {state.output_good}"
                uow.decisions.note(player.id, DecisionKind.POLL, state.factory_symbol, reason, now)
            gateway = self._gateways.of(player)
            uow.commit()
        return _Turn(state, gateway, ships, observed, estimate)

    def _rhythm_for(self, turn: _Turn) -> RecalculationRhythm:
        if self._poll_policy is not PollPolicy.RECALCULATION:
            return self._recalculations.rhythm(turn.state.player_id)
        return self._recalculations.ask_if_due(turn.gateway, turn.state.player_id, Purpose.SUPPLY_POLL)

    def _is_worth_a_look(self, turn: _Turn, rhythm: RecalculationRhythm) -> bool:
        """Whether the look is still due: somebody may have looked meanwhile, or the recalculation may be late."""
        if self._poll_policy is PollPolicy.REACTIVE:
            return True
        if self._waits_for_recalculation(turn.looked_at, rhythm):
            return False
        now = self._clock.now()
        return self._next_poll(turn.state, turn.estimate, rhythm, now, turn.ships) <= now + _AT_ONCE

    def _waits_for_recalculation(self, looked_at: datetime, rhythm: RecalculationRhythm) -> bool:
        """Whether nothing but trades can have changed since: the game has told of no recalculation after it."""
        by_recalculation = self._poll_policy is PollPolicy.RECALCULATION
        return by_recalculation and rhythm.last is not None and rhythm.last <= looked_at

    def _finish(self, turn: _Turn, market: MarketState | None) -> None:
        """Stores what was seen, if anything was, and sets the next poll."""
        before, now = turn.state, self._clock.now()
        with self._uow() as uow:
            if market is not None:
                self._markets.record(uow, before.player_id, market, now)
            state = uow.factories.get(before.id)
            if not state.is_watched:
                uow.commit()
                return
            state.polls += market is not None
            estimate = self._estimate_of(uow, state, now)
            self._reckon(uow, state, estimate)
            if market is not None and not _is_ready(state):
                self._count_overdue(estimate, now)
            if _is_ready(state) and not _is_ready(before):
                uow.emit(WorkChanged(player_id=state.player_id))
            rhythm = self._recalculations.rhythm(state.player_id)
            due = self._next_poll(state, estimate, rhythm, now, turn.ships)
            if due <= now:
                due = self._try_again_at(turn, rhythm, now)
            self._due_queue.wait_for_poll(uow, state, due)
            uow.commit()

    def _try_again_at(self, turn: _Turn, rhythm: RecalculationRhythm, now: datetime) -> datetime:
        """When to come back for a look that is due and could not be taken."""
        if self._waits_for_recalculation(turn.looked_at, rhythm):
            return max(self._recalculations.ask_at(turn.state.player_id), now + _AT_ONCE)
        if turn.observed:
            return now + self._policy.poll_interval
        # Without a ship there is nothing to see: an arrival is a look of its own.
        return now + FAR_FROM_ESTIMATE

    @staticmethod
    def _count_overdue(estimate: ProductionEstimate, now: datetime) -> None:
        """A poll that came after the estimate, and found the output not plentiful, makes the next one less urgent;
        after many the estimate is moved out."""
        if not is_overdue(estimate.estimated_ready_at, now):
            return
        estimate.overdue_polls += 1
        interval = plan_interval(estimate.estimated_ready_at, now, estimate.overdue_polls)
        if interval == LONGEST:
            estimate.move_out(now + interval)

    @property
    def _poll_policy(self) -> PollPolicy:
        return self._policy.poll_policy if self._is_adaptive else PollPolicy.REACTIVE

    def _next_poll(
        self,
        state: FactoryState,
        estimate: ProductionEstimate | None,
        rhythm: RecalculationRhythm,
        now: datetime,
        ships: Sequence[Ship] = (),
    ) -> datetime:
        """When the factory is to be looked at by the poll policy."""
        if self._poll_policy is PollPolicy.REACTIVE:
            return now + self._policy.poll_interval
        sight = Sight(looked_at=state.observed_at or state.created_at, is_ready=_is_ready(state), estimate=estimate)
        arrivals = tuple(ship.arrival_at for ship in ships if ship.is_flying(now) and ship.arrival_at is not None)
        due = None
        if self._poll_policy is PollPolicy.RECALCULATION:
            due = next_recalculation_poll(sight, rhythm, arrivals)
        return due if due is not None else next_planned_poll(sight)


def _is_ready(state: FactoryState) -> bool:
    return state.supply is not None and state.supply.at_least(Supply.HIGH)
