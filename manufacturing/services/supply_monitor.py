"""SupplyMonitor: watches the outputs of factories at work, every so often whatever they do (reactive)."""

import logging

from manufacturing.domain.clock import Clock
from manufacturing.domain.decision import DecisionKind
from manufacturing.domain.events import WorkChanged
from manufacturing.domain.factory_state import FactoryState
from manufacturing.domain.gateway import Purpose, ServerUnavailable, UniverseReset
from manufacturing.domain.ids import PlayerId
from manufacturing.domain.policy import FleetPolicy
from manufacturing.domain.ports import UnitOfWork, UnitOfWorkFactory
from manufacturing.services.conflicts import deciding_again
from manufacturing.services.due_queue import DueQueue
from manufacturing.services.gateways import Gateways
from manufacturing.services.market_service import MarketService

log = logging.getLogger(__name__)


class SupplyMonitor:
    """Polls each watched factory at a fixed interval, where a ship of ours is present to see it."""

    def __init__(
        self,
        uow: UnitOfWorkFactory,
        clock: Clock,
        policy: FleetPolicy,
        *,
        gateways: Gateways,
        markets: MarketService,
        due_queue: DueQueue,
    ) -> None:
        self._uow = uow
        self._clock = clock
        self._policy = policy
        self._gateways = gateways
        self._markets = markets
        self._due_queue = due_queue

    def get_factories_to_poll(self, player_id: PlayerId) -> list[FactoryState]:
        """Watched factories whose next poll is due."""
        now = self._clock.now()
        with self._uow() as uow:
            return [f for f in uow.factories.watched(player_id) if f.next_poll_at is not None and f.next_poll_at <= now]

    def poll(self, state_id: str, version: int) -> None:
        """Looks at the factory once and sets its next poll. A message that is late or repeated does nothing."""
        now = self._clock.now()
        with self._uow() as uow:
            state = uow.factories.claim_poll(state_id, version, self._due_queue.lease_from(now))
            if state is None:
                return
            player = uow.players.get(state.player_id)
            observed = self._has_observer(uow, state)
            gateway = self._gateways.of(player) if observed else None
            if not observed:
                reason = f"no ship of ours is at {state.factory_symbol} to see its {state.output_good}"
                uow.decisions.note(player.id, DecisionKind.POLL, state.factory_symbol, reason, now)
            uow.commit()
        try:
            if gateway is not None:
                self._markets.look(gateway, state.player_id, state.factory_symbol, Purpose.SUPPLY_POLL)
        except UniverseReset as error:
            self._gateways.stop_player(state.player_id, str(error))
            return
        except ServerUnavailable as error:
            log.info("poll of %s: %s", state.factory_symbol, error)
        deciding_again(lambda: self._set_next(state, polled=observed))

    def _set_next(self, before: FactoryState, *, polled: bool) -> None:
        with self._uow() as uow:
            state = uow.factories.get(before.id)
            if not state.is_watched:
                return
            state.polls += polled
            if state.ready_at is not None and before.ready_at is None:
                uow.emit(WorkChanged(player_id=state.player_id))
            self._due_queue.wait_for_poll(uow, state, self._clock.now() + self._policy.poll_interval)
            uow.commit()

    def _has_observer(self, uow: UnitOfWork, state: FactoryState) -> bool:
        now = self._clock.now()
        return any(not ship.is_flying(now) for ship in uow.ships.at(state.player_id, state.factory_symbol))
