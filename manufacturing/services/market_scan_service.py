"""MarketScanService: keeps prices fresh where ships are, and sends ships where none are
(docs/domain.md, "Knowing the markets")."""

import logging
from datetime import datetime, timedelta

from manufacturing.domain.clock import Clock
from manufacturing.domain.events import WorkChanged
from manufacturing.domain.gateway import Purpose, SpaceTradersGateway
from manufacturing.domain.ids import IdSource, PlayerId, TaskId
from manufacturing.domain.manufacturing_task import ManufacturingTask, TaskStatus, TaskType
from manufacturing.domain.policy import FleetPolicy, PollPolicy
from manufacturing.domain.ports import UnitOfWorkFactory
from manufacturing.services.market_service import MarketService
from manufacturing.services.recalculation_watch import RecalculationWatch

log = logging.getLogger(__name__)


class MarketScanService:
    """Reads the markets where a ship of ours is; has ships look at the markets nobody has seen for long."""

    def __init__(
        self,
        uow: UnitOfWorkFactory,
        clock: Clock,
        ids: IdSource,
        policy: FleetPolicy,
        markets: MarketService,
        recalculations: RecalculationWatch,
    ) -> None:
        self._uow = uow
        self._clock = clock
        self._ids = ids
        self._policy = policy
        self._markets = markets
        self._recalculations = recalculations

    def scan(self, gateway: SpaceTradersGateway, player_id: PlayerId) -> int:
        """Reads every market with a ship at rest that was not seen for long: since ``scan_every`` recalculations, or,
        where nobody tells of those, for the scan interval. How many were read."""
        due = self._due_for_scan(player_id, self._old_enough(gateway, player_id))
        for waypoint in due:
            self._markets.look(gateway, player_id, waypoint, Purpose.SCAN)
        if due:
            with self._uow() as uow:
                uow.emit(WorkChanged(player_id=player_id))
                uow.commit()
        return len(due)

    def _old_enough(self, gateway: SpaceTradersGateway, player_id: PlayerId) -> datetime:
        """A market last seen then, or earlier, is read again."""
        if self._policy.poll_policy is PollPolicy.RECALCULATION:
            rhythm = self._recalculations.ask_if_due(gateway, player_id, Purpose.SCAN)
            recalculated_at = rhythm.before_last(max(0, self._policy.scan_every - 1))
            if recalculated_at is not None:
                return recalculated_at - timedelta.resolution
        return self._clock.now() - self._policy.scan_interval

    def _due_for_scan(self, player_id: PlayerId, old: datetime) -> list[str]:
        now = self._clock.now()
        with self._uow() as uow:
            unseen = uow.markets.unseen_since(player_id, old)
            if not unseen:
                return []
            # A ship at work looks for itself, where it trades.
            present = {
                ship.waypoint
                for ship in uow.ships.of_player(player_id)
                if ship.container_id is None and not ship.is_flying(now)
            }
        return [waypoint for waypoint in unseen if waypoint in present]

    def send_scouts(self, player_id: PlayerId) -> int:
        """An OBSERVE task for every market worth knowing that nobody is at and nobody has seen for long; how many."""
        now = self._clock.now()
        made = 0
        with self._uow() as uow:
            unseen = uow.markets.unseen_since(player_id, now - self._policy.scout_after)
            if not unseen:
                return 0
            visited = {ship.waypoint for ship in uow.ships.of_player(player_id)}
            under_way = {
                task.waypoint
                for task in uow.tasks.with_status(
                    player_id, TaskStatus.PENDING, TaskStatus.READY, TaskStatus.ASSIGNED, TaskStatus.EXECUTING
                )
                if task.type is TaskType.OBSERVE
            }
            for waypoint in unseen:
                if waypoint not in visited | under_way:
                    uow.tasks.add(self._observe_task(player_id, waypoint, now))
                    made += 1
            if made:
                uow.emit(WorkChanged(player_id=player_id))
            uow.commit()
        return made

    def _observe_task(self, player_id: PlayerId, waypoint: str, now: datetime) -> ManufacturingTask:
        return ManufacturingTask(
            id=TaskId(self._ids()),
            player_id=player_id,
            pipeline_id=None,
            type=TaskType.OBSERVE,
            good=None,
            waypoint=waypoint,
            quantity=0,
            created_at=now,
            status=TaskStatus.READY,
            ready_at=now,
        )
