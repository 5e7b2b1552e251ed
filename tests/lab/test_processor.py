"""A run and its database keep to one processor."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = """
import os, sys
from pathlib import Path
from sqlalchemy import text
from manufacturing.domain.policy import FleetPolicy
from manufacturing.lab.database import LabDatabase
from manufacturing.lab.experiment import Experiment, Setup
from manufacturing.lab.processor import keep_to_one_processor

with LabDatabase(Path(sys.argv[1])) as databases:
    keep_to_one_processor(int(sys.argv[2]))
    with Experiment(Setup(policy=FleetPolicy(), seed=1), databases) as experiment:
        with experiment.engine.connect() as connection:
            backend = connection.scalar(text("SELECT pg_backend_pid()"))
        print(databases.number, sorted(os.sched_getaffinity(0)), sorted(os.sched_getaffinity(backend)))
"""


pytestmark = pytest.mark.skipif(
    not hasattr(os, "sched_setaffinity"), reason="processes cannot be kept to a processor here"
)

KEEP = """
import os
from manufacturing.lab.processor import keep_to_one_processor

keep_to_one_processor(0)
print(sorted(os.sched_getaffinity(0)), flush=True)
input()
"""


@pytest.fixture(autouse=True)
def _no_other_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Runs of other tests, and the player's, know nothing of those of this one."""
    monkeypatch.setenv("TMPDIR", str(tmp_path))


def keep() -> tuple["subprocess.Popen[str]", str]:
    """A run that begins, and where it keeps to."""
    run = subprocess.Popen([sys.executable, "-c", KEEP], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert run.stdout is not None
    return run, run.stdout.readline()


@pytest.mark.skipif((os.cpu_count() or 1) < 2, reason="there is one processor only")
def test_two_runs_at_once_keep_to_processors_of_their_own_and_leave_them() -> None:
    one, first = keep()
    other, second = keep()
    assert first != second
    one.communicate("\n")
    again, third = keep()
    assert third == first
    for run in (other, again):
        run.communicate("\n")


def test_a_run_for_which_no_processor_is_left_may_use_all() -> None:
    usable = sorted(os.sched_getaffinity(0))
    runs = [keep()[0] for _ in usable]
    further, where = keep()
    assert where == f"{usable}\n"
    for run in (*runs, further):
        run.communicate("\n")


@pytest.mark.parametrize("number", [0, 1, 7])
def test_the_database_stays_where_the_run_is(number: int, tmp_path: Path) -> None:
    usable = sorted(os.sched_getaffinity(0))
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT, str(tmp_path), str(number)], capture_output=True, text=True, check=True
    )
    mine = usable[number % len(usable)]
    assert done.stdout.split("\n")[-2] == f"0 [{mine}] [{mine}]"
