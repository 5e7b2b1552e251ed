"""The simulated universes of a home, each in a directory of its own, and the simulator process that serves one.

A universe is known by what makes it different from others (seed, scenario, …), so whoever asks for another one gets it
without losing the first. Run as a script, this module becomes the simulator: at the first start of a run with a clock
of its own, and when it was started again in the middle of one, with the clock and the address it had before.
"""

import hashlib
import json
import os
import re
import secrets
import shutil
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

from manufacturing.cli.console import CannotDo

#: The default of `manufacturing up`: game seconds per wall second.
TIME_SCALE: Final = 60.0
#: A clock file older than this, in wall seconds, is not gone on with.
_CLOCK_KEPT_SECONDS: Final = 120.0
_PROBE_SECONDS: Final = 1.0
_SERVER_PREFIX: Final = "simulator:"
_FILE: Final = "universe.json"
#: Names the universe played last.
_LAST: Final = "last"


@dataclass(frozen=True, kw_only=True)
class UniverseOptions:
    """What a player may ask of a universe. None: as it is, or the simulator's default for a new one."""

    seed: int | None = None
    scenario: str | None = None
    capture: Path | None = None
    haulers: int | None = None
    credits: int | None = None

    @property
    def given(self) -> bool:
        """Whether anything was asked for."""
        return self != UniverseOptions()

    def name(self) -> str:
        """What a universe with these options is called; the same for the same universe."""
        parts = []
        if self.capture is not None:
            parts.append(f"capture-{_digest(self.capture)}")
        if self.seed is not None or self.capture is None:
            parts.append(f"seed-{1 if self.seed is None else self.seed}")
        if self.scenario not in (None, "established"):
            parts.append(str(self.scenario))
        if self.haulers not in (None, 8):
            parts.append(f"haulers-{self.haulers}")
        if self.credits is not None:
            parts.append(f"credits-{self.credits}")
        return "-".join(parts)

    def arguments(self) -> list[str]:
        """The same as options of the simulator."""
        asked = {
            "--seed": self.seed,
            "--scenario": self.scenario,
            "--capture": self.capture,
            "--haulers": self.haulers,
            "--credits": self.credits,
        }
        return [word for option, value in asked.items() if value is not None for word in (option, str(value))]


@dataclass(frozen=True, kw_only=True)
class SimulatedUniverse:
    """One universe of a home."""

    directory: Path
    id: str
    """Tells it from an earlier one of the same name."""
    arguments: tuple[str, ...]
    """What the simulator is told when it makes it."""
    begun: bool
    """Whether it exists: from then on it goes on as it is."""

    @property
    def name(self) -> str:
        """As the player may ask for it."""
        return self.directory.name

    @property
    def server_name(self) -> str:
        """What the player's rows say of where it plays."""
        return f"{_SERVER_PREFIX}{self.name}:{self.id}"

    @property
    def state(self) -> Path:
        """Where the simulator keeps it."""
        return self.directory / "state"

    def begin(self) -> None:
        """The simulator serves it: it exists, and it is the one played last."""
        replace(self, begun=True).write()
        (self.directory.parent / _LAST).write_text(f"{self.name}\n", encoding="utf-8")

    def write(self) -> None:
        """Keeps what is known of it."""
        self.directory.mkdir(parents=True, exist_ok=True)
        told = {"id": self.id, "arguments": self.arguments, "begun": self.begun}
        beside = self.directory / f"{_FILE}.new"
        beside.write_text(json.dumps(told), encoding="utf-8")
        beside.replace(self.directory / _FILE)


def is_simulated(server_name: str) -> bool:
    """Whether a player with this server name plays in a simulated universe."""
    return server_name.startswith(_SERVER_PREFIX)


def shown_server(server_name: str) -> str:
    """The server name as people should read it."""
    if is_simulated(server_name):
        return f"simulated universe {server_name.removeprefix(_SERVER_PREFIX).partition(':')[0]}"
    return server_name


