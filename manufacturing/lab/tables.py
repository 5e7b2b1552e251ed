"""The comparison as tables: on the screen, as Markdown and as JSON."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from itertools import combinations
from typing import Any

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from manufacturing.lab.figures import FIGURES, Difference, Figure, difference, mean_of
from manufacturing.lab.record import RunRecord

Runs = Mapping[str, Sequence[RunRecord]]
"""The runs of each candidate, in the order of the candidates."""


def rendered(runs: Runs) -> RenderableType:
    """The comparison for the screen."""
    parts: list[RenderableType] = [_on_screen("means", _head_of_means(runs), _means(runs))]
    for one, other in combinations(runs, 2):
        parts += [Text(), _on_screen(f"{one} − {other}", _HEAD_OF_DIFFERENCES, _differences(runs, one, other))]
    return Group(*parts)


def as_markdown(runs: Runs, played: str) -> str:
    """The comparison as a page; ``played`` says what was played."""
    lines = ["# Comparison", "", played, "", "## Means", "", *_as_rows(_head_of_means(runs), _means(runs))]
    for one, other in combinations(runs, 2):
        lines += ["", f"## {one} − {other}", "", *_as_rows(_HEAD_OF_DIFFERENCES, _differences(runs, one, other))]
    lines += ["", "Paired by seed; intervals are the 95 % confidence intervals of the mean difference (Student's t)."]
    return "\n".join(lines) + "\n"


def as_json(runs: Runs, played: Mapping[str, Any]) -> dict[str, Any]:
    """The comparison for programs."""
    return {
        "played": dict(played),
        "means": {figure.name: {name: mean_of(figure, of_it) for name, of_it in runs.items()} for figure in FIGURES},
        "runs": {
            name: [
                {"seed": run.seed, "wall_seconds": run.wall_seconds, **{f.name: f.of(run) for f in FIGURES}}
                for run in of_it
            ]
            for name, of_it in runs.items()
        },
        "differences": [
            {"one": one, "other": other, "figure": figure.name, **asdict(found)}
            for one, other in combinations(runs, 2)
            for figure in FIGURES
            if (found := difference(figure, runs[one], runs[other])) is not None
        ],
    }


_HEAD_OF_DIFFERENCES = ("figure", "mean difference", "95 % interval", "ratio", "pairs")


def _head_of_means(runs: Runs) -> tuple[str, ...]:
    return ("figure", *(f"{name} ({len(of_it)})" for name, of_it in runs.items()))


def _means(runs: Runs) -> list[tuple[str, ...]]:
    found = []
    for figure in FIGURES:
        means = [mean_of(figure, of_it) for of_it in runs.values()]
        if any(mean is not None for mean in means):
            found.append((_name(figure), *("–" if mean is None else _number(figure, mean) for mean in means)))
    return found


def _differences(runs: Runs, one: str, other: str) -> list[tuple[str, ...]]:
    return [
        (_name(figure), *_told(figure, found))
        for figure in FIGURES
        if (found := difference(figure, runs[one], runs[other])) is not None
    ]


def _told(figure: Figure, found: Difference) -> tuple[str, ...]:
    interval = "one pair tells none"
    if found.low is not None and found.high is not None:
        clear = "" if found.is_clear else "  (unclear)"
        interval = f"{_signed(figure, found.low)} … {_signed(figure, found.high)}{clear}"
    ratio = "" if found.ratio is None else f"{found.ratio:.2f} ×"
    return _signed(figure, found.mean), interval, ratio, str(found.runs)


def _name(figure: Figure) -> str:
    return f"{figure.name}, {figure.unit}" if figure.unit else figure.name


def _digits(figure: Figure, value: float) -> int:
    # Small amounts of what is counted in thousands elsewhere still need a digit.
    return figure.digits if abs(value) >= 10 or figure.digits else 1


def _number(figure: Figure, value: float) -> str:
    return f"{value:,.{_digits(figure, value)}f}"


def _signed(figure: Figure, value: float) -> str:
    return f"{value:+,.{_digits(figure, value)}f}"


def _on_screen(title: str, head: Sequence[str], rows: Sequence[Sequence[str]]) -> Table:
    table = Table(title=title, title_justify="left", title_style="bold", box=None, header_style="dim")
    table.add_column(head[0])
    for name in head[1:]:
        table.add_column(name, justify="right", no_wrap=True)
    for row in rows:
        table.add_row(*row)
    return table


def _as_rows(head: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    lines = [head, ["---", *["---:"] * (len(head) - 1)], *rows]
    return [f"| {' | '.join(line)} |" for line in lines]
