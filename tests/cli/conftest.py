"""Rows on a real, migrated database, and commands as real processes."""

from collections.abc import Iterator

import pytest
from sqlalchemy import Engine

from manufacturing.adapters.postgres import database
from manufacturing.adapters.postgres.read_model import ReadModel
from manufacturing.adapters.postgres.unit_of_work import PostgresUnitOfWork
from manufacturing.bootstrap import SilentPublisher
from manufacturing.domain.player import Player
from tests.postgres.builders import a_player
from tests.postgres.opening import Open


@pytest.fixture
def engine(database_url: str) -> Iterator[Engine]:
    made = database.connect(database_url)
    yield made
    made.dispose()


@pytest.fixture
def uow(engine: Engine) -> Open:
    sessions = database.session_factory(engine)
    return lambda: PostgresUnitOfWork(sessions, SilentPublisher())


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
