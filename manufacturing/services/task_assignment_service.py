"""TaskAssignmentService: gives ready tasks to free ships (docs/domain.md, "Assignment")."""

from datetime import datetime

from manufacturing.domain.clock import Clock
from manufacturing.domain.decision import DecisionKind
from manufacturing.domain.errors import StaleRow, TaskAlreadyTaken
from manufacturing.domain.ids import PlayerId, TaskId
from manufacturing.domain.manufacturing_task import ManufacturingTask, TaskGroup, TaskStatus, TaskType
from manufacturing.domain.policy import FleetPolicy
from manufacturing.domain.ports import UnitOfWork, UnitOfWorkFactory
from manufacturing.domain.prices import ListingType
from manufacturing.domain.routing import Router
from manufacturing.domain.ship import Ship
from manufacturing.services.due_queue import DueQueue
from manufacturing.services.ship_dispatch_service import ShipDispatchService
from manufacturing.services.system_routes import SystemRoutes


class TaskAssignmentService:
    """Greedy: the most urgent task first, to the ship that gets there first."""

    def __init__(
        self,
        uow: UnitOfWorkFactory,
        clock: Clock,
        policy: FleetPolicy,
        *,
        dispatch: ShipDispatchService,
        routes: SystemRoutes,
        due_queue: DueQueue,
    ) -> None:
        self._uow = uow
        self._clock = clock
        self._policy = policy
        self._dispatch = dispatch
        self._routes = routes
        self._due_queue = due_queue
        self._explained: dict[PlayerId, dict[str, str]] = {}

    def assign_ready_tasks(self, player_id: PlayerId, max_concurrent: int | None = None) -> int:
        """Gives every ready task it can to a free ship; how many. ``max_concurrent`` bounds the tasks under way."""
        now = self._clock.now()
        with self._uow() as uow:
            ready = uow.tasks.with_status(player_id, TaskStatus.READY)
            if not ready:
                return 0
            busy = uow.tasks.with_status(player_id, TaskStatus.ASSIGNED, TaskStatus.EXECUTING)
            ships = self._dispatch.idle_ships(uow, player_id)
            laden = {s.symbol: s for s in uow.ships.of_player(player_id) if s.container_id is None and s.cargo_units}
            router = self._routes.router(uow, player_id)
            scouting = any(task.type is TaskType.OBSERVE for task in ready)
            observers = self._free_observers(uow, player_id, ships) if scouting else {}
        room = len(ready) if max_concurrent is None else max(0, max_concurrent - len(busy))
        counts = {group: sum(task.group is group for task in busy) for group in TaskGroup}
        ready.sort(
            key=lambda task: (-task.priority(now), task.ready_at or now, task.created_at, task.sequence, task.id)
        )
        free = {ship.symbol: ship for ship in ships if ship.can_haul}
        assigned = 0
        for task in self._in_turn(ready, counts, len(free)):
            if assigned >= room:
                break
            ship = self._choose(task, free, laden, observers, router)
            if ship is None or not self._give(ship, task, router):
                continue
            for pool in (free, laden, observers):
                pool.pop(ship.symbol, None)
            assigned += 1
        return assigned

    def assign_ship_to_task(self, player_id: PlayerId, ship_symbol: str, task_id: TaskId) -> None:
        """Gives this task to this ship. TaskAlreadyTaken when the task, or the ship, is no longer free."""
        with self._uow() as uow:
            ship = uow.ships.get(player_id, ship_symbol)
            task = uow.tasks.get(task_id)
        if not self._give(ship, task, None):
            raise TaskAlreadyTaken(f"task {task_id} was not given to {ship_symbol}: one of them is no longer free")

    def reassign_freed_ship(self, player_id: PlayerId, ship_symbol: str) -> bool:
        """Gives the freed ship the next ready task for it; whether there was one."""
        self.assign_ready_tasks(player_id)
        return not self._dispatch.is_ship_available(player_id, ship_symbol)

    def get_assigned_tasks(self, player_id: PlayerId) -> dict[TaskId, str]:
        """The ship of each task under way."""
        with self._uow() as uow:
            busy = uow.tasks.with_status(player_id, TaskStatus.ASSIGNED, TaskStatus.EXECUTING)
        return {task.id: task.ship_symbol for task in busy if task.ship_symbol is not None}

    def explain_idle_ships(self, player_id: PlayerId) -> None:
        """Notes why each free ship with a hold has nothing to do, when the reason is another than before."""
        known, now = self._explained.get(player_id, {}), self._clock.now()
        with self._uow() as uow:
            idle = [ship.symbol for ship in self._dispatch.idle_ships(uow, player_id) if ship.can_haul]
            reason = self._why_nothing_to_do(uow, player_id, now) if idle else ""
            for symbol in idle:
                if known.get(symbol) != reason:
                    uow.decisions.note(player_id, DecisionKind.SKIP, symbol, reason, now)
            uow.commit()
        self._explained[player_id] = dict.fromkeys(idle, reason)

    @staticmethod
    def _why_nothing_to_do(uow: UnitOfWork, player_id: PlayerId, now: datetime) -> str:
        waiting = uow.tasks.with_status(player_id, TaskStatus.PENDING, TaskStatus.READY)
        if not waiting:
            return "no pipeline has work for it"
        if any(task.status is TaskStatus.READY for task in waiting):
            return "the tasks that are ready are for other ships"
        # What waits for another task says less than what that task waits for.
        first = min(
            waiting, key=lambda task: ((task.reason or "").startswith("waits for task"), -task.priority(now), task.id)
        )
        what = f"{first.type} {first.good or ''}".strip()
        return f"no task is ready: {what} at {first.waypoint} waits, {first.reason or 'just planned'}"

    def _in_turn(
        self, ready: list[ManufacturingTask], counts: dict[TaskGroup, int], ships: int
    ) -> list[ManufacturingTask]:
        """By priority, but a group below its minimum share goes before one that is not."""
        minimum = {
            TaskGroup.FEED: self._policy.min_feeding_ships,
            TaskGroup.YIELD: self._policy.min_yield_ships,
        }
        fleet = ships + sum(counts.values())
        if sum(minimum.values()) > fleet:
            # A fleet smaller than both shares goes by priority alone.
            return ready
        owed = {group: max(0, minimum[group] - counts[group]) for group in TaskGroup}
        first: list[ManufacturingTask] = []
        rest: list[ManufacturingTask] = []
        for task in ready:
            if owed[task.group] > 0:
                owed[task.group] -= 1
                first.append(task)
            else:
                rest.append(task)
        return first + rest

    @staticmethod
    def _choose(
        task: ManufacturingTask,
        free: dict[str, Ship],
        laden: dict[str, Ship],
        observers: dict[str, Ship],
        router: Router,
    ) -> Ship | None:
        if task.bound_ship is not None:
            return laden.get(task.bound_ship) or free.get(task.bound_ship)
        candidates = (observers or free) if task.type is TaskType.OBSERVE else free
        return min(
            candidates.values(),
            key=lambda ship: (router.travel_time(ship, task.waypoint), -ship.cargo_capacity, ship.symbol),
            default=None,
        )

    @staticmethod
    def _free_observers(uow: UnitOfWork, player_id: PlayerId, ships: list[Ship]) -> dict[str, Ship]:
        """Ships without a hold that no watched market needs where they are."""
        exporting = {
            listing.waypoint
            for listing in uow.markets.in_system(player_id, uow.players.get(player_id).system_symbol)
            if listing.type is ListingType.EXPORT
        }
        stationed: set[str] = set()
        free: dict[str, Ship] = {}
        for ship in ships:
            if ship.can_haul:
                continue
            if ship.waypoint in exporting and ship.waypoint not in stationed:
                stationed.add(ship.waypoint)
                continue
            free[ship.symbol] = ship
        # A fleet with few observers cannot spare one for each factory: then they go round.
        if len(stationed) < 3:
            return {ship.symbol: ship for ship in ships if not ship.can_haul}
        return free

    def _give(self, ship: Ship, task: ManufacturingTask, router: Router | None) -> bool:
        now = self._clock.now()
        try:
            with self._uow() as uow:
                if not uow.tasks.claim(task.id, ship.symbol, now):
                    return False
                uow.ships.get(ship.player_id, ship.symbol).work_for(task.id)
                reason = self._reason(ship, task, router, now)
                uow.decisions.note(task.player_id, DecisionKind.ASSIGN, ship.symbol, reason, now)
                claimed = uow.tasks.get(task.id)
                self._due_queue.queue_now(uow, claimed)
                uow.commit()
        except (StaleRow, TaskAlreadyTaken):
            return False
        return True

    @staticmethod
    def _reason(ship: Ship, task: ManufacturingTask, router: Router | None, now: datetime) -> str:
        what = f"{task.type} {task.good or ''}".strip()
        text = f"{what} at {task.waypoint}, priority {task.priority(now):.0f}"
        if router is None:
            return text
        return f"{text}, {router.travel_time(ship, task.waypoint).total_seconds():.0f} s away"
