"""The command line as a player meets it."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from manufacturing.cli import running
from manufacturing.domain.decision import DecisionKind
from manufacturing.domain.ledger import EntryKind
from manufacturing.domain.player import Player
from tests.cli.command_line import Done, runner
from tests.postgres.builders import NOW, a_pipeline, a_ship, a_task, an_entry
from tests.postgres.opening import Open

MANUFACTURING = Path(sys.executable).parent / "manufacturing"


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Callable[..., Done]:
    """Runs a command within the test, with nothing of ours in the environment but what is given."""
    for name in list(os.environ):
        if name.startswith(("MANUFACTURING_", "SPACETRADERS_", "DATABASE_URL", "REDIS_URL", "COLUMNS")):
            monkeypatch.delenv(name)
    monkeypatch.setenv("MANUFACTURING_HOME", str(tmp_path / "home"))
    monkeypatch.chdir(tmp_path)
    return runner(monkeypatch, capsys)


def test_help_names_every_command(run: Callable[..., Done]) -> None:
    done = run("--help")
    assert (done.returncode, done.stderr) == (0, "")
    for command in ("up", "universe", "process", "status", "pipelines", "pipeline", "ships", "ledger", "why", "report"):
        assert f" {command} " in done.stdout


def test_help_does_not_wait_for_what_only_a_fleet_needs(tmp_path: Path) -> None:
    code = "import manufacturing.cli.main, sys; print({'sqlalchemy', 'celery', 'redis'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=True)
    assert done.stdout == "set()\n"


def test_the_installed_command_tells_its_version(tmp_path: Path) -> None:
    done = subprocess.run([str(MANUFACTURING), "--version"], cwd=tmp_path, capture_output=True, text=True, check=True)
    assert done.stdout.startswith("manufacturing ")


@pytest.mark.parametrize(
    ("arguments", "environment", "told"),
    [
        (("status",), {}, "Nothing has been played"),
        (("up",), {"REDIS_URL": "http://x"}, "REDIS_URL must begin with"),
        (("up",), {"MANUFACTURING_CREDIT_FLOOR": "-3"}, "MANUFACTURING_CREDIT_FLOOR must not be negative"),
        (("up", "--seed", "3"), {"SPACETRADERS_TOKEN": "geheim"}, "leave out either"),
        (("up", "--report", "/nowhere/r.json"), {}, "there is no directory /nowhere"),
        (("up", "--capture", "absent.json"), {}, "--capture: cannot read"),
        (("up", "--for", "soon"), {}, "a duration is a number"),
        (("up", "--scenario", "rich"), {}, "established or new-agent"),
        (("universe",), {}, "DATABASE_URL and REDIS_URL must be set"),
        (("process", "ships"), {}, "DATABASE_URL and REDIS_URL must be set"),
        (("process", "nonsense"), {}, "is one of"),
        (("status",), {"DATABASE_URL": "postgresql://me:geheim@127.0.0.1:1/x"}, "Connection refused"),
    ],
)
def test_what_cannot_be_done_is_told_in_a_line_with_exit_code_2(
    run: Callable[..., Done], arguments: tuple[str, ...], environment: dict[str, str], told: str
) -> None:
    done = run(*arguments, **environment)
    assert done.returncode == 2
    assert told in " ".join(done.stderr.replace("│", " ").split())
    assert "Traceback" not in done.stderr
    assert "geheim" not in done.stdout + done.stderr


def test_a_running_fleet_with_a_database_of_its_own_is_told_apart_from_none(
    run: Callable[..., Done], tmp_path: Path
) -> None:
    (tmp_path / "home").mkdir()
    running.Run.of_this_process(
        player_id=1, database_url=None, redis_url=None, flower="", server="", baseline={}
    ).write(tmp_path / "home")
    done = run("status")
    assert done.returncode == 2
    assert "set DATABASE_URL" in done.stderr


def test_settings_may_stand_in_a_dotenv_file_and_the_environment_goes_first(
    run: Callable[..., Done], tmp_path: Path
) -> None:
    (tmp_path / ".env").write_text("REDIS_URL=http://of-the-file\n")
    assert "REDIS_URL" not in run("status", REDIS_URL="redis://127.0.0.1:1/0").stderr
    assert "REDIS_URL" in run("status").stderr
    os.environ.pop("REDIS_URL")


def test_what_follows_the_word_simulator_is_passed_on(
    run: Callable[..., Done], monkeypatch: pytest.MonkeyPatch
) -> None:
    became: list[list[str]] = []

    def become(_: str, command: list[str]) -> None:
        became.append(command)

    monkeypatch.setattr(os, "execv", become)
    run("simulator", "serve", "--seed", "3", "--help")
    assert became == [[sys.executable, "-m", "manufacturing.simulator", "serve", "--seed", "3", "--help"]]


def test_a_reset_of_an_empty_home_has_nothing_to_delete(run: Callable[..., Done]) -> None:
    done = run("reset", "--yes")
    assert done.returncode == 0
    assert "nothing to delete" in done.stdout


def test_doctor_says_what_is_wrong_and_how_to_mend_it(run: Callable[..., Done]) -> None:
    fine = run("doctor")
    assert fine.returncode == 0
    assert "Nothing has been played" in fine.stdout

    database, broker = "postgresql://me:geheim@127.0.0.1:1/x", "redis://:geheim@127.0.0.1:1/0"
    wrong = run("doctor", "--json", DATABASE_URL=database, REDIS_URL=broker)
    assert wrong.returncode == 1
    assert "geheim" not in wrong.stdout
    found = {finding["what"]: finding for finding in json.loads(wrong.stdout)}
    assert found["database"]["verdict"] == "wrong"
    assert "DATABASE_URL" in found["database"]["found"]
    assert found["broker"]["verdict"] == "wrong"
    assert found["Python"]["verdict"] == "ok"


class TestReading:
    """The commands that read, on a database with a little in it."""

    @pytest.fixture(autouse=True)
    def a_little(self, uow: Open, player: Player) -> None:
        pipeline = a_pipeline(player, id="abcdef01-2345", product_good="MACHINERY")
        task = a_task(pipeline, id="fedcba98-7654", reason="too dear")
        with uow() as work:
            work.pipelines.add(pipeline)
            work.tasks.add(task)
            work.ships.add(a_ship(player, "FOREMAN-1"))
            work.ledger.add(an_entry(player, pipeline_id=pipeline.id, good="IRON", amount=-500))
            work.ledger.add(an_entry(player, kind=EntryKind.SALE, good="FOOD", amount=800))
            work.players.move_credits(player.id, amount=300, released=0)
            work.decisions.note(player.id, DecisionKind.PLAN, pipeline.id, "worth it", NOW)
            work.decisions.note(player.id, DecisionKind.PARK, task.id, "too dear", NOW)
            work.decisions.note(player.id, DecisionKind.SKIP, "IRON", "no source", NOW)
            work.commit()

    @pytest.fixture
    def ask(self, run: Callable[..., Done], database_url: str) -> Callable[..., Done]:
        return lambda *arguments: run(*arguments, DATABASE_URL=database_url)

    def test_as_tables(self, ask: Callable[..., Done]) -> None:
        assert "100,300 (+300 in all)" in ask("status").stdout
        assert "MACHINERY" in ask("pipelines").stdout
        assert "no task is ready for it" in ask("ships").stdout
        assert "sum of these 2: +300" in ask("ledger").stdout
        one = ask("pipeline", "abc").stdout
        assert "sum of 1 ledger entries: -500" in one
        assert "too dear" in one
        assert "worth it" in one
        assert "accounts for every credit" in ask("report").stdout

    def test_as_json(self, ask: Callable[..., Done]) -> None:
        def told(*arguments: str) -> Any:
            return json.loads(ask(*arguments, "--json").stdout)

        assert told("status")["books_balance"] is True
        assert [pipeline["id"] for pipeline in told("pipelines")] == ["abcdef01-2345"]
        assert told("pipeline", "ABC")["ledger_sum"] == -500
        assert [ship["symbol"] for ship in told("ships")] == ["FOREMAN-1"]
        assert [entry["amount"] for entry in told("ledger", "--good", "food")] == [800]
        assert [entry["amount"] for entry in told("ledger", "--pipeline", "abc")] == [-500]
        report = told("report")
        assert report["credits"] == {"start": 100_000, "end": 100_300, "change": 300}
        assert report["ledger_sum"] == 300
        assert report["pipelines"]["running"] == 1
        assert report["forecasts"] == {"completed": 0, "with_forecast": 0, "with_actual": 0}
        assert [metric["name"] for metric in report["metrics"]] == [
            "orchestrator size",
            "supply polls",
            "factory conflicts",
            "profit forecast and actual",
            "idle while work is ready",
            "intermediate goods shared",
            "feature coverage",
        ]

    def test_why_knows_goods_pipelines_and_tasks(self, ask: Callable[..., Done]) -> None:
        def reasons(subject: str) -> set[str]:
            return {decision["reason"] for decision in json.loads(ask("why", subject, "--json").stdout)}

        assert reasons("iron") == {"no source"}
        assert reasons("fedc") == {"too dear"}
        assert reasons("abcdef") == {"worth it", "too dear"}, "a pipeline speaks for its tasks"
        assert "Nothing was decided" in ask("why", "GOLD").stdout

    def test_what_is_not_there_is_told(self, ask: Callable[..., Done]) -> None:
        done = ask("pipeline", "zzz")
        assert (done.returncode, done.stdout) == (2, "")
        assert "There is no pipeline zzz" in done.stderr
