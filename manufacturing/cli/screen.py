"""The live screen of `manufacturing up`: the whole fleet at a glance."""

from collections import deque
from collections.abc import Sequence
from types import TracebackType
from typing import Self

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.text import Text

from manufacturing.cli import tables
from manufacturing.cli.supervisor import ProcessEvent
from manufacturing.cli.watching import ALLOWED_PER_MINUTE, Snapshot
from manufacturing.cli.wording import change, credits, moment, span
from manufacturing.domain.manufacturing_pipeline import PipelineStatus

_NEWS = 6
#: Rows that are not pipelines or ships: headings, news and the lines between.
_FIXED_ROWS = 12 + _NEWS


class Screen:
    """Draws each look at the fleet over the one before; used as a context."""

    def __init__(self, console: Console, addresses: dict[str, str]) -> None:
        self._console = console
        self._addresses = addresses
        self._news: deque[str] = deque(maxlen=_NEWS)
        self._live = Live(console=console, screen=True, auto_refresh=False)

    def __enter__(self) -> Self:
        self._live.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._live.stop()

    def tell(self, line: str) -> None:
        """A line of news, shown from the next look on."""
        self._news.append(line)

    def draw(self, snapshots: Sequence[Snapshot]) -> None:
        """Shows this look at each agent: the first one whole, of the others how they stand."""
        first, *others = snapshots
        height = self._console.size.height
        self._live.update(picture(first, list(self._news), self._addresses, height, others), refresh=True)


def picture(
    snapshot: Snapshot,
    news: list[str],
    addresses: dict[str, str],
    height: int,
    others: Sequence[Snapshot] = (),
) -> RenderableType:
    """What the screen shows, in so many lines."""
    room = max(6, height - _FIXED_ROWS - len(others))
    busy = sorted(snapshot.ships, key=lambda ship: (not ship.can_haul, ship.task_type is None))
    shown_ships = busy[: max(3, room - min(len(snapshot.running), room // 2))]
    rows = max(3, room - len(shown_ships))
    shown_pipelines = [*snapshot.running, *snapshot.ended][:rows]
    return Group(
        _headline(snapshot),
        *(_headline(other) for other in others),
        _calls(snapshot),
        _processes(snapshot),
        Text("   ".join(f"{name}: {url}" for name, url in addresses.items()), style="dim", no_wrap=True),
        Text(),
        tables.pipelines(shown_pipelines, snapshot.now, title=_pipeline_title(snapshot)),
        Text(),
        tables.ships(shown_ships, snapshot.now, title=_ship_title(snapshot, len(shown_ships))),
        Text(),
        *(Text(line, no_wrap=True, overflow="ellipsis") for line in news),
        Text("Ctrl-C ends everything in order", style="dim"),
    )


def _headline(snapshot: Snapshot) -> Text:
    player = snapshot.player
    return Text.assemble(
        (player.agent_symbol, "bold"),
        f" in {player.system_symbol}   ",
        (f"{credits(player.credits)} credits", "bold"),
        " (",
        (change(snapshot.earned), "red" if snapshot.earned < 0 else "green"),
        f")   game time {moment(snapshot.now)}, {span(snapshot.elapsed)} in this run",
        no_wrap=True,
    )


def _calls(snapshot: Snapshot) -> Text:
    rates = sorted(snapshot.calls_per_minute.items(), key=lambda item: -item[1])
    by_purpose = ", ".join(f"{purpose} {rate:.0f}" for purpose, rate in rates)
    total = sum(snapshot.calls_per_minute.values())
    rejected = snapshot.calls.rejected_429
    return Text.assemble(
        f"API: {total:.0f} of {ALLOWED_PER_MINUTE:.0f} calls a minute ({by_purpose or 'not counted yet'}), ",
        (f"{rejected} answered 429", "red" if rejected else ""),
        no_wrap=True,
    )


def _processes(snapshot: Snapshot) -> Text:
    text = Text("Processes: ", no_wrap=True)
    for state in snapshot.processes:
        healthy = state.event is ProcessEvent.READY
        again = f" ({state.restarts}× restarted)" if state.restarts else ""
        text.append(f"{state.name}{again}", style="green" if healthy else "red")
        text.append("" if healthy else f" {state.event.value}")
        text.append("  ")
    return text


def _pipeline_title(snapshot: Snapshot) -> str:
    counts = ", ".join(
        f"{snapshot.counts.get(status, 0)} {status.lower()}" for status in PipelineStatus if status.is_final
    )
    return f"Pipelines: {len(snapshot.running)} running, {counts}"


def _ship_title(snapshot: Snapshot, shown: int) -> str:
    working = sum(ship.task_type is not None for ship in snapshot.ships)
    others = f", {len(snapshot.ships) - shown} not shown" if shown < len(snapshot.ships) else ""
    return f"Ships: {working} of {len(snapshot.ships)} at work{others}"
