"""TaskAssignmentService: gives ready tasks to free ships (docs/domain.md, "Assignment")."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from manufacturing.domain.assignment import AssignmentProblem, AssignmentSolver, Errand, Taker, owed_ships
from manufacturing.domain.clock import Clock
from manufacturing.domain.decision import DecisionKind
from manufacturing.domain.errors import StaleRow, TaskAlreadyTaken
from manufacturing.domain.ids import PlayerId, TaskId
from manufacturing.domain.manufacturing_task import ManufacturingTask, TaskGroup, TaskStatus, TaskType
from manufacturing.domain.policy import FleetPolicy
from manufacturing.domain.ports import UnitOfWork, UnitOfWorkFactory
from manufacturing.domain.ship import Ship
from manufacturing.services.conflicts import deciding_again
from manufacturing.services.due_queue import DueQueue
from manufacturing.services.ship_dispatch_service import ShipDispatchService
from manufacturing.services.ship_prepositioning_service import ShipPrePositioningService
from manufacturing.services.system_routes import SystemRoutes

#: How often ships that stay idle are seen to, in game time.
_ATTEND_EVERY: Final = timedelta(minutes=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Given:
    """A ship and the task it gets."""

    ship: Ship
    task: ManufacturingTask
    wait: float
    """Game seconds until the ship arrives where it is flying to."""
    seconds: float
    """Game seconds from there to the task."""


class TaskAssignmentService:
    """Decides over all ready tasks and all free ships at once; how, is the solver's."""

    def __init__(
        self,
        uow: UnitOfWorkFactory,
        clock: Clock,
        policy: FleetPolicy,
        *,
        solver: AssignmentSolver,
        dispatch: ShipDispatchService,
        routes: SystemRoutes,
        due_queue: DueQueue,
        positioning: ShipPrePositioningService,
    ) -> None:
        self._uow = uow
        self._clock = clock
        self._policy = policy
        self._solver = solver
        self._dispatch = dispatch
        self._routes = routes
        self._due_queue = due_queue
        self._positioning = positioning
        self._explained: dict[PlayerId, dict[str, str]] = {}
        self._attended: dict[PlayerId, tuple[frozenset[str], datetime]] = {}

    def assign_ready_tasks(self, player_id: PlayerId, max_concurrent: int | None = None) -> int:
        """Gives every ready task it can to a free ship; how many. ``max_concurrent`` bounds the tasks under way."""
        return deciding_again(lambda: self._assign(player_id, max_concurrent))

    def _assign(self, player_id: PlayerId, max_concurrent: int | None) -> int:
        now = self._clock.now()
        with self._uow() as uow:
            ships = self._dispatch.assignable_ships(uow, player_id)
            if not ships:
                return 0
            tasks = uow.tasks.with_status(player_id, TaskStatus.READY, TaskStatus.ASSIGNED, TaskStatus.EXECUTING)
            ready = [task for task in tasks if task.status is TaskStatus.READY]
            if not ready:
                return 0
            busy = [task for task in tasks if task.has_ship and task.type is not TaskType.POSITION]
            room = len(ready) if max_concurrent is None else max(0, max_concurrent - len(busy))
            given = self._decide(uow, player_id, ships, ready, busy, room, now)
            if not given:
                return 0
            self._give_all(uow, player_id, given, {task.id: task for task in tasks}, now)
            uow.commit()
        return len(given)

    def _decide(
        self,
        uow: UnitOfWork,
        player_id: PlayerId,
        ships: list[Ship],
        ready: list[ManufacturingTask],
        busy: list[ManufacturingTask],
        room: int,
        now: datetime,
    ) -> list[_Given]:
        router = self._routes.router(uow, player_id)
        ready.sort(
            key=lambda task: (-task.priority(now), task.ready_at or now, task.created_at, task.sequence, task.id)
        )
        lookers = self._lookers(uow, player_id, ships, ready)
        takers = [_taker(ship, ship.symbol in lookers, now) for ship in ships]
        places = sorted({task.waypoint for task in ready})
        column = {place: number for number, place in enumerate(places)}
        problem = AssignmentProblem(
            takers=takers,
            errands=[_errand(task, column[task.waypoint], now) for task in ready],
            ways=router.ways(ships, places),
            ship_second_worth=router.ship_second_worth,
            owed=self._owed(takers, ready, busy),
            room=room,
        )
        return [
            _Given(
                ship=ships[taker],
                task=ready[errand],
                wait=takers[taker].wait,
                seconds=problem.arrival(taker, errand) - takers[taker].wait,
            )
            for taker, errand in self._solver.solve(problem)
        ]

    def _owed(
        self, takers: list[Taker], ready: list[ManufacturingTask], busy: list[ManufacturingTask]
    ) -> dict[TaskGroup, int]:
        """How many ships each group is to get before others get any."""
        present = {taker.ship for taker in takers}
        open_to_some = [task for task in ready if task.bound_ship is None or task.bound_ship in present]
        return owed_ships(
            {TaskGroup.FEED: self._policy.min_feeding_ships, TaskGroup.YIELD: self._policy.min_yield_ships},
            _by_group(busy),
            _by_group(open_to_some),
            sum(taker.hauls for taker in takers),
        )

    def _give_all(
        self,
        uow: UnitOfWork,
        player_id: PlayerId,
        given: list[_Given],
        tasks: dict[TaskId, ManufacturingTask],
        now: datetime,
    ) -> None:
        for each in given:
            if each.ship.container_id is not None:
                tasks[TaskId(each.ship.container_id)].cancel(f"called away for {each.task.type}", now)
        # A ship has one task at a time: those they are called away from must be off first.
        uow.flush()
        reasons = [(each.ship.symbol, _reason(each, now)) for each in given]
        for each in given:
            each.task.assign(each.ship.symbol, now)
            each.ship.work_for(each.task.id)
        self._due_queue.queue_all_now(uow, [each.task for each in given])
        for symbol, reason in reasons:
            uow.decisions.note(player_id, DecisionKind.ASSIGN, symbol, reason, now)
        self._positioning.note_work(uow, player_id, {each.ship.symbol: each.task for each in given})

    def assign_ship_to_task(self, player_id: PlayerId, ship_symbol: str, task_id: TaskId) -> None:
        """Gives this task to this ship. TaskAlreadyTaken when the task, or the ship, is no longer free."""
        try:
            taken = self._take(player_id, ship_symbol, task_id)
        except (StaleRow, TaskAlreadyTaken):
            taken = False
        if not taken:
            raise TaskAlreadyTaken(f"task {task_id} was not given to {ship_symbol}: one of them is no longer free")

    def _take(self, player_id: PlayerId, ship_symbol: str, task_id: TaskId) -> bool:
        now = self._clock.now()
        with self._uow() as uow:
            ship = uow.ships.get(player_id, ship_symbol)
            if ship.container_id is not None:
                before = uow.tasks.get(TaskId(ship.container_id))
                if before.type is TaskType.POSITION and before.has_ship:
                    before.cancel("called away", now)
                    uow.flush()
            if not uow.tasks.claim(task_id, ship_symbol, now):
                return False
            ship.work_for(task_id)
            task = uow.tasks.get(task_id)
            uow.decisions.note(player_id, DecisionKind.ASSIGN, ship_symbol, _what(task, now), now)
            self._due_queue.queue_now(uow, task)
            self._positioning.note_work(uow, player_id, {ship_symbol: task})
            uow.commit()
        return True

    def reassign_freed_ship(self, player_id: PlayerId, ship_symbol: str) -> bool:
        """Gives the freed ship the next ready task for it; whether there was one."""
        self.assign_ready_tasks(player_id)
        return not self._dispatch.is_ship_available(player_id, ship_symbol)

    def get_assigned_tasks(self, player_id: PlayerId) -> dict[TaskId, str]:
        """The ship of each task under way."""
        with self._uow() as uow:
            busy = uow.tasks.with_status(player_id, TaskStatus.ASSIGNED, TaskStatus.EXECUTING)
        return {task.id: task.ship_symbol for task in busy if task.ship_symbol is not None}

    def attend_idle_ships(self, player_id: PlayerId) -> None:
        """Sends ships that have nothing to do where work is expected, and notes why the others stay. Those that were
        seen to less than a minute ago are left in peace."""
        now = self._clock.now()
        with self._uow() as uow:
            idle = frozenset(ship.symbol for ship in self._dispatch.idle_ships(uow, player_id) if ship.can_haul)
        seen, due = self._attended.get(player_id, (frozenset(), now))
        if not idle or (idle <= seen and now < due):
            return
        sent = self._positioning.send_ahead(player_id)
        self._attended[player_id] = idle.difference(sent), now + _ATTEND_EVERY
        self._explain(player_id, sorted(idle.difference(sent)), now)

    def _explain(self, player_id: PlayerId, idle: list[str], now: datetime) -> None:
        """Notes why each of these ships has nothing to do, when the reason is another than before."""
        known = self._explained.get(player_id, {})
        with self._uow() as uow:
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

    @staticmethod
    def _lookers(
        uow: UnitOfWork, player_id: PlayerId, ships: list[Ship], ready: list[ManufacturingTask]
    ) -> frozenset[str]:
        """The ships that may be sent to look at a market: those without a hold that no factory needs where they are,
        and haulers when there is none."""
        if all(task.type is not TaskType.OBSERVE or task.bound_ship is not None for task in ready):
            return frozenset()
        observers = [ship for ship in ships if not ship.can_haul]
        makers = uow.markets.exporters(player_id) if observers else frozenset()
        free = _without_the_stationed(observers, makers)
        haulers = [ship for ship in ships if ship.can_haul and not ship.cargo_units]
        return frozenset(ship.symbol for ship in (free or haulers))


