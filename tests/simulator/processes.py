"""Simulators as real processes, for tests of what only a process can show."""

import json
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any

import requests

_START_SECONDS = 30


@dataclass
class SimulatorProcess:
    """A simulator that serves on a free port while the ``with`` block runs."""

    directory: Path
    options: tuple[str, ...] = ()
    session: requests.Session = field(default_factory=requests.Session)

    def __enter__(self) -> "SimulatorProcess":
        self.ready_file = self.directory / "ready.json"
        self.ready_file.unlink(missing_ok=True)
        self.process = subprocess.Popen(
            [
                *(sys.executable, "-m", "manufacturing.simulator", "serve"),
                *("--ready-file", str(self.ready_file), *self.options),
            ],
            stderr=subprocess.PIPE,
            text=True,
        )
        deadline = time.monotonic() + _START_SECONDS
        while not self.ready_file.exists():
            if self.process.poll() is not None:
                assert self.process.stderr is not None
                raise AssertionError(f"the simulator ended: {self.process.stderr.read()}")
            assert time.monotonic() < deadline, "the simulator does not come up"
            time.sleep(0.02)
        self.ready: dict[str, Any] = json.loads(self.ready_file.read_text())
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.session.close()
        if self.process.poll() is None:
            self.process.terminate()
        try:
            self.process.wait(timeout=10)
        finally:
            self.process.kill()
            assert self.process.stderr is not None
            self.process.stderr.close()

    def call(self, method: str, path: str, body: Any = None, **headers: str) -> requests.Response:
        """One call over HTTP."""
        return self.session.request(method, self.ready["url"] + path, json=body, headers=headers, timeout=10)

    def register(self, symbol: str = "TESTER") -> dict[str, Any]:
        """Registers an agent and uses its token from now on."""
        response = self.call("POST", "/register", {"symbol": symbol, "faction": "COSMIC"})
        assert response.status_code == 201, response.text
        data: dict[str, Any] = response.json()["data"]
        self.session.headers["authorization"] = f"Bearer {data['token']}"
        return data

    def use(self, token: str) -> None:
        """Uses a token from an earlier life."""
        self.session.headers["authorization"] = f"Bearer {token}"
