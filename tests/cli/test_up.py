"""The whole fleet, as its player starts it: real servers, real workers, a simulated universe."""

import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from manufacturing.adapters.embedded import locks
from manufacturing.adapters.embedded.child import wait_until
from manufacturing.cli import running
from manufacturing.cli.supervisor import _MARK
from tests.servers import state_directory

MANUFACTURING = Path(sys.executable).parent / "manufacturing"
#: Wall seconds; generous, as the machine may be busy.
_START = 90
#: What the environment of a test run may hold and a player's need not.
_OURS = ("MANUFACTURING_", "SPACETRADERS_", "DATABASE_URL", "REDIS_URL", "COLUMNS")


@dataclass
class Home:
    """A home of its own, in which the command runs as a real process."""

    path: Path

    def command(self, *arguments: str) -> dict[str, Any]:
        clean = {name: value for name, value in os.environ.items() if not name.startswith(_OURS)}
        return {
            "args": [str(MANUFACTURING), *arguments],
            "cwd": self.path.parent,
            "env": {**clean, "MANUFACTURING_HOME": str(self.path)},
            "stdout": subprocess.PIPE,
            "stderr": subprocess.PIPE,
            "text": True,
        }

    def run(self, *arguments: str) -> "subprocess.CompletedProcess[str]":
        return subprocess.run(**self.command(*arguments), timeout=200)

    def start(self, *arguments: str) -> "subprocess.Popen[str]":
        return subprocess.Popen(**self.command(*arguments))

    def told(self, *arguments: str) -> Any:
        """The JSON that a command prints."""
        done = self.run(*arguments, "--json")
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    def processes(self) -> list[int]:
        """Every process of a run that is still there, servers included."""
        servers = [locks.holders(self.path / name / "server.lock") for name in ("postgres", "valkey")]
        return [*locks.marked(_MARK, str(self.path)), *(pid for holders in servers for pid in holders)]


@contextmanager
def new_home(name: str) -> Iterator[Home]:
    """A home that every user may enter: as root the database server runs as another one."""
    directory = state_directory() / name
    directory.mkdir()
    made = Home(directory / "home")
    yield made
    assert made.run("reset", "--yes").returncode == 0


@pytest.fixture(scope="module")
def home() -> Iterator[Home]:
    with new_home("a fleet") as made:
        yield made


@pytest.fixture(scope="module")
def finished(home: Home) -> "subprocess.CompletedProcess[str]":
    """A run of twenty minutes, ended by itself."""
    return home.run("up", "--for", "20m", "--time-scale", "60", "--seed", "7", "--plain", "--report", "report.json")


@pytest.fixture(scope="module")
def report(home: Home, finished: "subprocess.CompletedProcess[str]") -> dict[str, Any]:
    told: dict[str, Any] = json.loads((home.path.parent / "report.json").read_text())
    return told


def test_a_run_ends_by_itself_and_leaves_nothing_running(
    home: Home, finished: "subprocess.CompletedProcess[str]"
) -> None:
    assert finished.returncode == 0, finished.stdout + finished.stderr
    assert finished.stderr == ""
    assert home.processes() == []
    assert running.find(home.path) is None
    assert not (home.path / "simulator.json").exists()


def test_a_run_tells_what_it_plays_and_what_happens(finished: "subprocess.CompletedProcess[str]") -> None:
    assert re.search(r"agent FOREMAN in X1-\w+: 1,500,000 credits, \d+ ships, 9 of them with a hold", finished.stdout)
    assert re.search(r"^Flower: http://127\.0\.0\.1:\d+$", finished.stdout, re.MULTILINE)
    assert re.search(r"^\d:\d\d:\d\d  started: (FABRICATION|COLLECTION) of \d+", finished.stdout, re.MULTILINE)
    assert "accounts for every credit" in finished.stdout


