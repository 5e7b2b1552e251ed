"""Success metrics: what the plan wants of the fleet, each with its target and whether it is met."""

import inspect
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Final

from manufacturing.adapters.postgres.run_figures import Forecasts
from manufacturing.cli.feature_coverage import Coverage, find_service
from manufacturing.services.manufacturing_orchestrator import ManufacturingOrchestrator

#: What the plan's starting point does: a poll of every factory at work, every so many game seconds.
REACTIVE_POLL_SECONDS: Final = 30
_MOST_LINES: Final = 300
_LEAST_REDUCTION: Final = 0.30
_MOST_IDLE_SECONDS: Final = 30
#: How many methods without a scenario are worth naming.
_SOME: Final = 4


class Verdict(StrEnum):
    """Whether a target is met."""

    MET = "met"
    NOT_MET = "not met"
    UNKNOWN = "not known yet"
    """Nothing has happened yet that it could be judged by."""
    NOT_BUILT = "not built"
    """The service that is to bring it about does not exist."""
    TRACKED = "tracked"
    """The plan sets no target: it wants the figure."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Metric:
    """One of the plan's success metrics."""

    name: str
    target: str
    value: str
    figure: float | None
    """The value as a number; None while it is not known."""
    verdict: Verdict


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """What the metrics are computed from."""

    supply_polls: int
    watched_seconds: float
    """Game seconds for which factories at work were watched, summed over their production cycles."""
    conflicts: int
    forecasts: Forecasts
    idle_seconds_with_work: float | None
    goods_reused: int
    coverage: Coverage


def success_metrics(measured: Measured) -> list[Metric]:
    """All of them, in the plan's order."""
    return list(_metrics(measured))


def _metrics(measured: Measured) -> Iterator[Metric]:
    lines = Path(inspect.getfile(ManufacturingOrchestrator)).read_text(encoding="utf-8").count("\n")
    yield Metric(
        name="orchestrator size",
        target=f"fewer than {_MOST_LINES} lines",
        value=f"{lines} lines",
        figure=lines,
        verdict=_verdict(lines < _MOST_LINES),
    )
    yield _polls(measured)
    yield Metric(
        name="factory conflicts",
        target="none",
        value=str(measured.conflicts),
        figure=measured.conflicts,
        verdict=_verdict(measured.conflicts == 0),
    )
    yield _forecasts(measured.forecasts)
    yield _idle(measured.idle_seconds_with_work)
    yield Metric(
        name="intermediate goods shared",
        target="tracked",
        value=f"{measured.goods_reused:,} units from the pool",
        figure=measured.goods_reused,
        verdict=Verdict.TRACKED,
    )
    yield _coverage(measured.coverage)


def _polls(measured: Measured) -> Metric:
    usual = round(measured.watched_seconds / REACTIVE_POLL_SECONDS)
    saved = 1 - measured.supply_polls / usual if usual else None
    verdict = Verdict.UNKNOWN if saved is None else _verdict(saved >= _LEAST_REDUCTION)
    if verdict is Verdict.NOT_MET and find_service("PredictiveSupplyMonitor") is None:
        verdict = Verdict.NOT_BUILT
    less = "" if saved is None else f", {abs(saved):.0%} {'fewer' if saved >= 0 else 'more'}"
    return Metric(
        name="supply polls",
        target=f"at least {_LEAST_REDUCTION:.0%} fewer than one every {REACTIVE_POLL_SECONDS} s",
        value=f"{measured.supply_polls:,} instead of {usual:,}{less}",
        figure=saved,
        verdict=verdict,
    )


def _forecasts(forecasts: Forecasts) -> Metric:
    share = forecasts.with_actual / forecasts.completed if forecasts.completed else None
    verdict = Verdict.UNKNOWN if share is None else _verdict(share == 1)
    if verdict is not Verdict.MET and find_service("ProfitabilityService") is None:
        verdict = Verdict.NOT_BUILT
    return Metric(
        name="profit forecast and actual",
        target="100 % of completed pipelines",
        value=f"{forecasts.with_actual:,} of {forecasts.completed:,}",
        figure=share,
        verdict=verdict,
    )


def _idle(seconds: float | None) -> Metric:
    return Metric(
        name="idle while work is ready",
        target=f"less than {_MOST_IDLE_SECONDS} s between two tasks of a ship",
        value="no ship had two tasks yet" if seconds is None else f"{seconds:.1f} s",
        figure=seconds,
        verdict=Verdict.UNKNOWN if seconds is None else _verdict(seconds < _MOST_IDLE_SECONDS),
    )


def _coverage(coverage: Coverage) -> Metric:
    verdict = _verdict(coverage.exercised == coverage.methods)
    gaps = [*(f"{service} does not exist" for service in coverage.not_built), *coverage.missing]
    more = f" and {len(gaps) - _SOME} more" if len(gaps) > _SOME else ""
    missing = f"; without: {', '.join(gaps[:_SOME])}{more}" if gaps else ""
    return Metric(
        name="feature coverage",
        target="every method of the plan's services",
        value=f"{coverage.exercised} of {coverage.methods} methods{missing}",
        figure=coverage.share,
        verdict=Verdict.NOT_BUILT if coverage.not_built else verdict,
    )


def _verdict(met: bool) -> Verdict:
    return Verdict.MET if met else Verdict.NOT_MET