def _without_the_stationed(observers: list[Ship], makers: frozenset[str]) -> list[Ship]:
    """Those of the observers that no factory needs where they are."""
    stationed: set[str] = set()
    free: list[Ship] = []
    for ship in observers:
        if ship.waypoint in makers and ship.waypoint not in stationed:
            stationed.add(ship.waypoint)
        else:
            free.append(ship)
    # A fleet with few observers cannot spare one for each factory: then they go round.
    return observers if len(stationed) < 3 else free


def _taker(ship: Ship, looks: bool, now: datetime) -> Taker:
    flying = ship.arrival_at is not None and ship.is_flying(now)
    return Taker(
        ship=ship.symbol,
        wait=(ship.arrival_at - now).total_seconds() if flying and ship.arrival_at is not None else 0.0,
        hold=ship.cargo_capacity,
        hauls=ship.can_haul and ship.cargo_units == 0,
        looks=looks,
    )


def _errand(task: ManufacturingTask, place: int, now: datetime) -> Errand:
    return Errand(
        task_id=task.id,
        place=place,
        priority=task.priority(now),
        group=task.group,
        bound_to=task.bound_ship,
        looks=task.type is TaskType.OBSERVE,
    )


def _by_group(tasks: Sequence[ManufacturingTask]) -> Counter[TaskGroup]:
    return Counter(task.group for task in tasks if task.group is not None)


def _what(task: ManufacturingTask, now: datetime) -> str:
    what = f"{task.type} {task.good or ''}".strip()
    return f"{what} at {task.waypoint}, priority {task.priority(now):.0f}"


def _reason(given: _Given, now: datetime) -> str:
    text = f"{_what(given.task, now)}, {given.seconds:.0f} s away"
    return f"{text}, once it arrives in {given.wait:.0f} s" if given.wait else text