def test_the_ledger_accounts_for_every_credit_of_the_run(report: dict[str, Any]) -> None:
    assert report["credits"]["start"] == 1_500_000
    assert report["credits"]["change"] == report["credits"]["end"] - report["credits"]["start"]
    assert report["ledger_sum"] == report["credits"]["change"] != 0
    assert (report["reconciled"], report["open_intents"]) == (0, 0)
    assert sum(report["profit_by_good"].values()) + report["other_profit"] == report["ledger_sum"]


def test_the_report_tells_how_the_fleet_kept_its_promises(report: dict[str, Any]) -> None:
    assert report["game_hours"] >= 20 / 60
    assert report["conflicts"] == 0
    assert report["tasks"]["failed"] == 0
    assert report["api"]["rejected_429"] == 0
    assert report["api"]["calls"] == sum(report["api"]["by_purpose"].values()) > 0
    assert report["supply_polls"] == report["api"]["by_purpose"].get("SUPPLY_POLL", 0)
    assert report["pipelines"]["running"] + report["pipelines"]["completed"] > 0
    assert set(report["restarts"].values()) == {0}


def test_what_happened_can_be_read_when_nothing_runs(home: Home, report: dict[str, Any]) -> None:
    status = home.told("status")
    assert (status["running"], status["credits"]) == (False, report["credits"]["end"])
    assert home.told("report")["ledger_sum"] == report["ledger_sum"]
    assert home.processes() == []


def test_a_token_is_for_its_owner_alone_and_in_no_log(home: Home, finished: "subprocess.CompletedProcess[str]") -> None:
    file = home.path / "tokens" / "FOREMAN.token"
    assert file.stat().st_mode & 0o777 == 0o600
    token = file.read_text().strip()
    for log in (home.path / "logs").iterdir():
        assert token not in log.read_text(errors="replace"), log
    assert token not in finished.stdout


@pytest.fixture(scope="module")
def running_up(home: Home, finished: "subprocess.CompletedProcess[str]") -> Iterator["subprocess.Popen[str]"]:
    """A third run of the same home, after a second one that was killed."""
    killed = home.start("up", "--plain")
    assert wait_until(lambda: running.find(home.path) is not None, _START)
    killed.kill()
    killed.communicate()
    up = home.start("up", "--plain")
    assert wait_until(lambda: running.find(home.path) is not None, _START), "it does not start after a kill"
    yield up
    up.kill()
    up.communicate()


def test_other_commands_work_beside_a_run(home: Home, running_up: "subprocess.Popen[str]") -> None:
    assert home.told("status")["running"] is True
    findings = {finding["what"]: finding for finding in home.told("doctor")}
    assert {finding["verdict"] for finding in findings.values()} <= {"ok", "note"}
    assert "ships@" in findings["workers"]["found"]


def test_nobody_else_may_use_the_home_of_a_run(home: Home, running_up: "subprocess.Popen[str]") -> None:
    for arguments in (("up", "--plain"), ("reset", "--yes")):
        done = home.run(*arguments)
        assert done.returncode == 2
        assert f"is in use by another run (process {running_up.pid})" in done.stderr


def test_a_run_is_stopped_within_ten_seconds_in_order(
    home: Home, report: dict[str, Any], running_up: "subprocess.Popen[str]"
) -> None:
    began = time.monotonic()
    running_up.send_signal(signal.SIGTERM)
    said, complained = running_up.communicate(timeout=_START)
    assert time.monotonic() - began < 10
    assert (running_up.returncode, complained) == (0, "")
    assert "accounts for every credit" in said
    assert "goes on: " in said
    assert home.processes() == []


@pytest.mark.parametrize("moment", ["at once", "while the servers start"])
def test_a_run_can_be_stopped_before_it_has_begun(moment: str) -> None:
    with new_home(f"stopped {moment}") as home:
        up = home.start("up", "--plain")
        sign = "supervisor.lock" if moment == "at once" else "logs/postgres.log"
        assert wait_until((home.path / sign).exists, _START)
        up.send_signal(signal.SIGINT)
        said, complained = up.communicate(timeout=30)
        assert (up.returncode, complained) == (0, ""), said
        assert home.processes() == []
