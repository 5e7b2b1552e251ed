"""The report of a run: what was earned, by what, and how well the fleet kept its promises.

A figure that is not measured is null, never made up.
"""

from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any, Self

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text
from sqlalchemy import Engine

from manufacturing.adapters.postgres.read_model import Calls, PlayerView, ReadModel
from manufacturing.adapters.postgres.run_figures import Failure, RunFigures, Span
from manufacturing.cli.feature_coverage import coverage
from manufacturing.cli.success_metrics import Measured, Metric, Verdict, success_metrics
from manufacturing.domain.forecast_accuracy import ForecastAccuracy
from manufacturing.domain.forecast_learning import COVERAGE
from manufacturing.domain.gateway import Purpose
from manufacturing.domain.ids import PlayerId
from manufacturing.domain.manufacturing_pipeline import PipelineStatus
from manufacturing.domain.manufacturing_task import TaskStatus


@dataclass(frozen=True, kw_only=True)
class Baseline:
    """How things stood when a run began: a report tells what has changed since."""

    since: datetime
    """Game time."""
    credits: int
    ledger_id: int
    """The newest ledger entry."""
    earlier_intents: tuple[str, ...]
    """Trades of an earlier run that were not settled yet: the server had counted them already."""
    calls: dict[str, int]
    rejected_429: int

    @classmethod
    def taken(cls, model: ReadModel, player_id: PlayerId, credits: int, now: datetime) -> Self:
        """As things stand now, with so many credits at the server."""
        calls = model.calls(player_id)
        return cls(
            since=now,
            credits=credits,
            ledger_id=model.last_ledger_id(player_id),
            earlier_intents=model.open_intents(player_id),
            calls=calls.by_purpose,
            rejected_429=calls.rejected_429,
        )

    @classmethod
    def of_everything(cls, player: PlayerView) -> Self:
        """The moment the player was enrolled."""
        return cls(
            since=player.created_at,
            credits=player.start_credits,
            ledger_id=0,
            earlier_intents=(),
            calls={},
            rejected_429=0,
        )

    @classmethod
    def from_told(cls, told: dict[str, Any]) -> Self:
        """The baseline that ``told`` describes."""
        fields = {
            **told,
            "since": datetime.fromisoformat(told["since"]),
            "earlier_intents": tuple(told["earlier_intents"]),
        }
        return cls(**fields)

    def told(self) -> dict[str, Any]:
        """A description of it, for JSON."""
        return {**asdict(self), "since": self.since.isoformat()}

    @property
    def span(self) -> Span:
        """What belongs to the run."""
        return Span(since=self.since, ledger_id=self.ledger_id, earlier_intents=self.earlier_intents)

    def calls_since(self, calls: Calls) -> Calls:
        """The calls of the run, when ``calls`` were made until now."""
        counted = {purpose: number - self.calls.get(purpose, 0) for purpose, number in calls.by_purpose.items()}
        return Calls(
            by_purpose={purpose: number for purpose, number in counted.items() if number},
            rejected_429=calls.rejected_429 - self.rejected_429,
        )


@dataclass(frozen=True, kw_only=True)
class Report:
    """A run in figures. Credits are credits, hours and seconds are game time."""

    agent: str
    server: str
    system: str
    game_hours: float
    credits: dict[str, int]
    """At the start, at the end, and the change."""
    ledger_sum: int
    """What the ledger says we did; with ``reconciled`` it is the change of the credits."""
    reconciled: int
    """Credits that moved without us."""
    open_intents: int
    """Trades of which it was not known yet whether they happened."""
    pipelines: dict[str, int]
    tasks: dict[str, int]
    api: dict[str, Any]
    conflicts: int
    """Pairs of reservations that held one factory for one output at the same time."""
    idle_seconds_mean: float | None
    """Of haulers, between the end of a task and the assignment of the next; None before there was a next."""
    idle_seconds_with_work: float | None
    """The part of it in which some task was ready that the hauler could have taken."""
    supply_polls: int
    forecasts: dict[str, int]
    """Of the completed pipelines: how many there are, have a forecast, and have an actual profit beside it."""
    forecast_error: float | None
    """The median size of the forecasts' errors, as a share; None before a pipeline was completed."""
    forecast_coverage: float | None
    """The share of their intervals that held the actual profit."""
    goods_reused: int
    """Units that pipelines took from the pool instead of buying or making them."""
    profit_by_good: dict[str, int]
    """By what the pipelines made."""
    other_profit: int
    """Of what belonged to no pipeline."""
    failures: list[Failure]
    metrics: list[Metric]
    """What the plan wants, and whether it is so."""
    restarts: dict[str, int] | None = field(default=None)
    """How often each process had to be started again; None where nobody counted."""
    detections: int | None = None
    """Outputs seen to become plentiful while they were watched; None where nobody knows the truth."""
    undetected: int | None = None
    """Those that became so unseen."""
    detection_delay_mean: float | None = None
    """Game seconds from an output becoming plentiful to our knowing; None where nobody knows the truth."""
    seconds_to_cargo_mean: float | None = None
    """Game seconds from a purchase being ready for a ship to its first cargo aboard; None before there was one."""
    pre_positioning: dict[str, int] = field(default_factory=dict)
    """How often idle ships were sent ahead, by what came of it: hits, misses, waiting."""


