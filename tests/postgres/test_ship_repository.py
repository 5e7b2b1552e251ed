import pytest

from manufacturing.domain.errors import StaleRow, UnknownThing
from manufacturing.domain.manufacturing_task import TaskType
from manufacturing.domain.player import Player
from manufacturing.domain.travel import FlightMode
from manufacturing.domain.universe import NavStatus
from tests.postgres.builders import MINUTE, NOW, a_pipeline, a_ship, a_task_with_ship
from tests.postgres.opening import Open


def test_a_ship_comes_back_as_it_was_stored(uow: Open, player: Player) -> None:
    with uow() as work:
        work.ships.add(
            a_ship(
                player,
                cargo_items={"IRON": 12, "GOLD": 3},
                nav_status=NavStatus.IN_TRANSIT,
                flight_mode=FlightMode.DRIFT,
                departure_at=NOW,
                arrival_at=NOW + MINUTE,
                needs_observation=True,
            )
        )
        work.commit()
    with uow() as work:
        ship = work.ships.get(player.id, "AGENT-1")
        assert ship.cargo_items == {"IRON": 12, "GOLD": 3}
        assert (ship.nav_status, ship.flight_mode) == (NavStatus.IN_TRANSIT, FlightMode.DRIFT)
        assert ship.arrival_at == NOW + MINUTE
        assert ship.is_flying(NOW)
        assert ship.needs_observation


def test_the_fleet_comes_as_the_game_counts_it(uow: Open, player: Player, other_player: Player) -> None:
    with uow() as work:
        for symbol in ("AGENT-10", "AGENT-A", "AGENT-2", "AGENT-1F", "AGENT-1"):
            work.ships.add(a_ship(player, symbol))
        work.ships.add(a_ship(other_player, "OTHER-1"))
        work.commit()
    with uow() as work:
        fleet = [ship.symbol for ship in work.ships.of_player(player.id)]
        assert fleet == ["AGENT-1", "AGENT-2", "AGENT-A", "AGENT-10", "AGENT-1F"]


def test_a_ship_of_another_player_is_unknown(uow: Open, player: Player, other_player: Player) -> None:
    with uow() as work:
        work.ships.add(a_ship(player))
        work.commit()
    with uow() as work, pytest.raises(UnknownThing, match="AGENT-1"):
        work.ships.get(other_player.id, "AGENT-1")


def test_stale_save_is_refused(uow: Open, player: Player) -> None:
    with uow() as work:
        work.ships.add(a_ship(player))
        work.commit()
    with uow() as slow:
        stale = slow.ships.get(player.id, "AGENT-1")
        with uow() as quick:
            quick.ships.get(player.id, "AGENT-1").cargo_items = {"IRON": 80}
            quick.commit()
        stale.waypoint = "X1-T1-Z9"
        with pytest.raises(StaleRow, match="ships"):
            slow.commit()
    with uow() as work:
        ship = work.ships.get(player.id, "AGENT-1")
        assert (ship.cargo_items, ship.waypoint, ship.version) == ({"IRON": 80}, "X1-T1-A1", 2)


def test_ships_at_work_kept_by_the_player_or_elsewhere_are_not_assignable(
    uow: Open, player: Player, other_player: Player
) -> None:
    pipeline = a_pipeline(player)
    work_of_2 = a_task_with_ship(pipeline, "AGENT-2")
    move_of_3 = a_task_with_ship(pipeline, "AGENT-3", type=TaskType.POSITION)
    with uow() as work:
        work.pipelines.add(pipeline)
        for task in (work_of_2, move_of_3):
            work.tasks.add(task)
        work.ships.add(a_ship(player, "AGENT-1"))
        work.ships.add(a_ship(player, "AGENT-2", container_id=work_of_2.id))
        work.ships.add(a_ship(player, "AGENT-3", container_id=move_of_3.id))
        work.ships.add(a_ship(player, "AGENT-4", reserved_by_player=True))
        work.ships.add(a_ship(player, "AGENT-5", system_symbol="X1-FAR"))
        work.ships.add(a_ship(other_player, "OTHER-1"))
        work.commit()
    with uow() as work:
        assert [ship.symbol for ship in work.ships.lock_assignable(player.id)] == ["AGENT-1", "AGENT-3"]


def test_ships_that_somebody_is_deciding_about_are_left_to_them(uow: Open, player: Player) -> None:
    with uow() as work:
        for symbol in ("AGENT-1", "AGENT-2"):
            work.ships.add(a_ship(player, symbol))
        work.commit()
    with uow() as one, uow() as other:
        assert len(one.ships.lock_assignable(player.id)) == 2
        assert other.ships.lock_assignable(player.id) == []
        one.commit()
    with uow() as later:
        assert len(later.ships.lock_assignable(player.id)) == 2
