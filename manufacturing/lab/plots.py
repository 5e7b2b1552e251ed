"""The comparison as pictures: one HTML file that needs nothing but a browser."""

import base64
import html
import io
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

import matplotlib
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure as Picture
from matplotlib.patches import Patch
from numpy.typing import NDArray

from manufacturing.domain.prices import Supply
from manufacturing.lab.record import RunRecord

Runs = Mapping[str, Sequence[RunRecord]]
"""The runs of each candidate, in the order of the candidates."""

_COLOURS: Final = ("#1f77b4", "#d62728", "#2ca02c", "#9467bd", "#ff7f0e", "#17becf", "#8c564b", "#e377c2")
_LEVELS: Final = ("#7f0000", "#e34a33", "#fdcc8a", "#74c476", "#006d2c")
_TASKS: Final = {
    "ACQUIRE": "#6baed6",
    "DELIVER": "#08519c",
    "COLLECT": "#fd8d3c",
    "SELL": "#a63603",
    "LIQUIDATE": "#756bb1",
}
#: Pipelines in one Gantt chart: more cannot be told apart.
_MOST_PIPELINES: Final = 90
_WIDTH: Final = 11.0


def as_html(runs: Runs, title: str, played: str) -> str:
    """The page, with every picture in it."""
    parts = [f"<h2>{html.escape(heading)}</h2>\n{_embedded(picture)}" for heading, picture in _pictures(runs)]
    return (
        f"<!doctype html><html lang='en'><meta charset='utf-8'><title>{html.escape(title)}</title>"
        "<style>body{font:15px/1.5 sans-serif;max-width:1100px;margin:2em auto;padding:0 1em}"
        "img{max-width:100%}</style>"
        f"<h1>{html.escape(title)}</h1><p>{html.escape(played)}</p>\n" + "\n".join(parts) + "\n</html>\n"
    )


def _pictures(runs: Runs) -> Iterator[tuple[str, Picture]]:
    yield "Credits over time", _credits(runs)
    yield "Haulers at work", _utilisation(runs)
    yield "API calls by purpose", _calls(runs)
    yield "Supply levels of the factories' outputs", _levels(runs)
    for name, of_it in runs.items():
        yield f"Each factory output: {name}, seed {of_it[0].seed}", _outputs(of_it[0])
    for name, of_it in runs.items():
        yield f"Pipelines: {name}, seed {of_it[0].seed}", _gantt(of_it[0])


def _credits(runs: Runs) -> Picture:
    picture, axes = _canvas(4.5)
    for colour, (name, of_it) in zip(_cycle(), runs.items(), strict=False):
        hours, lines = _on_one_grid(of_it, [[sample.credits for sample in run.samples] for run in of_it])
        for line in lines:
            axes.plot(hours, line / 1e6, color=colour, linewidth=0.6, alpha=0.35)
        axes.plot(hours, lines.mean(axis=0) / 1e6, color=colour, linewidth=2.2, label=_label(name, of_it))
    _finish(axes, "credits, millions")
    return picture


def _utilisation(runs: Runs) -> Picture:
    picture, axes = _canvas(3.2)
    for colour, (name, of_it) in zip(_cycle(), runs.items(), strict=False):
        shares = [[100 * s.busy_haulers / max(1, s.haulers) for s in run.samples] for run in of_it]
        hours, lines = _on_one_grid(of_it, shares)
        axes.plot(hours, lines.mean(axis=0), color=colour, linewidth=1.6, label=_label(name, of_it))
    axes.set_ylim(0, 105)
    _finish(axes, "% of haulers with a task")
    return picture


def _calls(runs: Runs) -> Picture:
    picture, axes = _canvas(3.6)
    purposes = sorted({purpose for of_it in runs.values() for run in of_it for purpose in run.samples[-1].calls})
    bottom = np.zeros(len(runs))
    colours = matplotlib.colormaps["tab20"].colors  # type: ignore[attr-defined]
    for number, purpose in enumerate(purposes):
        heights = np.array(
            [np.mean([run.samples[-1].calls.get(purpose, 0) / run.hours for run in of_it]) for of_it in runs.values()]
        )
        axes.bar(list(runs), heights, bottom=bottom, label=purpose, color=colours[number % 20], width=0.55)
        bottom += heights
    axes.set_ylabel("calls per game hour")
    axes.legend(loc="center left", bbox_to_anchor=(1.0, 0.5), frameon=False)
    return picture


