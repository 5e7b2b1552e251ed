"""A worker dies: at every commit, before and after every request. Whatever it was at happens once."""

import pytest

from manufacturing.domain.ledger import EntryKind
from manufacturing.domain.manufacturing_task import TaskStatus, TaskType
from manufacturing.domain.prices import Supply
from manufacturing.domain.trade_intent import IntentStatus
from tests.builders import SYSTEM
from tests.world import WorkerKilled, World

#: What changes the world on a haul.
WRITES = ("orbit", "navigate", "dock", "purchase", "sell")


def begin_haul() -> World:
    """A hauler that is about to bring COPPER to the works."""
    world = World()
    world.holds_work_back = True
    world.looks_for_opportunities = False
    world.new_ship("HAULER-1")
    world.stock("ELECTRONICS", "the capital", Supply.SCARCE)
    world.fleet.lifecycle.create_pipelines_from_opportunities(world.player_id, SYSTEM)
    world.fleet.lifecycle.update_readiness(world.player_id)
    (acquire,) = world.tasks(TaskType.ACQUIRE, "COPPER")
    world.fleet.assignment.assign_ship_to_task(world.player_id, world.symbol("HAULER-1"), acquire.id)
    return world


def finish_haul(world: World) -> None:
    """Plays on to its end."""
    (acquire,) = world.tasks(TaskType.ACQUIRE, "COPPER")
    world.fly(acquire)


def assert_done_once(world: World, when: str) -> None:
    """80 COPPER were bought and sold, once, and the books agree with the game's."""
    units = {
        kind: sum(entry.units for entry in world.ledger() if entry.kind is kind)
        for kind in (EntryKind.PURCHASE, EntryKind.SALE)
    }
    assert units == {EntryKind.PURCHASE: 80, EntryKind.SALE: 80}, f"{when}: {world.story()}"
    (deliver,) = world.tasks(TaskType.DELIVER, "COPPER")
    assert deliver.status is TaskStatus.COMPLETED, f"{when}: {world.story()}"
    assert world.real_ship("HAULER-1").cargo == {}, when
    assert world.ledger_sum() == world.agent.credits - world.credits, when
    assert world.player.credits == world.agent.credits, when
    assert world.player.credits_reserved == 0, when
    assert all(intent.status is not IntentStatus.OPEN for intent in world.all_intents()), when


def test_a_worker_that_dies_at_any_commit_trades_once() -> None:
    for nth in range(1, 200):
        world = begin_haul()
        death = DeathAtCommit(nth)
        world.before_commit = death
        finish_haul(world)
        assert_done_once(world, f"killed at commit {nth}")
        if death.commits < nth:
            break
    assert 15 < nth < 199, "a haul has more commits than that, and an end"


class DeathAtCommit:
    """Kills the worker that is about to make the nth commit."""

    def __init__(self, nth: int) -> None:
        self.commits = 0
        self._nth = nth

    def __call__(self) -> None:
        """A commit is about to be made."""
        self.commits += 1
        if self.commits == self._nth:
            raise WorkerKilled


@pytest.mark.parametrize("operation", WRITES)
@pytest.mark.parametrize("killed", ["before", "after"])
def test_a_worker_that_dies_again_and_again_trades_once(operation: str, killed: str) -> None:
    world = begin_haul()
    for _ in range(3):
        if killed == "before":
            world.game.kill_worker_before(operation)
        else:
            world.game.kill_worker_after(operation)
    finish_haul(world)
    assert_done_once(world, f"killed three times {killed} {operation}")


@pytest.mark.parametrize("operation", WRITES)
def test_answers_that_are_lost_again_and_again_are_settled(operation: str) -> None:
    world = begin_haul()
    for _ in range(3):
        world.game.lose_answer(operation)
        world.game.lose_request(operation)
    finish_haul(world)
    assert_done_once(world, f"answers to {operation} lost")


def test_a_worker_that_dies_while_it_settles_settles_once() -> None:
    world = begin_haul()
    world.game.lose_answer("purchase")
    world.game.kill_worker_after(world.symbol("HAULER-1"))
    finish_haul(world)
    assert_done_once(world, "killed while settling")
