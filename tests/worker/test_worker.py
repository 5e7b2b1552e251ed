"""A real Celery worker on a real broker flies a whole pipeline."""

import time
from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from celery import Celery
from celery.contrib.testing.worker import start_worker

from manufacturing.adapters.clock import ScaledClock
from manufacturing.domain.clock import TimeScale
from manufacturing.domain.manufacturing_pipeline import PipelineStatus
from manufacturing.domain.prices import Supply
from manufacturing.worker.publisher import CeleryPublisher
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
    monkeypatch.setattr("manufacturing.worker.tasks.fleet", lambda: world.fleet)
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
