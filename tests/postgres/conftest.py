"""A unit of work on a real, freshly migrated database."""

from collections.abc import Iterator

import pytest
from sqlalchemy import Engine, text
from sqlalchemy.orm import Session

from manufacturing.adapters.postgres import database
from manufacturing.adapters.postgres.tables import metadata
from manufacturing.adapters.postgres.unit_of_work import PostgresUnitOfWork
from manufacturing.domain.events import Event
from manufacturing.domain.manufacturing_pipeline import ManufacturingPipeline
from manufacturing.domain.player import Player
from tests import servers
from tests.postgres.builders import a_pipeline, a_player
from tests.postgres.opening import Open


class Mailbox:
    """A publisher that keeps what it is given."""

    def __init__(self) -> None:
        self.events: list[Event] = []

    def publish(self, events: list[Event]) -> None:
        self.events += events


@pytest.fixture(scope="module")
def shared_engine() -> Iterator[Engine]:
    """A migrated database for all tests of a module: making one takes longer than most of them."""
    with servers.migrated_database() as url:
        made = database.connect(url)
        yield made
        made.dispose()


@pytest.fixture
def engine(shared_engine: Engine) -> Iterator[Engine]:
    """A migrated database without a row."""
    yield shared_engine
    with shared_engine.begin() as connection:
        # For so few rows quicker than TRUNCATE.
        connection.execute(text(";".join(f"DELETE FROM {table}" for table in reversed(metadata.sorted_tables))))


@pytest.fixture
def session(engine: Engine) -> Iterator[Session]:
    """For rows that no repository reads or writes yet."""
    with database.session_factory(engine)() as opened:
        yield opened


@pytest.fixture
def mailbox() -> Mailbox:
    return Mailbox()


@pytest.fixture
def uow(engine: Engine, mailbox: Mailbox) -> Open:
    """Opens units of work that publish to ``mailbox``."""
    sessions = database.session_factory(engine)
    return lambda: PostgresUnitOfWork(sessions, mailbox)


@pytest.fixture
def player(uow: Open) -> Player:
    """A stored player with 100,000 credits."""
    return _stored_player(uow)


@pytest.fixture
def other_player(uow: Open) -> Player:
    """Another stored player."""
    return _stored_player(uow)


@pytest.fixture
def pipeline(uow: Open, player: Player) -> ManufacturingPipeline:
    """A stored pipeline of ``player``."""
    return _stored_pipeline(uow, player)


@pytest.fixture
def other_pipeline(uow: Open, player: Player) -> ManufacturingPipeline:
    """Another stored pipeline of ``player``."""
    return _stored_pipeline(uow, player)


def _stored_player(uow: Open) -> Player:
    new = a_player()
    with uow() as work:
        work.players.add(new)
        work.commit()
    return new


def _stored_pipeline(uow: Open, player: Player) -> ManufacturingPipeline:
    new = a_pipeline(player)
    with uow() as work:
        work.pipelines.add(new)
        work.commit()
    return new