def _levels(runs: Runs) -> Picture:
    picture = Picture(figsize=(_WIDTH, 2.6 * len(runs)), layout="constrained")
    every = picture.subplots(len(runs), 1, sharex=True, squeeze=False)[:, 0]
    for axes, (name, of_it) in zip(every, runs.items(), strict=True):
        shares = []
        for rank in range(len(Supply)):
            counted = [
                [100 * sample.supply.count(str(rank)) / max(1, len(sample.supply)) for sample in run.samples]
                for run in of_it
            ]
            hours, lines = _on_one_grid(of_it, counted)
            shares.append(lines.mean(axis=0))
        axes.stackplot(hours, *shares, colors=_LEVELS, labels=[level.lower() for level in Supply])
        axes.set(title=_label(name, of_it), ylabel="% of outputs", ylim=(0, 100))
        axes.margins(x=0)
    every[-1].set_xlabel("game hours")
    every[0].legend(loc="center left", bbox_to_anchor=(1.0, 0.5), frameon=False)
    return picture


def _outputs(run: RunRecord) -> Picture:
    picture, axes = _canvas(1.2 + 0.17 * len(run.factories))
    grid = np.array([[int(level) for level in sample.supply] for sample in run.samples]).T
    colours = matplotlib.colors.ListedColormap(_LEVELS)
    hours = [sample.hours for sample in run.samples]
    if len(hours) > 1 and grid.size:
        axes.pcolormesh(
            hours, range(len(run.factories) + 1), grid[:, :-1], cmap=colours, vmin=-0.5, vmax=4.5, rasterized=True
        )
    axes.set_yticks(np.arange(len(run.factories)) + 0.5, run.factories, fontsize=6)
    axes.invert_yaxis()
    axes.set_xlabel("game hours")
    patches = [Patch(color=colour, label=level.lower()) for colour, level in zip(_LEVELS, Supply, strict=True)]
    axes.legend(handles=patches, loc="lower left", bbox_to_anchor=(0, 1), ncols=5, frameon=False)
    return picture


def _gantt(run: RunRecord) -> Picture:
    shown = run.pipelines[:_MOST_PIPELINES]
    picture, axes = _canvas(1.4 + 0.15 * len(shown))
    for row, pipeline in enumerate(shown):
        axes.barh(row, pipeline.ended - pipeline.began, left=pipeline.began, height=0.8, color="#eeeeee")
        for spell in pipeline.spells:
            colour = _TASKS.get(spell.task, "#999999")
            axes.barh(row, max(0.01, spell.ended - spell.began), left=spell.began, height=0.6, color=colour)
    names = [f"{p.product.lower()}{'' if p.status == 'COMPLETED' else f' ({p.status.lower()})'}" for p in shown]
    axes.set_yticks(range(len(shown)), names, fontsize=6)
    axes.invert_yaxis()
    axes.margins(y=0.01)
    more = len(run.pipelines) - len(shown)
    axes.set_xlabel("game hours" + (f"; {more} later pipelines are left out" if more else ""))
    patches = [Patch(color=colour, label=task.lower()) for task, colour in _TASKS.items()]
    axes.legend(handles=patches, loc="lower left", bbox_to_anchor=(0, 1), ncols=len(patches), frameon=False)
    return picture


def _canvas(height: float) -> tuple[Picture, Axes]:
    picture = Picture(figsize=(_WIDTH, height), layout="constrained")
    return picture, picture.subplots()


def _cycle() -> Iterator[str]:
    while True:
        yield from _COLOURS


def _label(name: str, of_it: Sequence[RunRecord]) -> str:
    return f"{name} ({len(of_it)} seed{'s' if len(of_it) != 1 else ''})"


def _on_one_grid(
    of_it: Sequence[RunRecord], values: Sequence[Sequence[float]]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """The hours of the longest run, and each run's values at them; a shorter run stays where it ended."""
    longest = max(of_it, key=lambda run: run.samples[-1].hours)
    hours = np.array([sample.hours for sample in longest.samples], dtype=np.float64)
    lines = [
        np.interp(hours, [sample.hours for sample in run.samples], line)
        for run, line in zip(of_it, values, strict=True)
    ]
    return hours, np.array(lines, dtype=np.float64)


def _finish(axes: Axes, label: str) -> None:
    axes.set_xlabel("game hours")
    axes.set_ylabel(label)
    axes.grid(alpha=0.3)
    axes.margins(x=0)
    axes.legend(frameon=False)


def _embedded(picture: Picture) -> str:
    buffer = io.BytesIO()
    # No date: the same runs make the same file.
    metadata: dict[str, Any] = {"Date": None}
    with matplotlib.rc_context({"svg.hashsalt": "lab"}):
        picture.savefig(buffer, format="svg", metadata=metadata)
    return f"<img src='data:image/svg+xml;base64,{base64.b64encode(buffer.getvalue()).decode()}'>"
