"""Rows on a real, migrated database, and commands as real processes."""

import pytest
from sqlalchemy import Engine

from manufacturing.adapters.postgres.read_model import ReadModel
from manufacturing.domain.player import Player
from tests.postgres.builders import a_player
from tests.postgres.opening import Open


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
