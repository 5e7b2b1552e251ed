"""A place for servers to be tested in."""

import os
import shutil
import signal
import tempfile
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from manufacturing.adapters.embedded import locks


@pytest.fixture
def home() -> Iterator[Path]:
    """A directory that the user of the database server may enter, which pytest's own is not."""
    directory = Path(tempfile.mkdtemp(prefix="manufacturing-home-"))
    directory.chmod(0o755)
    yield directory
    for lock in directory.rglob("server.lock"):
        for pid in locks.holders(lock):
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
    shutil.rmtree(directory)
