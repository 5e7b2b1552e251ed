"""The processes of a fleet."""

import shutil
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from manufacturing.adapters.postgres import database
from manufacturing.adapters.postgres.read_model import ReadModel
from manufacturing.cli.processes import Process, _what_is_missing, command, supervised
from manufacturing.domain.player import Player
from manufacturing.settings import READY_VARIABLE, Settings
from tests.postgres.opening import Open
from tests.servers import ROOT
from tests.simulator.processes import SimulatorProcess


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return replace(Settings.from_environment({}), home=tmp_path, database_url="postgresql://x", redis_url="redis://y")


def option(line: tuple[str, ...], name: str) -> str:
    return line[line.index(name) + 1]


def test_every_queue_has_a_worker_and_one_worker_serves_them_all(tmp_path: Path) -> None:
    workers = (Process.CONTROL, Process.SHIPS, Process.POLLS)
    queues = [option(command(worker, tmp_path), "--queues") for worker in workers]
    assert queues == ["control", "ships", "polls"]
    assert set(option(command(Process.WORKER, tmp_path), "--queues").split(",")) == set(queues)


def test_workers_of_one_machine_have_different_names(tmp_path: Path) -> None:
    names = {option(command(worker, tmp_path), "--hostname") for worker in (Process.CONTROL, Process.SHIPS)}
    assert names == {"control@%h", "ships@%h"}


def test_flower_listens_on_this_machine_only(tmp_path: Path) -> None:
    line = command(Process.FLOWER, tmp_path, 5678)
    assert "--address=127.0.0.1" in line
    assert "--port=5678" in line


def test_a_process_is_told_which_servers_are_in_use(settings: Settings) -> None:
    ships = supervised(Process.SHIPS, settings, 5555)
    assert ships.env is not None
    assert ships.env["DATABASE_URL"] == "postgresql://x"
    assert ships.env["REDIS_URL"] == "redis://y"
    assert ships.env["MANUFACTURING_HOME"] == str(settings.home)
    assert ships.cwd == ROOT
    assert ships.command[0] == sys.executable


def test_a_worker_is_ready_when_it_says_so(settings: Settings) -> None:
    ships = supervised(Process.SHIPS, settings, 5555)
    assert ships.env is not None
    assert ships.ready is not None
    assert ships.prepare is not None
    Path(ships.env[READY_VARIABLE]).touch()
    assert ships.ready()
    ships.prepare()
    assert not ships.ready()


def test_the_procfile_names_processes_that_exist() -> None:
    commands = dict(line.split(": ", 1) for line in (ROOT / "Procfile").read_text().splitlines())
    assert set(commands) == {"universe", "control", "ships", "polls", "beat", "flower"}
    for name, line in commands.items():
        wanted = "manufacturing universe" if name == "universe" else f"manufacturing process {Process(name)}"
        assert line.endswith(f" {wanted}")
    assert shutil.which("manufacturing", path=str(Path(sys.executable).parent))


def test_a_worker_waits_for_schema_player_and_time(empty_database_url: str, settings: Settings, tmp_path: Path) -> None:
    engine = database.connect(empty_database_url)
    try:
        assert "schema" in (_what_is_missing(settings, ReadModel(engine)) or "")
    finally:
        engine.dispose()


def test_a_worker_waits_until_its_player_has_the_time_of_the_server(
    uow: Open, model: ReadModel, player: Player, settings: Settings, tmp_path: Path
) -> None:
    nobody_there = replace(settings, server_url="http://127.0.0.1:9/v2")
    assert "127.0.0.1:9" in (_what_is_missing(nobody_there, model) or "")

    with SimulatorProcess(tmp_path) as simulator:
        here = replace(settings, server_url=simulator.ready["url"])
        assert "time" in (_what_is_missing(here, model) or "")
        with uow() as work:
            work.players.get(player.id).time_scale = simulator.ready["time_scale"]
            work.commit()
        assert _what_is_missing(here, model) is None


def test_a_worker_waits_for_a_player(model: ReadModel, settings: Settings) -> None:
    assert "no player" in (_what_is_missing(settings, model) or "")
