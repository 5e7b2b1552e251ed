"""What the embedded servers have in common: a directory, a lock on it, a start and an end."""

import subprocess
from abc import ABC, abstractmethod
from pathlib import Path
from types import TracebackType
from typing import Self

from manufacturing.adapters.embedded import child
from manufacturing.adapters.embedded.child import ManagedProcess
from manufacturing.adapters.embedded.errors import explained
from manufacturing.adapters.embedded.place import ServerUser, remove, server_directory, socket_directory


class EmbeddedServer(ABC):
    """A server that runs as a child process with its files in ``state_dir``, as ``user`` (None: as we do)."""

    def __init__(self, state_dir: Path, user: ServerUser | None) -> None:
        self._state = state_dir.absolute()
        self._user = user
        self._place = server_directory(self._state, user)
        self._data = self._place / "data"
        self._sockets = socket_directory(self._place)
        self._child: subprocess.Popen[bytes] | None = None

    @property
    def lock(self) -> Path:
        """The file that is locked while the server runs."""
        return self._place / "server.lock"

    @abstractmethod
    def process(self) -> ManagedProcess:
        """The server as a process for a supervisor to keep running."""

    @abstractmethod
    def is_ready(self) -> bool:
        """Whether the server takes requests."""

    def start(self) -> Self:
        """Starts the server and returns when it takes requests.

        It ends with the thread that calls this.
        Raises EmbeddedServerError when it does not come up, ServerInUse when another process runs it.
        """
        self.stop()
        process = self.process()
        log = self._place / "server.log"
        said_before = log.stat().st_size if log.exists() else 0
        self._child = started = child.spawn(process, log)
        child.wait_until(lambda: self.is_ready() or child.exited(started), process.ready_seconds)
        if child.exited(started) or not self.is_ready():
            self.stop()
            output = log.read_bytes()[said_before:].decode(errors="replace")
            raise explained(f"{process.name} did not start; its log is {log}.", output)
        return self

    def stop(self) -> None:
        """Shuts the server down, if `start` started it, and returns when it is gone."""
        if self._child is not None:
            child.stop(self._child, self.process())
            self._child = None

    def destroy(self) -> None:
        """Stops the server and deletes its directory with everything in it.

        Raises ServerInUse when another process runs it.
        """
        self.stop()
        with child.claimed(self.process()):
            remove(self._state)

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()
