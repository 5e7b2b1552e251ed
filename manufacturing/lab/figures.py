"""The figures that runs are compared by, and what their differences tell."""

import math
import statistics
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from scipy import stats

from manufacturing.lab.record import RunRecord

_CONFIDENCE: Final = 0.95


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """One thing a run is judged by."""

    name: str
    unit: str
    of: Callable[[RunRecord], float | None]
    """None where the run has nothing to tell it by."""
    digits: int = 0
    """Digits after the point worth printing."""
    has_ratio: bool = True
    """Whether it makes sense to say how many times as much."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """What one candidate's runs have more than another's of the same seeds."""

    runs: int
    """Pairs of runs."""
    mean: float
    low: float | None
    """The end of the 95 % confidence interval of the mean; None for a single pair, which tells no spread."""
    high: float | None
    ratio: float | None
    """Of the two means; None where it makes no sense."""

    @property
    def is_clear(self) -> bool:
        """Whether the interval leaves no doubt which is more, or that neither is."""
        return (
            self.low is not None and self.high is not None and (self.low > 0 or self.high < 0 or self.low == self.high)
        )


def profit_per_hour(run: RunRecord) -> float:
    """Change of the credits for each game hour."""
    return float(run.report["credits"]["change"] / run.hours)


def credits_per_call(run: RunRecord) -> float | None:
    """Change of the credits for each API call."""
    calls = run.report["api"]["calls"]
    return run.report["credits"]["change"] / calls if calls else None


def profit_of_last_quarter(run: RunRecord) -> float | None:
    """Change of the credits for each game hour in the last quarter of the run: where its income is going."""
    last, ends = run.samples[-1], [sample for sample in run.samples if sample.hours <= run.hours * 0.75]
    if not ends or last.hours <= ends[-1].hours:
        return None
    return (last.credits - ends[-1].credits) / (last.hours - ends[-1].hours)


def utilisation(run: RunRecord) -> float | None:
    """Share of the haulers that were at work, in percent, over all looks at the run."""
    seen = [100 * sample.busy_haulers / sample.haulers for sample in run.samples if sample.haulers]
    return statistics.fmean(seen) if seen else None


def _told(*path: str) -> Callable[[RunRecord], float | None]:
    def of(run: RunRecord) -> float | None:
        value: Any = run.report
        for name in path:
            value = value.get(name) if isinstance(value, dict) else None
        return None if value is None else float(value)

    return of


def _percent(name: str) -> Callable[[RunRecord], float | None]:
    share = _told(name)

    def of(run: RunRecord) -> float | None:
        value = share(run)
        return None if value is None else 100 * value

    return of


#: In the order of the table; the first two are what matters most.
FIGURES: Final = (
    Figure(name="profit", unit="credits/h", of=profit_per_hour),
    Figure(name="credits per API call", unit="credits", of=credits_per_call),
    Figure(name="profit in the last quarter", unit="credits/h", of=profit_of_last_quarter),
    Figure(name="API calls", unit="", of=_told("api", "calls")),
    Figure(name="supply polls", unit="calls", of=_told("supply_polls")),
    Figure(name="detection delay", unit="s", of=_told("detection_delay_mean"), digits=1, has_ratio=False),
    Figure(name="plentiful outputs unseen", unit="", of=_told("undetected")),
    Figure(name="forecast error", unit="%", of=_percent("forecast_error"), digits=1, has_ratio=False),
    Figure(name="intervals that held", unit="%", of=_percent("forecast_coverage"), digits=1, has_ratio=False),
    Figure(name="haulers at work", unit="%", of=utilisation, digits=1, has_ratio=False),
    Figure(name="idle between tasks", unit="s", of=_told("idle_seconds_mean"), digits=1, has_ratio=False),
    Figure(name="idle while work is ready", unit="s", of=_told("idle_seconds_with_work"), digits=1, has_ratio=False),
    Figure(name="pipelines completed", unit="", of=_told("pipelines", "completed")),
    Figure(name="pipelines failed", unit="", of=_told("pipelines", "failed")),
    Figure(name="tasks completed", unit="", of=_told("tasks", "completed")),
    Figure(name="factory conflicts", unit="", of=_told("conflicts")),
    Figure(name="goods reused", unit="units", of=_told("goods_reused")),
)


def mean_of(figure: Figure, runs: Sequence[RunRecord]) -> float | None:
    """The mean over the runs that can tell it."""
    values = [value for run in runs if (value := figure.of(run)) is not None]
    return statistics.fmean(values) if values else None


def difference(figure: Figure, ones: Sequence[RunRecord], others: Sequence[RunRecord]) -> Difference | None:
    """What ``ones`` have more than ``others``, run by run of the same seed; None where no pair tells.

    The interval is that of Student's t distribution for the mean of paired differences.
    """
    by_seed = {run.seed: run for run in others}
    pairs = [(figure.of(run), figure.of(by_seed[run.seed])) for run in ones if run.seed in by_seed]
    known = [(one, other) for one, other in pairs if one is not None and other is not None]
    if not known:
        return None
    gains = [one - other for one, other in known]
    mean = statistics.fmean(gains)
    margin = None
    if len(gains) > 1:
        error = statistics.stdev(gains) / math.sqrt(len(gains))
        margin = float(stats.t.ppf((1 + _CONFIDENCE) / 2, len(gains) - 1)) * error
    whole, base = sum(one for one, _ in known), sum(other for _, other in known)
    return Difference(
        runs=len(gains),
        mean=mean,
        low=None if margin is None else mean - margin,
        high=None if margin is None else mean + margin,
        ratio=whole / base if figure.has_ratio and base > 0 and whole >= 0 else None,
    )
