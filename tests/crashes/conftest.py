"""The servers of a crash test."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from manufacturing.adapters.redis.client import connect
from tests import servers
from tests.crashes.workshop import Workshop


@pytest.fixture(scope="module")
def workshop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workshop]:
    """Where scenes are set."""
    url = servers.flushed_redis_url()
    directory: Path = tmp_path_factory.mktemp("workshop")
    with connect(url) as redis:
        made = Workshop(directory, redis, url)
        yield made
        made.close()
