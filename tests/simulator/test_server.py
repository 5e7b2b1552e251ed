"""The simulator as a process: how it comes up, how it ends, what it says."""

import os
import signal
import socket
import subprocess
import sys
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from manufacturing.domain.clock import TimeScale
from manufacturing.simulator.universe import START
from tests.simulator.processes import SimulatorProcess


def test_it_comes_up_says_where_and_ends_cleanly(tmp_path: Path) -> None:
    with SimulatorProcess(tmp_path, ("--seed", "7", "--time-scale", "120")) as simulator:
        assert simulator.ready["pid"] == simulator.process.pid
        response = simulator.call("GET", "/")
        assert response.headers["x-time-scale"] == simulator.ready["time_scale"]
        scale = TimeScale.parse(simulator.ready["time_scale"])
        assert scale.factor == 120
        assert scale.game_anchor == START
        assert response.json()["resetDate"] == "2026-01-04"
        simulator.register()  # the connection stays open, as those of clients do

        begun = time.monotonic()
        simulator.process.send_signal(signal.SIGTERM)
        assert simulator.process.wait(timeout=10) == 0
        assert time.monotonic() - begun < 2


def test_ctrl_c_ends_it_as_well(tmp_path: Path) -> None:
    with SimulatorProcess(tmp_path) as simulator:
        simulator.process.send_signal(signal.SIGINT)
        assert simulator.process.wait(timeout=10) == 0


def test_game_time_runs_as_fast_as_asked(tmp_path: Path) -> None:
    with SimulatorProcess(tmp_path, ("--time-scale", "3600")) as simulator:
        data = simulator.register()
        probe = data["ships"][-1]["symbol"]
        simulator.call("POST", f"/my/ships/{probe}/orbit")
        home = data["agent"]["headquarters"]
        flight = simulator.call("POST", f"/my/ships/{probe}/navigate", {"waypointSymbol": home}).json()["data"]
        arrival = datetime.fromisoformat(flight["nav"]["route"]["arrival"])
        scale = TimeScale.parse(simulator.ready["time_scale"])
        left = (arrival - scale.game_at(datetime.now(UTC))) / scale.factor
        time.sleep(max(0.0, left.total_seconds()) + 0.01)
        assert simulator.call("GET", f"/my/ships/{probe}/nav").json()["data"]["status"] == "IN_ORBIT"


def test_an_anchor_given_is_used_to_the_letter(tmp_path: Path) -> None:
    anchor = TimeScale(60.0, datetime.now(UTC) - timedelta(seconds=100), START)
    with SimulatorProcess(tmp_path, ("--time-anchor", str(anchor))) as simulator:
        assert simulator.ready["time_scale"] == str(anchor)
        status = simulator.call("GET", "/").json()
        assert status["health"]["lastMarketUpdate"] == "2026-01-04T01:30:00.000Z"


def test_the_limit_is_on_unless_switched_off(tmp_path: Path) -> None:
    with SimulatorProcess(tmp_path, ("--time-scale", "1")) as simulator:
        codes = [simulator.call("GET", "/systems").status_code for _ in range(40)]
        assert codes.count(429) >= 4
    with SimulatorProcess(tmp_path, ("--no-rate-limit",)) as simulator:
        assert {simulator.call("GET", "/systems").status_code for _ in range(40)} == {200}


def test_a_body_in_pieces_is_put_together(tmp_path: Path) -> None:
    with SimulatorProcess(tmp_path, ("--no-rate-limit",)) as simulator:
        host, port = simulator.ready["url"].removeprefix("http://").removesuffix("/v2").split(":")
        with socket.create_connection((host, int(port)), timeout=10) as connection:
            connection.sendall(b"POST /v2/register HTTP/1.1\r\nHost: x\r\nContent-Length: 42\r\n\r\n")
            time.sleep(0.05)
            connection.sendall(b'{"symbol": "PIECES", ')
            time.sleep(0.05)
            connection.sendall(b'"faction": "COSMIC" }')
            assert connection.recv(12) == b"HTTP/1.1 201"


@pytest.mark.parametrize(
    ("options", "complaint"),
    [
        (("--time-scale", "0"), "--time-scale must be greater than 0"),
        (("--haulers", "-1"), "must not be negative"),
        (("--capture", "/nowhere.json"), "/nowhere.json"),
        (("--economy", "/nowhere.toml"), "/nowhere.toml"),
        (("--time-anchor", "soon"), "not a time scale"),
    ],
)
def test_wrong_options_are_named_and_nothing_is_served(options: tuple[str, ...], complaint: str) -> None:
    command = [sys.executable, "-m", "manufacturing.simulator", "serve", *options]
    ended = subprocess.run(command, capture_output=True, text=True, timeout=30, env={**os.environ})
    assert ended.returncode == 2
    assert complaint in ended.stderr
    assert "Traceback" not in ended.stderr


def test_a_port_in_use_is_an_error_that_says_so(tmp_path: Path) -> None:
    with SimulatorProcess(tmp_path) as simulator:
        port = simulator.ready["url"].removesuffix("/v2").rsplit(":", 1)[1]
        command = [sys.executable, "-m", "manufacturing.simulator", "serve", "--port", port]
        ended = subprocess.run(command, capture_output=True, text=True, timeout=30)
        assert ended.returncode == 2
        assert "in use" in ended.stderr
