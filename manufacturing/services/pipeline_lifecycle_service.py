"""PipelineLifecycleService: from opportunity to the end of a pipeline (docs/domain.md, "Pipelines")."""

import logging
from collections import defaultdict
from collections.abc import Collection, Sequence
from datetime import datetime

from manufacturing.domain.clock import Clock
from manufacturing.domain.decision import DecisionKind
from manufacturing.domain.errors import FactoryAlreadyReserved, StaleRow
from manufacturing.domain.events import PipelineEnded, WorkChanged
from manufacturing.domain.feeding_value import FeedingValues
from manufacturing.domain.ids import IdSource, PipelineId, PlayerId, TaskId
from manufacturing.domain.intermediate_good_pool import PoolTooSmall
from manufacturing.domain.manufacturing_pipeline import ManufacturingPipeline, PipelineKind, PipelineStatus
from manufacturing.domain.manufacturing_task import (
    MAX_RETRIES,
    ManufacturingTask,
    TaskDependency,
    TaskStatus,
    TaskType,
)
from manufacturing.domain.market_listing import Place
from manufacturing.domain.opportunity import PipelinePlan, TaskDraft
from manufacturing.domain.policy import FleetPolicy
from manufacturing.domain.ports import LockHeld, UnitOfWork, UnitOfWorkFactory
from manufacturing.domain.ship import Ship
from manufacturing.domain.system_markets import SystemMarkets
from manufacturing.services.conflicts import deciding_again
from manufacturing.services.demand_finder import DemandFinder
from manufacturing.services.factory_state_tracker import FactoryStateTracker
from manufacturing.services.kept_factory_service import KeptFactoryService
from manufacturing.services.pipeline_planner import PipelinePlanner
from manufacturing.services.predictive_supply_monitor import PredictiveSupplyMonitor
from manufacturing.services.profitability_service import ProfitabilityService
from manufacturing.services.shared_resource_coordinator import SharedResourceCoordinator
from manufacturing.services.ship_dispatch_service import ShipDispatchService
from manufacturing.services.system_survey import SystemSurvey
from manufacturing.services.task_readiness import TaskReadiness

log = logging.getLogger(__name__)


