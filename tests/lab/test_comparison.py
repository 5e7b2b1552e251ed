"""Comparisons: several policies on the same seeds, resumed where they were interrupted."""

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from manufacturing.cli.console import CannotDo
from manufacturing.domain.policy import FleetPolicy
from manufacturing.lab import comparison
from manufacturing.lab.candidate import Candidate
from manufacturing.lab.comparison import Comparison, Progress, seeds_of
from manufacturing.lab.database import LabDatabase
from manufacturing.lab.experiment import Experiment, Setup
from manufacturing.lab.record import Recorder, RunRecord

COMMON = Setup(policy=FleetPolicy(), haulers=2)
HOURS = 0.1


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("home")


@pytest.fixture(scope="module")
def databases(home: Path) -> Iterator[LabDatabase]:
    with LabDatabase(home) as found:
        yield found


def candidates(*names: str) -> list[Candidate]:
    policies = {"full": FleetPolicy(), "poor": FleetPolicy(credit_floor=1_400_000)}
    return [Candidate(name=name, policy=policies[name], fleet={}) for name in names]


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the records of the two candidates are."""
    return tmp_path_factory.mktemp("results")


@pytest.fixture(scope="module")
def played(databases: LabDatabase, results: Path) -> list[Progress]:
    """Two candidates that have played the same seed."""
    return list(Comparison(candidates("full", "poor"), [3], HOURS, COMMON).play(databases, results, jobs=2))


def test_two_candidates_play_the_same_seeds_in_processes_of_their_own(played: list[Progress]) -> None:
    assert [(p.done, p.of, p.was_known) for p in played] == [(1, 2, False), (2, 2, False)]
    runs = {p.record.candidate: p.record for p in played}
    assert set(runs) == {"full", "poor"}
    for run in runs.values():
        assert run.samples[0].hours == 0
        assert run.samples[-1].credits == run.report["credits"]["end"]
        assert len(run.samples[-1].supply) == len(run.factories)
        assert sum(run.samples[-1].calls.values()) == run.report["api"]["calls"]


def test_a_record_is_read_as_it_was_written(played: list[Progress], results: Path) -> None:
    told = {file.stem.partition("-")[0]: json.loads(file.read_text()) for file in (results / "runs").iterdir()}
    assert {name: RunRecord.from_told(each) for name, each in told.items()} == {
        p.record.candidate: p.record for p in played
    }


def test_what_was_played_is_not_played_again_in_whatever_company_and_what_it_was_not_played_for_is(
    databases: LabDatabase, played: list[Progress], results: Path
) -> None:
    runs = {p.record.candidate: p.record for p in played}
    again = list(Comparison(candidates("poor", "full"), [3], HOURS, COMMON).play(databases, results, jobs=1))
    assert [(p.record, p.was_known) for p in again] == [(runs["poor"], True), (runs["full"], True)]
    other = Comparison(candidates("full"), [3], HOURS, replace(COMMON, haulers=1))
    assert [p.was_known for p in other.play(databases, results, jobs=1)] == [False]


def test_a_run_is_the_same_when_it_is_recorded_and_when_it_is_not(databases: LabDatabase) -> None:
    def credits(recorded: bool) -> int:
        with Experiment(replace(COMMON, seed=3), databases) as experiment:
            if recorded:
                Recorder(experiment)
            experiment.run(HOURS)
            return int(experiment.report().credits["end"])

    assert credits(recorded=True) == credits(recorded=False)


def test_a_record_that_was_cut_off_is_played_again(tmp_path: Path) -> None:
    file = tmp_path / "full-3.json"
    file.write_text('{"candidate": "full", "se')
    assert comparison._read(file) is None
    file.write_text("{}")
    assert comparison._read(file) is None


def test_whatever_a_run_depends_on_gives_it_another_name(tmp_path: Path) -> None:
    capture = tmp_path / "system.json"
    capture.write_text("{}")
    changed = [
        COMMON,
        replace(COMMON, seed=2),
        replace(COMMON, policy=FleetPolicy(pool=False)),
        replace(COMMON, haulers=3),
        replace(COMMON, scenario="new-agent"),
        replace(COMMON, capture=capture),
    ]
    digests = {comparison._digest_of(setup, HOURS, "code") for setup in changed}
    digests |= {comparison._digest_of(COMMON, 2 * HOURS, "code"), comparison._digest_of(COMMON, HOURS, "other code")}
    capture.write_text("{ }")
    digests.add(comparison._digest_of(changed[-1], HOURS, "code"))
    assert len(digests) == len(changed) + 3
    assert comparison._digest_of(COMMON, HOURS, "code") in digests


def test_a_run_of_other_code_is_refused(databases: LabDatabase, tmp_path: Path) -> None:
    job = comparison.Job(
        candidate="full", setup=COMMON, hours=HOURS, code="older", place=databases.place, file=tmp_path / "x.json"
    )
    with pytest.raises(CannotDo, match="The code changed"):
        comparison._play(job)


def test_two_candidates_of_one_name_are_refused() -> None:
    with pytest.raises(CannotDo, match="called full"):
        Comparison(candidates("full", "full"), [1], HOURS, COMMON)


@pytest.mark.parametrize(
    ("text", "seeds"), [("7", [7]), ("1..4", [1, 2, 3, 4]), ("9,2", [9, 2]), ("1..3,2,8", [1, 2, 3, 8])]
)
def test_seeds_are_given_as_numbers_and_ranges(text: str, seeds: list[int]) -> None:
    assert seeds_of(text) == seeds


@pytest.mark.parametrize("text", ["", "one", "1..", "4..2"])
def test_what_names_no_seed_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        seeds_of(text)


def test_two_labs_of_one_home_have_a_server_each(databases: LabDatabase, home: Path) -> None:
    with LabDatabase(home) as second:
        assert second.place != databases.place
        url, remove = second.fresh()
        assert url
        remove()
