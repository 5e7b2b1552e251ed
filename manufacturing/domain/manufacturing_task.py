"""ManufacturingTask: one errand of one ship (docs/domain.md, "Tasks")."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from manufacturing.domain.errors import IllegalTransition
from manufacturing.domain.ids import PipelineId, PlayerId, TaskId


class TaskType(StrEnum):
    """What the ship does."""

    ACQUIRE = "ACQUIRE"
    """Buy an input at a source market."""
    DELIVER = "DELIVER"
    """Sell it to the factory that needs it."""
    COLLECT = "COLLECT"
    """Buy the output at the factory."""
    SELL = "SELL"
    """Sell the product at the pipeline's sell market."""
    LIQUIDATE = "LIQUIDATE"
    """Sell cargo that belongs to no task any more."""
    OBSERVE = "OBSERVE"
    """Go and look at a market nobody watches."""
    POSITION = "POSITION"
    """Go and wait where work is expected; other work may call the ship away at any time."""

    @property
    def moves_cargo(self) -> bool:
        """Whether it is about goods."""
        return self.buys or self.sells

    @property
    def buys(self) -> bool:
        """Whether it fills the hold."""
        return self in (TaskType.ACQUIRE, TaskType.COLLECT)

    @property
    def sells(self) -> bool:
        """Whether it empties the hold."""
        return self in (TaskType.DELIVER, TaskType.SELL, TaskType.LIQUIDATE)


class TaskGroup(StrEnum):
    """The two groups that each keep a minimum share of ships."""

    FEED = "FEED"
    """ACQUIRE and DELIVER."""
    YIELD = "YIELD"
    """COLLECT, SELL and LIQUIDATE."""


class TaskStatus(StrEnum):
    """How far a task is."""

    PENDING = "PENDING"
    """Something it depends on is not there yet."""
    READY = "READY"
    """A ship may take it."""
    ASSIGNED = "ASSIGNED"
    """A ship has it."""
    EXECUTING = "EXECUTING"
    """The ship has begun."""
    COMPLETED = "COMPLETED"
    FAILED = "FAILED"
    CANCELLED = "CANCELLED"

    @property
    def is_final(self) -> bool:
        """Whether it can no longer change."""
        return self in _FINAL


_FINAL: Final = frozenset({TaskStatus.COMPLETED, TaskStatus.FAILED, TaskStatus.CANCELLED})


class StepState(StrEnum):
    """Where a task with a ship stands in the due queue."""

    IDLE = "IDLE"
    """No step is wanted: the task has no ship."""
    WAITING = "WAITING"
    """The next step is due at ``due_at``."""
    QUEUED = "QUEUED"
    """A message for the step is under way, or its worker is at it, until ``lease_until``."""


BASE_PRIORITY: Final = {
    TaskType.ACQUIRE: 10,
    TaskType.DELIVER: 10,
    TaskType.COLLECT: 50,
    TaskType.SELL: 50,
    TaskType.LIQUIDATE: 100,
    TaskType.OBSERVE: 0,
    TaskType.POSITION: 0,
}
#: Ageing: 2 per minute since the task became ready, 100 at most.
AGEING_PER_MINUTE: Final = 2.0
AGEING_CAP: Final = 100.0
MAX_RETRIES: Final = 3


