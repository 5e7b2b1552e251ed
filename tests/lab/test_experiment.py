"""The lab: hours of play that can be repeated exactly."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import text

from manufacturing.domain.policy import FleetPolicy
from manufacturing.lab.__main__ import policy
from manufacturing.lab.agenda import Agenda
from manufacturing.lab.candidate import Candidate
from manufacturing.lab.experiment import Experiment, LabDatabase, Setup
from manufacturing.lab.game import BEGINNING
from manufacturing.lab.virtual_time import VirtualClock
from manufacturing.services.unreserved_factories import UnreservedFactories
from manufacturing.settings import BadSetting

_LEDGER = text(
    "SELECT at, kind, amount, ship_symbol, waypoint, good, units, unit_price, task_id, pipeline_id "
    "FROM ledger_entries ORDER BY id"
)


@pytest.fixture(scope="module")
def databases(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LabDatabase]:
    home: Path = tmp_path_factory.mktemp("lab")
    with LabDatabase(home) as found:
        yield found


def played(databases: LabDatabase, hours: float, seed: int) -> tuple[list[tuple[object, ...]], int]:
    with Experiment(Setup(policy=FleetPolicy(), seed=seed, haulers=2), databases) as experiment:
        experiment.run(hours)
        report = experiment.report()
        with experiment.engine.connect() as connection:
            ledger = [tuple(row) for row in connection.execute(_LEDGER)]
    assert report.ledger_sum == report.credits["change"]
    assert report.api["rejected_429"] == 0
    return ledger, report.conflicts


@pytest.fixture(scope="module")
def first(databases: LabDatabase) -> tuple[list[tuple[object, ...]], int]:
    return played(databases, 0.2, seed=3)


def test_the_same_setup_gives_the_same_ledger(
    databases: LabDatabase, first: tuple[list[tuple[object, ...]], int]
) -> None:
    ledger, conflicts = first
    assert len(ledger) > 5
    assert conflicts == 0
    assert played(databases, 0.2, seed=3) == first


def test_another_seed_is_another_universe(databases: LabDatabase, first: tuple[list[tuple[object, ...]], int]) -> None:
    assert played(databases, 0.2, seed=4)[0] != first[0]


def test_jobs_are_done_in_the_order_of_their_moments() -> None:
    clock = VirtualClock(BEGINNING)
    agenda = Agenda(clock)
    done: list[tuple[str, float]] = []

    def job(name: str) -> None:
        done.append((name, (clock.now() - BEGINNING).total_seconds()))

    agenda.enter(BEGINNING + timedelta(seconds=5), lambda: job("late"))
    agenda.enter(BEGINNING + timedelta(seconds=1), lambda: job("early"), once="name")
    agenda.enter(BEGINNING + timedelta(seconds=2), lambda: job("again"), once="name")
    agenda.every(timedelta(seconds=4), lambda: job("timer"))
    agenda.run_until(BEGINNING + timedelta(seconds=6))
    assert done == [("timer", 0), ("early", 1), ("timer", 4), ("late", 5)]
    assert clock.now() == BEGINNING + timedelta(seconds=6)


def test_settings_of_the_policy_are_given_by_name() -> None:
    chosen = policy(["pool=0", "credit_floor=10%", "poll_interval=2m"])
    assert (chosen.pool, chosen.credit_floor, chosen.credit_floor_share) == (False, 0, 0.1)
    assert chosen.poll_interval == timedelta(minutes=2)


@pytest.mark.parametrize("assignment", ["pool", "nonsense=1", "max_depth=many"])
def test_a_setting_that_does_not_exist_is_refused_by_name(assignment: str) -> None:
    with pytest.raises(BadSetting, match=f"(?i){assignment.partition('=')[0]}"):
        policy([assignment])


def test_a_fleet_without_reservations_works_and_makes_none(databases: LabDatabase) -> None:
    setup = Setup(policy=Candidate.found("reactive").policy, seed=3, haulers=2)
    with Experiment(setup, databases) as experiment:
        assert isinstance(experiment.fleet.coordinator, UnreservedFactories)
        experiment.run(0.2)
        report = experiment.report()
        with experiment.engine.connect() as connection:
            reserved = connection.execute(text("SELECT count(*) FROM factory_reservations")).scalar_one()
            without = connection.execute(
                text("SELECT count(*) FROM trade_intents WHERE fencing_token IS NULL AND kind <> 'REFUEL'")
            ).scalar_one()
    assert report.tasks["completed"] > 3
    assert report.ledger_sum == report.credits["change"]
    assert reserved == 0
    assert without > 0


def test_a_pipeline_without_progress_is_given_up_where_factories_are_not_reserved(databases: LabDatabase) -> None:
    setup = Setup(policy=Candidate.found("reactive").policy, seed=3, haulers=2)
    with Experiment(setup, databases) as experiment:
        fleet, player_id = experiment.fleet, experiment.player_id
        with fleet.uow() as uow:
            system = uow.players.get(player_id).system_symbol
        pipelines = fleet.lifecycle.create_pipelines_from_opportunities(player_id, system)
        assert pipelines
        experiment.clock.sleep((setup.policy.collect_time - timedelta(minutes=1)).total_seconds())
        assert fleet.lifecycle.end_expired(player_id) == []
        experiment.clock.sleep(60)
        ended = fleet.lifecycle.end_expired(player_id)
        assert len(ended) == len(pipelines)
        assert all("no progress since" in line for line in ended)