def make_report(
    engine: Engine,
    player: PlayerView,
    baseline: Baseline,
    *,
    server: str,
    credits: int,
    now: datetime,
    restarts: dict[str, int] | None = None,
) -> Report:
    """The report of what happened since ``baseline``, with ``credits`` now."""
    model = ReadModel(engine)
    figures = RunFigures(engine, player.id, baseline.span)
    ours, others = figures.moved_credits()
    pipelines, tasks = figures.pipeline_counts(), figures.task_counts()
    calls = baseline.calls_since(model.calls(player.id))
    profits = figures.profit_by_good()
    idle, idle_with_work = figures.mean_idle_seconds(), figures.mean_idle_seconds_with_work(now)
    to_cargo = figures.mean_seconds_to_cargo()
    ended = [view.comparison for view in model.forecasts(player.id) if view.ended_at >= baseline.since]
    accuracy = ForecastAccuracy.of(ended)
    measured = Measured(
        supply_polls=calls.by_purpose.get(Purpose.SUPPLY_POLL, 0),
        watched_seconds=figures.watched_seconds(now),
        conflicts=figures.conflicts(now),
        forecasts=figures.forecasts(),
        idle_seconds_with_work=idle_with_work,
        goods_reused=figures.goods_reused(),
        coverage=coverage(),
    )
    return Report(
        agent=player.agent_symbol,
        server=server,
        system=player.system_symbol,
        game_hours=round((now - baseline.since).total_seconds() / 3600, 3),
        credits={"start": baseline.credits, "end": credits, "change": credits - baseline.credits},
        ledger_sum=ours,
        reconciled=others,
        open_intents=model.books(player.id).open_intents,
        pipelines={
            "completed": pipelines.get(PipelineStatus.COMPLETED, 0),
            "failed": pipelines.get(PipelineStatus.FAILED, 0),
            "cancelled": pipelines.get(PipelineStatus.CANCELLED, 0),
            "running": pipelines.get(PipelineStatus.PLANNING, 0) + pipelines.get(PipelineStatus.EXECUTING, 0),
        },
        tasks={
            "completed": tasks.get(TaskStatus.COMPLETED, 0),
            "failed": tasks.get(TaskStatus.FAILED, 0),
            "cancelled": tasks.get(TaskStatus.CANCELLED, 0),
        },
        api={"calls": calls.total, "by_purpose": calls.by_purpose, "rejected_429": calls.rejected_429},
        conflicts=measured.conflicts,
        idle_seconds_mean=None if idle is None else round(idle, 1),
        idle_seconds_with_work=None if idle_with_work is None else round(idle_with_work, 1),
        supply_polls=measured.supply_polls,
        forecasts=asdict(measured.forecasts),
        forecast_error=accuracy.median_error,
        forecast_coverage=accuracy.coverage,
        goods_reused=measured.goods_reused,
        profit_by_good={good: profit for good, profit in profits.items() if good is not None},
        other_profit=profits.get(None, 0),
        failures=figures.failures(),
        metrics=success_metrics(measured),
        restarts=restarts,
        seconds_to_cargo_mean=None if to_cargo is None else round(to_cargo, 1),
        pre_positioning=asdict(figures.pre_positionings()),
    )