def chosen_universe(home: Path, options: UniverseOptions) -> SimulatedUniverse:
    """The universe with these options; without any, the one played last."""
    folder = universes_folder(home)
    last = folder / _LAST
    name = options.name()
    if not options.given and last.is_file():
        name = last.read_text(encoding="utf-8").strip()
    directory = folder / name
    try:
        kept = json.loads((directory / _FILE).read_text(encoding="utf-8"))
        universe = SimulatedUniverse(
            directory=directory, id=kept["id"], arguments=tuple(kept["arguments"]), begun=kept["begun"]
        )
    except (OSError, ValueError, KeyError):
        universe = SimulatedUniverse(
            directory=directory, id=secrets.token_hex(4), arguments=tuple(options.arguments()), begun=False
        )
        universe.write()
    return universe


def universes_folder(home: Path) -> Path:
    """Where the universes of a home are."""
    return home / "universes"


def delete_universes(home: Path) -> None:
    """Deletes every universe of the home."""
    shutil.rmtree(universes_folder(home), ignore_errors=True)


@dataclass(frozen=True, kw_only=True)
class Served:
    """A simulator that listens."""

    url: str
    time_scale: str


def served(ready_file: Path) -> Served | None:
    """What the simulator wrote when it listened last; None when it wrote nothing that can be read."""
    try:
        told: Mapping[str, Any] = json.loads(ready_file.read_text(encoding="utf-8"))
        return Served(url=str(told["url"]), time_scale=str(told["time_scale"]))
    except (OSError, ValueError, KeyError, TypeError):
        return None


def answers(ready_file: Path) -> bool:
    """Whether the simulator that wrote the file answers now."""
    simulator = served(ready_file)
    if simulator is None:
        return False
    try:
        with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(
            simulator.url + "/", timeout=_PROBE_SECONDS
        ) as answer:
            return bool(answer.status == 200)
    except (urllib.error.URLError, OSError):
        return False


def keep_clock(ready_file: Path) -> None:
    """Says that the clock the file tells is in use: to be called every few seconds while the simulator runs."""
    try:
        os.utime(ready_file)
    except FileNotFoundError:
        return


def drop_old_clock(ready_file: Path, factor: float) -> None:
    """Forgets the file when its clock has not been in use for a while, or ran at another speed."""
    simulator = served(ready_file)
    try:
        fresh = time.time() - ready_file.stat().st_mtime < _CLOCK_KEPT_SECONDS
    except FileNotFoundError:
        return
    if simulator is None or not fresh or float(simulator.time_scale.partition("@")[0]) != float(f"{factor:g}"):
        ready_file.unlink(missing_ok=True)


def simulator_command(universe: SimulatedUniverse, ready_file: Path, factor: float, port: int) -> tuple[str, ...]:
    """The command that serves the universe, at a free port if ``port`` is 0.

    While the ready file of an earlier start exists, it goes on with the clock and the address told there.
    """
    asked = () if universe.begun else universe.arguments
    at = ("--port", str(port)) if port else ()
    options = ("--time-scale", f"{factor:g}", "--state", str(universe.state), *at, *asked)
    return (sys.executable, "-m", "manufacturing.cli.simulation", str(ready_file), *options)


def _become_simulator(ready_file: Path, options: list[str]) -> None:
    before = served(ready_file)
    if before is not None:
        options = ["--time-anchor", before.time_scale, "--port", str(urlsplit(before.url).port), *options]
    command = [sys.executable, "-m", "manufacturing.simulator", "serve", "--ready-file", str(ready_file), *options]
    os.execv(sys.executable, command)


def _digest(capture: Path) -> str:
    try:
        digest = hashlib.sha256(capture.read_bytes()).hexdigest()[:8]
    except OSError as error:
        raise CannotDo(f"--capture: cannot read {capture}: {error.strerror}") from error
    return re.sub(r"[^A-Za-z0-9_]", "_", f"{capture.stem}_{digest}")


if __name__ == "__main__":
    _become_simulator(Path(sys.argv[1]), sys.argv[2:])
