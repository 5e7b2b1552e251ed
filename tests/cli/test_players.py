"""`manufacturing player`: against a real simulator, database and broker."""

import json
import os
import pty
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from manufacturing.adapters.spacetraders.tokens import TokenFiles
from manufacturing.bootstrap import build_fleet, token_of
from manufacturing.cli.console import CannotDo
from manufacturing.cli.enrolling import Wanted, enrol_agents
from manufacturing.cli.simulation import SimulatedUniverse, UniverseOptions, chosen_universe
from manufacturing.domain.clock import TimeScale
from manufacturing.domain.credit_floor import CreditFloor
from manufacturing.domain.gateway import UniverseReset
from manufacturing.domain.ledger import EntryKind
from manufacturing.domain.player import Player, PlayerStatus
from manufacturing.settings import READY_FILE, Secret, Settings
from tests.cli.command_line import Done, runner
from tests.postgres.builders import an_entry
from tests.postgres.opening import Open
from tests.simulator.processes import SimulatorProcess


@dataclass
class Home:
    """A home whose universe is served, and in which commands are run."""

    settings: Settings
    universe: SimulatedUniverse
    simulator: SimulatorProcess
    uow: Open
    run: Callable[..., Done]

    def do(self, *arguments: str, **environment: str) -> str:
        """Runs a command that must succeed; what it said."""
        done = self.run(*arguments, **environment)
        assert (done.returncode, done.stderr) == (0, ""), done
        return done.stdout

    def cannot(self, *arguments: str, **environment: str) -> str:
        """Runs a command that must not succeed; what it complained of, in one line."""
        done = self.run(*arguments, **environment)
        assert done.returncode == 2, done
        assert "Traceback" not in done.stderr
        return " ".join(done.stderr.split())

    def players(self) -> list[Player]:
        with self.uow() as work:
            return work.players.all()

    def told(self) -> list[dict[str, Any]]:
        listed: list[dict[str, Any]] = json.loads(self.do("player", "list", "--json"))
        return listed

    def reset(self) -> str:
        """Ends the universe; the new one's reset date."""
        date: str = self.simulator.call("POST", "/../admin/reset").json()["data"]["resetDate"]
        return date

    def written(self) -> str:
        """Everything the database holds, as text."""
        with self.uow() as work:
            rows = [str(vars(player)) for player in work.players.all()]
            rows += [str(vars(it)) for p in work.players.all() for it in work.decisions.recent(p.id, 1000)]
        return "\n".join(rows)


