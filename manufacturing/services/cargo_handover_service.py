"""CargoHandoverService: lets goods of the pool change ships before they are delivered (docs/domain.md, "The pool")."""

from manufacturing.domain.cargo_handover import Handover, handovers
from manufacturing.domain.clock import Clock
from manufacturing.domain.decision import DecisionKind
from manufacturing.domain.errors import StaleRow, TaskAlreadyTaken
from manufacturing.domain.ids import PlayerId
from manufacturing.domain.manufacturing_task import TaskStatus
from manufacturing.domain.policy import FleetPolicy
from manufacturing.domain.ports import UnitOfWork, UnitOfWorkFactory
from manufacturing.domain.ship import Ship
from manufacturing.services.due_queue import DueQueue


class CargoHandoverService:
    """Gives deliveries to better ships than those that hold the goods. Both work for the delivery until the goods are
    where they belong, so nobody sends one of them away."""

    def __init__(self, uow: UnitOfWorkFactory, clock: Clock, policy: FleetPolicy, *, due_queue: DueQueue) -> None:
        self._uow = uow
        self._clock = clock
        self._policy = policy
        self._due_queue = due_queue

    def arrange(self, player_id: PlayerId) -> int:
        """Begins every handover that is worth it now; how many."""
        if not self._policy.pool:
            return 0
        with self._uow() as uow:
            tasks = uow.tasks.ready_from_pool(player_id)
            if not tasks:
                return 0
            ships = [ship for ship in uow.ships.of_player(player_id) if self._may_take_part(ship)]
        return sum(self._begin(player_id, handover) for handover in handovers(tasks, ships))

    def _may_take_part(self, ship: Ship) -> bool:
        return (
            ship.can_haul
            and ship.container_id is None
            and not ship.reserved_by_player
            and not ship.is_flying(self._clock.now())
        )

    def _begin(self, player_id: PlayerId, handover: Handover) -> bool:
        try:
            with self._uow() as uow:
                task = uow.tasks.get(handover.task_id)
                giver = uow.ships.get(player_id, handover.giver)
                receiver = uow.ships.get(player_id, handover.receiver)
                wanted = task.status is TaskStatus.READY and task.bound_ship == giver.symbol
                if not (wanted and self._may_take_part(giver) and self._may_take_part(receiver)):
                    return False
                task.take_from(giver.symbol, receiver.symbol)
                uow.flush()
                if not uow.tasks.claim(task.id, receiver.symbol, self._clock.now()):
                    return False
                giver.work_for(task.id)
                receiver.work_for(task.id)
                self._note(uow, player_id, handover, f"{task.quantity} {task.good}")
                self._due_queue.queue_now(uow, uow.tasks.get(task.id))
                uow.commit()
        except (StaleRow, TaskAlreadyTaken):
            return False
        return True

    def _note(self, uow: UnitOfWork, player_id: PlayerId, handover: Handover, what: str) -> None:
        now = self._clock.now()
        for ship, does in (
            (handover.giver, f"hands {what} to {handover.receiver}"),
            (handover.receiver, f"takes {what} over from {handover.giver}"),
        ):
            uow.decisions.note(player_id, DecisionKind.ASSIGN, ship, f"{does}: {handover.reason}", now)
