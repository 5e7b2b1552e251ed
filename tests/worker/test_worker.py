"""A real Celery worker on a real broker flies a whole pipeline."""

import time
from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from celery import Celery
from celery.contrib.testing.worker import start_worker

from manufacturing.adapters.clock import ScaledClock
from manufacturing.domain.clock import TimeScale
from manufacturing.domain.decision import DecisionKind
from manufacturing.domain.manufacturing_pipeline import PipelineStatus
from manufacturing.domain.player import Player
from manufacturing.domain.prices import Supply
from manufacturing.worker import tasks
from manufacturing.worker.publisher import CeleryPublisher
from tests.postgres.builders import a_player
from tests.world import World

#: How much faster than the wall the game runs here.
FACTOR = 100.0


@pytest.fixture
def world(app: Celery, monkeypatch: pytest.MonkeyPatch) -> World:
    """A fleet whose time runs, and whose events are messages on the broker."""
    world = World()
    world.new_ship("HAULER-1")
    world.stock("ELECTRONICS", "the capital", Supply.SCARCE)
    world.stock("ELECTRONICS", "the works", Supply.ABUNDANT)
    clock = ScaledClock(TimeScale(FACTOR, datetime.now(UTC), world.clock.now()))
    world.run_on(clock, CeleryPublisher(app, clock))
    for module in ("app", "tasks"):
        monkeypatch.setattr(f"manufacturing.worker.{module}.fleet", lambda: world.fleet)
    return world


def wait_for(what: Callable[[], bool], seconds: float) -> None:
    """Waits until something is so."""
    deadline = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < deadline, "it took too long"
        time.sleep(0.1)


def test_messages_alone_bring_a_pipeline_to_its_end(app: Celery, world: World) -> None:
    queues = [queue.name for queue in app.conf.task_queues]
    with start_worker(app, pool="threads", concurrency=4, perform_ping_check=False, queues=queues, loglevel="ERROR"):
        app.send_task("manufacturing.tick", queue="control")
        wait_for(lambda: any(not p.is_active for p in world.pipelines()), seconds=60)
    first = world.pipelines()[0]
    assert first.status is PipelineStatus.COMPLETED, world.story()
    assert world.ledger_sum() == world.agent.credits - world.credits


def test_a_message_that_ends_in_an_error_nobody_foresaw_is_noted(
    app: Celery, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    def burst() -> None:
        raise RuntimeError("nobody thought of this")

    monkeypatch.setattr(world.fleet.due_queue, "sweep", burst)

    def noted() -> list[str]:
        return [d.reason for d in world.decisions("manufacturing.sweep") if d.kind is DecisionKind.ERROR]

    with start_worker(
        app, pool="threads", concurrency=1, perform_ping_check=False, queues=["control"], loglevel="FATAL"
    ):
        app.send_task("manufacturing.sweep", queue="control")
        wait_for(lambda: bool(noted()), seconds=30)
    assert noted() == ["RuntimeError: nobody thought of this"]


def test_what_fails_for_one_player_is_done_for_the_others(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    with world.uow() as uow:
        uow.players.add(a_player(agent_symbol="SECOND"))
        uow.commit()
    done: list[str] = []

    def burst_for_the_first(player: Player) -> None:
        if player.id == world.player_id:
            raise RuntimeError("nobody thought of this")
        done.append(player.agent_symbol)

    monkeypatch.setattr(world.fleet.orchestrator, "recover", burst_for_the_first)
    with pytest.raises(RuntimeError):
        tasks.recover()
    assert done == ["SECOND"]
