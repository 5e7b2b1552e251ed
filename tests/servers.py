"""The database and the broker of a test run: real servers, started when first asked for and gone with the run.

Both pytest (conftest.py) and behave use these, so nothing here knows of either.
"""

import atexit
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from itertools import count
from pathlib import Path

import redis

from manufacturing.adapters.embedded import EmbeddedPostgres, EmbeddedValkey

ROOT = Path(__file__).parent.parent
TEMPLATE = "migrated_template"

_NUMBERS = count(1)


@cache
def state_directory() -> Path:
    """A directory for servers that every user may enter and that disappears at the end of the run."""
    directory = Path(tempfile.mkdtemp(prefix="manufacturing-tests-"))
    directory.chmod(0o711)
    atexit.register(shutil.rmtree, directory, ignore_errors=True)
    return directory


@cache
def postgres() -> EmbeddedPostgres:
    """The database server of this run. A test database is never read after a crash, so it waits for no disk."""
    careless = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}
    server = EmbeddedPostgres(state_directory() / "postgres", settings=careless).start()
    atexit.register(server.destroy)
    return server


@cache
def valkey() -> EmbeddedValkey:
    """The broker of this run."""
    server = EmbeddedValkey(state_directory() / "valkey").start()
    atexit.register(server.destroy)
    return server


@contextmanager
def empty_database() -> Iterator[str]:
    """The URL of a new database without tables, which is dropped in the end."""
    with _database(template=None) as url:
        yield url


@contextmanager
def migrated_database() -> Iterator[str]:
    """The URL of a new database with all migrations applied, which is dropped in the end."""
    _make_template()
    with _database(template=TEMPLATE) as url:
        yield url


@contextmanager
def _database(template: str | None) -> Iterator[str]:
    name = f"test_{next(_NUMBERS)}"
    postgres().create_database(name, template=template)
    try:
        yield postgres().url(name)
    finally:
        postgres().drop_database(name)


@cache
def _make_template() -> None:
    """Applies the migrations once; copies of the result are made in a fraction of the time."""
    postgres().create_database(TEMPLATE)
    done = subprocess.run(
        [sys.executable, "-m", "alembic", "upgrade", "head"],
        cwd=ROOT,
        env={**os.environ, "DATABASE_URL": postgres().url(TEMPLATE)},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    if done.returncode != 0:
        raise RuntimeError(f"alembic upgrade head failed:\n{done.stdout}")


def flushed_redis_url() -> str:
    """The URL of the broker, emptied."""
    with redis.Redis.from_url(valkey().url()) as client:
        client.flushall()
    return valkey().url()
