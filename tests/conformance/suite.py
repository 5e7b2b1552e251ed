"""Clients that others wrote play against the simulator: run by `make conformance`, which installs them first.

Every client plays three games at once with the others, each against a server of its own: a long one, the same against a
strict server, and a short one in real time with the rate limit on.
"""

import json
import os
import subprocess
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import pytest

from tests.conformance import page
from tests.conformance.drivers.game import IMPATIENT_CALLS
from tests.conformance.drivers.journal import BROKEN, MISSING, WORKS
from tests.conformance.limits import LIMITS, STRICT
from tests.simulator.processes import SimulatorProcess

ROOT: Final = Path(__file__).parent.parent.parent
ENVIRONMENTS: Final = ROOT / ".venv-conformance"
DRIVERS: Final = {
    "spacetraders": "play_spacetraders",
    "spacetraders-sdk": "play_spacetraders_sdk",
    "SnakesInSpace": "play_snakesinspace",
    "autotraders": "play_autotraders",
}
CLIENTS: Final = pytest.mark.parametrize("client", DRIVERS)
#: All games are played before the first test.
pytestmark = pytest.mark.timeout(600)

_FAST: Final = ("--time-scale", "300", "--no-rate-limit")
_PATIENCE_SECONDS: Final = 300


@dataclass(frozen=True)
class Game:
    """A game that was played."""

    client: str
    version: str
    steps: list[dict[str, str]]
    agent: dict[str, Any]
    """The agent as the server has it in the end."""

    @property
    def outcomes(self) -> dict[str, str]:
        """What came of each step."""
        return {entry["step"]: entry["outcome"] for entry in self.steps}

    @property
    def details(self) -> dict[str, str]:
        """What was met in each step that did not work."""
        return {entry["step"]: f"{entry['outcome']}: {entry['detail']}" for entry in self.steps}


def _play(directory: Path, client: str, game: str, options: tuple[str, ...]) -> Game:
    directory.mkdir(parents=True)
    python = ENVIRONMENTS / client / "bin" / "python"
    assert python.exists(), f"{python} is missing: run `make conformance`, which installs the clients"
    with SimulatorProcess(directory, ("--seed", "7", *options)) as simulator:
        spare = simulator.register("SPARE")["token"]
        played = subprocess.run(
            [
                *(python, "-m", f"tests.conformance.drivers.{DRIVERS[client]}"),
                *(game, simulator.ready["url"], "PLAYER", spare),
            ],
            # Some clients write to the current directory.
            cwd=directory,
            env={**os.environ, "PYTHONPATH": str(ROOT), "PYTHONDONTWRITEBYTECODE": "1", "NO_PROXY": "127.0.0.1"},
            capture_output=True,
            text=True,
            timeout=_PATIENCE_SECONDS,
        )
        assert played.returncode == 0, f"{client} ended the {game} game:\n{played.stdout}{played.stderr}"
        summary = json.loads(played.stdout.splitlines()[-1])
    return Game(**summary)


@pytest.fixture(scope="module")
def games(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, dict[str, Game]]]:
    """Every game of every client, by kind and client. They are played at the same time: mostly, clients wait."""
    now = datetime.now(UTC).isoformat(timespec="seconds")
    kinds = {
        "long": ("long", _FAST),
        "strict": ("long", (*_FAST, "--strict")),
        "real-time": ("real-time", ("--time-anchor", f"1@{now}>{now}")),
    }
    directory = tmp_path_factory.mktemp("games")
    with ThreadPoolExecutor(len(kinds) * len(DRIVERS)) as pool:
        playing = {
            kind: {client: pool.submit(_play, directory / kind / client, client, game, options) for client in DRIVERS}
            for kind, (game, options) in kinds.items()
        }
        yield {kind: {client: game.result() for client, game in each.items()} for kind, each in playing.items()}


@CLIENTS
@pytest.mark.parametrize("kind", ["long", "real-time"])
def test_a_client_can_do_all_but_what_is_known(games: dict[str, dict[str, Game]], kind: str, client: str) -> None:
    game = games[kind][client]
    failed = {step for step, outcome in game.outcomes.items() if outcome != WORKS}
    known = LIMITS[client].keys() & game.outcomes.keys()
    unknown = {step: game.details[step] for step in failed - known}
    assert not unknown, f"{client} failed in the {kind} game: {unknown}"
    assert known <= failed, f"{client} can do what it is said not to: {sorted(known - failed)}"
    assert len(failed) < len(game.outcomes) / 3


@CLIENTS
def test_the_usual_errands_are_done_by_every_client(games: dict[str, dict[str, Game]], client: str) -> None:
    outcomes = games["long"][client].outcomes
    for step in (
        *("log in", "own agent", "list systems", "list waypoints, all pages", "list ships, all pages"),
        *("a market with quotes", "orbit", "navigate", "dock", "refuel", "buy", "sell"),
        *("list contracts", "accept a contract", "deliver", "fulfil a contract", "negotiate a contract"),
        *("a shipyard with prices", "buy a ship", "survey", "extract"),
        *("buy what is not sold (refused)", "sell what is not aboard (refused)"),
    ):
        assert outcomes[step] == WORKS, games["long"][client].details[step]


@CLIENTS
def test_a_client_waits_by_its_own_clock_and_bears_the_rate_limit(
    games: dict[str, dict[str, Game]], client: str
) -> None:
    outcomes = games["real-time"][client].outcomes
    assert outcomes["wait for arrival"] in (WORKS, MISSING)
    assert (outcomes["navigate"], outcomes["dock"], outcomes["too many calls"]) == (WORKS, WORKS, WORKS)


@CLIENTS
def test_a_strict_server_refuses_what_is_known_of_a_client(games: dict[str, dict[str, Game]], client: str) -> None:
    tolerant, strict = games["long"][client].outcomes, games["strict"][client].outcomes
    refused = {
        step: games["strict"][client].details[step]
        for step, outcome in strict.items()
        if outcome not in (WORKS, MISSING) and tolerant[step] == WORKS
    }
    known = {step for steps in STRICT[client].values() for step in steps}
    assert set(refused) == known, f"{client} was refused: {refused}"


@CLIENTS
def test_the_server_counts_the_ship_that_a_client_bought(games: dict[str, dict[str, Game]], client: str) -> None:
    at_start, game = games["real-time"][client].agent["shipCount"], games["long"][client]
    scrapped = game.outcomes["scrap"] == WORKS
    assert game.agent["shipCount"] == (at_start if scrapped else at_start + 1)


def test_the_page_says_what_happened(games: dict[str, dict[str, Game]], request: pytest.FixtureRequest) -> None:
    assert BROKEN in {outcome for game in games["long"].values() for outcome in game.outcomes.values()}
    text = page.render(
        {client: game.version for client, game in games["long"].items()},
        {client: game.steps for client, game in games["long"].items()},
        {client: game.steps for client, game in games["real-time"].items()},
        IMPATIENT_CALLS,
    )
    if request.config.getoption("--write-page"):
        page.write(text)
    assert page.read() == text, "docs/conformance.md is out of date: `make conformance ARGS=--write-page` writes it"
