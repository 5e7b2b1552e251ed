"""Runs the benchmarks, all of them or those named, and writes what they measured into RESULTS.md beside this file.

Ratios within one run are what counts: another machine, or a busy one, is slower at everything alike.
"""

import argparse
import contextlib
import importlib
import io
import os
import platform
import re
import subprocess
import sys
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Final, TextIO

#: In the order of their run; each module has a ``main(quick: bool)`` that prints its figures.
BENCHMARKS: Final = (
    "lab_run",
    "foresight",
    "scaling",
    "assignment",
    "celery_steps",
    "api_budget",
    "simulator",
    "pool_run",
)
RESULTS: Final = Path(__file__).with_name("RESULTS.md")
_HEAD: Final = """# Results

What `make bench` measured last; each benchmark says when, where and of which commit (`-dirty`: with changes on top).
Figures of one benchmark were taken in one run, baselines included: compare those, not seconds of different machines.
"""


class _Both(io.StringIO):
    """Text that is printed, and kept."""

    def __init__(self, screen: TextIO) -> None:
        super().__init__()
        self._screen = screen

    def write(self, text: str) -> int:
        self._screen.write(text)
        self._screen.flush()
        return super().write(text)


def main(arguments: Sequence[str] | None = None) -> None:
    """Prints and writes where and when, then what each benchmark measured."""
    parser = argparse.ArgumentParser(prog="make bench", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"which to run: {', '.join(BENCHMARKS)}")
    parser.add_argument("--quick", action="store_true", help="shorter runs, for a first look; nothing is written")
    options = parser.parse_args(arguments)
    for unknown in set(options.names) - set(BENCHMARKS):
        parser.error(f"there is no benchmark {unknown!r}; there are {', '.join(BENCHMARKS)}")
    for name in options.names or BENCHMARKS:
        module = importlib.import_module(f"benchmarks.{name}")
        where = f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC, commit {_commit()}, {_machine()}"
        print(f"\n== {name}: {where}")
        kept = _Both(sys.stdout)
        began = time.monotonic()
        with contextlib.redirect_stdout(kept):
            module.main(quick=options.quick)
        if not options.quick:
            told = (module.__doc__ or "").strip()
            took = f"took {time.monotonic() - began:.0f} s"
            _write(name, f"{told}\n\n{where}, {took}\n\n```\n{kept.getvalue().strip()}\n```")


def _write(name: str, section: str) -> None:
    """Puts the section in place of the benchmark's last one; the others stay."""
    text = RESULTS.read_text(encoding="utf-8") if RESULTS.exists() else ""
    sections = dict(re.findall(r"^## (\w+)\n\n(.*?)(?=^## |\Z)", text, re.MULTILINE | re.DOTALL))
    sections[name] = section + "\n"
    parts = [f"## {known}\n\n{sections[known].rstrip()}\n" for known in BENCHMARKS if known in sections]
    RESULTS.write_text("\n".join([_HEAD, *parts]), encoding="utf-8")


def _commit() -> str:
    """The commit, marked where files other than the results themselves were changed on top of it."""
    try:
        commit = _git("rev-parse", "--short", "HEAD")
        changes = _git("status", "--porcelain", "--untracked-files=no", "--", ":/", f":(exclude){RESULTS.name}")
    except (OSError, subprocess.CalledProcessError):
        return "unknown"
    return f"{commit}-dirty" if changes else commit


def _git(*arguments: str) -> str:
    return subprocess.run(
        ["git", *arguments], capture_output=True, text=True, check=True, cwd=RESULTS.parent
    ).stdout.strip()


def _machine() -> str:
    load = f"load {os.getloadavg()[0]:.1f}"
    return (
        f"{os.cpu_count()} cores, {load}, {platform.system()} {platform.machine()}, Python {platform.python_version()}"
    )


if __name__ == "__main__":
    main()
