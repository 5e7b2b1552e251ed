"""What the commands print, and where: results to standard output, troubles to standard error."""

import dataclasses
import json
import os
import sys
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from rich.console import Console


_WIDE = 160


class CannotDo(Exception):
    """What was asked for cannot be done as things are; the message says why, and what to do."""


def out() -> "Console":
    """The console for results. What goes to a file or a pipe is not cut to the width of a terminal."""
    from rich.console import Console

    console = Console(highlight=False)
    known = console.is_terminal or "COLUMNS" in os.environ
    return console if known else Console(highlight=False, width=_WIDE)


def say(text: str) -> None:
    """One line of what is going on, at once."""
    print(text, flush=True)


def complain(text: str) -> None:
    """Something that went wrong, in red."""
    from rich.console import Console
    from rich.text import Text

    Console(stderr=True, highlight=False, soft_wrap=True).print(Text(text, style="red"))


def print_json(value: object) -> None:
    """The value as JSON: dataclasses as objects, moments in ISO format, durations in seconds."""
    json.dump(value, sys.stdout, indent=2, default=_plain, ensure_ascii=False)
    sys.stdout.write("\n")


def to_json(value: object) -> str:
    """The same as text."""
    return json.dumps(value, indent=2, default=_plain, ensure_ascii=False) + "\n"


def _plain(value: object) -> Any:
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {field.name: getattr(value, field.name) for field in dataclasses.fields(value)}
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, timedelta):
        return value.total_seconds()
    raise TypeError(f"not for JSON: {type(value).__name__}")
