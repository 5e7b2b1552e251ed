"""Ships that were sent ahead: one at a time for a ship, and for a predicted task."""

import pytest

from manufacturing.domain.errors import StaleRow
from manufacturing.domain.manufacturing_task import ManufacturingTask, TaskType
from manufacturing.domain.player import Player
from manufacturing.domain.pre_positioning import PrePositioning
from tests.postgres.builders import MINUTE, NOW, a_pipeline, a_pre_positioning, a_task
from tests.postgres.opening import Open


@pytest.fixture
def tasks(uow: Open, player: Player) -> list[ManufacturingTask]:
    """Two tasks that may become ready."""
    pipeline = a_pipeline(player)
    waiting = [a_task(pipeline, sequence=number) for number in range(2)]
    with uow() as work:
        work.pipelines.add(pipeline)
        for task in waiting:
            work.tasks.add(task)
        work.commit()
    return waiting


def add(uow: Open, *moves: PrePositioning) -> None:
    """Stores them."""
    with uow() as work:
        for move in moves:
            work.positionings.add(move)
        work.commit()


def test_those_that_wait_come_oldest_first(
    uow: Open, player: Player, other_player: Player, tasks: list[ManufacturingTask]
) -> None:
    late = a_pre_positioning(player, tasks[0], "AGENT-1", created_at=NOW + MINUTE)
    early = a_pre_positioning(player, tasks[1], "AGENT-2")
    ended = a_pre_positioning(player, tasks[1], "AGENT-3")
    ended.resolve(None, NOW + MINUTE)
    add(uow, late, early, ended)
    with uow() as work:
        assert [move.id for move in work.positionings.open_of_player(player.id)] == [early.id, late.id]
        assert work.positionings.open_of_player(other_player.id) == []


def test_a_ship_waits_for_one_task_at_a_time(uow: Open, player: Player, tasks: list[ManufacturingTask]) -> None:
    with pytest.raises(StaleRow):
        add(uow, a_pre_positioning(player, tasks[0]), a_pre_positioning(player, tasks[1]))


def test_never_two_ships_wait_for_one_task(uow: Open, player: Player, tasks: list[ManufacturingTask]) -> None:
    with pytest.raises(StaleRow):
        add(uow, a_pre_positioning(player, tasks[0], "AGENT-1"), a_pre_positioning(player, tasks[0], "AGENT-2"))


def test_hits_and_misses_are_counted_by_what_was_predicted(
    uow: Open, player: Player, other_player: Player, tasks: list[ManufacturingTask]
) -> None:
    hit, miss = a_pre_positioning(player, tasks[0]), a_pre_positioning(player, tasks[0])
    hit.resolve("X1-T1-A1", NOW + MINUTE)
    miss.resolve("X1-T1-B2", NOW + MINUTE)
    other = a_pre_positioning(player, tasks[1], predicted_type=TaskType.ACQUIRE)
    other.resolve(None, NOW + MINUTE)
    add(uow, hit, miss, other, a_pre_positioning(player, tasks[1]))
    with uow() as work:
        assert work.positionings.record(player.id) == {TaskType.COLLECT: (1, 1), TaskType.ACQUIRE: (0, 1)}
        assert work.positionings.record(other_player.id) == {}
