"""Keeps a universe through restarts and sudden ends (docs/simulator.md, "State").

A state directory holds a snapshot, a journal of the calls that changed the universe since, and the last known game
time. A call is in the journal before it is answered, so whatever a client was told is still true after a restart: the
snapshot is loaded and the journal's calls are made again.
"""

import fcntl
import os
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any, Final

import orjson

from manufacturing.simulator import codec
from manufacturing.simulator.dispatcher import Change, Dispatcher
from manufacturing.simulator.universe import Settings, Universe

_FORMAT: Final = 2
#: A new snapshot is taken when the journal has so many lines.
SNAPSHOT_AFTER: Final = 10_000


class BadState(Exception):
    """A state directory cannot be used; the message says why and how to mend it."""


class StateDirectory:
    """The files a universe is kept in. One process at a time."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._snapshot = path / "snapshot.json"
        self._journal = path / "journal.jsonl"
        self._clock = path / "clock"
        self._lines = 0
        self._file: int | None = None
        self._clock_file: int | None = None

    def exists(self) -> bool:
        """Whether a universe is kept here."""
        return self._snapshot.exists()

    def settings(self) -> Settings:
        """The settings of the universe kept here."""
        return codec.decode(Settings, read_snapshot(self._snapshot)["state"]["settings"])

    def load(self) -> Universe:
        """The universe kept here, as it was after the last call in the journal."""
        universe = load_snapshot(self._snapshot)
        make_changes(universe, self._changes(), self._journal)
        if self._clock.exists():
            self._advance_to_clock(universe)
        return universe

    def _advance_to_clock(self, universe: Universe) -> None:
        try:
            universe.advance(datetime.fromisoformat(self._clock.read_text().strip()))
        except (ValueError, TypeError):
            return  # torn by a sudden end: the journal's last call is recent enough

    def open(self, universe: Universe) -> None:
        """Takes a snapshot and makes ready to note calls."""
        self.path.mkdir(parents=True, exist_ok=True)
        self._clock_file = os.open(self._clock, os.O_WRONLY | os.O_CREAT, 0o644)
        try:
            fcntl.flock(self._clock_file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            os.close(self._clock_file)
            self._clock_file = None
            raise BadState(f"another simulator is using {self.path}; end it first") from error
        self.snapshot(universe)

    def note(self, universe: Universe, change: Change) -> None:
        """Notes a call; takes a snapshot when the journal has become long."""
        assert self._file is not None
        _write_all(self._file, write_change(universe.state.changes, change))
        self._lines += 1
        if self._lines >= SNAPSHOT_AFTER:
            self.snapshot(universe)

    def note_time(self, now: datetime) -> None:
        """Notes the game time, so that it does not run twice after a sudden end without calls."""
        assert self._clock_file is not None
        os.pwrite(self._clock_file, now.isoformat(timespec="milliseconds").encode(), 0)

    def snapshot(self, universe: Universe) -> None:
        """Saves the whole universe and begins a new journal."""
        write_snapshot(universe, self._snapshot)
        if self._file is not None:
            os.close(self._file)
        self._file = os.open(self._journal, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_APPEND, 0o644)
        self._lines = 0
        self.note_time(universe.now)

    def close(self, universe: Universe) -> None:
        """Takes a last snapshot and lets go of the files."""
        self.snapshot(universe)
        for file in (self._file, self._clock_file):
            if file is not None:
                os.close(file)
        self._file = self._clock_file = None

    def _changes(self) -> Iterator[tuple[int, Change]]:
        return read_changes(self._journal) if self._journal.exists() else iter(())


_MEND: Final = "To begin a new universe, delete the state directory (or run `manufacturing reset`)."


class CallLog:
    """Every call that changed a universe, from its first moment on: with its settings enough to play it again."""

    def __init__(self, path: Path) -> None:
        self._file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)

    def note(self, universe: Universe, change: Change) -> None:
        """Notes a call."""
        _write_all(self._file, write_change(universe.state.changes, change))

    def close(self) -> None:
        """Lets go of the file."""
        os.close(self._file)


def write_change(number: int, change: Change) -> bytes:
    """A call as a line of a journal."""
    return orjson.dumps(
        [number, change.at, change.agent, change.operation, change.names, change.body],
        option=orjson.OPT_APPEND_NEWLINE,
    )


def read_changes(path: Path) -> Iterator[tuple[int, Change]]:
    """The calls in a journal with their numbers. A last line without its end was torn by a sudden end; the call
    was never answered.

    Raises BadState when a line cannot be read.
    """
    *lines, _ = path.read_bytes().split(b"\n")
    for i, line in enumerate(lines):
        try:
            number, at, agent, operation, names, body = orjson.loads(line)
            change = Change(datetime.fromisoformat(at), agent, operation, tuple(names), body)
        except (ValueError, TypeError) as error:
            raise BadState(f"{path}, line {i + 1} cannot be read ({error}). {_MEND}") from error
        yield number, change


def make_changes(universe: Universe, changes: Iterator[tuple[int, Change]], source: Path) -> None:
    """Makes those calls again that the universe has not seen yet. Raises BadState when one cannot be made."""
    dispatcher = Dispatcher(universe)
    for number, change in changes:
        if number <= universe.state.changes:
            continue
        try:
            dispatcher.apply(change)
        except (ValueError, KeyError) as error:
            raise BadState(f"{source}, call {number}: {error}. {_MEND}") from error


def write_snapshot(universe: Universe, path: Path) -> None:
    """Saves a universe as one file, which is never seen half written."""
    state = orjson.Fragment(universe.save())
    beside = path.with_suffix(".new")
    beside.write_bytes(orjson.dumps({"format": _FORMAT, "state": state}))
    os.replace(beside, path)


def load_snapshot(path: Path) -> Universe:
    """The universe in a snapshot. Raises BadState when it is none."""
    saved = read_snapshot(path)
    try:
        return Universe.load(saved["state"])
    except (KeyError, TypeError, ValueError) as error:
        raise BadState(f"{path} cannot be read ({error!r}). {_MEND}") from error


def read_snapshot(path: Path) -> dict[str, Any]:
    """The parsed content of a snapshot. Raises BadState when it is none."""
    try:
        saved = orjson.loads(path.read_bytes())
    except (OSError, ValueError) as error:
        raise BadState(f"{path} cannot be read ({error}). {_MEND}") from error
    if not isinstance(saved, dict) or saved.get("format") != _FORMAT:
        raise BadState(f"{path} was written by another version of the simulator. {_MEND}")
    return saved


def _write_all(file: int, data: bytes) -> None:
    while data:
        data = data[os.write(file, data) :]