@dataclass(kw_only=True, eq=False)
class ManufacturingTask:
    """One errand. State changes only through its methods, which raise IllegalTransition."""

    id: TaskId
    player_id: PlayerId
    pipeline_id: PipelineId | None
    """None for LIQUIDATE, OBSERVE and POSITION tasks, which belong to no pipeline."""
    type: TaskType
    good: str | None
    """None where no cargo is moved."""
    waypoint: str
    """The market where it is carried out."""
    quantity: int
    """Units to move; 0 where no cargo is."""
    created_at: datetime
    sequence: int = 0
    """Place within its pipeline, the first is 0."""
    factory_symbol: str | None = None
    """DELIVER and COLLECT: the factory …"""
    output_good: str | None = None
    """… and what it makes."""
    status: TaskStatus = TaskStatus.PENDING
    ship_symbol: str | None = None
    """The ship that has it."""
    bound_ship: str | None = None
    """Affinity: the only ship that may take it."""
    source_bonus: int = 0
    price_limit: int | None = None
    """The highest ask to pay, or the lowest bid to take, in credits; None for no limit."""
    quoted_price: int | None = None
    """The first unit's price when the task was planned."""
    units_moved: int = 0
    """Units bought or sold so far, kept in step with the ledger."""
    trades: int = 0
    """Transactions so far."""
    retry_count: int = 0
    attempts: int = 0
    """Steps begun in a row that ended in an unforeseen error."""
    ready_at: datetime | None = None
    assigned_at: datetime | None = None
    started_at: datetime | None = None
    ended_at: datetime | None = None
    reason: str | None = None
    """Why it waits, was parked, failed or was cancelled."""
    parked_until: datetime | None = None
    """Not to become ready before this."""
    pool_reservation_id: str | None = None
    """DELIVER: the pool's promise that its cargo comes from, where it does."""
    giver_ship: str | None = None
    """The ship that has the cargo until it has handed it over, where it is not the task's own; it works for the task
    that long."""
    step_state: StepState = StepState.IDLE
    due_at: datetime | None = None
    lease_until: datetime | None = None
    version: int = 1

    @property
    def is_hauled(self) -> bool:
        """Whether it buys or delivers for a haul and not for a factory's production."""
        return self.type in (TaskType.ACQUIRE, TaskType.DELIVER) and self.factory_symbol is None

    @property
    def group(self) -> TaskGroup | None:
        """The group whose share of ships it counts against; None where no cargo is moved."""
        if not self.type.moves_cargo:
            return None
        return TaskGroup.FEED if self.type in (TaskType.ACQUIRE, TaskType.DELIVER) else TaskGroup.YIELD

    @property
    def has_ship(self) -> bool:
        """Whether a ship is at it."""
        return self.status in (TaskStatus.ASSIGNED, TaskStatus.EXECUTING)

    def priority(self, now: datetime) -> float:
        """Base by type, plus the source's bonus, plus ageing since it became ready."""
        waited = (now - self.ready_at) if self.ready_at is not None else timedelta(0)
        ageing = min(AGEING_CAP, max(0.0, waited.total_seconds() / 60 * AGEING_PER_MINUTE))
        return BASE_PRIORITY[self.type] + self.source_bonus + ageing

    def make_ready(self, now: datetime) -> None:
        """PENDING → READY: everything it needs is there."""
        self._move("become ready", TaskStatus.READY, TaskStatus.PENDING)
        self.ready_at = now
        self.reason = None
        self.parked_until = None

    def unready(self, reason: str, until: datetime | None = None) -> None:
        """READY → PENDING: its gate has closed, at least until ``until``."""
        self._move("become unready", TaskStatus.PENDING, TaskStatus.READY)
        self.ready_at = None
        self.reason = reason
        self.parked_until = until

    def assign(self, ship_symbol: str, now: datetime) -> None:
        """READY → ASSIGNED to ``ship_symbol``; the first step is due at once."""
        if self.bound_ship not in (None, ship_symbol):
            raise IllegalTransition("task", self.id, f"bound to {self.bound_ship}", f"be given to {ship_symbol}")
        self._move("be assigned", TaskStatus.ASSIGNED, TaskStatus.READY)
        self.ship_symbol = ship_symbol
        self.assigned_at = now
        self.wait_until(now)

    def release(self, reason: str) -> None:
        """ASSIGNED → READY: the ship is taken away before it began."""
        self._move("be released", TaskStatus.READY, TaskStatus.ASSIGNED)
        self._drop_ship(reason)

    def start(self, now: datetime) -> None:
        """ASSIGNED → EXECUTING."""
        self._move("start", TaskStatus.EXECUTING, TaskStatus.ASSIGNED)
        self.started_at = self.started_at or now

    def interrupt(self, reason: str) -> None:
        """EXECUTING → READY; a ship that has moved cargo for it stays bound to it."""
        self._move("be interrupted", TaskStatus.READY, TaskStatus.EXECUTING)
        if self.units_moved or self.type.sells:
            self.bound_ship = self.ship_symbol
        self._drop_ship(reason)

    def take_from(self, giver: str, receiver: str) -> None:
        """READY: ``receiver`` is to carry it out, after ``giver`` has handed it the cargo."""
        if self.status is not TaskStatus.READY:
            raise IllegalTransition("task", self.id, self.status, "be carried out by another ship")
        self.bound_ship, self.giver_ship = receiver, giver

    def received(self) -> None:
        """The ship has the cargo."""
        self.giver_ship = None

    def hand_back(self, reason: str, until: datetime) -> None:
        """EXECUTING → PENDING until ``until``: the holder did not hand the cargo over, and delivers it itself."""
        giver = self.giver_ship
        self.interrupt(reason)
        self.bound_ship, self.giver_ship = giver, None
        self.unready(reason, until)

    def complete(self, now: datetime) -> None:
        """EXECUTING → COMPLETED. A task that moves cargo never completes with nothing moved."""
        if self.units_moved <= 0 and self.type.moves_cargo:
            raise IllegalTransition("task", self.id, "without a unit moved", "be completed")
        self._move("be completed", TaskStatus.COMPLETED, TaskStatus.EXECUTING)
        self._end(now, None)

    def fail(self, reason: str, now: datetime) -> None:
        """ASSIGNED or EXECUTING → FAILED."""
        self._move("fail", TaskStatus.FAILED, TaskStatus.ASSIGNED, TaskStatus.EXECUTING)
        self._end(now, reason)

    def retry(self, now: datetime) -> None:
        """FAILED → PENDING, at most three times."""
        if self.retry_count >= MAX_RETRIES:
            raise IllegalTransition("task", self.id, f"FAILED after {self.retry_count} retries", "be retried")
        self._move("be retried", TaskStatus.PENDING, TaskStatus.FAILED)
        self.retry_count += 1
        self.ended_at = None
        self.ready_at = None
        self.ship_symbol = None

    def cancel(self, reason: str, now: datetime) -> None:
        """Any state that is not final → CANCELLED."""
        if self.status.is_final:
            raise IllegalTransition("task", self.id, self.status, "be cancelled")
        self.status = TaskStatus.CANCELLED
        self._end(now, reason)

    def wait_until(self, due_at: datetime) -> None:
        """The next step is due at ``due_at``."""
        self.step_state = StepState.WAITING
        self.due_at = due_at
        self.lease_until = None

    def queue(self, lease_until: datetime) -> None:
        """A message for the step is under way, or a worker is at it, until ``lease_until``."""
        self.step_state = StepState.QUEUED
        self.lease_until = lease_until

    def record_trade(self, units: int) -> None:
        """``units`` were bought or sold for this task."""
        self.units_moved += units
        self.trades += 1

    def _drop_ship(self, reason: str) -> None:
        self.ship_symbol = None
        self.assigned_at = None
        self.reason = reason
        self._leave_due_queue()

    def _end(self, now: datetime, reason: str | None) -> None:
        self.ended_at = now
        self.reason = reason
        self._leave_due_queue()

    def _leave_due_queue(self) -> None:
        self.step_state = StepState.IDLE
        self.due_at = None
        self.lease_until = None

    def _move(self, move: str, to: TaskStatus, *allowed: TaskStatus) -> None:
        if self.status not in allowed:
            raise IllegalTransition("task", self.id, self.status, move)
        self.status = to


@dataclass(frozen=True, kw_only=True)
class TaskDependency:
    """``task_id`` cannot be ready before ``depends_on`` is completed."""

    task_id: TaskId
    depends_on: TaskId
    same_ship: bool = field(default=False)
    """Whether the ship of ``depends_on`` carries its cargo on into ``task_id``."""