class PipelineLifecycleService:
    """Creates pipelines, follows their tasks, and ends them."""

    def __init__(
        self,
        uow: UnitOfWorkFactory,
        clock: Clock,
        ids: IdSource,
        policy: FleetPolicy,
        *,
        survey: SystemSurvey,
        demand: DemandFinder,
        planner: PipelinePlanner,
        coordinator: SharedResourceCoordinator,
        tracker: FactoryStateTracker,
        supply_monitor: PredictiveSupplyMonitor,
        dispatch: ShipDispatchService,
        readiness: TaskReadiness,
        profitability: ProfitabilityService,
        keeping: KeptFactoryService,
    ) -> None:
        self._uow = uow
        self._clock = clock
        self._ids = ids
        self._policy = policy
        self._survey = survey
        self._demand = demand
        self._planner = planner
        self._coordinator = coordinator
        self._tracker = tracker
        self._supply_monitor = supply_monitor
        self._dispatch = dispatch
        self._readiness = readiness
        self._profitability = profitability
        self._keeping = keeping

    def create_pipelines_from_opportunities(
        self, player_id: PlayerId, system_symbol: str, max_pipelines: int | None = None
    ) -> list[PipelineId]:
        """Looks for opportunities and starts pipelines for the best of them, up to ``max_pipelines`` active ones in
        all (the policy's number unless told); the new ones. Each is created whole or not at all."""
        with self._uow() as uow:
            if not uow.players.get(player_id).is_active:
                return []
            haulers = [ship for ship in uow.ships.of_player(player_id) if ship.is_fleet_hauler]
            active = [p for p in uow.pipelines.active(player_id) if p.kind is not PipelineKind.HAUL]
            limit = self._policy.max_pipelines if max_pipelines is None else max_pipelines
            room = (limit or 2 * len(haulers)) - len(active)
            if room <= 0 or not haulers or not self._policy.fabrication:
                return []
            seen = self._survey.markets(uow, player_id, system_symbol)
            markets = self._survey.markets_for_planning(uow, player_id, system_symbol, seen)
            kept = self._keeping.kept(uow, player_id, seen).kept
            plans = self._rank_plans(uow, player_id, markets, haulers, {p.product_good for p in active}, kept)
            uow.commit()
        created: list[PipelineId] = []
        for plan in plans:
            if len(created) >= room:
                break
            pipeline_id = self.start_pipeline(player_id, system_symbol, plan, markets, haulers)
            if pipeline_id is not None:
                created.append(pipeline_id)
        return created

    def _rank_plans(
        self,
        uow: UnitOfWork,
        player_id: PlayerId,
        markets: SystemMarkets,
        haulers: Sequence[Ship],
        busy: set[str],
        kept: Collection[Place],
    ) -> list[PipelinePlan]:
        plans: list[PipelinePlan] = []
        feeding = FeedingValues(markets, weight=self._policy.feeding_weight)
        for opportunity in self._demand.find_opportunities(markets, busy):
            plan = self._planner.plan(
                opportunity,
                markets,
                feeding,
                hold=max(ship.cargo_capacity for ship in haulers),
                speed=sorted(ship.speed for ship in haulers)[len(haulers) // 2],
                kept=kept,
            )
            if plan is None:
                reason = f"no plan for {opportunity.sink.waypoint} earns {self._policy.min_margin:.0%} now"
                uow.decisions.note(player_id, DecisionKind.SKIP, opportunity.good, reason, self._clock.now())
            else:
                plans.append(plan)
        best: dict[str, PipelinePlan] = {}
        for plan in self._profitability.rank_opportunities_by_roi(plans):
            best.setdefault(plan.opportunity.good, plan)
        return list(best.values())

    def start_pipeline(
        self,
        player_id: PlayerId,
        system_symbol: str,
        plan: PipelinePlan,
        markets: SystemMarkets,
        haulers: Sequence[Ship],
    ) -> PipelineId | None:
        """Starts a pipeline as planned on ``markets`` for ``haulers``, whole or not at all; None when someone else was
        first with what it needs."""
        now = self._clock.now()
        pipeline = ManufacturingPipeline(
            id=PipelineId(self._ids()),
            player_id=player_id,
            system_symbol=system_symbol,
            product_good=plan.opportunity.good,
            sell_market=plan.opportunity.sink.waypoint,
            kind=plan.kind,
            planned_quantity=plan.quantity,
            factory_symbol=plan.factory_symbol,
            estimated_profit=plan.profit,
            created_at=now,
        )
        try:
            with self._coordinator.claiming(player_id, list(plan.cycles)), self._uow() as uow:
                pipeline.start(now)
                uow.pipelines.add(pipeline)
                uow.flush()
                self._coordinator.reserve_factories(uow, player_id, pipeline.id, plan.cycles)
                promises = self._reserve_goods(uow, pipeline, plan.tasks, now)
                self._add_tasks(uow, pipeline, plan.tasks, promises, now)
                for (factory, output), inputs in sorted(plan.cycles.items()):
                    self._tracker.begin_cycle(uow, player_id, pipeline.id, factory, output, inputs, now)
                self._note_plan(uow, pipeline, plan, now)
                self._profitability.attach(uow, pipeline, plan, markets, haulers)
                if plan.kind is not PipelineKind.HAUL:
                    # Whoever plans a haul sends its ship off at once.
                    uow.emit(WorkChanged(player_id=player_id))
                uow.commit()
        except (FactoryAlreadyReserved, PoolTooSmall) as taken:
            self._note(player_id, DecisionKind.SKIP, plan.opportunity.good, str(taken))
            return None
        except (LockHeld, StaleRow):
            # Another process is starting a pipeline for the same good or factory at this moment.
            return None
        log.info("pipeline %s started: %s %s → %s", pipeline.id, plan.kind, plan.opportunity.good, pipeline.sell_market)
        return pipeline.id

    def _reserve_goods(
        self, uow: UnitOfWork, pipeline: ManufacturingPipeline, drafts: list[TaskDraft], now: datetime
    ) -> dict[int, str]:
        """Reserves what the plan takes from the pool: the promise for each such draft. PoolTooSmall when another
        pipeline was first."""
        promises: dict[int, str] = {}
        # In the order in which everybody locks several pools, or two would wait for each other.
        for position, draft in sorted(enumerate(drafts), key=lambda numbered: numbered[1].good):
            if draft.lot_id is None:
                continue
            promised = self._coordinator.goods.reserve(
                uow,
                pipeline.player_id,
                pipeline.system_symbol,
                draft.good,
                draft.quantity,
                pipeline.id,
                now,
                lot_id=draft.lot_id,
            )
            promises[position] = promised[0].id
        return promises

    def _add_tasks(
        self,
        uow: UnitOfWork,
        pipeline: ManufacturingPipeline,
        drafts: list[TaskDraft],
        promises: dict[int, str],
        now: datetime,
    ) -> None:
        tasks = [
            ManufacturingTask(
                id=TaskId(self._ids()),
                player_id=pipeline.player_id,
                pipeline_id=pipeline.id,
                type=draft.type,
                good=draft.good,
                waypoint=draft.waypoint,
                quantity=draft.quantity,
                quoted_price=draft.quoted_price,
                price_limit=draft.price_limit,
                factory_symbol=draft.factory_symbol,
                output_good=draft.output_good,
                source_bonus=draft.source_bonus,
                bound_ship=draft.bound_ship,
                pool_reservation_id=promises.get(position),
                created_at=now,
                sequence=position,
            )
            for position, draft in enumerate(drafts)
        ]
        for task, draft in zip(tasks, drafts, strict=True):
            if draft.is_ready:
                task.make_ready(now)
        for task in tasks:
            uow.tasks.add(task)
        uow.flush()
        uow.tasks.add_dependencies(
            [
                TaskDependency(
                    task_id=tasks[position].id,
                    depends_on=tasks[needed].id,
                    same_ship=needed == draft.same_ship_as,
                )
                for position, draft in enumerate(drafts)
                for needed in draft.depends_on
            ]
        )

    @staticmethod
    def _note_plan(uow: UnitOfWork, pipeline: ManufacturingPipeline, plan: PipelinePlan, now: datetime) -> None:
        reason = (
            f"{plan.kind} of {plan.quantity} {pipeline.product_good} at {plan.factory_symbol} "
            f"for {pipeline.sell_market}: {plan.profit:,} credits, {plan.profit_per_ship_hour:,.0f} per ship-hour"
        )
        if plan.feeding_value:
            reason += f", and worth {plan.feeding_value:,} to the factory by feeding it"
        details = {
            "cost": plan.cost,
            "revenue": plan.revenue,
            "feeding_value": plan.feeding_value,
            "notes": plan.notes,
        }
        uow.decisions.note(pipeline.player_id, DecisionKind.PLAN, pipeline.id, reason, now, details)

    def get_active_pipelines(self, player_id: PlayerId) -> list[ManufacturingPipeline]:
        """All pipelines that have not ended."""
        with self._uow() as uow:
            return uow.pipelines.active(player_id)

    def has_pipeline_for_good(self, player_id: PlayerId, good: str) -> bool:
        """Whether an active pipeline makes this good."""
        return any(pipeline.product_good == good for pipeline in self.get_active_pipelines(player_id))

    def handle_task_completion(self, task_id: TaskId, success: bool) -> None:
        """A task has ended: what depends on it, and its pipeline, follow. Harmless when repeated."""
        deciding_again(lambda: self._follow(task_id, success))

    def _follow(self, task_id: TaskId, success: bool) -> None:
        with self._uow() as uow:
            task = uow.tasks.get(task_id)
            if success or not self._retry(uow, task):
                self.task_ended(uow, task)
            uow.emit(WorkChanged(player_id=task.player_id))
            uow.commit()

    def task_ended(self, uow: UnitOfWork, task: ManufacturingTask) -> None:
        """The same within a unit of work, for a task that is not to be retried."""
        if task.pipeline_id is None:
            return
        pipeline = uow.pipelines.lock(task.pipeline_id)
        if not pipeline.is_active:
            return
        now = self._clock.now()
        tasks = uow.tasks.of_pipeline(pipeline.id)
        if task.type is TaskType.COLLECT and task.status is TaskStatus.COMPLETED:
            self._coordinator.note_collection(uow, task, now)
        self._follow_tasks(uow, pipeline, tasks, now)

    def _follow_tasks(
        self, uow: UnitOfWork, pipeline: ManufacturingPipeline, tasks: list[ManufacturingTask], now: datetime
    ) -> None:
        self._cancel_orphans(uow, tasks, now)
        for state in () if pipeline.kind is PipelineKind.HAUL else uow.factories.of_pipeline(pipeline.id):
            if self._tracker.update_cycle(state, tasks, now):
                self._supply_monitor.record_all_inputs_delivered(uow, state, now)
                self._coordinator.fulfil(uow, pipeline.id, state.factory_symbol, state.output_good)
        self._end_if_decided(uow, pipeline, tasks, now)

    def _retry(self, uow: UnitOfWork, task: ManufacturingTask) -> bool:
        if task.status is not TaskStatus.FAILED or task.retry_count >= MAX_RETRIES or task.type.sells:
            return False
        if task.pipeline_id is None or not uow.pipelines.get(task.pipeline_id).is_active:
            return False
        task.retry(self._clock.now())
        return True

    @staticmethod
    def _cancel_orphans(uow: UnitOfWork, tasks: list[ManufacturingTask], now: datetime) -> None:
        """A task whose cargo will never come is cancelled with it; the other legs go on."""
        by_id = {task.id: task for task in tasks}
        if all(task.status.is_final or task.has_ship for task in tasks):
            return
        carried_by = {d.task_id: d.depends_on for d in uow.tasks.dependencies_of(list(by_id)) if d.same_ship}
        for task in tasks:
            carrier = by_id.get(carried_by.get(task.id, TaskId("")))
            if carrier is None or task.status.is_final or task.has_ship:
                continue
            if carrier.status in (TaskStatus.FAILED, TaskStatus.CANCELLED):
                task.cancel(f"its cargo never came: {carrier.reason}", now)

    def _end_if_decided(
        self, uow: UnitOfWork, pipeline: ManufacturingPipeline, tasks: list[ManufacturingTask], now: datetime
    ) -> None:
        ending = TaskType.DELIVER if _only_feeds(pipeline, tasks) else TaskType.SELL
        sales = [task for task in tasks if task.type is ending]
        if any(task.status in (TaskStatus.FAILED, TaskStatus.CANCELLED) for task in sales):
            dead = next(task for task in sales if task.status.is_final)
            # A haul that found its source dry was never begun: that is no failure.
            begun = pipeline.kind is not PipelineKind.HAUL or any(task.units_moved for task in tasks)
            status = PipelineStatus.FAILED if begun else PipelineStatus.CANCELLED
            self._end(uow, pipeline, tasks, status, f"it can no longer sell: {dead.reason}", now)
        elif all(task.status.is_final for task in tasks):
            if any(task.status is TaskStatus.COMPLETED for task in sales):
                self._end(uow, pipeline, tasks, PipelineStatus.COMPLETED, None, now)
            else:
                self._end(uow, pipeline, tasks, PipelineStatus.FAILED, "nothing is left that could be done", now)

    def cancel_pipeline(self, pipeline_id: PipelineId, reason: str) -> None:
        """Cancels a pipeline; cargo already bought for it is sold by its ships. IllegalTransition when it has ended."""
        with self._uow() as uow:
            pipeline = uow.pipelines.lock(pipeline_id)
            self._end(
                uow, pipeline, uow.tasks.of_pipeline(pipeline_id), PipelineStatus.CANCELLED, reason, self._clock.now()
            )
            uow.commit()

    def _end(
        self,
        uow: UnitOfWork,
        pipeline: ManufacturingPipeline,
        tasks: list[ManufacturingTask],
        status: PipelineStatus,
        reason: str | None,
        now: datetime,
    ) -> None:
        if status is PipelineStatus.COMPLETED:
            pipeline.complete(now)
        elif status is PipelineStatus.FAILED:
            pipeline.fail(reason or "", now)
        else:
            pipeline.cancel(reason or "", now)
        for task in tasks:
            if not task.status.is_final:
                for ship in (task.ship_symbol, task.giver_ship):
                    if ship is not None:
                        self._dispatch.release(uow, pipeline.player_id, ship, f"pipeline {status.lower()}")
                task.cancel(f"its pipeline {status.lower()}: {reason}", now)
        makes = pipeline.kind is not PipelineKind.HAUL
        if makes:
            for state in uow.factories.of_pipeline(pipeline.id):
                state.stop_watching()
            self._coordinator.end_all(uow, pipeline.id, fulfilled=status is PipelineStatus.COMPLETED, now=now)
        profit = self._profitability.conclude(uow, pipeline)
        outcome = f"{status.lower()} with {profit:,} credits" + (f": {reason}" if reason else "")
        uow.decisions.note(pipeline.player_id, DecisionKind.END, pipeline.id, outcome, now)
        log.info("pipeline %s (%s) %s", pipeline.id, pipeline.product_good, outcome)
        if makes:
            uow.emit(PipelineEnded(player_id=pipeline.player_id, pipeline_id=pipeline.id))

    def update_readiness(self, player_id: PlayerId) -> int:
        """Opens and closes the gates of all waiting tasks; how many are ready now. Legs whose source has stayed away
        for too long are given up, and their pipelines go on without them."""
        with self._uow() as uow:
            ready, given_up = self._readiness.update(uow, player_id)
            uow.commit()
        for task in given_up:
            self.handle_task_completion(task.id, success=True)
        return ready

    def recover_state(self, player_id: PlayerId) -> list[str]:
        """Puts right what a crash may have left behind; what was done, in words. Harmless when nothing was."""
        done = self.end_expired(player_id)
        with self._uow() as uow:
            at_work = uow.tasks.with_status(player_id, TaskStatus.ASSIGNED, TaskStatus.EXECUTING)
            # A haul with a ship at work goes on when that task ends; others have factories to be followed.
            under_way = {task.pipeline_id for task in at_work}
            left = [
                pipeline.id
                for pipeline in uow.pipelines.active(player_id)
                if pipeline.kind is not PipelineKind.HAUL or pipeline.id not in under_way
            ]
        for pipeline_id in left:
            done += self._resolve_pipeline(pipeline_id)
        done += self._free_ships_of_ended_tasks(player_id)
        return done

    def end_expired(self, player_id: PlayerId) -> list[str]:
        """Cancels the player's pipelines whose right to a factory has expired; what was done, in words."""
        self._coordinator.expire_stale_reservations()
        done: list[str] = []
        with self._uow() as uow:
            run_out = self._coordinator.run_out(uow, uow.pipelines.active(player_id))
        for pipeline_id in run_out:
            with self._uow() as uow:
                pipeline = uow.pipelines.lock(pipeline_id)
                reason = self._coordinator.why_run_out(uow, pipeline)
                if reason is None or not pipeline.is_active:
                    continue
                tasks = uow.tasks.of_pipeline(pipeline_id)
                self._end(uow, pipeline, tasks, PipelineStatus.CANCELLED, reason, self._clock.now())
                uow.commit()
            done.append(f"pipeline {pipeline_id} cancelled: {reason}")
        return done

    def _resolve_pipeline(self, pipeline_id: PipelineId) -> list[str]:
        now = self._clock.now()
        with self._uow() as uow:
            pipeline = uow.pipelines.lock(pipeline_id)
            if not pipeline.is_active:
                return []
            tasks = uow.tasks.of_pipeline(pipeline_id)
            self._follow_tasks(uow, pipeline, tasks, now)
            uow.commit()
            return [] if pipeline.is_active else [f"pipeline {pipeline_id} resolved: {pipeline.status}"]

    def _free_ships_of_ended_tasks(self, player_id: PlayerId) -> list[str]:
        done: list[str] = []
        with self._uow() as uow:
            working: dict[str, set[str]] = defaultdict(set)
            for task in uow.tasks.with_status(player_id, TaskStatus.ASSIGNED, TaskStatus.EXECUTING):
                for symbol in (task.ship_symbol, task.giver_ship):
                    if symbol is not None:
                        working[symbol].add(task.id)
            for ship in uow.ships.of_player(player_id):
                if ship.container_id is not None and ship.container_id not in working[ship.symbol]:
                    self._dispatch.release(uow, player_id, ship.symbol, "its task has ended")
                    reason = f"worked for {ship.container_id}, which is not its task"
                    uow.decisions.note(player_id, DecisionKind.RECOVER, ship.symbol, reason, self._clock.now())
                    done.append(f"{ship.symbol} freed")
            uow.commit()
        return done

    def _note(self, player_id: PlayerId, kind: DecisionKind, subject: str, reason: str) -> None:
        with self._uow() as uow:
            uow.decisions.note(player_id, kind, subject, reason, self._clock.now())
            uow.commit()


def _only_feeds(pipeline: ManufacturingPipeline, tasks: list[ManufacturingTask]) -> bool:
    return pipeline.kind is PipelineKind.HAUL and any(task.type is TaskType.DELIVER for task in tasks)
