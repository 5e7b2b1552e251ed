"""Tables of pipelines, ships and the rest, for the live screen and for the commands."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from rich.table import Table
from rich.text import Text

from manufacturing.adapters.postgres.read_model import (
    DecisionView,
    FactoryView,
    ForecastView,
    LedgerView,
    PipelineView,
    PlayerView,
    ShipView,
    TaskView,
)
from manufacturing.cli.simulation import shown_server
from manufacturing.cli.wording import cargo, change, credits, moment, place, share, short_id, short_span, signed_share
from manufacturing.domain.forecast_accuracy import ForecastAccuracy
from manufacturing.domain.ids import PlayerId
from manufacturing.domain.manufacturing_pipeline import PipelineKind, PipelineStatus
from manufacturing.domain.manufacturing_task import TaskStatus
from manufacturing.domain.player import PlayerStatus
from manufacturing.domain.universe import NavStatus

_PIPELINE_STYLES = {
    PipelineStatus.EXECUTING: "cyan",
    PipelineStatus.COMPLETED: "green",
    PipelineStatus.FAILED: "red",
    PipelineStatus.CANCELLED: "yellow",
}
_TASK_STYLES = {
    TaskStatus.EXECUTING: "cyan",
    TaskStatus.ASSIGNED: "cyan",
    TaskStatus.COMPLETED: "green",
    TaskStatus.FAILED: "red",
    TaskStatus.CANCELLED: "yellow",
}


_PLAYER_WORDS = {PlayerStatus.ACTIVE: "played", PlayerStatus.PAUSED: "paused", PlayerStatus.RESET: "rests"}
#: Subjects of this length are ids of ours.
_ID_LENGTH = 36
_KINDS = {PipelineKind.FABRICATION: "make", PipelineKind.COLLECTION: "collect", PipelineKind.HAUL: "haul"}


def plain_table(title: str | None, left: Sequence[str], right: Sequence[str], *, last: str | None = None) -> Table:
    """A table with columns of short words and of numbers, and a last one that takes what room is left."""
    table = Table(
        title=title,
        title_justify="left",
        title_style="bold",
        box=None,
        pad_edge=False,
        padding=(0, 1, 0, 0),
        header_style="dim",
        expand=last is not None,
    )
    for name in left:
        table.add_column(name, no_wrap=True)
    for name in right:
        table.add_column(name, no_wrap=True, justify="right")
    if last is not None:
        table.add_column(last, no_wrap=True, overflow="ellipsis", ratio=1)
    return table


def money(amount: int | None) -> Text:
    """A change of credits, red when it is a loss."""
    if amount is None:
        return Text()
    return Text(change(amount), style="red" if amount < 0 else "green")


def pipelines(found: Sequence[PipelineView], now: datetime, title: str | None = None) -> Table:
    """Pipelines, one a row."""
    numbers = ("tasks", "expected", "profit", "age")
    table = plain_table(title, ("id", "kind", "product", "from → to", "status"), numbers, last="why")
    for pipeline in found:
        table.add_row(
            short_id(pipeline.id),
            _KINDS[pipeline.kind],
            f"{pipeline.planned_quantity} {pipeline.product_good}",
            f"{place(pipeline.factory_symbol)} → {place(pipeline.sell_market)}",
            Text(pipeline.status.lower(), style=_PIPELINE_STYLES.get(pipeline.status, "")),
            f"{pipeline.tasks_ended}/{pipeline.tasks}",
            credits(pipeline.estimated_profit),
            money(pipeline.profit),
            short_span((pipeline.ended_at or now) - pipeline.created_at),
            pipeline.reason or "",
        )
    return table


def ships(found: Sequence[ShipView], now: datetime, title: str | None = None) -> Table:
    """Ships, one a row."""
    table = plain_table(title, ("ship", "task", "where", "cargo"), ("arrives in", "fuel"), last="why")
    for ship in found:
        arrives = ship.arrival_at if is_flying(ship, now) else None
        table.add_row(
            ship.symbol,
            Text(task_of(ship, now), style="" if ship.task_type else "dim"),
            f"{place(ship.origin)} → {place(ship.waypoint)}" if arrives else place(ship.waypoint),
            cargo(ship.cargo_items),
            short_span(arrives - now) if arrives else "",
            f"{ship.fuel_current}/{ship.fuel_capacity}" if ship.fuel_capacity else "",
            why_of(ship),
        )
    return table


def why_of(ship: ShipView) -> str:
    """Why the ship does what it does, or nothing."""
    if ship.reason is None and ship.task_type is None and ship.can_haul and not ship.reserved_by_player:
        return "no task is ready for it"
    return ship.reason or ""


def is_flying(ship: ShipView, now: datetime) -> bool:
    """Whether the ship is still under way at ``now``."""
    return ship.nav_status is NavStatus.IN_TRANSIT and ship.arrival_at is not None and ship.arrival_at > now


def task_of(ship: ShipView, now: datetime) -> str:
    """What the ship does, in a few words."""
    if ship.reserved_by_player:
        return "kept for yourself"
    if ship.task_type is None:
        waits = f" for {short_span(now - ship.idle_since)}" if ship.idle_since else ""
        return f"idle{waits}" if ship.can_haul else f"watches{waits}"
    good = f" {ship.task_good}" if ship.task_good else ""
    product = f" for {ship.product_good}" if ship.product_good not in (None, ship.task_good) else ""
    return f"{ship.task_type}{good} at {place(ship.task_waypoint or '')}{product}"


def tasks(found: Sequence[TaskView], title: str | None = None) -> Table:
    """Tasks, one a row, with the rows they wait for."""
    table = plain_table(title, ("", "task", "good", "where", "status", "ship", "after"), ("units", "credits"))
    table.add_column("why", overflow="fold")
    rows = {task.id: str(row) for row, task in enumerate(found, start=1)}
    for task in found:
        table.add_row(
            rows[task.id],
            str(task.type),
            task.good or "",
            place(task.waypoint),
            Text(task.status.lower(), style=_TASK_STYLES.get(task.status, "dim")),
            task.ship_symbol or "",
            ", ".join(rows.get(needed, short_id(needed)) for needed in task.depends_on),
            f"{task.units_moved}/{task.quantity}",
            money(task.amount) if task.amount else "",
            task.reason or "",
        )
    return table


def factories(found: Sequence[FactoryView], title: str | None = None) -> Table:
    """Factories at work, one a row."""
    table = plain_table(title, ("factory", "makes", "supply", "activity", "watched", "delivered"), ("polls",))
    for factory in found:
        delivered = ", ".join(f"{factory.inputs_delivered.get(good, 0)} {good}" for good in factory.required_inputs)
        table.add_row(
            factory.factory_symbol,
            factory.output_good,
            str(factory.supply or "not seen yet").lower(),
            str(factory.activity or "").lower(),
            "yes" if factory.is_watched else "no",
            delivered or "nothing needed",
            str(factory.polls),
        )
    return table


def decisions(found: Sequence[DecisionView], title: str | None = None) -> Table:
    """Decisions, one a row."""
    table = plain_table(title, ("when", "subject", "decision"), ("times",))
    table.add_column("reason", overflow="fold")
    for decision in found:
        subject = short_id(decision.subject) if len(decision.subject) == _ID_LENGTH else decision.subject
        times = "" if decision.times == 1 else f"{decision.times}×"
        table.add_row(moment(decision.last_at), subject, decision.kind.lower(), times, decision.reason)
    return table


def forecasts(found: Sequence[ForecastView], title: str | None = None) -> Table:
    """Completed pipelines with their forecasts, one a row."""
    numbers = ("expected", "from", "to", "earned", "variance", "ship-hours", "feeding value")
    table = plain_table(title, ("pipeline", "kind", "product", "ended", "confidence"), numbers)
    for view in found:
        table.add_row(
            short_id(view.pipeline_id),
            _KINDS[view.kind],
            f"{view.planned_quantity} {view.product_good}",
            moment(view.ended_at),
            (view.confidence_level or "no forecast").lower(),
            credits(view.estimated_profit),
            credits(view.low_profit),
            credits(view.high_profit),
            Text(credits(view.actual_profit), style=_held_style(view)),
            "" if view.variance is None else signed_share(view.variance),
            "" if view.ship_hours is None else f"{view.ship_hours:.2f}",
            credits(view.feeding_value or None),
        )
    return table


def _held_style(view: ForecastView) -> str:
    held = view.comparison.held
    return "" if held is None else "green" if held else "red"


def accuracy_by_good(accuracy: ForecastAccuracy, title: str | None = None) -> Table:
    """How far the forecasts of each product were true."""
    table = plain_table(title, ("product",), ("pipelines", "median error", "bias", "intervals that held"))
    for each in accuracy.by_good:
        table.add_row(
            each.good, str(each.pipelines), share(each.median_error), signed_share(each.bias), share(each.coverage)
        )
    return table


def ledger(found: Sequence[LedgerView], title: str | None = None) -> Table:
    """Movements of credits, one a row."""
    table = plain_table(title, ("when", "what", "good", "where", "ship", "pipeline"), ("units", "each", "credits"))
    for entry in found:
        table.add_row(
            moment(entry.at),
            entry.kind.lower(),
            entry.good or "",
            place(entry.waypoint or ""),
            entry.ship_symbol or "",
            short_id(entry.pipeline_id),
            str(entry.units or ""),
            credits(entry.unit_price) if entry.unit_price else "",
            money(entry.amount),
        )
    return table


def players(found: Sequence[PlayerView], token_kept: Mapping[PlayerId, bool]) -> Table:
    """Players, with what each may spend and call."""
    table = plain_table(
        None,
        ["no.", "agent", "universe", "of", "status"],
        ["credits", "floor", "parts"],
        last="token, and why it rests",
    )
    for player in found:
        token = "kept" if token_kept[player.id] else "not kept here"
        floor = player.own_floor
        table.add_row(
            str(player.id),
            player.agent_symbol,
            shown_server(player.server_url),
            player.reset_date,
            _PLAYER_WORDS[player.status],
            credits(player.credits),
            "default" if floor is None else str(floor),
            str(player.budget_weight),
            f"{token}{f', {player.status_reason}' if player.status_reason else ''}",
        )
    return table
