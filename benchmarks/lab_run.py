"""How long a day of play takes in the lab, what takes the time, and how the plan's success metrics come out.

The fleet has ten ships that haul or look. The same day is played by the ``reactive`` baseline: the metrics that are
relative are told against it.
"""

import cProfile
import io
import logging
import pstats
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from rich.console import Console

from benchmarks.lab import laboratory
from manufacturing.cli.report import Report, rendered
from manufacturing.lab.candidate import Candidate
from manufacturing.lab.database import LabDatabase
from manufacturing.lab.experiment import Experiment, Setup

_SEED: Final = 7
_HOURS: Final = 24.0
_QUICK_HOURS: Final = 0.5
_PROFILED_HOURS: Final = 2.0
#: With the command ship: ten ships that haul. A probe at each factory market comes with an established fleet.
_HAULERS: Final = 9
_MINUTES: Final = 6.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Played:
    """A run that has ended."""

    report: Report
    wall_seconds: float


def main(quick: bool = False) -> None:
    """Prints wall time, profile, and the plan's metrics."""
    logging.getLogger("manufacturing").setLevel(logging.ERROR)
    hours = _QUICK_HOURS if quick else _HOURS
    with laboratory() as databases:
        full, reactive = (_play(databases, name, hours) for name in ("full", "reactive"))
        profile = _profile(databases, min(hours, _PROFILED_HOURS))
    print(f"seed {_SEED}, {hours:g} game hours, {_HAULERS + 1} ships that haul")
    minutes = full.wall_seconds / 60
    aim = f"   (aim: 24 h in less than {_MINUTES:g} min)" if hours == _HOURS else ""
    print(f"full:     {minutes:.1f} min of wall time{aim}")
    print(f"reactive: {reactive.wall_seconds / 60:.1f} min of wall time")
    _print_against(full.report, reactive.report)
    text = io.StringIO()
    Console(file=text, width=150, highlight=False).print(rendered(full.report))
    print(f"\nThe report of full:\n\n{text.getvalue().rstrip()}")
    print(
        f"\nWhat takes the time, of {min(hours, _PROFILED_HOURS):g} game hours played under the profiler:\n\n{profile}"
    )


def _print_against(full: Report, reactive: Report) -> None:
    for name, one, other in (
        ("profit, credits/h", full.credits["change"] / full.game_hours, reactive.credits["change"] / full.game_hours),
        ("API calls", full.api["calls"], reactive.api["calls"]),
        ("supply polls", full.supply_polls, reactive.supply_polls),
        (
            "credits per API call",
            full.credits["change"] / full.api["calls"],
            reactive.credits["change"] / reactive.api["calls"],
        ),
    ):
        ratio = f"{one / other:.2f} ×" if other else ""
        print(f"{name:22} full {one:>12,.0f}   reactive {other:>12,.0f}   {ratio}")


def _play(databases: LabDatabase, name: str, hours: float) -> Played:
    with Experiment(_setup(name), databases) as experiment:
        began = time.monotonic()
        experiment.run(hours)
        took = time.monotonic() - began
        return Played(report=experiment.report(), wall_seconds=took)


def _setup(name: str) -> Setup:
    return Setup(policy=Candidate.found(name).policy, seed=_SEED, haulers=_HAULERS)


def _profile(databases: LabDatabase, hours: float) -> str:
    """The ten functions that take most time themselves, and the ten of ours that take most with all they call."""
    profiler = cProfile.Profile()
    with Experiment(_setup("full"), databases) as experiment:
        profiler.runcall(experiment.run, hours)
    text = io.StringIO()
    stats = pstats.Stats(profiler, stream=text)
    stats.strip_dirs().sort_stats("tottime").print_stats(10)
    itself = _table_of(text.getvalue())
    text.truncate(0)
    text.seek(0)
    pstats.Stats(profiler, stream=text).sort_stats("cumulative").print_stats(
        r"manufacturing/(services|simulator|lab)/", 14
    )
    return f"by itself\n{itself}\n\nours, with all they call\n{_table_of(text.getvalue())}"


def _table_of(printed: str) -> str:
    lines = printed.splitlines()
    first = next(number for number, line in enumerate(lines) if line.lstrip().startswith("ncalls"))
    here = str(Path(__file__).parents[1]) + "/"
    return "\n".join(line.replace(here, "") for line in lines[first:] if line.strip())


if __name__ == "__main__":
    main(quick=True)
