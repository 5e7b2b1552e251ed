"""CeleryPublisher: sends each event as a message to whoever acts on it."""

import logging
from datetime import datetime

from celery import Celery

from manufacturing.domain.clock import Clock
from manufacturing.domain.events import Event, PipelineEnded, PollDue, StepDue, WorkChanged

log = logging.getLogger(__name__)

#: Publishing is not worth waiting long for: a lost message is found by the sweep.
_RETRY = {"max_retries": 1, "interval_start": 0, "interval_step": 0.2, "interval_max": 0.2}


class CeleryPublisher:
    """Publishes after the commit. What the broker cannot take is lost, and the sweep finds it."""

    def __init__(self, app: Celery, clock: Clock) -> None:
        self._app = app
        self._clock = clock

    def publish(self, events: list[Event]) -> None:
        """Sends the events; a change of work told twice in one transaction is told once."""
        for event in dict.fromkeys(events):
            self._send(event)

    def _send(self, event: Event) -> None:
        match event:
            case StepDue():
                self._post("manufacturing.fly", "ships", [event.task_id, event.version], self._delay(event.due_at))
            case PollDue():
                arguments = [event.factory_state_id, event.version]
                self._post("manufacturing.poll", "polls", arguments, self._delay(event.due_at))
            case WorkChanged():
                self._post("manufacturing.coordinate", "control", [event.player_id], 0.0)
            case PipelineEnded():
                arguments = [event.player_id, event.pipeline_id]
                self._post("manufacturing.pipeline_ended", "control", arguments, 0.0)

    def _post(self, task: str, queue: str, arguments: list[object], countdown: float) -> None:
        self._app.send_task(
            task,
            args=arguments,
            queue=queue,
            countdown=countdown or None,
            ignore_result=True,
            retry=True,
            retry_policy=_RETRY,
        )

    def _delay(self, due_at: datetime) -> float:
        return max(0.0, self._clock.wall_seconds(due_at - self._clock.now()))