@pytest.fixture
def home(
    tmp_path: Path,
    database_url: str,
    redis_url: str,
    uow: Open,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> Iterator[Home]:
    for name in list(os.environ):
        if name.startswith(("MANUFACTURING_", "SPACETRADERS_", "COLUMNS")):
            monkeypatch.delenv(name)
    monkeypatch.setenv("MANUFACTURING_HOME", str(tmp_path))
    monkeypatch.setenv("DATABASE_URL", database_url)
    monkeypatch.setenv("REDIS_URL", redis_url)
    monkeypatch.chdir(tmp_path)
    settings = Settings.from_environment()
    universe = chosen_universe(tmp_path, UniverseOptions(seed=7, haulers=1))
    universe.begin()
    options = ("--state", str(universe.state), "--time-scale", "600", "--admin", *universe.arguments)
    with SimulatorProcess(universe.directory, options) as simulator:
        (tmp_path / READY_FILE).write_bytes(simulator.ready_file.read_bytes())
        yield Home(settings, universe, simulator, uow, runner(monkeypatch, capsys))


def test_a_further_agent_is_registered_and_has_a_floor_and_parts_of_its_own(home: Home) -> None:
    assert "agent FOREMAN in X1-" in home.do("player", "add", "foreman")
    said = home.do("player", "add", "HELPER", "--floor", "10%", "--parts", "3")

    assert "it was added" in said
    assert "`manufacturing up` plays it" in said
    first, second = home.players()
    assert (first.own_floor, first.budget_weight) == (None, 1)
    assert (second.own_floor, second.budget_weight) == (CreditFloor(share=0.1), 3)
    assert {player.status for player in (first, second)} == {PlayerStatus.ACTIVE}
    tokens = [token_of(home.settings, player.agent_symbol) for player in (first, second)]
    assert None not in tokens
    assert tokens[0] != tokens[1]
    assert [player["token_kept"] for player in home.told()] == [True, True]
    assert "is known already" in home.do("player", "add", "HELPER")


def test_floor_and_parts_can_be_changed_and_the_floor_taken_away(home: Home) -> None:
    home.do("player", "add", "HELPER")

    home.do("player", "floor", "helper", "200,000")
    home.do("player", "parts", "HELPER", "4")
    (player,) = home.players()
    assert (player.own_floor, player.budget_weight) == (CreditFloor(amount=200_000), 4)

    home.do("player", "floor", "HELPER", "default")
    (player,) = home.players()
    assert (player.own_floor, player.budget_weight) == (None, 4)


def test_a_token_comes_from_a_file_and_is_written_nowhere_else(home: Home, tmp_path: Path) -> None:
    token = home.simulator.register("STRANGER")["token"]
    (tmp_path / "key").write_text(f"{token}\n")

    said = home.do("player", "add", "--token-file", str(tmp_path / "key"))

    assert "agent STRANGER" in said
    assert TokenFiles(tmp_path).read("STRANGER") == token
    assert TokenFiles(tmp_path).path("STRANGER").stat().st_mode & 0o777 == 0o600
    for text in (said, home.do("player", "list"), home.do("status", "--json"), home.written()):
        assert token not in text
    assert token not in "".join(f.read_text() for f in tmp_path.rglob("*.log"))


def test_a_token_file_may_be_named_by_the_environment(home: Home, tmp_path: Path) -> None:
    (tmp_path / "key").write_text(home.simulator.register("STRANGER")["token"])
    url = str(home.simulator.ready["url"])

    home.do("player", "add", SPACETRADERS_TOKEN_FILE=str(tmp_path / "key"), SPACETRADERS_URL=url)

    (player,) = home.players()
    assert (player.agent_symbol, player.server_url) == ("STRANGER", url)


def test_a_token_is_asked_for_at_a_terminal_and_not_shown(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    token = home.simulator.register("STRANGER")["token"]
    terminal, keyboard = pty.openpty()
    with os.fdopen(keyboard, "r") as stdin:
        monkeypatch.setattr(sys, "stdin", stdin)
        monkeypatch.setattr("getpass.getpass", lambda _prompt: token)
        assert token not in home.do("player", "add", "--ask-token")
    os.close(terminal)
    assert [player.agent_symbol for player in home.players()] == ["STRANGER"]


def test_what_is_no_token_and_what_is_no_agent_is_told(home: Home, tmp_path: Path) -> None:
    (tmp_path / "words").write_text("not a token")
    (tmp_path / "invented").write_text("eyJhbGciOi.eyJpZGVudGlmaWVy.c2lnbmF0dXJl")
    (tmp_path / "other").write_text(home.simulator.register("STRANGER")["token"])

    assert "Give a call sign to register" in home.cannot("player", "add")
    assert "no token in" in home.cannot("player", "add", "--token-file", "words")
    assert "cannot read absent" in home.cannot("player", "add", "--token-file", "absent")
    assert "does not accept the token" in home.cannot("player", "add", "--token-file", "invented")
    assert "needs a terminal" in home.cannot("player", "add", "--ask-token")
    assert "is that of STRANGER, not of HELPER" in home.cannot("player", "add", "HELPER", "--token-file", "other")
    assert "3 to 14 letters" in home.cannot("player", "add", "x")
    assert "There is no player NOBODY" in home.cannot("player", "floor", "NOBODY", "5")
    assert "no floor" in home.cannot("player", "add", "HELPER", "--floor", "much")
    assert "No player HELPER was ever enrolled" in home.cannot("player", "renew", "HELPER")
    assert home.players() == []


def test_the_token_of_the_environment_is_for_its_own_agent_alone(home: Home) -> None:
    home.do("player", "add", "HELPER")
    token = TokenFiles(home.settings.home).read("HELPER") or ""

    configured = replace(home.settings, home=home.settings.home / "elsewhere", token=Secret(token))

    assert token_of(configured, "HELPER") == token
    assert token_of(configured, "FOREMAN") is None


def test_after_a_reset_an_agent_begins_anew_and_what_it_did_can_still_be_read(home: Home) -> None:
    home.do("player", "add", "HELPER", "--floor", "10%", "--parts", "2")
    (old,) = home.players()
    with home.uow() as work:
        work.ledger.add(an_entry(old, kind=EntryKind.SALE, good="IRON", amount=800))
        work.players.move_credits(old.id, amount=800, released=0)
        work.commit()
    assert "was not reset" in home.cannot("player", "renew", "HELPER")

    date = home.reset()
    with pytest.raises(UniverseReset):
        _gateway(home, old).get_agent()
    with pytest.raises(CannotDo, match="`manufacturing player renew HELPER`"):
        enrol_agents(home.settings, home.universe, Wanted(names=("HELPER",)))
    said = home.do("player", "renew", "HELPER")

    assert f"HELPER of {old.reset_date} can still be read with --player {old.id}" in said
    before, now = home.players()
    assert (before.id, before.status, before.credits) == (old.id, PlayerStatus.RESET, old.credits + 800)
    assert "was reset" in (before.status_reason or "")
    assert (now.status, now.reset_date) == (PlayerStatus.ACTIVE, date)
    assert (now.own_floor, now.budget_weight) == (CreditFloor(share=0.1), 2)
    assert _gateway(home, now).get_agent().symbol == "HELPER"
    assert "was not reset" in home.cannot("player", "renew", "HELPER")

    number = str(old.id)
    assert json.loads(home.do("status", "--json", "--player", number))["status"] == "RESET"
    assert [e["amount"] for e in json.loads(home.do("ledger", "--json", "--player", number))] == [800]
    assert json.loads(home.do("report", "--json", "--player", number))["ledger_sum"] == 800
    assert json.loads(home.do("status", "--json", "--player", "helper"))["status"] == "ACTIVE"
    assert json.loads(home.do("ledger", "--json")) == []
    assert "There is no player 77" in home.cannot("status", "--player", "77")


def test_a_new_token_begins_anew_where_agents_cannot_be_registered(home: Home, tmp_path: Path) -> None:
    url = str(home.simulator.ready["url"])
    (tmp_path / "key").write_text(home.simulator.register("STRANGER")["token"])
    home.do("player", "add", "--token-file", "key", SPACETRADERS_URL=url)

    home.reset()
    again = home.cannot("player", "renew", "STRANGER", "--token-file", "key", SPACETRADERS_URL=url)
    assert "The universe was reset on" in again
    assert "no more" in home.cannot("player", "renew", "STRANGER", SPACETRADERS_URL=url)
    assert [player.status for player in home.players()] == [PlayerStatus.RESET]

    (tmp_path / "new-key").write_text(home.simulator.register("STRANGER")["token"])
    home.do("player", "renew", "STRANGER", "--token-file", "new-key", SPACETRADERS_URL=url)
    assert [player.status for player in home.players()] == [PlayerStatus.RESET, PlayerStatus.ACTIVE]


def test_so_many_agents_are_played_known_ones_first(home: Home) -> None:
    home.do("player", "add", "HELPER")

    crew = enrol_agents(home.settings, home.universe, Wanted(number=3))

    assert [enrolled.player.agent_symbol for enrolled in crew] == ["FOREMAN", "HELPER", "FOREMAN2"]
    assert len({enrolled.player.id for enrolled in crew}) == 3
    assert len({enrolled.player.time_scale for enrolled in crew}) == 1
    assert [enrolled.gateway.get_agent().symbol for enrolled in crew] == ["FOREMAN", "HELPER", "FOREMAN2"]
    again = enrol_agents(home.settings, home.universe, Wanted())
    assert [enrolled.player.agent_symbol for enrolled in again] == ["FOREMAN", "HELPER", "FOREMAN2"]


def test_agents_that_are_not_named_rest_and_wake_when_they_are(home: Home) -> None:
    enrol_agents(home.settings, home.universe, Wanted(number=2))

    def statuses() -> dict[str, PlayerStatus]:
        return {player.agent_symbol: player.status for player in home.players()}

    enrol_agents(home.settings, home.universe, Wanted(names=("FOREMAN2",)))
    assert statuses() == {"FOREMAN": PlayerStatus.RESET, "FOREMAN2": PlayerStatus.ACTIVE}
    assert "FOREMAN2 is played in simulated universe" in home.do("player", "list")
    enrol_agents(home.settings, home.universe, Wanted(names=("FOREMAN", "FOREMAN2")))
    assert statuses() == {"FOREMAN": PlayerStatus.ACTIVE, "FOREMAN2": PlayerStatus.ACTIVE}


def test_more_agents_than_there_are_tokens_for_is_told_where_none_can_be_registered(home: Home) -> None:
    settings = replace(home.settings, server_url=str(home.simulator.ready["url"]))
    with pytest.raises(CannotDo, match="tokens of 1 here"):
        enrol_agents(settings, None, Wanted(number=2))


def _gateway(home: Home, player: Player) -> Any:
    return build_fleet(home.settings, scale=TimeScale.real()).gateways.of(player)
