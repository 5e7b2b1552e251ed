"""Replay: a recorded run's decisions, with what was known when each was taken (docs/lab.md, "Why it came out so")."""

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from rich.table import Table
from rich.text import Text

from manufacturing.adapters.embedded import ServerInUse
from manufacturing.adapters.postgres import database
from manufacturing.adapters.postgres.read_model import ReadModel
from manufacturing.adapters.postgres.recorded_decisions import RecordedDecision
from manufacturing.cli.console import CannotDo
from manufacturing.cli.wording import moment, place, short_id
from manufacturing.lab.database import LabDatabase, places

_ID_LENGTH = 36


@contextmanager
def kept_run(home: Path, name: str) -> Iterator[ReadModel]:
    """The database of a lab run that was kept under ``name``. CannotDo when there is none."""
    known: list[str] = []
    for directory in places(home):
        with ExitStack() as stack:
            try:
                databases = stack.enter_context(LabDatabase.serving(directory))
            except ServerInUse:
                # Another lab is at work there, and its server answers us as well.
                databases = LabDatabase.attached(directory)
            kept = databases.kept()
            if name in kept:
                engine = database.connect(databases.url_of_kept(name), pool_size=1)
                stack.callback(engine.dispose)
                yield ReadModel(engine)
                return
            known += kept
    some = f"There are {', '.join(sorted(known))}." if known else "None was kept yet: `lab run --keep NAME` does that."
    raise CannotDo(f"There is no kept run {name}. {some}")


def moment_of(text: str, began: datetime) -> datetime:
    """A moment as people write it: ``2026-01-04T06:00``, or ``2h30m`` after the beginning. ValueError for neither."""
    rest, since = text.strip().lower(), timedelta(0)
    if rest and rest[-1] in "hms" and "t" not in rest:
        number = ""
        for letter in rest:
            if letter in "hms":
                since += timedelta(**{{"h": "hours", "m": "minutes", "s": "seconds"}[letter]: float(number)})
                number = ""
            else:
                number += letter
        return began + since
    at = datetime.fromisoformat(text)
    return at if at.tzinfo is not None else at.replace(tzinfo=began.tzinfo)


def rendered(found: Sequence[RecordedDecision], began: datetime) -> Table:
    """The decisions as a table; times are hours since ``began``."""
    table = Table(box=None, header_style="dim")
    for name in ("when", "decision", "about"):
        table.add_column(name, no_wrap=True)
    table.add_column("why, and what was known", overflow="fold")
    for recorded in found:
        decision = recorded.decision
        about = short_id(decision.subject) if len(decision.subject) == _ID_LENGTH else decision.subject
        table.add_row(_hours(decision.first_at - began), decision.kind.lower(), about, _told(recorded))
    return table


def _told(recorded: RecordedDecision) -> Text:
    decision, task = recorded.decision, recorded.task
    text = Text(decision.reason)
    if decision.times > 1:
        text.append(f"  ({decision.times}×, last {moment(decision.last_at)})", style="dim")
    if task is not None and task["pipeline_id"] is not None:
        text.append(f"\n  for pipeline {short_id(task['pipeline_id'])}", style="dim")
    for quote in recorded.quotes:
        age = _age(decision.last_at - quote.seen_at)
        text.append(
            f"\n  {quote.good} at {place(quote.waypoint)}: ask {quote.ask:,}, bid {quote.bid:,}, "
            f"{quote.supply.lower()}, unchanged for {age}",
            style="dim",
        )
    for name, value in decision.details.items():
        text.append(f"\n  {name}: {_plain(value)}", style="dim")
    return text


def _plain(value: Any) -> str:
    if isinstance(value, list):
        return "; ".join(_plain(item) for item in value) or "none"
    if isinstance(value, dict):
        return ", ".join(f"{name} {_plain(item)}" for name, item in value.items()) or "none"
    return f"{value:,}" if isinstance(value, int) and not isinstance(value, bool) else str(value)


def _hours(since: timedelta) -> str:
    seconds = int(since.total_seconds())
    return f"{seconds // 3600}:{seconds // 60 % 60:02}:{seconds % 60:02}"


def _age(span: timedelta) -> str:
    minutes = span.total_seconds() / 60
    return f"{minutes:.0f} min" if minutes < 120 else f"{minutes / 60:.1f} h"
