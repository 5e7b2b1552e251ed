"""What the clock sets off exists, and no tick outlives the next."""

import inspect
from typing import Any

from celery import Celery

from manufacturing.domain.events import PipelineEnded, PollDue, StepDue, WorkChanged
from manufacturing.domain.ids import PipelineId, PlayerId, TaskId
from tests.builders import NOW
from tests.worker.test_publisher import publish


def _queues(app: Celery) -> set[str]:
    return {queue.name for queue in app.conf.task_queues}


def test_every_entry_of_the_schedule_names_a_task_and_a_queue_there_is(app: Celery) -> None:
    for name, entry in app.conf.beat_schedule.items():
        assert entry["task"] in app.tasks, name
        queue = entry["options"].get("queue") or app.tasks[entry["task"]].queue
        assert queue in _queues(app), name


def test_every_tick_that_comes_too_late_is_dropped(app: Celery) -> None:
    for name, entry in app.conf.beat_schedule.items():
        assert 0 < entry["options"]["expires"] <= 2 * entry["schedule"], name


def test_what_is_due_is_swept_up_every_second(app: Celery) -> None:
    (sweep,) = [e for e in app.conf.beat_schedule.values() if e["task"] == "manufacturing.sweep"]
    assert sweep["schedule"] == 1.0


def test_every_task_that_needs_no_argument_is_on_the_schedule(app: Celery) -> None:
    ours = {name: task for name, task in app.tasks.items() if name.startswith("manufacturing.")}
    by_the_clock = {name for name, task in ours.items() if not inspect.signature(task.run).parameters}
    assert by_the_clock == {entry["task"] for entry in app.conf.beat_schedule.values()}


def test_every_event_is_a_message_that_its_task_takes(app: Celery) -> None:
    messages: list[dict[str, Any]] = publish(
        StepDue(task_id=TaskId("t"), version=1, due_at=NOW),
        PollDue(factory_state_id="f", version=1, due_at=NOW),
        WorkChanged(player_id=PlayerId(1)),
        PipelineEnded(player_id=PlayerId(1), pipeline_id=PipelineId("p")),
    )
    for message in messages:
        task = app.tasks[message["name"]]
        inspect.signature(task.run).bind(*message["args"])
        assert task.queue == message["queue"]
        assert message["queue"] in _queues(app)


def test_a_message_is_given_back_when_its_worker_dies(app: Celery) -> None:
    assert app.conf.task_acks_late is True
    assert app.conf.task_reject_on_worker_lost is True
    assert app.conf.worker_prefetch_multiplier == 1
    assert app.conf.broker_transport_options["visibility_timeout"] >= 60
