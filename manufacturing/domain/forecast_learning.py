"""What finished pipelines teach the next forecasts (docs/domain.md, "Forecasts").

The error of a finished forecast is taken relative to its scale. A good's own errors say how far its next forecast will
be off, as far as there are enough of them; what is missing is filled up with the errors of the same kind of pipeline,
then with those of all, then with what is usual before anything was learned. The interval's ends are quantiles of that
mixture, and its level follows how many of the last intervals held: when too few did, it is widened.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from manufacturing.domain.manufacturing_pipeline import PipelineKind

#: The share of actual profits that an interval is meant to hold.
COVERAGE: Final = 0.8
#: A profit is judged against itself, or against this share of what was turned over where that is more.
_LEAST_SHARE: Final = 0.05
#: So many errors of its own a group needs to count for one half.
_HALF_WEIGHT: Final = {"good": 8.0, "kind": 15.0, "all": 10.0}
#: Relative errors to expect before anything was learned: small ones mostly, now and then a large one.
_USUAL_ERRORS: Final = (-0.5, -0.25, -0.1, -0.04, -0.01, 0.0, 0.0, 0.01, 0.05, 0.15, 0.3)
#: How much the interval's level moves for each finished forecast it did not hold, and back for those it did.
_LEVEL_STEP: Final = 0.01
_LEVELS: Final = (0.6, 0.96)


def scale(profit: int, turnover: int) -> float:
    """What an error of a forecast is measured by, in credits: the profit's size, or a twentieth of the turnover (cost
    plus revenue) where the profit is smaller than that; at least 1."""
    return max(float(abs(profit)), _LEAST_SHARE * turnover, 1.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class PastForecast:
    """A forecast of a completed pipeline, with what came of it. Money in credits."""

    good: str
    kind: PipelineKind
    cost: int
    revenue: int
    low: int | None
    high: int | None
    actual: int

    @property
    def error(self) -> float:
        """How far the walk's profit was off, relative to its scale; positive when more was earned."""
        walked = self.revenue - self.cost
        return (self.actual - walked) / scale(walked, self.revenue + self.cost)

    @property
    def held(self) -> bool | None:
        """Whether the interval held the actual profit; None when there was none."""
        return None if self.low is None or self.high is None else self.low <= self.actual <= self.high


@dataclass(frozen=True, slots=True, kw_only=True)
class Band:
    """Errors to expect of a forecast, relative to its scale."""

    low: float
    middle: float
    high: float


class ForecastLearning:
    """What a player's finished forecasts say about the next ones."""

    def __init__(self, past: Sequence[PastForecast]) -> None:
        self._past = past
        self._level = _level(past)

    def band(self, good: str, kind: PipelineKind) -> Band:
        """The errors to expect of a forecast for ``good``."""
        same_kind = [each for each in self._past if each.kind is kind]
        groups = {
            "good": [each.error for each in same_kind if each.good == good],
            "kind": [each.error for each in same_kind],
            "all": [each.error for each in self._past],
        }
        weighted: list[tuple[float, float]] = []
        left = 1.0
        for name, errors in groups.items():
            share = left * len(errors) / (len(errors) + _HALF_WEIGHT[name])
            weighted += [(error, share / len(errors)) for error in errors]
            left -= share
        weighted += [(error, left / len(_USUAL_ERRORS)) for error in _USUAL_ERRORS]
        weighted.sort()
        tail = (1 - self._level) / 2
        return Band(low=_quantile(weighted, tail), middle=_quantile(weighted, 0.5), high=_quantile(weighted, 1 - tail))


def _level(past: Sequence[PastForecast]) -> float:
    """The level to ask of the next interval so that in the long run the aimed share holds."""
    held = [each.held for each in past if each.held is not None]
    missed = sum(not each for each in held)
    lowest, highest = _LEVELS
    return min(highest, max(lowest, COVERAGE + _LEVEL_STEP * (missed - (1 - COVERAGE) * len(held))))


def _quantile(weighted: Sequence[tuple[float, float]], at: float) -> float:
    """The value below which a share ``at`` of the weight lies, between neighbours in proportion."""
    reached = 0.0
    before: tuple[float, float] | None = None
    for value, weight in weighted:
        middle = reached + weight / 2
        if middle >= at:
            if before is None:
                return value
            share = (at - before[1]) / (middle - before[1]) if middle > before[1] else 1.0
            return before[0] + (value - before[0]) * share
        before = (value, middle)
        reached += weight
    return weighted[-1][0]
