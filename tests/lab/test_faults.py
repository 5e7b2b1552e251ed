"""Whatever goes wrong with the game's answers, the fleet keeps going, and the ledger equals the credits."""

from collections.abc import Iterator

import pytest
from sqlalchemy import text

from manufacturing.domain.policy import FleetPolicy
from manufacturing.lab.experiment import Experiment, LabDatabase, Setup
from manufacturing.simulator.faults import Fault, FaultKind

_ACTIONS = "POST /my/ships/*"
_FAULTS = {
    "late answers": Fault(kind=FaultKind.LATENCY, probability=0.3, seconds=7),
    "answers lost after the effect": Fault(kind=FaultKind.LOST_RESPONSE, calls=_ACTIONS, probability=0.12),
    "server errors": Fault(kind=FaultKind.SERVER_ERROR, probability=0.15),
    "a storm of 429": Fault(kind=FaultKind.RATE_LIMIT, probability=0.3, seconds=2),
    "connections reset": Fault(kind=FaultKind.RESET_CONNECTION, calls=_ACTIONS, probability=0.12),
    "a maintenance window": Fault(kind=FaultKind.MAINTENANCE, after_seconds=240, until_seconds=420),
}


@pytest.fixture(scope="module")
def databases(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LabDatabase]:
    with LabDatabase(tmp_path_factory.mktemp("lab")) as found:
        yield found


_ALWAYS = ("answers lost after the effect",)


@pytest.mark.parametrize(
    "trouble", [pytest.param(name, marks=() if name in _ALWAYS else pytest.mark.long) for name in _FAULTS]
)
def test_the_fleet_keeps_going_and_the_ledger_equals_the_credits(databases: LabDatabase, trouble: str) -> None:
    setup = Setup(policy=FleetPolicy(), seed=3, haulers=3, faults=(_FAULTS[trouble],))
    with Experiment(setup, databases) as experiment:
        experiment.run(0.25)
        (told,) = experiment.faults.report()
        assert told["hit"] > 0, "nothing went wrong"
        # Calm again: what was left open is settled, and work goes on.
        experiment.faults.replace(())
        earlier = experiment.report()
        experiment.run(0.15)
        report = experiment.report()
        assert report.open_intents == 0
        assert report.ledger_sum == report.credits["change"]
        assert report.reconciled == 0
        assert report.conflicts == 0
        assert report.tasks["completed"] > earlier.tasks["completed"]
        with experiment.engine.connect() as connection:
            twice = connection.execute(
                text("SELECT intent_id FROM ledger_entries GROUP BY intent_id HAVING count(intent_id) > 1")
            ).all()
        assert twice == []
        print(f"{trouble}: {told['hit']} of {told['seen']} calls hit, {report.tasks['completed']} tasks completed")
