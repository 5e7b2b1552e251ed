"""Two agents played by one command: real servers, real workers, and each has its own books."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from tests.cli.test_up import Home, new_home


@pytest.fixture(scope="module")
def home() -> Iterator[Home]:
    with new_home("two agents") as made:
        yield made


@pytest.fixture(scope="module")
def reports(home: Home) -> dict[str, dict[str, Any]]:
    """The reports of an hour, by agent: on a busy machine the first minutes of it go by before anyone trades."""
    asked = ("--agents", "2", "--for", "60m", "--time-scale", "60", "--seed", "7", "--plain", "--report", "both.json")
    done = home.run("up", *asked)
    assert (done.returncode, done.stderr) == (0, ""), done.stdout
    assert "agent FOREMAN2 in X1-" in done.stdout
    told: list[dict[str, Any]] = json.loads((home.path.parent / "both.json").read_text())
    return {report["agent"]: report for report in told}


def test_both_are_at_work_and_the_ledger_of_each_is_the_change_of_its_credits(
    reports: dict[str, dict[str, Any]],
) -> None:
    assert set(reports) == {"FOREMAN", "FOREMAN2"}
    for report in reports.values():
        assert report["credits"]["start"] == 1_500_000
        # A request that was under way when a worker had to be killed is settled at the next start, and said to be open.
        assert report["ledger_sum"] == report["credits"]["change"] != 0 or report["open_intents"], report
        assert (report["reconciled"], report["conflicts"]) == (0, 0)
        assert report["tasks"]["completed"] > 0
        assert report["api"]["rejected_429"] == 0


def test_each_can_be_looked_at_and_another_is_added_while_nothing_runs(
    home: Home, reports: dict[str, dict[str, Any]]
) -> None:
    for agent, report in reports.items():
        assert home.told("status", "--player", agent)["credits"] == report["credits"]["end"]
    added = home.run("player", "add", "HELPER", "--floor", "10%")
    assert (added.returncode, added.stderr) == (0, "")
    assert "agent HELPER in X1-" in added.stdout
    listed = {player["agent_symbol"]: player for player in home.told("player", "list")}
    assert {name: player["status"] for name, player in listed.items()} == dict.fromkeys(
        ("FOREMAN", "FOREMAN2", "HELPER"), "ACTIVE"
    )
    assert listed["HELPER"]["floor_share"] == 0.1
    assert home.processes() == []
