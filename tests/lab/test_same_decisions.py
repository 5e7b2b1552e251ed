"""The lab decides as the fleet's processes do: same universe, same policy, same beginning.

Beat, three Celery workers, Redis and HTTP on the one side; a virtual clock and one process on the other. What differs
is when things happen, so what is compared is decided before the markets are first recalculated: later a moment more or
less shows a ship other prices.
"""

import json
import re
from collections import Counter
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from manufacturing.adapters.postgres.recorded_decisions import DecisionFilter, RecordedDecisions
from manufacturing.domain.decision import DecisionKind
from manufacturing.domain.policy import FleetPolicy
from manufacturing.lab.database import LabDatabase
from manufacturing.lab.experiment import Experiment, Setup
from manufacturing.lab.game import BEGINNING
from manufacturing.simulator.economy_parameters import EconomyParameters
from tests.cli.test_up import Home, new_home

#: A whole fleet of processes has to start, and to begin before its markets change: `make test-long` has the time.
pytestmark = pytest.mark.long

SEED = 7
#: Slow enough for a start to end long before the first recalculation, however busy the machine is.
TIME_SCALE = "5"
_RECALCULATION = timedelta(minutes=EconomyParameters().tick_minutes)
#: How many pipelines and assignments are compared, and how many of them may differ by chance.
_FIRST, _CHANCE = 8, 2
_PLANNED = re.compile(r"\d+ [A-Z_]+ at \S+ for [^:]+(?=:)")
_PRIORITY = re.compile(r", priority \d+")

Decision = dict[str, Any]


@pytest.fixture(scope="module")
def home() -> Iterator[Home]:
    with new_home("both ways") as made:
        yield made


@pytest.fixture(scope="module")
def production(home: Home) -> dict[DecisionKind, list[Decision]]:
    """What real processes decided within a game minute."""
    done = home.run("up", "--for", "1m", "--time-scale", TIME_SCALE, "--seed", str(SEED), "--plain")
    assert done.returncode == 0, done.stdout + done.stderr

    def replayed(kind: DecisionKind) -> list[Decision]:
        shown = home.run("lab", "replay", "--kind", kind, "--limit", "1000", "--json")
        assert shown.returncode == 0, shown.stderr
        return [{**told, **told["decision"]} for told in json.loads(shown.stdout)]

    found = {kind: replayed(kind) for kind in (DecisionKind.PLAN, DecisionKind.ASSIGN)}
    began = datetime.fromisoformat(found[DecisionKind.PLAN][0]["first_at"])
    assert began < BEGINNING + _RECALCULATION, "the processes took so long to start that the markets had changed"
    return found


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> dict[DecisionKind, list[Decision]]:
    """What the lab decided within the first game minute."""
    place: Path = tmp_path_factory.mktemp("lab")
    with LabDatabase(place) as databases, Experiment(Setup(policy=FleetPolicy(), seed=SEED), databases) as experiment:
        experiment.run(1 / 60)
        recorded = RecordedDecisions(experiment.engine, experiment.player_id)
        return {
            kind: [
                {"reason": found.decision.reason, "subject": found.decision.subject, "task": found.task}
                for found in recorded.find(DecisionFilter(kinds=(kind,)))
            ]
            for kind in (DecisionKind.PLAN, DecisionKind.ASSIGN)
        }


def test_both_start_the_same_pipelines(
    production: dict[DecisionKind, list[Decision]], lab: dict[DecisionKind, list[Decision]]
) -> None:
    ours, theirs = (_planned(side[DecisionKind.PLAN]) for side in (lab, production))
    assert len(ours) >= _FIRST
    assert len(theirs) >= _FIRST
    # Quantities, goods and places. The best is the best on both sides. Further down, workers that look for hauls and
    # for pipelines at the same moment may come to them in another order than the lab, which does one after the other.
    assert theirs[0] == ours[0]
    assert len(set(ours[:_FIRST]) & set(theirs[: 2 * _FIRST])) >= _FIRST - _CHANCE, (ours, theirs)


def test_both_give_the_first_tasks_to_ships_as_far_away(
    production: dict[DecisionKind, list[Decision]], lab: dict[DecisionKind, list[Decision]]
) -> None:
    ours, theirs = (_first_of_each_ship(side[DecisionKind.ASSIGN]) for side in (lab, production))
    assert len(ours) >= _FIRST
    # Which of two ships side by side takes which of two tasks, is chance; waiting makes a task more urgent.
    same = Counter(ours.values()) & Counter(theirs.values())
    assert same.total() >= len(ours) - _CHANCE, (ours, theirs)


def _planned(decisions: list[Decision]) -> list[str]:
    return [
        found[0] for each in decisions if (found := _PLANNED.search(each["reason"])) and "per ship" in each["reason"]
    ]


def _first_of_each_ship(decisions: list[Decision]) -> dict[str, str]:
    first: dict[str, str] = {}
    for decision in decisions:
        if decision["task"] is None or decision["task"]["type"] != "OBSERVE":
            first.setdefault(decision["subject"], _PRIORITY.sub("", decision["reason"]))
    return first
