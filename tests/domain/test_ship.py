"""Our row of a ship."""

from manufacturing.domain.universe import NavStatus
from tests.builders import NOW, a_flying_ship, a_ship, after


def test_a_ship_is_on_its_way_until_it_arrives() -> None:
    assert a_flying_ship(until=after(minutes=3)).is_flying(NOW)


def test_a_ship_has_arrived_at_its_arrival_time_without_being_asked() -> None:
    assert not a_flying_ship(until=after(minutes=3)).is_flying(after(minutes=3))


def test_the_hold_adds_up() -> None:
    ship = a_ship(cargo={"IRON": 30, "COPPER": 5}, cargo_capacity=80)
    assert (ship.cargo_units, ship.cargo_free, ship.units_of("IRON"), ship.units_of("GOLD")) == (35, 45, 30, 0)
    assert ship.cargo().units_of("COPPER") == 5
    assert ship.cargo().free == 45


def test_a_probe_cannot_haul() -> None:
    assert a_ship().can_haul
    assert not a_ship(cargo_capacity=0).can_haul


def test_a_ship_is_idle_from_when_it_lost_its_task() -> None:
    ship = a_ship(nav_status=NavStatus.IN_ORBIT)
    ship.work_for("task-1")
    assert (ship.container_id, ship.idle_since) == ("task-1", None)
    ship.stand_idle(after(minutes=10))
    assert (ship.container_id, ship.idle_since) == (None, after(minutes=10))
