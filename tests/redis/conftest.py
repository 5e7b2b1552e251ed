"""Fixtures for tests of what we keep in Redis."""

from collections.abc import Iterator

import pytest
from redis import Redis

from manufacturing.adapters.redis.client import connect


@pytest.fixture
def client(redis_url: str) -> Iterator[Redis]:
    """A client on an empty Redis."""
    with connect(redis_url) as client:
        yield client
