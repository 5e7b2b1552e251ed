"""Tasks, their dependencies and the due queue."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import RowMapping, insert, or_, select, update
from sqlalchemy.orm import Session

from manufacturing.adapters.postgres import due_queue
from manufacturing.adapters.postgres.returning import updated
from manufacturing.adapters.postgres.tables import manufacturing_task_dependencies, manufacturing_tasks, ships
from manufacturing.domain.errors import TaskAlreadyTaken, UnknownThing
from manufacturing.domain.ids import PipelineId, PlayerId, TaskId
from manufacturing.domain.manufacturing_task import ManufacturingTask, StepState, TaskDependency, TaskStatus
from manufacturing.domain.ship import Ship

_OPEN = [status for status in TaskStatus if not status.is_final]


class PostgresTaskRepository:
    """See ports.TaskRepository."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._kept: list[object] = []

    def add(self, task: ManufacturingTask) -> None:
        """Stores a new task."""
        self._session.add(task)

    def add_dependencies(self, dependencies: Sequence[TaskDependency]) -> None:
        """Stores dependencies between tasks that were added before."""
        if not dependencies:
            return
        self._session.flush()
        tasks = manufacturing_tasks.c
        dependents = {dependency.task_id for dependency in dependencies}
        owned = select(tasks.id, tasks.player_id).where(tasks.id.in_(dependents))
        owners = dict(self._session.execute(owned).all())
        if missing := dependents - owners.keys():
            raise UnknownThing(f"there is no task {', '.join(sorted(missing))}")
        rows = [
            {
                "task_id": dependency.task_id,
                "depends_on": dependency.depends_on,
                "player_id": owners[dependency.task_id],
                "same_ship": dependency.same_ship,
            }
            for dependency in dependencies
        ]
        self._session.execute(insert(manufacturing_task_dependencies), rows)

    def get(self, task_id: TaskId) -> ManufacturingTask:
        """UnknownThing when there is none."""
        key = self._session.identity_key(ManufacturingTask, task_id)
        known: ManufacturingTask | None = self._session.identity_map.get(key)
        if known is not None:
            return known
        # Its ship comes along: whoever wants a task mostly wants its ship, and the session then has it.
        its = self._session.execute(
            select(ManufacturingTask, Ship)
            .outerjoin(
                Ship,
                (ships.c.player_id == manufacturing_tasks.c.player_id)
                & (ships.c.symbol == manufacturing_tasks.c.ship_symbol),
            )
            .where(manufacturing_tasks.c.id == task_id)
        ).one_or_none()
        if its is None:
            raise UnknownThing(f"there is no task {task_id}")
        task, ship = its
        self._kept += (task, ship)
        return task

    def get_all(self, task_ids: Sequence[TaskId]) -> dict[TaskId, ManufacturingTask]:
        """These tasks by their ids, in one question."""
        if not task_ids:
            return {}
        wanted = select(ManufacturingTask).where(manufacturing_tasks.c.id.in_(set(task_ids)))
        return {task.id: task for task in self._session.scalars(wanted)}

    def of_pipeline(self, pipeline_id: PipelineId) -> list[ManufacturingTask]:
        """In their sequence."""
        tasks = manufacturing_tasks.c
        ordered = (
            select(ManufacturingTask)
            .where(tasks.pipeline_id == pipeline_id)
            .order_by(tasks.sequence, tasks.created_at, tasks.id)
        )
        return list(self._session.scalars(ordered))

    def with_status(self, player_id: PlayerId, *statuses: TaskStatus) -> list[ManufacturingTask]:
        """In the order of creation and sequence."""
        tasks = manufacturing_tasks.c
        ordered = (
            select(ManufacturingTask)
            .where(tasks.player_id == player_id, tasks.status.in_(statuses))
            .order_by(tasks.created_at, tasks.sequence, tasks.id)
        )
        return list(self._session.scalars(ordered))

    def ready_from_pool(self, player_id: PlayerId) -> list[ManufacturingTask]:
        """READY ones whose goods come from the pool, none of them delivered yet, in the order of creation."""
        tasks = manufacturing_tasks.c
        ready = select(ManufacturingTask).where(
            tasks.player_id == player_id,
            tasks.status == TaskStatus.READY,
            tasks.pool_reservation_id.is_not(None),
            tasks.units_moved == 0,
        )
        return list(self._session.scalars(ready.order_by(tasks.created_at, tasks.sequence, tasks.id)))

    def open_of_ship(self, player_id: PlayerId, ship_symbol: str) -> list[ManufacturingTask]:
        """Tasks not final that the ship has or that are bound to it, in the order of creation and sequence."""
        tasks = manufacturing_tasks.c
        ordered = (
            select(ManufacturingTask)
            .where(
                tasks.player_id == player_id,
                tasks.status.in_(_OPEN),
                or_(tasks.ship_symbol == ship_symbol, tasks.bound_ship == ship_symbol),
            )
            .order_by(tasks.created_at, tasks.sequence, tasks.id)
        )
        return list(self._session.scalars(ordered))

    def dependencies_of(self, task_ids: Sequence[TaskId]) -> list[TaskDependency]:
        """What these tasks wait for."""
        dependencies = manufacturing_task_dependencies.c
        rows = self._session.execute(
            select(manufacturing_task_dependencies)
            .where(dependencies.task_id.in_(task_ids))
            .order_by(dependencies.task_id, dependencies.depends_on)
        )
        return [_dependency(row) for row in rows.mappings()]

    def dependents_of(self, task_id: TaskId) -> list[TaskDependency]:
        """What waits for this task."""
        dependencies = manufacturing_task_dependencies.c
        rows = self._session.execute(
            select(manufacturing_task_dependencies)
            .where(dependencies.depends_on == task_id)
            .order_by(dependencies.task_id)
        )
        return [_dependency(row) for row in rows.mappings()]

    def claim(self, task_id: TaskId, ship_symbol: str, now: datetime) -> bool:
        """READY → ASSIGNED for this ship with its first step due now; False when someone else was first."""
        tasks = manufacturing_tasks.c
        claim = (
            update(ManufacturingTask)
            .where(
                tasks.id == task_id,
                tasks.status == TaskStatus.READY,
                or_(tasks.bound_ship.is_(None), tasks.bound_ship == ship_symbol),
            )
            .values(
                status=TaskStatus.ASSIGNED,
                ship_symbol=ship_symbol,
                assigned_at=now,
                step_state=StepState.WAITING,
                due_at=now,
                lease_until=None,
                version=tasks.version + 1,
            )
            .returning(ManufacturingTask)
        )
        try:
            # That the ship has no other task is for the unique index to say: two claims at the same moment would not
            # see each other. The savepoint keeps the rest of the transaction alive when it objects.
            with self._session.begin_nested():
                return bool(updated(self._session, claim))
        except TaskAlreadyTaken:
            return False

    def claim_due(self, until: datetime, now: datetime, lease_until: datetime, limit: int) -> list[ManufacturingTask]:
        """Queues up to ``limit`` steps that are due by ``until`` or were lost, and returns them, earliest due first."""
        return due_queue.claim_due(
            self._session,
            ManufacturingTask,
            manufacturing_tasks,
            manufacturing_tasks.c.due_at,
            until=until,
            now=now,
            lease_until=lease_until,
            limit=limit,
        )

    def claim_step(self, task_id: TaskId, version: int, lease_until: datetime) -> ManufacturingTask | None:
        """The queued step with this version, ours until ``lease_until``, or None."""
        return due_queue.claim_queued(
            self._session, ManufacturingTask, manufacturing_tasks, task_id, version, lease_until
        )


def _dependency(row: RowMapping) -> TaskDependency:
    return TaskDependency(task_id=row["task_id"], depends_on=row["depends_on"], same_ship=row["same_ship"])
