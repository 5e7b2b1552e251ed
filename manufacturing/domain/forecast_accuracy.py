"""How far forecasts were true (docs/domain.md, "Forecasts")."""

import statistics
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from manufacturing.domain.forecast_learning import scale


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """A completed pipeline's forecast and what it earned. Money in credits; None where there is no such figure."""

    good: str
    turnover: int
    """Forecast cost plus revenue."""
    estimated: int | None
    low: int | None
    high: int | None
    actual: int | None

    @property
    def error(self) -> float | None:
        """How far the actual profit was off, relative to the forecast's scale; positive when more was earned."""
        if self.estimated is None or self.actual is None:
            return None
        return (self.actual - self.estimated) / scale(self.estimated, self.turnover)

    @property
    def held(self) -> bool | None:
        """Whether the interval held the actual profit."""
        if self.low is None or self.high is None or self.actual is None:
            return None
        return self.low <= self.actual <= self.high


@dataclass(frozen=True, slots=True, kw_only=True)
class GoodAccuracy:
    """How far the forecasts of one product were true."""

    good: str
    pipelines: int
    bias: float
    """The median error: positive when more is earned than forecast."""
    median_error: float
    """The median size of the error."""
    coverage: float | None
    """The share of intervals that held."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ForecastAccuracy:
    """How far the forecasts of completed pipelines were true, together and product by product."""

    completed: int
    with_both: int
    """Pipelines with a forecast and an actual profit."""
    estimated: int
    """Credits forecast for them in all …"""
    actual: int
    """… and earned."""
    bias: float | None
    median_error: float | None
    coverage: float | None
    by_good: tuple[GoodAccuracy, ...]
    """The most frequent product first."""

    @classmethod
    def of(cls, comparisons: Sequence[Comparison]) -> "ForecastAccuracy":
        """The accuracy of the forecasts of these completed pipelines."""
        known = [(each, error) for each in comparisons if (error := each.error) is not None]
        errors = [error for _, error in known]
        by_good: dict[str, list[tuple[Comparison, float]]] = defaultdict(list)
        for each, error in known:
            by_good[each.good].append((each, error))
        goods = [_of_good(good, of_it) for good, of_it in by_good.items()]
        return cls(
            completed=len(comparisons),
            with_both=len(known),
            estimated=sum(each.estimated or 0 for each, _ in known),
            actual=sum(each.actual or 0 for each, _ in known),
            bias=statistics.median(errors) if errors else None,
            median_error=_median_size(errors) if errors else None,
            coverage=_coverage([each for each, _ in known]),
            by_good=tuple(sorted(goods, key=lambda each: (-each.pipelines, each.good))),
        )


def _of_good(good: str, known: list[tuple[Comparison, float]]) -> GoodAccuracy:
    errors = [error for _, error in known]
    return GoodAccuracy(
        good=good,
        pipelines=len(known),
        bias=statistics.median(errors),
        median_error=_median_size(errors),
        coverage=_coverage([each for each, _ in known]),
    )


def _median_size(errors: Sequence[float]) -> float:
    return statistics.median(abs(error) for error in errors)


def _coverage(comparisons: Sequence[Comparison]) -> float | None:
    held = [each.held for each in comparisons if each.held is not None]
    return sum(held) / len(held) if held else None
