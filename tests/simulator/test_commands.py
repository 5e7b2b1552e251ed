"""Saving, loading, playing again, calibrating: the commands beside serving."""

from pathlib import Path

import orjson
import pytest

from manufacturing.simulator.__main__ import main
from manufacturing.simulator.durability import load_snapshot
from tests.simulator.players import SHARED_DATA
from tests.simulator.processes import SimulatorProcess

SERIES = SHARED_DATA / "decoded_series.csv"


def _play(simulator: SimulatorProcess) -> None:
    simulator.register()
    for _ in range(5):
        simulator.call("POST", "/my/ships/TESTER-1/purchase", {"symbol": "FUEL", "units": 3})
        simulator.call("POST", "/my/ships/TESTER-1/jettison", {"symbol": "FUEL", "units": 2})


def test_a_call_log_played_again_makes_the_same_universe(tmp_path: Path) -> None:
    log, state, out = tmp_path / "calls.jsonl", tmp_path / "state", tmp_path / "again.json"
    options = ("--seed", "9", "--haulers", "2", "--no-rate-limit", "--state", str(state), "--call-log", str(log))
    with SimulatorProcess(tmp_path, options) as simulator:
        _play(simulator)
    assert main(["replay", str(log), "--seed", "9", "--haulers", "2", "--out", str(out)]) == 0
    played, again = load_snapshot(state / "snapshot.json"), load_snapshot(out)
    again.advance(played.now)
    assert orjson.loads(again.save()) == orjson.loads(played.save())


def test_a_log_of_another_universe_cannot_be_played(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    log = tmp_path / "calls.jsonl"
    with SimulatorProcess(tmp_path, ("--seed", "9", "--no-rate-limit", "--call-log", str(log))) as simulator:
        home = simulator.register()["agent"]["headquarters"]
        simulator.call("POST", "/my/ships/TESTER-2/orbit")
        target = home.removesuffix("-A1") + "-A3"
        assert simulator.call("POST", "/my/ships/TESTER-2/navigate", {"waypointSymbol": target}).status_code in (
            200,
            404,
        )
        simulator.call("POST", "/my/ships/TESTER-1/purchase", {"symbol": "FUEL", "units": 3})
    options = ["--seed", "10", "--credits", "0", "--out", str(tmp_path / "out.json")]
    assert main(["replay", str(log), *options]) == 2
    assert "cannot" in capsys.readouterr().err or not (tmp_path / "out.json").exists()


def test_a_kept_universe_can_be_copied_and_gone_on_with_elsewhere(tmp_path: Path) -> None:
    first, second, file = tmp_path / "first", tmp_path / "second", tmp_path / "universe.json"
    with SimulatorProcess(tmp_path, ("--no-rate-limit", "--state", str(first))) as simulator:
        _play(simulator)
        token = simulator.session.headers["authorization"]
        assert main(["save", str(file), "--state", str(first)]) == 0  # while it runs
        agent = simulator.call("GET", "/my/agent").json()
    assert main(["load", str(file), "--state", str(second)]) == 0
    assert main(["load", str(file), "--state", str(second)]) == 2  # keeps one already
    with SimulatorProcess(tmp_path, ("--no-rate-limit", "--state", str(second))) as simulator:
        simulator.session.headers["authorization"] = token
        assert simulator.call("GET", "/my/agent").json() == agent


def test_a_snapshot_that_is_none_is_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "text.json").write_text("{}")
    assert main(["load", str(tmp_path / "text.json"), "--state", str(tmp_path / "state")]) == 2
    assert "another version" in capsys.readouterr().err
    assert main(["save", str(tmp_path / "x.json"), "--state", str(tmp_path / "nothing")]) == 2
    assert "keeps no universe" in capsys.readouterr().err


@pytest.mark.skipif(not SERIES.exists(), reason=f"the recorded series ({SERIES}) is not here")
def test_the_economy_is_set_beside_a_recorded_series(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["calibrate", str(SERIES)]) == 0
    report = capsys.readouterr().out
    lines = [
        line.split()
        for line in report.splitlines()
        if line.startswith(("EXPORT", "IMPORT")) and len(line.split()) == 10
    ]
    assert len(lines) == 8
    for line in lines:
        assert 0.5 < float(line[-1]) < 2, line  # medians simulated over recorded


def test_a_series_that_is_none_is_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "some.csv").write_text("a,b\n1,2\n")
    assert main(["calibrate", str(tmp_path / "some.csv")]) == 2
    assert "no recorded series" in capsys.readouterr().err
