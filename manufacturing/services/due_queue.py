"""DueQueue: brings back what is due, without a worker waiting (docs/architecture.md, "The due queue")."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from manufacturing.domain.clock import Clock
from manufacturing.domain.events import PollDue, StepDue
from manufacturing.domain.factory_state import FactoryState
from manufacturing.domain.manufacturing_task import ManufacturingTask
from manufacturing.domain.ports import UnitOfWork, UnitOfWorkFactory

#: The sweep runs once a second; what is due within this much wall time is published now, with a countdown.
HORIZON = timedelta(seconds=1.5)
#: How long, in wall time, a queued step may stay without a sign of life before another worker takes it.
LEASE = timedelta(seconds=30)
_BATCH = 200


class DueQueue:
    """Rows with a due time are the truth; the messages it sends are hints that one of them is due."""

    def __init__(self, uow: UnitOfWorkFactory, clock: Clock) -> None:
        self._uow = uow
        self._clock = clock

    def sweep(self, horizon: timedelta = HORIZON) -> int:
        """Queues every step and poll that is due within ``horizon`` of wall time, or whose worker died; how many."""
        now = self._clock.now()
        until = now + self._clock.game_time(horizon)
        lease = self.lease_from(until)
        with self._uow() as uow:
            tasks = uow.tasks.claim_due(until, now, lease, _BATCH)
            factories = uow.factories.claim_due(until, now, lease, _BATCH)
            for task in tasks:
                uow.emit(StepDue(task_id=task.id, version=task.version, due_at=task.due_at or now))
            for state in factories:
                uow.emit(PollDue(factory_state_id=state.id, version=state.version, due_at=state.next_poll_at or now))
            uow.commit()
        return len(tasks) + len(factories)

    def lease_from(self, moment: datetime) -> datetime:
        """Until when a step queued for ``moment`` belongs to whoever takes it."""
        return moment + self._clock.game_time(LEASE)

    def queue_now(self, uow: UnitOfWork, task: ManufacturingTask) -> None:
        """Queues the task's step at once, without waiting for the sweep."""
        self.queue_all_now(uow, [task])

    def queue_all_now(self, uow: UnitOfWork, tasks: Sequence[ManufacturingTask]) -> None:
        """The same for several tasks."""
        now = self._clock.now()
        for task in tasks:
            task.wait_until(now)
            task.queue(self.lease_from(now))
        uow.flush()
        for task in tasks:
            uow.emit(StepDue(task_id=task.id, version=task.version, due_at=now))

    def wait(self, uow: UnitOfWork, task: ManufacturingTask, due_at: datetime) -> None:
        """The task's next step is due at ``due_at``; what the next sweep would be too late for is queued at once."""
        task.wait_until(due_at)
        if due_at > self._clock.now() + self._clock.game_time(HORIZON):
            return
        task.queue(self.lease_from(due_at))
        uow.flush()
        uow.emit(StepDue(task_id=task.id, version=task.version, due_at=due_at))

    def wait_for_poll(self, uow: UnitOfWork, state: FactoryState, due_at: datetime) -> None:
        """The same for a factory's next poll."""
        state.poll_at(due_at)
        if due_at > self._clock.now() + self._clock.game_time(HORIZON):
            return
        state.queue(self.lease_from(due_at))
        uow.flush()
        uow.emit(PollDue(factory_state_id=state.id, version=state.version, due_at=due_at))
