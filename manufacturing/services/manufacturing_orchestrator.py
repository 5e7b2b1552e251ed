"""ManufacturingOrchestrator: who acts when. It coordinates; every decision is made by the service it calls."""

import logging
from datetime import datetime, timedelta

from manufacturing.domain.clock import Clock
from manufacturing.domain.errors import StaleRow
from manufacturing.domain.events import WorkChanged
from manufacturing.domain.gateway import GatewayError, UniverseReset
from manufacturing.domain.ids import PipelineId, PlayerId
from manufacturing.domain.player import Player
from manufacturing.domain.policy import FleetPolicy
from manufacturing.domain.ports import LockHeld, Locks, UnitOfWorkFactory
from manufacturing.services.cargo_handover_service import CargoHandoverService
from manufacturing.services.enrolment_service import EnrolmentService
from manufacturing.services.gateways import Gateways
from manufacturing.services.haul_service import HaulService
from manufacturing.services.market_scan_service import MarketScanService
from manufacturing.services.observer_service import ObserverService
from manufacturing.services.pipeline_lifecycle_service import PipelineLifecycleService
from manufacturing.services.sale_redirection import SaleRedirection
from manufacturing.services.task_assignment_service import TaskAssignmentService
from manufacturing.services.trade_desk import NotSettledYet, TradeDesk

log = logging.getLogger(__name__)

#: The longest a coordinating job may hold its lock, in wall time.
_JOB_TTL = timedelta(seconds=30)
#: An open intent older than this, in wall time, with no worker at its task, is settled here.
_ABANDONED = timedelta(seconds=45)


class ManufacturingOrchestrator:
    """Calls the services in the right order, for one player at a time, and never twice at once."""

    def __init__(
        self,
        uow: UnitOfWorkFactory,
        clock: Clock,
        policy: FleetPolicy,
        *,
        gateways: Gateways,
        locks: Locks,
        lifecycle: PipelineLifecycleService,
        assignment: TaskAssignmentService,
        handovers: CargoHandoverService,
        hauls: HaulService,
        scans: MarketScanService,
        observers: ObserverService,
        redirection: SaleRedirection,
        enrolment: EnrolmentService,
        desk: TradeDesk,
    ) -> None:
        self._uow = uow
        self._clock = clock
        self._policy = policy
        self._gateways = gateways
        self._locks = locks
        self._lifecycle = lifecycle
        self._assignment = assignment
        self._handovers = handovers
        self._hauls = hauls
        self._scans = scans
        self._observers = observers
        self._redirection = redirection
        self._enrolment = enrolment
        self._desk = desk
        self._opportunities_due: dict[PlayerId, datetime] = {}

    def active_players(self) -> list[Player]:
        """The players for whom work is done."""
        with self._uow() as uow:
            return uow.players.active()

    def coordinate(self, player_id: PlayerId) -> bool:
        """Sells strays, opens gates, gives ready tasks to free ships, and hauls to those left over. False when another
        worker was at it, or at one of the rows: what changed after that one looked is then for the caller to bring up
        again."""
        try:
            with self._locks.lock(f"coordinate:{player_id}", _JOB_TTL):
                self._redirection.liquidate_strays(player_id)
                if self._lifecycle.update_readiness(player_id):
                    self._handovers.arrange(player_id)
                    self._assignment.assign_ready_tasks(player_id)
                if self._hauls.start_hauls(player_id):
                    self._assignment.assign_ready_tasks(player_id)
                self._assignment.attend_idle_ships(player_id)
        except (LockHeld, StaleRow):
            return False
        return True

    def look_for_opportunities(self, player_id: PlayerId, *, now: bool = False) -> list[PipelineId]:
        """Starts pipelines for the best opportunities, when the interval has passed or ``now`` is asked for."""
        due = self._opportunities_due.get(player_id)
        if not now and due is not None and self._clock.now() < due:
            return []
        try:
            with self._locks.lock(f"opportunities:{player_id}", _JOB_TTL):
                self._opportunities_due[player_id] = self._clock.now() + self._policy.opportunity_interval
                with self._uow() as uow:
                    system = uow.players.get(player_id).system_symbol
                created = self._lifecycle.create_pipelines_from_opportunities(player_id, system)
        except LockHeld:
            return []
        if created:
            self.coordinate(player_id)
        return created

    def pipeline_ended(self, player_id: PlayerId, pipeline_id: PipelineId) -> None:
        """Its factories are free: the next pipeline may start at once."""
        log.debug("pipeline %s ended", pipeline_id)
        self.look_for_opportunities(player_id, now=True)

    def scan_markets(self, player: Player) -> None:
        """Reads markets where ships are, sends ships to the markets nobody has seen, and stations observers."""
        try:
            with self._locks.lock(f"scan:{player.id}", _JOB_TTL):
                self._scans.scan(self._gateways.of(player), player.id)
                self._scans.send_scouts(player.id)
                self._observers.station_observers(player.id)
        except LockHeld:
            log.debug("markets of player %s are being scanned already", player.id)
        except UniverseReset as reset:
            self._gateways.stop_player(player.id, str(reset))
        except GatewayError as error:
            log.warning("scan for %s: %s", player.agent_symbol, error)

    def recover(self, player: Player) -> list[str]:
        """Puts right what crashes left behind: abandoned intents, empty pipelines, ships of ended tasks."""
        try:
            with self._locks.lock(f"recover:{player.id}", _JOB_TTL):
                self._settle_abandoned(player)
                done = self._lifecycle.recover_state(player.id)
        except (LockHeld, StaleRow):
            return []
        except UniverseReset as reset:
            self._gateways.stop_player(player.id, str(reset))
            return []
        except GatewayError as error:
            log.warning("recovery for %s: %s", player.agent_symbol, error)
            return []
        for line in done:
            log.warning("recovered: %s", line)
        if done:
            with self._uow() as uow:
                uow.emit(WorkChanged(player_id=player.id))
                uow.commit()
        return done

    def expire_reservations(self, player_id: PlayerId) -> None:
        """Ends the pipelines whose factories saw no progress for too long."""
        try:
            with self._locks.lock(f"expire:{player_id}", _JOB_TTL):
                self._lifecycle.end_expired(player_id)
        except (LockHeld, StaleRow):
            log.debug("reservations of player %s wait for the next time", player_id)

    def _settle_abandoned(self, player: Player) -> None:
        old = self._clock.now() - self._clock.game_time(_ABANDONED)
        with self._uow() as uow:
            working = {ship.symbol for ship in uow.ships.of_player(player.id) if ship.container_id is not None}
            abandoned = {
                intent.ship_symbol
                for intent in uow.intents.open_of_player(player.id)
                if intent.created_at < old and intent.ship_symbol not in working
            }
        for ship in sorted(abandoned):
            try:
                self._desk.settle(self._gateways.of(player), player.id, ship)
            except NotSettledYet as wait:
                log.info("%s: %s", ship, wait)

    def reconcile(self, player: Player) -> int | None:
        """Compares our credits with the server's; the difference that was entered, None when it could not be told."""
        try:
            return self._enrolment.reconcile(self._gateways.of(player), player.id)
        except UniverseReset as reset:
            self._gateways.stop_player(player.id, str(reset))
        except GatewayError as error:
            log.warning("reconciliation for %s: %s", player.agent_symbol, error)
        return None
