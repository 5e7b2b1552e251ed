"""LabDatabase: where experiments keep their rows."""

import itertools
import os
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from sqlalchemy import NullPool, create_engine, make_url, text

from manufacturing.adapters.embedded import EmbeddedPostgres, ServerInUse
from manufacturing.adapters.postgres import database, schema

#: A lab's database is thrown away: it need not survive a power cut.
_FAST: Final = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}
_TEMPLATE: Final = "template_of_experiments"
_KEPT: Final = "kept_"
_NAME: Final = re.compile(r"[A-Za-z0-9_-]{1,40}")
#: How many labs may be at work in one home at a time.
_MOST: Final = 32
_NUMBERS: Final = itertools.count(1)


class LabDatabase:
    """A PostgreSQL of the lab's own, with one fresh database for each experiment.

    Several labs may be at work in one home: each has a server of its own. Entered, it runs the server; ``attached`` it
    uses the one another process runs.
    """

    def __init__(self, home: Path) -> None:
        self._home = home
        self._server: EmbeddedPostgres | None = None
        self._place = home / "lab"

    @classmethod
    @contextmanager
    def serving(cls, place: Path) -> Iterator[Self]:
        """Runs the server of ``place`` to read what was kept there. ServerInUse when another process runs it."""
        lab = cls.attached(place)
        with lab._running:
            yield lab

    @classmethod
    def attached(cls, place: Path) -> Self:
        """The server of another process, by its ``place``. It must run for as long as this is used."""
        lab = cls(place.parent)
        lab._place = place
        lab._server = _server(place)
        return lab

    @property
    def place(self) -> Path:
        """The directory of the server, once entered."""
        return self._place

    @property
    def number(self) -> int:
        """Which of the home's labs that are at work this is, from 0 on."""
        return _candidates(self._home).index(self._place)

    def __enter__(self) -> Self:
        """Starts the first server that nobody uses. ServerInUse when all are, EmbeddedServerError when it cannot."""
        self._place, self._server = _start_a_free_one(self._home)
        self._drop_left_behind()
        self._server.create_database(_TEMPLATE)
        engine = database.connect(self._server.url(_TEMPLATE), pool_size=1)
        schema.upgrade(engine)
        engine.dispose()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._running.stop()

    def fresh(self) -> tuple[str, Callable[[], None]]:
        """The URL of a new, migrated database, and what removes it."""
        # Several processes may use one server, and one process several.
        name = f"experiment_{os.getpid()}_{next(_NUMBERS)}"
        self._running.create_database(name, template=_TEMPLATE)
        return self._running.url(name), partial(self._running.drop_database, name)

    def keep(self, url: str, name: str) -> None:
        """Keeps the experiment's database, which nobody may be connected to, under a name, in place of an earlier one
        of that name; see ``may_be_kept_as``."""
        self._running.drop_database(_KEPT + name)
        self._running.create_database(_KEPT + name, template=make_url(url).database)

    def kept(self) -> list[str]:
        """The names of the runs that were kept, in order."""
        return sorted(name.removeprefix(_KEPT) for name in self._names() if name.startswith(_KEPT))

    def url_of_kept(self, name: str) -> str:
        """The URL of a run that was kept."""
        return self._running.url(_KEPT + name)

    @property
    def _running(self) -> EmbeddedPostgres:
        if self._server is None:
            raise RuntimeError("the lab's server runs only within its with block")
        return self._server

    def _drop_left_behind(self) -> None:
        """Removes what a lab that was killed could not, and the template: migrations may have changed."""
        for name in self._names():
            if name == _TEMPLATE or name.startswith("experiment_"):
                self._running.drop_database(name)

    def _names(self) -> list[str]:
        engine = create_engine(self._running.url("postgres"), poolclass=NullPool)
        with engine.connect() as connection:
            return list(connection.scalars(text("SELECT datname FROM pg_database ORDER BY datname")))


def may_be_kept_as(name: str) -> bool:
    """Whether a run may have this name."""
    return _NAME.fullmatch(name) is not None


def places(home: Path) -> list[Path]:
    """The directories of the servers there have been in the home."""
    return [place for place in _candidates(home) if place.exists()]


def _candidates(home: Path) -> list[Path]:
    return [home / ("lab" if number == 1 else f"lab-{number}") for number in range(1, _MOST + 1)]


def _server(place: Path) -> EmbeddedPostgres:
    return EmbeddedPostgres(place, settings=_FAST)


def _start_a_free_one(home: Path) -> tuple[Path, EmbeddedPostgres]:
    candidates = _candidates(home)
    for place in candidates:
        try:
            return place, _server(place).start()
        except ServerInUse:
            if place == candidates[-1]:
                raise
    raise AssertionError("there is always a candidate")
