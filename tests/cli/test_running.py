"""run.json: what a run tells other terminals."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from manufacturing.cli import running


@pytest.fixture
def run() -> running.Run:
    return running.Run.of_this_process(
        player_id=3,
        database_url="postgresql+psycopg2://postgres@:5432/x?host=/tmp/x",
        redis_url=None,
        flower="http://127.0.0.1:5555",
        server="http://127.0.0.1:80/v2",
        baseline={"credits": 5},
    )


def test_a_run_is_found_while_its_process_lives(tmp_path: Path, run: running.Run) -> None:
    assert running.find(tmp_path) is None
    run.write(tmp_path)
    assert running.find(tmp_path) == run
    running.forget(tmp_path)
    assert running.find(tmp_path) is None


def test_only_its_owner_may_read_it(tmp_path: Path, run: running.Run) -> None:
    run.write(tmp_path)
    assert (tmp_path / "run.json").stat().st_mode & 0o777 == 0o600


def test_a_run_that_was_killed_is_no_run(tmp_path: Path, run: running.Run) -> None:
    run.write(tmp_path)
    gone = subprocess.Popen([sys.executable, "-c", ""])
    gone.wait()
    told = json.loads((tmp_path / "run.json").read_text())
    for change in ({"pid": gone.pid}, {"began": "1"}):
        (tmp_path / "run.json").write_text(json.dumps(told | change))
        assert running.find(tmp_path) is None


def test_a_file_that_cannot_be_understood_is_no_run(tmp_path: Path) -> None:
    for text in ("", "{}", "[1]", '{"pid": 1}'):
        (tmp_path / "run.json").write_text(text)
        assert running.find(tmp_path) is None
