"""Rows on a real, migrated database, and commands as real processes."""

import os
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import Engine

from manufacturing.adapters.postgres.read_model import ReadModel
from manufacturing.cli import main
from manufacturing.domain.player import Player
from tests.postgres.builders import a_player
from tests.postgres.opening import Open

Ask = Callable[..., str]


@pytest.fixture
def model(engine: Engine) -> ReadModel:
    return ReadModel(engine)


@pytest.fixture
def player(uow: Open) -> Player:
    """A stored player with 100,000 credits."""
    new = a_player()
    with uow() as work:
        work.players.add(new)
        work.commit()
    return new


@pytest.fixture
def ask(
    database_url: str,
    player: Player,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> Ask:
    """What a command prints that reads the player's rows; ``code`` is what it is to end with."""
    for name in list(os.environ):
        if name.startswith(("MANUFACTURING_", "SPACETRADERS_", "COLUMNS", "REDIS_URL")):
            monkeypatch.delenv(name)
    monkeypatch.setenv("MANUFACTURING_HOME", str(tmp_path))
    monkeypatch.setenv("DATABASE_URL", database_url)
    monkeypatch.chdir(tmp_path)

    def ask(*arguments: str, code: int = 0) -> str:
        with monkeypatch.context() as here:
            here.setattr(sys, "argv", ["manufacturing", *arguments])
            with pytest.raises(SystemExit) as ended:
                main.main()
        assert (ended.value.code or 0) == code
        return capsys.readouterr().out

    return ask
