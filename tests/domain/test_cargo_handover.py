"""Which goods change ships, and which do not."""

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from manufacturing.domain.cargo_handover import Handover, handovers
from manufacturing.domain.errors import IllegalTransition
from manufacturing.domain.execution import Dock, DockGiver, HandBack, TakeOver, WaitUntil, next_action
from manufacturing.domain.ids import TaskId
from manufacturing.domain.manufacturing_task import ManufacturingTask, TaskStatus, TaskType
from manufacturing.domain.ship import Ship
from manufacturing.domain.universe import NavStatus
from tests.builders import NOW, a_flying_ship, a_ship, a_task, a_task_under_way, after
from tests.domain.test_execution import HERE, THERE, a_situation

ELSEWHERE = "X1-PX-C3"


def a_delivery(ident: str, holder: str, to: str = THERE, *, units: int = 20, minute: int = 0) -> ManufacturingTask:
    """A delivery from the pool that is ready."""
    return a_task(
        TaskType.DELIVER,
        id=TaskId(ident),
        waypoint=to,
        quantity=units,
        bound_ship=holder,
        status=TaskStatus.READY,
        ready_at=NOW + timedelta(minutes=minute),
        pool_reservation_id=f"promise-{ident}",
    )


def agreed(found: list[Handover]) -> list[tuple[str, str, str]]:
    return [(handover.task_id, handover.giver, handover.receiver) for handover in found]


def test_the_smaller_cargo_for_a_place_goes_aboard_with_the_larger() -> None:
    ships = [a_ship("A", cargo={"IRON": 20}), a_ship("B", cargo={"IRON": 30})]
    tasks = [a_delivery("small", "A", units=20), a_delivery("large", "B", units=30)]
    assert agreed(handovers(tasks, ships)) == [("small", "A", "B")]


def test_of_equal_cargoes_one_changes_ships_and_not_both() -> None:
    ships = [a_ship("A", cargo={"IRON": 20}), a_ship("B", cargo={"IRON": 20})]
    tasks = [a_delivery("one", "A"), a_delivery("two", "B")]
    assert len(handovers(tasks, ships)) == 1


def test_two_cargoes_that_do_not_fit_into_one_hold_stay_apart() -> None:
    ships = [a_ship("A", cargo={"IRON": 50}), a_ship("B", cargo={"IRON": 60})]
    tasks = [a_delivery("one", "A", units=50), a_delivery("two", "B", units=60)]
    assert handovers(tasks, ships) == []


def test_what_would_wait_goes_with_a_ship_that_has_nothing_to_do_the_fastest_there_is() -> None:
    ships = [a_ship("A", cargo={"IRON": 40}), a_ship("B"), a_ship("C", speed=36, cargo_capacity=40)]
    tasks = [a_delivery("first", "A"), a_delivery("later", "A", ELSEWHERE, minute=1)]
    assert agreed(handovers(tasks, ships)) == [("later", "A", "C")]


def test_what_goes_to_the_same_place_anyway_stays_aboard() -> None:
    ships = [a_ship("A", cargo={"IRON": 40}), a_ship("B")]
    assert handovers([a_delivery("one", "A"), a_delivery("two", "A", minute=1)], ships) == []


def test_a_ship_elsewhere_or_without_room_is_no_help() -> None:
    tasks = [a_delivery("first", "A"), a_delivery("later", "A", ELSEWHERE, minute=1)]
    holder = a_ship("A", cargo={"IRON": 40})
    assert handovers(tasks, [holder, a_ship("B", waypoint=THERE)]) == []
    assert handovers(tasks, [holder, a_ship("B", cargo_capacity=19)]) == []
    assert handovers(tasks, [a_ship("B")]) == [], "its holder is not free"


