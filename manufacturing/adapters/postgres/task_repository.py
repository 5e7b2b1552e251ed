"""Tasks, their dependencies and the due queue."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import RowMapping, Select, any_, bindparam, exists, func, insert, or_, select, update
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Session, aliased

from manufacturing.adapters.postgres.due_queue import DueRows
from manufacturing.adapters.postgres.returning import updated
from manufacturing.adapters.postgres.shared_statement import shared_statement
from manufacturing.adapters.postgres.tables import (
    manufacturing_task_dependencies,
    manufacturing_tasks,
    players,
    ships,
    trade_intents,
)
from manufacturing.domain.errors import StaleRow, TaskAlreadyTaken, UnknownThing
from manufacturing.domain.ids import PipelineId, PlayerId, TaskId
from manufacturing.domain.manufacturing_task import ManufacturingTask, StepState, TaskDependency, TaskStatus, TaskType
from manufacturing.domain.player import Player
from manufacturing.domain.ports import ClaimedStep
from manufacturing.domain.ship import Ship
from manufacturing.domain.trade_intent import IntentStatus

_tasks = manufacturing_tasks.c
_dependencies = manufacturing_task_dependencies.c
_STEPS = DueRows(ManufacturingTask, manufacturing_tasks, _tasks.due_at)
_OPEN = [status for status in TaskStatus if not status.is_final]


_VERSION = select(_tasks.version).where(_tasks.id == bindparam("wanted"))
_of_several = bindparam("wanted", type_=ARRAY(_tasks.id.type))
_DEPENDENCIES = (
    select(manufacturing_task_dependencies)
    .where(_dependencies.task_id == any_(_of_several))
    .order_by(_dependencies.task_id, _dependencies.depends_on)
)
_NEEDS = _DEPENDENCIES.add_columns(_tasks.status).join(manufacturing_tasks, _tasks.id == _dependencies.depends_on)
_DEPENDENTS = (
    select(manufacturing_task_dependencies)
    .where(_dependencies.depends_on == bindparam("wanted"))
    .order_by(_dependencies.task_id)
)

_BEGUN = (
    select(_tasks.waypoint, func.count().label("times"))
    .where(
        _tasks.player_id == bindparam("owner"),
        _tasks.ready_at >= bindparam("since"),
        _tasks.type.in_([type_ for type_ in TaskType if type_.buys]),
        _tasks.factory_symbol.is_not(None),
    )
    .group_by(_tasks.waypoint)
)


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
        owners = {task_id: self.get(task_id).player_id for task_id in sorted({d.task_id for d in dependencies})}
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
        its = self._session.execute(_with_its_ship(), {"wanted": task_id}).one_or_none()
        if its is None:
            raise UnknownThing(f"there is no task {task_id}")
        task, ship = its
        self._kept += (task, ship)
        return task

    def get_all(self, task_ids: Sequence[TaskId]) -> dict[TaskId, ManufacturingTask]:
        """These tasks by their ids, in one question."""
        if not task_ids:
            return {}
        return {task.id: task for task in self._session.scalars(_all(), {"wanted": sorted(set(task_ids))})}

    def of_pipeline(self, pipeline_id: PipelineId) -> list[ManufacturingTask]:
        """In their sequence."""
        return list(self._session.scalars(_of_pipeline(), {"pipeline": pipeline_id}))

    def with_status(self, player_id: PlayerId, *statuses: TaskStatus) -> list[ManufacturingTask]:
        """In the order of creation and sequence."""
        return list(self._session.scalars(_with_status(*statuses), {"owner": player_id}))

    def ready_from_pool(self, player_id: PlayerId) -> list[ManufacturingTask]:
        """READY ones whose goods come from the pool, none of them delivered yet, in the order of creation."""
        return list(self._session.scalars(_ready_from_pool(), {"owner": player_id}))

    def begun_for_pipelines(self, player_id: PlayerId, since: datetime) -> dict[str, int]:
        """How often a purchase that pipelines waited for, hauls apart, became ready at ``since`` or later, by
        waypoint."""
        rows = self._session.execute(_BEGUN, {"owner": player_id, "since": since})
        return {row.waypoint: row.times for row in rows}

    def open_of_ship(self, player_id: PlayerId, ship_symbol: str) -> list[ManufacturingTask]:
        """Tasks not final that the ship has or that are bound to it, in the order of creation and sequence."""
        ordered = _with_status(*_OPEN).where(or_(_tasks.ship_symbol == ship_symbol, _tasks.bound_ship == ship_symbol))
        return list(self._session.scalars(ordered, {"owner": player_id}))

    def dependencies_of(self, task_ids: Sequence[TaskId]) -> list[TaskDependency]:
        """What these tasks wait for."""
        rows = self._session.execute(_DEPENDENCIES, {"wanted": list(task_ids)})
        return [_dependency(row) for row in rows.mappings()]

    def needs_of(self, task_ids: Sequence[TaskId]) -> list[tuple[TaskDependency, TaskStatus]]:
        """What these tasks wait for, and how far that is."""
        rows = self._session.execute(_NEEDS, {"wanted": list(task_ids)})
        return [(_dependency(row), row["status"]) for row in rows.mappings()]

    def dependents_of(self, task_id: TaskId) -> list[TaskDependency]:
        """What waits for this task."""
        rows = self._session.execute(_DEPENDENTS, {"wanted": task_id})
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
        return _STEPS.claim_due(self._session, until=until, now=now, lease_until=lease_until, limit=limit)

    def resume(self, task: ManufacturingTask) -> None:
        """Goes on with a task of an earlier unit of work; StaleRow when it was changed since."""
        if self._session.scalar(_VERSION, {"wanted": task.id}) != task.version:
            raise StaleRow(f"task {task.id} was changed meanwhile: read it again and decide again")
        self._session.add(task)
        self._kept.append(task)

    def claim_step(self, task_id: TaskId, version: int, lease_until: datetime) -> ClaimedStep | None:
        """The queued step with this version, ours until ``lease_until``, or None."""
        values = {"wanted": task_id, "seen": version, "lease": lease_until}
        its = self._session.execute(
            _claimed_step(), values, execution_options={"populate_existing": True}
        ).one_or_none()
        if its is None:
            return None
        task, unsettled, *with_it = its
        self._kept += (task, *with_it)
        return ClaimedStep(task, unsettled)


def _dependency(row: RowMapping) -> TaskDependency:
    return TaskDependency(task_id=row["task_id"], depends_on=row["depends_on"], same_ship=row["same_ship"])


@shared_statement
def _with_its_ship() -> Select[ManufacturingTask, Ship]:
    """A task and its ship: whoever wants the one mostly wants the other, and the session then has both."""
    ship = (ships.c.player_id == _tasks.player_id) & (ships.c.symbol == _tasks.ship_symbol)
    return select(ManufacturingTask, Ship).outerjoin(Ship, ship).where(_tasks.id == bindparam("wanted"))


@shared_statement
def _claimed_step() -> Select[ManufacturingTask, bool, Ship, Player]:
    """Claims a queued step, and asks whether its ship has an open intent. The ship and the player come along: the
    session then has what every step begins with."""
    claimed = (
        update(manufacturing_tasks)
        .where(
            _tasks.id == bindparam("wanted"),
            _tasks.version == bindparam("seen"),
            _tasks.step_state == StepState.QUEUED,
        )
        .values(lease_until=bindparam("lease"), version=_tasks.version + 1)
        .returning(*_tasks)
        .cte("claimed")
    )
    task = aliased(ManufacturingTask, claimed)
    intents = trade_intents.c
    open_intent = exists().where(
        intents.player_id == claimed.c.player_id,
        intents.status == IntentStatus.OPEN,
        or_(intents.ship_symbol == claimed.c.ship_symbol, intents.to_ship == claimed.c.ship_symbol),
    )
    return (
        select(task, open_intent, Ship, Player)
        .join(Player, players.c.id == claimed.c.player_id)
        .outerjoin(Ship, (ships.c.player_id == claimed.c.player_id) & (ships.c.symbol == claimed.c.ship_symbol))
    )


@shared_statement
def _all() -> Select[ManufacturingTask]:
    return select(ManufacturingTask).where(_tasks.id == any_(_of_several))


@shared_statement
def _of_pipeline() -> Select[ManufacturingTask]:
    its = select(ManufacturingTask).where(_tasks.pipeline_id == bindparam("pipeline"))
    return its.order_by(_tasks.sequence, _tasks.created_at, _tasks.id)


@shared_statement
def _own() -> Select[ManufacturingTask]:
    own = select(ManufacturingTask).where(_tasks.player_id == bindparam("owner"))
    return own.order_by(_tasks.created_at, _tasks.sequence, _tasks.id)


@shared_statement
def _with_status(*statuses: TaskStatus) -> Select[ManufacturingTask]:
    return _own().where(_tasks.status.in_(statuses))


@shared_statement
def _ready_from_pool() -> Select[ManufacturingTask]:
    from_pool = _own().where(_tasks.status == TaskStatus.READY, _tasks.pool_reservation_id.is_not(None))
    return from_pool.where(_tasks.units_moved == 0)