def rendered(report: Report) -> RenderableType:
    """The report for people."""
    table = Table(title=f"{report.agent} in {report.system}, {report.server}", box=None, show_header=False)
    table.add_column(style="dim")
    table.add_column()
    for name, text in _lines(report):
        table.add_row(name, text)
    parts: list[RenderableType] = [table, Text(), _metrics(report)]
    if report.profit_by_good:
        parts += [Text(), _profits(report)]
    if report.failures:
        parts += [Text(), _failures(report)]
    return Group(*parts)


def _lines(report: Report) -> list[tuple[str, str]]:
    money, pipelines, tasks, api = report.credits, report.pipelines, report.tasks, report.api
    per_hour = money["change"] / report.game_hours if report.game_hours else 0
    purposes = ", ".join(f"{purpose} {number:,}" for purpose, number in api["by_purpose"].items())
    idle = report.idle_seconds_mean
    lines = [
        ("game time", f"{report.game_hours:.2f} h"),
        ("credits", f"{money['start']:,} → {money['end']:,}  ({money['change']:+,}, {per_hour:+,.0f} per hour)"),
        ("ledger", f"{report.ledger_sum:+,} by ourselves, {report.reconciled:+,} without us{_balance(report)}"),
        ("pipelines", ", ".join(f"{number} {status}" for status, number in pipelines.items())),
        ("tasks", ", ".join(f"{number} {status}" for status, number in tasks.items())),
        ("API calls", f"{api['calls']:,}, {api['rejected_429']} answered 429  ({purposes})"),
        ("supply polls", f"{report.supply_polls:,}"),
        ("factory conflicts", str(report.conflicts)),
        ("goods reused", f"{report.goods_reused:,} units"),
        ("idle per hauler and task", "not known yet" if idle is None else f"{idle:.0f} s of game time"),
    ]
    if report.forecast_error is not None and report.forecast_coverage is not None:
        held = f"{report.forecast_coverage:.0%} of the intervals held (aim: {COVERAGE:.0%})"
        lines.append(("forecasts", f"median error {report.forecast_error:.1%}, {held}"))
    if report.seconds_to_cargo_mean is not None:
        lines.append(("from ready to cargo aboard", f"{report.seconds_to_cargo_mean:.0f} s of game time on average"))
    if any(report.pre_positioning.values()):
        lines.append(("ships sent ahead", ", ".join(f"{n} {what}" for what, n in report.pre_positioning.items())))
    if report.detection_delay_mean is not None:
        delay = f"{report.detection_delay_mean:.0f} s on average, of {report.detections} outputs that became plentiful"
        lines.append(("detection delay", f"{delay} ({report.undetected} unseen)"))
    if report.restarts is not None:
        again = ", ".join(f"{name} {number}" for name, number in report.restarts.items() if number)
        lines.append(("processes restarted", again or "none"))
    return lines


def _balance(report: Report) -> str:
    missing = report.credits["change"] - report.ledger_sum - report.reconciled
    if not missing:
        return ", accounts for every credit"
    because = f" ({report.open_intents} trades are not settled yet)" if report.open_intents else ""
    return f", {missing:+,} not accounted for{because}"


_VERDICT_STYLES = {Verdict.MET: "green", Verdict.NOT_MET: "red", Verdict.NOT_BUILT: "yellow"}


def _metrics(report: Report) -> Table:
    table = Table(title="what the plan wants", box=None)
    for name in ("metric", "target", "verdict"):
        table.add_column(name, no_wrap=True)
    table.add_column("value", overflow="fold")
    for metric in report.metrics:
        verdict = Text(metric.verdict, style=_VERDICT_STYLES.get(metric.verdict, "dim"))
        table.add_row(metric.name, metric.target, verdict, metric.value)
    return table


def _profits(report: Report) -> Table:
    table = Table(title="profit by product", box=None)
    table.add_column("product")
    table.add_column("credits", justify="right")
    for good, profit in report.profit_by_good.items():
        table.add_row(good, f"{profit:+,}")
    if report.other_profit:
        table.add_row("(no pipeline)", f"{report.other_profit:+,}")
    return table


def _failures(report: Report) -> Table:
    table = Table(title="failures", box=None)
    table.add_column("what")
    table.add_column("times", justify="right")
    table.add_column("why")
    for failure in report.failures:
        table.add_row(failure.what, str(failure.times), failure.reason)
    return table