@given(st.data())
def test_however_cargo_lies_nobody_takes_part_twice_and_every_cargo_fits(data: st.DataObject) -> None:
    ships = [
        a_ship(
            f"S{n}",
            waypoint=data.draw(st.sampled_from([HERE, THERE])),
            cargo={"IRON": data.draw(st.integers(0, 80))},
            cargo_capacity=80,
        )
        for n in range(data.draw(st.integers(0, 6)))
    ]
    tasks = [
        a_delivery(
            f"t{n}",
            f"S{data.draw(st.integers(0, 6))}",
            data.draw(st.sampled_from([THERE, ELSEWHERE])),
            units=data.draw(st.integers(1, 60)),
            minute=data.draw(st.integers(0, 3)),
        )
        for n in range(data.draw(st.integers(0, 8)))
    ]
    found = handovers(tasks, ships)
    taking_part = [symbol for handover in found for symbol in (handover.giver, handover.receiver)]
    assert len(taking_part) == len(set(taking_part))
    by_symbol, by_id = {ship.symbol: ship for ship in ships}, {task.id: task for task in tasks}
    for handover in found:
        giver, receiver, task = by_symbol[handover.giver], by_symbol[handover.receiver], by_id[handover.task_id]
        assert giver.waypoint == receiver.waypoint
        assert task.bound_ship == giver.symbol
        assert receiver.cargo_free >= task.quantity
    assert handovers(list(reversed(tasks)), list(reversed(ships))) == found, "the order of the rows does not matter"


# At the ship


def taking_over(giver: Ship, **fields: Any) -> Any:
    task = a_task_under_way(TaskType.DELIVER, waypoint=THERE, quantity=40, giver_ship=giver.symbol)
    return next_action(a_situation(**({"task": task, "giver": giver, "hop": None} | fields)))


def test_goods_change_ships_when_both_are_docked_at_one_place() -> None:
    giver = a_ship("HAULER-2", cargo={"IRON": 50})
    assert taking_over(giver) == TakeOver("HAULER-2", "IRON", 40)
    assert taking_over(giver, ship=a_ship(nav_status=NavStatus.IN_ORBIT)) == Dock()
    in_orbit = a_ship("HAULER-2", cargo={"IRON": 50}, nav_status=NavStatus.IN_ORBIT)
    assert taking_over(in_orbit) == DockGiver("HAULER-2")
    assert taking_over(giver, ship=a_flying_ship(after(minutes=1))) == WaitUntil(after(minutes=1))


@pytest.mark.parametrize(
    ("giver", "hold", "reason"),
    [
        (a_ship("HAULER-2", cargo={"IRON": 50}, waypoint=THERE), 0, "is not at"),
        (a_flying_ship(after(minutes=1), symbol="HAULER-2", cargo={"IRON": 50}), 0, "is not at"),
        (a_ship("HAULER-2", cargo={"IRON": 39}), 0, "has 39 IRON, not 40"),
        (a_ship("HAULER-2", cargo={"IRON": 50}), 41, "has room for 39, not for 40"),
    ],
)
def test_what_cannot_be_handed_over_is_handed_back(giver: Ship, hold: int, reason: str) -> None:
    action = taking_over(giver, ship=a_ship(cargo={"FOOD": hold}))
    assert isinstance(action, HandBack)
    assert reason in action.reason


def test_a_task_that_is_handed_back_is_its_holders_again_after_a_while() -> None:
    task = a_delivery("task", "HAULER-2")
    task.take_from("HAULER-2", "HAULER-1")
    task.assign("HAULER-1", NOW)
    task.start(NOW)

    task.hand_back("it was not there", after(minutes=5))

    assert (task.status, task.bound_ship, task.giver_ship) == (TaskStatus.PENDING, "HAULER-2", None)
    assert (task.ship_symbol, task.parked_until, task.reason) == (None, after(minutes=5), "it was not there")


def test_a_task_that_a_ship_has_begun_is_not_given_to_another() -> None:
    with pytest.raises(IllegalTransition):
        a_task_under_way(TaskType.DELIVER).take_from("HAULER-2", "HAULER-1")
