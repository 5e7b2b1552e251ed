"""What foresight is worth: supply polls and pre-positioning, each with and without, on the same universes.

Every row plays the same hours of the same generated systems with an established fleet of eight haulers; only the
named setting differs. The delay is the time from the moment an output truly became plentiful to the moment the fleet
knew. Hauls are off where ships sent ahead are looked at, and more hours are played: with hauls on no ship is ever idle,
and in the first hour after the start tasks wait for ships, not ships for tasks.
"""

import logging
import statistics
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Final

from benchmarks.lab import laboratory
from manufacturing.cli.report import Report
from manufacturing.domain.policy import FleetPolicy, PollPolicy
from manufacturing.lab.database import LabDatabase
from manufacturing.lab.experiment import Experiment, Setup

_SEEDS: Final = (1, 2, 3)
_QUICK_SEEDS: Final = (1,)
_HOURS: Final = 4.0
_HOURS_AHEAD: Final = 12.0
_QUICK_HOURS: Final = 0.5
#: What the plan's polls and ours are to save of those every 30 s, and how much later they may know.
_LEAST_SAVED: Final = {PollPolicy.PLAN: 0.5, PollPolicy.RECALCULATION: 0.9}
_LATER_BY: Final = 60.0
_MOST_IDLE: Final = 30.0


def main(quick: bool = False) -> None:
    """Prints polls and delays by poll policy, then times to cargo and profits with and without ships sent ahead."""
    logging.getLogger("manufacturing").setLevel(logging.ERROR)
    seeds, hours, hours_ahead = (_QUICK_SEEDS, _QUICK_HOURS, _QUICK_HOURS) if quick else (_SEEDS, _HOURS, _HOURS_AHEAD)
    print(f"{hours:g} game hours on each of {len(seeds)} systems, seeds {', '.join(map(str, seeds))}")
    with laboratory() as databases:
        polls = {
            policy: _play(databases, FleetPolicy(poll_policy=policy), seeds, hours)
            for policy in (PollPolicy.REACTIVE, PollPolicy.PLAN, PollPolicy.RECALCULATION)
        }
        _print_polls(polls)
        without_hauls = FleetPolicy(hauls=False)
        stay, ahead = (
            _play(databases, replace(without_hauls, pre_positioning=sent), seeds, hours_ahead) for sent in (False, True)
        )
        _print_positions(seeds, hours_ahead, stay, ahead)
    idle = _mean(report.idle_seconds_with_work for report in polls[PollPolicy.RECALCULATION])
    print(
        f"\nmean idle time of a hauler between two tasks while one was ready for it: {_told(idle)} s"
        f"   (aim: less than {_MOST_IDLE:g})"
    )


def _play(databases: LabDatabase, policy: FleetPolicy, seeds: Sequence[int], hours: float) -> list[Report]:
    reports = []
    for seed in seeds:
        with Experiment(Setup(policy=policy, seed=seed), databases) as experiment:
            experiment.run(hours)
            reports.append(experiment.report())
    return reports


def _print_polls(polls: dict[PollPolicy, list[Report]]) -> None:
    usual = sum(report.supply_polls for report in polls[PollPolicy.REACTIVE])
    usual_delay = _delay(polls[PollPolicy.REACTIVE])
    print(f"\n{'poll policy':15} {'polls':>8} {'saved':>7} {'seen':>6} {'unseen':>7} {'mean delay, s':>14}")
    for policy, reports in polls.items():
        made, delay = sum(report.supply_polls for report in reports), _delay(reports)
        saved = 1 - made / usual if usual else 0.0
        aim = ""
        if policy in _LEAST_SAVED and delay is not None and usual_delay is not None:
            met = saved >= _LEAST_SAVED[policy] and delay <= usual_delay + _LATER_BY
            aim = (
                f"   (aim: {_LEAST_SAVED[policy]:.0%} fewer, {_LATER_BY:g} s later at most: "
                f"{'met' if met else 'NOT MET'})"
            )
        seen, unseen = _sum(r.detections for r in reports), _sum(r.undetected for r in reports)
        print(f"{policy:15} {made:>8,} {saved:>7.1%} {seen:>6} {unseen:>7} {_told(delay):>14}{aim}")


def _print_positions(seeds: Sequence[int], hours: float, stay: Sequence[Report], ahead: Sequence[Report]) -> None:
    title = f"no hauls, {hours:g} h"
    print(f"\n{title:15} {'seed':>5} {'from ready to cargo, s':>23} {'credits/h':>10} {'predictions':>20}")
    for name, reports in (("ships stay", stay), ("sent ahead", ahead)):
        for seed, report in zip(seeds, reports, strict=True):
            sent = ", ".join(f"{count} {what}" for what, count in report.pre_positioning.items() if count)
            earned = report.credits["change"] / report.game_hours
            print(f"{name:15} {seed:>5} {_told(report.seconds_to_cargo_mean):>23} {earned:>10,.0f} {sent:>20}")
    for name, reports in (("ships stay", stay), ("sent ahead", ahead)):
        earned = statistics.fmean(report.credits["change"] / report.game_hours for report in reports)
        print(f"{name:15} {'mean':>5} {_told(_mean(r.seconds_to_cargo_mean for r in reports)):>23} {earned:>10,.0f}")


def _delay(reports: Sequence[Report]) -> float | None:
    """The mean over all outputs that were seen, however many each run had."""
    seen = [
        (r.detection_delay_mean, r.detections) for r in reports if r.detections and r.detection_delay_mean is not None
    ]
    return sum(delay * count for delay, count in seen) / sum(count for _, count in seen) if seen else None


def _mean(values: Iterable[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return statistics.fmean(known) if known else None


def _sum(values: Iterable[int | None]) -> int:
    return sum(value or 0 for value in values)


def _told(value: float | None) -> str:
    return "–" if value is None else f"{value:.1f}"


if __name__ == "__main__":
    main(quick=True)
