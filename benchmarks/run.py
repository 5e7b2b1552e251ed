"""Runs the benchmarks: all of them, or those named on the command line. Ratios within one run are what counts."""

import argparse
import importlib
import os
import platform
import subprocess
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

#: In the order of their run; each module has a ``main(quick: bool)`` that prints its figures.
BENCHMARKS = ("api_budget", "simulator", "pool_run")


def main(arguments: Sequence[str] | None = None) -> None:
    """Prints where and when, then what each benchmark measured."""
    parser = argparse.ArgumentParser(prog="make bench", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"which to run: {', '.join(BENCHMARKS)}")
    parser.add_argument("--quick", action="store_true", help="shorter runs, for a first look")
    options = parser.parse_args(arguments)
    for unknown in set(options.names) - set(BENCHMARKS):
        parser.error(f"there is no benchmark {unknown!r}; there are {', '.join(BENCHMARKS)}")
    print(f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC, commit {_commit()}, {_machine()}")
    for name in options.names or BENCHMARKS:
        print(f"\n== {name}")
        importlib.import_module(f"benchmarks.{name}").main(quick=options.quick)


def _commit() -> str:
    command = ["git", "describe", "--always", "--dirty"]
    try:
        return subprocess.run(
            command, capture_output=True, text=True, check=True, cwd=Path(__file__).parent
        ).stdout.strip()
    except (OSError, subprocess.CalledProcessError):
        return "unknown"


def _machine() -> str:
    return f"{os.cpu_count()} cores, {platform.system()} {platform.machine()}, Python {platform.python_version()}"


if __name__ == "__main__":
    main()
