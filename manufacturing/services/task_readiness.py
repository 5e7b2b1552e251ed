"""TaskReadiness: which waiting tasks a ship may take (docs/domain.md, "Readiness")."""

from collections import defaultdict
from datetime import datetime, timedelta
from functools import cached_property

from manufacturing.domain.clock import Clock
from manufacturing.domain.decision import DecisionKind
from manufacturing.domain.execution import supply_allows
from manufacturing.domain.ids import PlayerId, TaskId
from manufacturing.domain.manufacturing_task import ManufacturingTask, TaskDependency, TaskStatus, TaskType
from manufacturing.domain.policy import FleetPolicy
from manufacturing.domain.ports import UnitOfWork
from manufacturing.domain.prices import Supply
from manufacturing.domain.system_markets import SystemMarkets
from manufacturing.services.pipeline_planner import PipelinePlanner
from manufacturing.services.shared_resource_coordinator import SharedResourceCoordinator
from manufacturing.services.system_survey import SystemSurvey


class TaskReadiness:
    """Opens and closes the gates of tasks that have no ship."""

    def __init__(
        self,
        clock: Clock,
        policy: FleetPolicy,
        *,
        survey: SystemSurvey,
        planner: PipelinePlanner,
        coordinator: SharedResourceCoordinator,
    ) -> None:
        self._clock = clock
        self._policy = policy
        self._survey = survey
        self._planner = planner
        self._coordinator = coordinator

    def update(self, uow: UnitOfWork, player_id: PlayerId) -> tuple[int, list[ManufacturingTask]]:
        """Moves tasks between PENDING and READY; how many are READY, and the ACQUIREs that were given up."""
        waiting = uow.tasks.with_status(player_id, TaskStatus.PENDING, TaskStatus.READY)
        if not waiting:
            return 0, []
        now = self._clock.now()
        markets = _Markets(self._survey, uow, player_id)
        needs: dict[TaskId, list[tuple[TaskDependency, TaskStatus]]] = defaultdict(list)
        for need, status in uow.tasks.needs_of([task.id for task in waiting]):
            needs[need.task_id].append((need, status))
        undecided = {task.id: task for task in waiting}
        ready = 0
        given_up: list[ManufacturingTask] = []
        for task in waiting:
            # What was decided of another one a moment ago holds for this one already.
            before = [
                (need, undecided[need.depends_on].status if need.depends_on in undecided else status)
                for need, status in needs[task.id]
            ]
            self._update_task(uow, task, before, markets, now)
            if task.status is TaskStatus.CANCELLED:
                given_up.append(task)
            ready += task.status is TaskStatus.READY
        return ready, given_up

    def _update_task(
        self,
        uow: UnitOfWork,
        task: ManufacturingTask,
        before: list[tuple[TaskDependency, TaskStatus]],
        markets: "_Markets",
        now: datetime,
    ) -> None:
        closed = self._why_closed(uow, task, before, markets, now)
        if closed is None:
            if task.status is TaskStatus.PENDING:
                task.make_ready(now)
            return
        if task.status is TaskStatus.READY:
            task.unready(closed, task.parked_until)
        elif task.reason != closed:
            task.reason = closed
        # A haul is planned on the moment's prices: when they have gone, so has its reason.
        patience = self._policy.leg_patience if task.factory_symbol is not None else timedelta(0)
        if task.type is TaskType.ACQUIRE and now - task.created_at > patience:
            task.cancel(f"given up after waiting: {closed}", now)
            uow.decisions.note(task.player_id, DecisionKind.END, task.id, task.reason or "", now)

    def _why_closed(
        self,
        uow: UnitOfWork,
        task: ManufacturingTask,
        before: list[tuple[TaskDependency, TaskStatus]],
        markets: "_Markets",
        now: datetime,
    ) -> str | None:
        """The reason the task may not be taken now, or None when it may."""
        for need, status in before:
            # A delivery that was given up does not hold up the collection; cargo that never came does.
            if status is not TaskStatus.COMPLETED and (need.same_ship or not status.is_final):
                return f"waits for task {need.depends_on}"
        if task.parked_until is not None and now < task.parked_until:
            return task.reason or "parked"
        if task.type is TaskType.ACQUIRE:
            return self._why_no_source(task, markets.seen)
        if task.type is TaskType.COLLECT:
            return self._why_not_collected(uow, task, markets.seen)
        return None

    def _why_no_source(self, task: ManufacturingTask, markets: SystemMarkets) -> str | None:
        closed = self._gate(task, markets)
        if closed is None or task.good is None or task.factory_symbol is None:
            return closed
        # The planned source ran dry: another may do. The price limit stays the plan's.
        sink = markets.listing(task.factory_symbol, task.good)
        if sink is None or not sink.is_known:
            return closed
        other = self._planner.best_source(markets, task.good, sink, task.quantity)
        if other is None or (task.price_limit is not None and other[0].quote.ask > task.price_limit):
            return closed
        task.waypoint = other[0].waypoint
        return None

    def _why_not_collected(self, uow: UnitOfWork, task: ManufacturingTask, markets: SystemMarkets) -> str | None:
        closed = self._gate(task, markets)
        if closed is not None or task.pipeline_id is None or task.good is None:
            return closed
        first = self._coordinator.ahead_of(uow, task)
        if first is not None:
            return f"pipeline {first} fed {task.factory_symbol} before it, and collects first"
        pipeline = uow.pipelines.get(task.pipeline_id)
        if task.good != pipeline.product_good:
            return None
        sink = markets.listing(pipeline.sell_market, task.good)
        if sink is not None and sink.supply is not None and sink.supply.at_least(Supply.HIGH):
            return f"{pipeline.sell_market} has enough {task.good} for now ({sink.supply})"
        return None

    def _gate(self, task: ManufacturingTask, markets: SystemMarkets) -> str | None:
        listing = markets.listing(task.waypoint, task.good or "")
        if listing is None or not listing.is_known:
            return f"{task.good} at {task.waypoint} was never seen"
        if not supply_allows(task, listing, self._policy):
            return f"{task.good} is {listing.supply} at {task.waypoint}"
        if task.price_limit is not None and listing.quote.ask > task.price_limit:
            return f"{task.good} costs {listing.quote.ask} at {task.waypoint}, above {task.price_limit}"
        return None


class _Markets:
    """The system's markets, read only when a task's gate depends on them: most tasks wait for another task."""

    def __init__(self, survey: SystemSurvey, uow: UnitOfWork, player_id: PlayerId) -> None:
        self._survey = survey
        self._uow = uow
        self._player_id = player_id

    @cached_property
    def seen(self) -> SystemMarkets:
        """As last seen."""
        return self._survey.home_markets(self._uow, self._player_id)
