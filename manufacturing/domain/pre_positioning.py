"""PrePositioning: an idle ship that waits where work is expected (docs/domain.md, "Pre-positioning")."""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from manufacturing.domain.ids import PipelineId, PlayerId, TaskId
from manufacturing.domain.manufacturing_task import ManufacturingTask, TaskType
from manufacturing.domain.production_estimate import ProductionEstimate

#: How far ahead work is predicted, in game time: about as long as until markets have been recalculated once.
HORIZON: Final = timedelta(minutes=15)
#: How long a closed gate of which nothing is known stays closed, on average.
_MEAN_CLOSED: Final = timedelta(hours=1)
#: Over how much of the past it is seen where work usually begins.
USUAL_PAST: Final = timedelta(hours=3)
#: How likely a task whose time of waiting ends is ready then.
_AFTER_PARKING: Final = 0.5
#: What a move must gain, in credits, to be worth its calls.
_LEAST_GAIN: Final = 20.0


class PrePositioningStatus(StrEnum):
    """What came of a prediction."""

    OPEN = "OPEN"
    """The ship is on its way or waits."""
    HIT = "HIT"
    """Its next work began where it waited."""
    MISS = "MISS"
    """It got other work, or none came."""


@dataclass(kw_only=True, eq=False)
class PrePositioning:
    """One ship sent ahead for one predicted task."""

    id: str
    player_id: PlayerId
    ship_symbol: str
    waypoint: str
    """Where it waits."""
    predicted_task_id: TaskId
    predicted_type: TaskType
    probability: float
    """How likely it was that the task becomes ready within the horizon."""
    expected_saving: int
    """Credits: probability × time saved × what a ship earns at work in that time."""
    fuel_cost: int
    """Credits."""
    created_at: datetime
    expires_at: datetime
    """Until when the work is waited for."""
    status: PrePositioningStatus = PrePositioningStatus.OPEN
    ended_at: datetime | None = None
    version: int = 1

    def resolve(self, waypoint: str | None, now: datetime) -> None:
        """The ship's next work begins at ``waypoint``; None when no work came."""
        self.status = PrePositioningStatus.HIT if waypoint == self.waypoint else PrePositioningStatus.MISS
        self.ended_at = now


@dataclass(frozen=True, slots=True, kw_only=True)
class Prediction:
    """A task that is not ready yet, and may be soon."""

    task: ManufacturingTask
    probability: float
    """That it becomes ready within the horizon."""
    opens_in: float
    """Game seconds until then, if it does."""

    @property
    def waypoint(self) -> str:
        """Where it begins."""
        return self.task.waypoint


@dataclass(frozen=True, slots=True, kw_only=True)
class UsualWork:
    """Work of which nothing is known yet but that it often begins at a waypoint."""

    waypoint: str
    probability: float
    """That some begins there within the horizon."""
    opens_in: float = HORIZON.total_seconds() / 2
    """Game seconds until then: at any moment of the horizon."""

    @classmethod
    def of(cls, begun: Mapping[str, int]) -> list["UsualWork"]:
        """What is usual by how often work began at each waypoint within ``USUAL_PAST``."""
        return [
            cls(waypoint=waypoint, probability=1 - math.exp(-times * HORIZON / USUAL_PAST))
            for waypoint, times in sorted(begun.items())
        ]


@dataclass(frozen=True, slots=True, kw_only=True)
class Position:
    """Where a ship would best wait, and what that is worth."""

    waypoint: str
    prediction: Prediction
    """What it waits for above all."""
    saving: float
    """Expected, in credits."""
    fuel: float
    """Credits."""

    @property
    def gain(self) -> float:
        """What is left of the saving after the fuel."""
        return self.saving - self.fuel


def predict(
    pending: Sequence[ManufacturingTask],
    estimates: Mapping[tuple[PipelineId | None, str, str], ProductionEstimate],
    reliability: Mapping[TaskType, float],
    now: datetime,
) -> list[Prediction]:
    """What may become ready soon, of ``pending`` tasks that wait for nothing but their gates, the likeliest first.

    ``estimates`` are those of (pipeline, factory, output good); ``reliability`` is the share of earlier predictions
    that came true, by what was predicted.
    """
    found = []
    for task in pending:
        if task.bound_ship is not None or not task.type.buys:
            continue
        probability, opens_in = _chance(task, estimates, now)
        probability *= reliability.get(task.type, 1.0)
        if probability > 0:
            found.append(Prediction(task=task, probability=probability, opens_in=opens_in))
    return sorted(found, key=lambda prediction: (-prediction.probability, prediction.opens_in, prediction.task.id))


def _chance(
    task: ManufacturingTask, estimates: Mapping[tuple[PipelineId | None, str, str], ProductionEstimate], now: datetime
) -> tuple[float, float]:
    """How likely the task is ready within the horizon, and in how many seconds."""
    if task.parked_until is not None and task.parked_until > now:
        wait = task.parked_until - now
        return (_AFTER_PARKING if wait <= HORIZON else 0.0), wait.total_seconds()
    if task.type is not TaskType.COLLECT:
        return 1 - math.exp(-HORIZON / _MEAN_CLOSED), HORIZON.total_seconds() / 2
    estimate = estimates.get((task.pipeline_id, task.waypoint, task.good or ""))
    if estimate is None or estimate.estimated_ready_at is None or estimate.actual_ready_at is not None:
        return 0.0, 0.0
    expected = min(max(estimate.estimated_ready_at - now, timedelta(0)), HORIZON)
    return estimate.chance_ready_by(now + HORIZON, not_at=now), expected.total_seconds()


def best_position(
    here: str,
    predictions: Sequence[Prediction],
    usual: Sequence[UsualWork],
    *,
    seconds: Callable[[str, str], float],
    others: Mapping[str, float],
    ahead: Mapping[str, tuple[float, float]],
    work_worth: float,
) -> Position | None:
    """Where a ship that is ``here`` would best wait for any of ``predictions``, with the ``usual`` work in mind that it
    would leave or come nearer to; None when it had best stay, because it would save less than the fuel costs, or hardly
    more.

    ``ahead`` are the waypoints in question: how long the ship flies to wait there, and for how many credits of fuel.
    ``seconds`` tells how long it flies to work between two waypoints, ``others`` how soon the next idle ship would be
    there, ``work_worth`` how many credits a second of work brings. A ship takes one task only: chances that add up to
    more than one are scaled down.
    """
    if not predictions:
        return None
    expected: list[Prediction | UsualWork] = [*predictions, *usual]
    certainty = max(1.0, sum(each.probability for each in expected))
    best: Position | None = None
    for waypoint in sorted(set(ahead) - {here}):
        way, fuel = ahead[waypoint]
        savings = []
        for each in expected:
            by_another = each.opens_in + others.get(each.waypoint, math.inf)
            staying = min(each.opens_in + seconds(here, each.waypoint), by_another)
            going = min(max(each.opens_in, way) + seconds(waypoint, each.waypoint), by_another)
            savings.append(each.probability / certainty * (staying - going) * work_worth)
        # What is usual stands behind the predictions, and is nothing to wait for by itself.
        _, prediction = max(zip(savings, predictions, strict=False), key=lambda pair: pair[0])
        position = Position(waypoint=waypoint, prediction=prediction, saving=sum(savings), fuel=fuel)
        if position.gain > (best.gain if best is not None else _LEAST_GAIN):
            best = position
    return best
