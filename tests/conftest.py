"""Fixtures for tests that need a real database or a real Redis; nothing is started for a test that asks for neither."""

import signal
from collections.abc import Iterator

import pytest
from hypothesis import settings
from sqlalchemy import Engine

from manufacturing.adapters.embedded import EmbeddedPostgres, EmbeddedValkey
from manufacturing.adapters.postgres import database
from manufacturing.adapters.postgres.unit_of_work import PostgresUnitOfWork
from manufacturing.bootstrap import SilentPublisher
from tests import servers
from tests.postgres.opening import Open

# A shell starts what it puts into the background deaf to the keyboard's interrupt, and processes hand that down: those
# of the tests have to hear it.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)

# A busy machine makes a rule slow, not wrong: speed is measured by benchmarks.
settings.register_profile("patient", deadline=None)
settings.load_profile("patient")


@pytest.fixture(scope="session")
def postgres_server() -> EmbeddedPostgres:
    """The database server of the test run."""
    return servers.postgres()


@pytest.fixture(scope="session")
def valkey_server() -> EmbeddedValkey:
    """The Redis of the test run."""
    return servers.valkey()


@pytest.fixture
def empty_database_url() -> Iterator[str]:
    """The SQLAlchemy URL of a database of the test's own, without tables."""
    with servers.empty_database() as url:
        yield url


@pytest.fixture
def database_url() -> Iterator[str]:
    """The SQLAlchemy URL of a database of the test's own, with all migrations applied."""
    with servers.migrated_database() as url:
        yield url


@pytest.fixture
def engine(database_url: str) -> Iterator[Engine]:
    """Connections to that database."""
    made = database.connect(database_url)
    yield made
    made.dispose()


@pytest.fixture
def uow(engine: Engine) -> Open:
    """Opens units of work there; nobody hears of what they do."""
    sessions = database.session_factory(engine)
    return lambda: PostgresUnitOfWork(sessions, SilentPublisher())


@pytest.fixture
def redis_url() -> str:
    """The redis-py URL of the test run's Redis, emptied."""
    return servers.flushed_redis_url()
