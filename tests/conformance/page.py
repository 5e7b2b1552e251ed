"""docs/conformance.md: written from what happened in the games, so that it can be checked against the next ones."""

import textwrap
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from tests.conformance.limits import LIMITS, STRICT

PAGE: Final = Path(__file__).parent.parent.parent / "docs" / "conformance.md"

_TITLE: Final = "# Conformance\n\n"

_INTRODUCTION: Final = (
    "`make conformance` has four clients that others wrote for the real game play against the simulator: {versions}. "
    "Each is installed as its authors published it, in a virtual environment of its own under `.venv-conformance`. "
    "What they say and do is compared with the server's own account after every step."
)

_ABOUT: Final = """
None of their code is changed. Three of them take the server's address as an argument; of `SnakesInSpace`, and of the
status of `autotraders`, where it is a literal, the driver redirects the requests. The drivers are in
`tests/conformance/drivers`. This page is written by `make conformance ARGS=--write-page`, and the suite fails when it
says anything else than what happens.

## Playing

An established agent enters, looks around, trades a good, fulfils a contract, buys, repairs and scraps a ship, mines,
siphons, scans, refits, builds and is refused. Game time runs 300 times as fast, without a rate limit. "—" stands for
what a client has no means for, a number alone for what it gets wrong; the numbers are explained below.

"""

_REAL_TIME: Final = """
## Real time

Clients that wait for an arrival compare the API's times with their own clock. For them the simulator's game time has
to be the time of day: `--time-anchor '1@NOW>NOW'`, with NOW in ISO format, such as `2026-01-04T12:00:00+00:00`. With
the rate limit on, the same clients then make {calls} calls as fast as they can.

"""

_STRICT: Final = """
## A strict server

With `--strict` the simulator refuses what the API does not document. What works otherwise is then refused where:

"""


def render(
    versions: Mapping[str, str],
    long: Mapping[str, list[dict[str, str]]],
    real_time: Mapping[str, list[dict[str, str]]],
    calls: int,
) -> str:
    """The page for these games: the steps of each client, by client."""
    names = ", ".join(f"`{client}` {version}" for client, version in versions.items())
    notes: list[str] = []
    parts = [_TITLE, _filled(_INTRODUCTION.format(versions=names)), _ABOUT, _table(long, notes)]
    parts += [_REAL_TIME.format(calls=calls), _table(real_time, notes)]
    parts += ["\n## What they cannot do\n\n", *(_filled(f"{i}. {note}.") for i, note in enumerate(notes, 1))]
    parts.append(_STRICT)
    for client, reasons in STRICT.items():
        for reason, steps in reasons.items():
            parts.append(_filled(f"* `{client}`: {reason}. Fails: {'; '.join(steps)}."))
    return "".join(parts)


def _filled(text: str) -> str:
    """A paragraph or an item of a list, in lines of the usual width."""
    marker = text.partition(" ")[0] if text[0] in "*0123456789" else ""
    indent = " " * (len(marker) + 1) if marker else ""
    return textwrap.fill(text, 120, subsequent_indent=indent, break_long_words=False, break_on_hyphens=False) + "\n"


def _table(games: Mapping[str, list[dict[str, str]]], notes: list[str]) -> str:
    clients = list(games)
    lines = ["| | " + " | ".join(f"`{client}`" for client in clients) + " |", "|---" * (len(clients) + 1) + "|"]
    outcomes = {client: {entry["step"]: entry["outcome"] for entry in steps} for client, steps in games.items()}
    for step in dict.fromkeys(entry["step"] for steps in games.values() for entry in steps):
        cells = [_cell(client, step, outcomes[client][step], notes) for client in clients]
        lines.append(f"| {step} | " + " | ".join(cells) + " |")
    return "\n".join(lines) + "\n"


def _cell(client: str, step: str, outcome: str, notes: list[str]) -> str:
    if outcome == "works":
        return "yes"
    note = LIMITS[client].get(step, "nobody knows why")
    if note not in notes:
        notes.append(note)
    return f"{'— ' if outcome == 'missing' else ''}[{notes.index(note) + 1}]"


def write(text: str) -> None:
    """Writes the page."""
    PAGE.write_text(text, encoding="utf-8")


def read() -> Any:
    """The page as it is."""
    return PAGE.read_text(encoding="utf-8") if PAGE.exists() else ""
