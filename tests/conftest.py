"""Fixtures for tests that need a real database or a real Redis; nothing is started for a test that asks for neither."""

from collections.abc import Iterator

import pytest
from hypothesis import settings

from manufacturing.adapters.embedded import EmbeddedPostgres, EmbeddedValkey
from tests import servers

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
def redis_url() -> str:
    """The redis-py URL of the test run's Redis, emptied."""
    return servers.flushed_redis_url()
