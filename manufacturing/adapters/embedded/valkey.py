"""A real Valkey server (it speaks Redis) as a child process, on a Unix socket that nobody but its starter can reach."""

import signal
import socket
from pathlib import Path

from manufacturing.adapters.embedded.binaries import valkey_server
from manufacturing.adapters.embedded.child import ManagedProcess
from manufacturing.adapters.embedded.place import make_private
from manufacturing.adapters.embedded.server import EmbeddedServer

_READY_SECONDS = 30.0
_PING_TIMEOUT_SECONDS = 1.0


class EmbeddedValkey(EmbeddedServer):
    """A Valkey server with its files in the directory ``state_dir``.

    It keeps everything in memory and forgets it when it ends; if ``persistent``, it keeps an append-only file. It never
    evicts a key: a broker that drops messages to save memory is worse than one that says it is full.

    Raises EmbeddedServerError when the server cannot be run on this machine.
    """

    def __init__(self, state_dir: Path, *, persistent: bool = False) -> None:
        super().__init__(state_dir, user=None)
        self._program = valkey_server()
        self._persistent = persistent
        self._socket = self._sockets / "valkey.sock"

    def process(self) -> ManagedProcess:
        """The server as a process for a supervisor to keep running."""
        return ManagedProcess(
            name="valkey",
            command=(
                str(self._program),
                *("--port", "0", "--unixsocket", str(self._socket), "--unixsocketperm", "700"),
                *("--dir", str(self._data), "--save", ""),
                *("--appendonly", "yes" if self._persistent else "no"),
                *("--maxmemory-policy", "noeviction"),
            ),
            env={"LC_ALL": "C", "TZ": "UTC"},
            ready=self.is_ready,
            ready_seconds=_READY_SECONDS,
            prepare=self._prepare,
            lock=self.lock,
            stop_signal=signal.SIGTERM,
        )

    def is_ready(self) -> bool:
        """Whether the server answers and has read its file, if it keeps one."""
        try:
            with socket.socket(socket.AF_UNIX) as connection:
                connection.settimeout(_PING_TIMEOUT_SECONDS)
                connection.connect(str(self._socket))
                connection.sendall(b"PING\r\n")
                return connection.recv(16).startswith(b"+PONG")
        except OSError:
            return False

    def url(self, database: int = 0) -> str:
        """The URL of one of the 16 databases, in the form of redis-py."""
        return f"unix://{self._socket}?db={database}"

    def broker_url(self, database: int = 0) -> str:
        """The URL of one of the 16 databases, in the form of Celery."""
        return f"redis+socket://{self._socket}?virtual_host={database}"

    def _prepare(self) -> None:
        """Clears away the socket of a killed server."""
        make_private(self._sockets, None)
        make_private(self._data, None)
        self._socket.unlink(missing_ok=True)
