"""`manufacturing capture` as a player meets it: it records a running simulator, and another goes on from there."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from tests.simulator.processes import SimulatorProcess

MANUFACTURING = Path(sys.executable).parent / "manufacturing"
#: A quarter of an hour, after which prices move, must not pass while a system is captured.
SLOWLY = ("--time-scale", "10", "--seed", "7")


def _command(url: str, token: str, redis_url: str, home: Path, *arguments: str) -> "subprocess.Popen[str]":
    clean = {name: text for name, text in os.environ.items() if not name.startswith(("MANUFACTURING_", "SPACETRADERS"))}
    clean.pop("DATABASE_URL", None)
    return subprocess.Popen(
        [str(MANUFACTURING), "capture", *arguments],
        cwd=home,
        env={
            **clean,
            "MANUFACTURING_HOME": str(home / "home"),
            "SPACETRADERS_URL": url,
            "SPACETRADERS_TOKEN": token,
            "REDIS_URL": redis_url,
        },
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def _markets(simulator: SimulatorProcess, capture: dict[str, Any]) -> dict[str, Any]:
    markets = {}
    for place in capture["waypoints"]:
        if "market" in place:
            path = f"/systems/{capture['system']}/waypoints/{place['symbol']}/market"
            markets[place["symbol"]] = simulator.call("GET", path).json()["data"].get("tradeGoods")
    return markets


def _sorted(markets: dict[str, Any]) -> dict[str, Any]:
    return {symbol: sorted(goods or [], key=lambda good: good["symbol"]) for symbol, goods in markets.items()}


def test_a_running_simulator_is_captured_and_gone_on_from(tmp_path: Path, redis_url: str) -> None:
    out = tmp_path / "mine.json"
    with SimulatorProcess(tmp_path, (*SLOWLY, "--no-rate-limit")) as simulator:
        token = simulator.register()["token"]
        done = _command(simulator.ready["url"], token, redis_url, tmp_path, "--system", "x1-kd71", "--out", str(out))
        said, complaints = done.communicate(timeout=60)
        assert (done.returncode, complaints) == (0, "")
        capture = json.loads(out.read_text(encoding="utf-8"))
        before = _markets(simulator, capture)
    assert "X1-KD71: 93 waypoints" in said
    assert f"manufacturing up --capture {out}" in said
    assert token not in out.read_text(encoding="utf-8") + said
    with SimulatorProcess(tmp_path, ("--time-scale", "1", "--no-rate-limit", "--capture", str(out))) as simulator:
        simulator.register("SUCCESSOR")
        after = _markets(simulator, capture)
    assert len(before) >= 15
    assert _sorted(after) == _sorted(before)


def test_a_capture_within_the_rate_limit_is_stopped_and_gone_on_with(tmp_path: Path, redis_url: str) -> None:
    out = tmp_path / "mine.json"
    beside = tmp_path / "mine.json.unfinished"
    with SimulatorProcess(tmp_path, SLOWLY) as simulator:
        token = simulator.register()["token"]
        arguments = (simulator.ready["url"], token, redis_url, tmp_path, "--out", str(out), "--no-fleet")
        first = _command(*arguments)
        deadline = time.monotonic() + 60
        while not beside.exists() or len(json.loads(beside.read_text(encoding="utf-8"))["unread"]) > 20:
            assert time.monotonic() < deadline, "nothing is captured"
            assert first.poll() is None, first.communicate()
            time.sleep(0.02)
        first.send_signal(signal.SIGTERM)
        _, complaints = first.communicate(timeout=30)
        assert first.returncode == 2
        assert "The same command goes on with it" in " ".join(complaints.split())
        assert "Traceback" not in complaints
        assert not out.exists()

        second = _command(*arguments)
        said, complaints = second.communicate(timeout=60)
        assert (second.returncode, complaints) == (0, "")
    assert "going on with X1-KD71" in said
    capture = json.loads(out.read_text(encoding="utf-8"))
    assert "fleet" not in capture
    assert not beside.exists()


def test_what_is_in_the_way_is_told_in_a_line(tmp_path: Path, redis_url: str) -> None:
    (tmp_path / "there.json").write_text("{}", encoding="utf-8")
    with SimulatorProcess(tmp_path, SLOWLY) as simulator:
        token = simulator.register()["token"]
        for out, complaint in (("there.json", "exists already"), ("nowhere/x.json", "there is no directory")):
            done = _command(simulator.ready["url"], token, redis_url, tmp_path, "--out", out)
            _, complaints = done.communicate(timeout=60)
            assert done.returncode == 2
            assert complaint in " ".join(complaints.split())
            assert "Traceback" not in complaints
