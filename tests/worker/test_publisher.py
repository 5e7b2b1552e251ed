"""Events become messages: to whom, with what, and when."""

from datetime import timedelta
from typing import Any

import pytest

from manufacturing.domain.events import Event, PipelineEnded, PollDue, StepDue, WorkChanged
from manufacturing.domain.ids import PipelineId, PlayerId, TaskId
from manufacturing.worker.publisher import CeleryPublisher
from tests.builders import NOW, after


class RecordingApp:
    """Keeps what is sent."""

    def __init__(self) -> None:
        self.sent: list[dict[str, Any]] = []

    def send_task(self, name: str, **options: Any) -> None:
        """Keeps it."""
        self.sent.append({"name": name, **options})


class FixedClock:
    """It is always NOW; game time runs ``factor`` times as fast as wall time."""

    def __init__(self, factor: float) -> None:
        self.factor = factor

    def now(self) -> Any:
        """NOW."""
        return NOW

    def wall_seconds(self, game: timedelta) -> float:
        """So long on the wall."""
        return game.total_seconds() / self.factor

    def game_time(self, wall: timedelta) -> timedelta:
        """So long in the game."""
        return wall * self.factor


def publish(*events: Event, factor: float = 1.0) -> list[dict[str, Any]]:
    """What is sent for these events."""
    app = RecordingApp()
    CeleryPublisher(app, FixedClock(factor)).publish(list(events))  # type: ignore[arg-type]
    return app.sent


@pytest.mark.parametrize(
    ("event", "name", "queue", "args"),
    [
        (StepDue(task_id=TaskId("t"), version=3, due_at=NOW), "manufacturing.fly", "ships", ["t", 3]),
        (PollDue(factory_state_id="f", version=5, due_at=NOW), "manufacturing.poll", "polls", ["f", 5]),
        (WorkChanged(player_id=PlayerId(7)), "manufacturing.coordinate", "control", [7]),
        (
            PipelineEnded(player_id=PlayerId(7), pipeline_id=PipelineId("p")),
            "manufacturing.pipeline_ended",
            "control",
            [7, "p"],
        ),
    ],
)
def test_each_event_goes_to_whoever_acts_on_it(event: Event, name: str, queue: str, args: list[object]) -> None:
    (message,) = publish(event)
    assert (message["name"], message["queue"], message["args"]) == (name, queue, args)


def test_what_is_due_later_comes_with_exactly_that_countdown_on_the_wall() -> None:
    step = StepDue(task_id=TaskId("t"), version=1, due_at=after(seconds=45))
    assert [message["countdown"] for message in publish(step)] == [45.0]
    assert [message["countdown"] for message in publish(step, factor=60)] == [0.75]


def test_what_is_overdue_comes_at_once() -> None:
    (message,) = publish(StepDue(task_id=TaskId("t"), version=1, due_at=after(seconds=-45)))
    assert not message["countdown"]


def test_the_same_news_twice_is_one_message() -> None:
    changed = WorkChanged(player_id=PlayerId(7))
    assert len(publish(changed, changed, WorkChanged(player_id=PlayerId(8)))) == 2
