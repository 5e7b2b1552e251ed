"""Which goods of the pool change ships before they are delivered (docs/domain.md, "The pool")."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from manufacturing.domain.ids import TaskId
from manufacturing.domain.manufacturing_task import ManufacturingTask
from manufacturing.domain.ship import Ship


@dataclass(frozen=True, slots=True, kw_only=True)
class Handover:
    """One ship hands the cargo of a task to another at the same waypoint, which then carries the task out."""

    task_id: TaskId
    giver: str
    receiver: str
    reason: str


def handovers(tasks: Sequence[ManufacturingTask], ships: Sequence[Ship]) -> list[Handover]:
    """What is better carried by another ship: ``tasks`` are deliveries from the pool that are ready, each bound to the
    holder of its goods; ``ships`` have a hold, stand still and have no task. Each ship takes part in one at most.

    Goods that fly to the same place from the same place fly in one hold. Goods that would wait, because their holder
    has something else to deliver first, fly with a ship that has nothing to do.
    """
    free = {ship.symbol: ship for ship in ships}
    of_holder: dict[str, list[ManufacturingTask]] = defaultdict(list)
    for task in sorted(tasks, key=lambda task: (task.ready_at or task.created_at, task.created_at, task.id)):
        if task.bound_ship in free:
            of_holder[task.bound_ship].append(task)
    agreed: list[Handover] = []
    for holder in sorted(of_holder):
        giver = free.get(holder)
        found = (_joined(giver, of_holder, free) or _relieved(giver, of_holder, free)) if giver is not None else None
        if found is not None:
            agreed.append(found)
            del free[found.giver], free[found.receiver]
    return agreed


def _joined(giver: Ship, of_holder: dict[str, list[ManufacturingTask]], free: dict[str, Ship]) -> Handover | None:
    """The smaller of two cargoes for one place goes aboard with the larger."""
    for task in of_holder[giver.symbol]:
        for receiver in _companions(giver, task, free):
            theirs = [other for other in of_holder.get(receiver.symbol, ()) if other.waypoint == task.waypoint]
            if any((other.quantity, other.id) > (task.quantity, task.id) for other in theirs):
                reason = f"{receiver.symbol} flies to {task.waypoint} anyway"
                return Handover(task_id=task.id, giver=giver.symbol, receiver=receiver.symbol, reason=reason)
    return None


def _relieved(giver: Ship, of_holder: dict[str, list[ManufacturingTask]], free: dict[str, Ship]) -> Handover | None:
    """What its holder would deliver later, because it delivers something elsewhere first, goes with an empty ship."""
    first, *later = of_holder[giver.symbol]
    for task in later:
        if task.waypoint == first.waypoint:
            continue
        empty = [ship for ship in _companions(giver, task, free) if not ship.cargo_units]
        if empty:
            receiver = min(empty, key=lambda ship: (-ship.speed, ship.cargo_capacity, ship.symbol))
            reason = f"{giver.symbol} delivers {first.good} to {first.waypoint} first"
            return Handover(task_id=task.id, giver=giver.symbol, receiver=receiver.symbol, reason=reason)
    return None


def _companions(giver: Ship, task: ManufacturingTask, free: dict[str, Ship]) -> list[Ship]:
    """Other free ships at the giver's waypoint with room for the task's cargo."""
    return [
        ship
        for _, ship in sorted(free.items())
        if ship.symbol != giver.symbol and ship.waypoint == giver.waypoint and ship.cargo_free >= task.quantity
    ]
