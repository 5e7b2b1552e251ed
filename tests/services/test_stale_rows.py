"""Of two that change one row, the second is told."""

import pytest

from manufacturing.domain.errors import StaleRow
from manufacturing.domain.events import WorkChanged
from manufacturing.domain.manufacturing_task import TaskStatus, TaskType
from manufacturing.domain.player import PlayerStatus
from manufacturing.services.conflicts import deciding_again
from tests.world import World


def test_a_save_of_what_was_read_before_someone_else_saved_is_refused(world: World) -> None:
    world.new_ship("HAULER-1")
    symbol = world.symbol("HAULER-1")
    with world.uow() as mine, world.uow() as theirs:
        ship = mine.ships.get(world.player_id, symbol)
        theirs.ships.get(world.player_id, symbol).work_for("task-of-theirs")
        theirs.commit()
        ship.work_for("task-of-mine")
        with pytest.raises(StaleRow, match="read it again"):
            mine.commit()
    assert world.ship("HAULER-1").container_id == "task-of-theirs"


def test_a_refused_save_publishes_nothing(world: World) -> None:
    task = world.a_task(TaskType.ACQUIRE, "COPPER", "the refinery", status=TaskStatus.READY)
    world.add_pipeline(task)
    with world.uow() as mine, world.uow() as theirs:
        late = mine.tasks.get(task.id)
        theirs.tasks.get(task.id).unready("COPPER is LIMITED")
        theirs.commit()
        late.source_bonus = 30
        mine.emit(WorkChanged(player_id=world.player_id))
        with pytest.raises(StaleRow):
            mine.commit()
    assert world.mailbox.events == []


def test_whoever_comes_second_decides_again(world: World) -> None:
    tries: list[int] = []

    def pause() -> None:
        with world.uow() as uow:
            player = uow.players.get(world.player_id)
            if not tries:
                _let_someone_else_save(world)
            tries.append(player.version)
            player.status = PlayerStatus.PAUSED
            uow.commit()

    deciding_again(pause)
    assert len(tries) == 2
    assert world.player.status is PlayerStatus.PAUSED
    assert world.player.status_reason == "someone else was here"


def test_it_does_not_decide_again_for_ever(world: World) -> None:
    tries: list[int] = []

    def never_in_time() -> None:
        tries.append(1)
        raise StaleRow("someone else again")

    with pytest.raises(StaleRow):
        deciding_again(never_in_time)
    assert len(tries) == 12


def _let_someone_else_save(world: World) -> None:
    with world.uow() as uow:
        uow.players.get(world.player_id).status_reason = "someone else was here"
        uow.commit()
