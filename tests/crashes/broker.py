"""A broker like the one the workers have: a message that was taken and not acknowledged can be delivered again."""

import json
from datetime import datetime
from typing import Any, Final

from redis import Redis

from manufacturing.domain.events import Event, PipelineEnded, PollDue, StepDue, WorkChanged
from manufacturing.domain.ids import PipelineId, PlayerId, TaskId
from tests.crashes.shared_clock import SharedClock

_WAITING: Final = "messages:waiting"
_TAKEN: Final = "messages:taken"
_NUMBER: Final = "messages:number"


class Broker:
    """Messages in Redis, each handed over when it is due."""

    def __init__(self, redis: Redis, clock: SharedClock) -> None:
        self._redis = redis
        self._clock = clock

    def publish(self, events: list[Event]) -> None:
        """See EventPublisher."""
        for event in dict.fromkeys(events):
            due_at = event.due_at if isinstance(event, StepDue | PollDue) else self._clock.now()
            message = json.dumps([self._redis.incr(_NUMBER), *_written(event)])
            self._redis.zadd(_WAITING, {message: due_at.timestamp()})

    def take(self) -> tuple[str, Event] | None:
        """The next message that is due, and what acknowledges it."""
        due: Any = self._redis.zrange(_WAITING, "-inf", self._clock.now().timestamp(), byscore=True, offset=0, num=1)
        if not due:
            return None
        message = due[0].decode() if isinstance(due[0], bytes) else due[0]
        self._redis.sadd(_TAKEN, message)
        self._redis.zrem(_WAITING, message)
        return message, _read(json.loads(message)[1:])

    def acknowledge(self, message: str) -> None:
        """The message was acted on."""
        self._redis.srem(_TAKEN, message)

    def next_due(self) -> datetime | None:
        """When the next message is due."""
        first: Any = self._redis.zrange(_WAITING, 0, 0, withscores=True)
        return datetime.fromtimestamp(first[0][1], self._clock.now().tzinfo) if first else None

    def deliver_again(self) -> int:
        """Every message that was taken and not acknowledged waits again, as it does when a worker dies; how many."""
        taken: Any = self._redis.smembers(_TAKEN)
        for message in taken:
            self._redis.zadd(_WAITING, {message: self._clock.now().timestamp()})
        self._redis.delete(_TAKEN)
        return len(taken)

    def forget_everything(self) -> None:
        """Every message is lost."""
        self._redis.delete(_WAITING, _TAKEN)


def _written(event: Event) -> list[Any]:
    match event:
        case StepDue():
            return ["step", event.task_id, event.version, event.due_at.isoformat()]
        case PollDue():
            return ["poll", event.factory_state_id, event.version, event.due_at.isoformat()]
        case WorkChanged():
            return ["work", event.player_id]
        case PipelineEnded():
            return ["end", event.player_id, event.pipeline_id]


def _read(written: list[Any]) -> Event:
    match written:
        case ["step", task_id, version, due_at]:
            return StepDue(task_id=TaskId(task_id), version=version, due_at=datetime.fromisoformat(due_at))
        case ["poll", state_id, version, due_at]:
            return PollDue(factory_state_id=state_id, version=version, due_at=datetime.fromisoformat(due_at))
        case ["work", player_id]:
            return WorkChanged(player_id=PlayerId(player_id))
        case ["end", player_id, pipeline_id]:
            return PipelineEnded(player_id=PlayerId(player_id), pipeline_id=PipelineId(pipeline_id))
    raise ValueError(f"not a message: {written}")
