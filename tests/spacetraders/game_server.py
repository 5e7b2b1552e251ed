"""A game server on this machine that answers as it is told, and remembers what it was asked."""

import json
import socket
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self
from urllib.parse import parse_qs, urlsplit


@dataclass(frozen=True)
class Asked:
    """A request as it arrived."""

    method: str
    path: str
    query: dict[str, list[str]]
    headers: dict[str, str]
    body: Any
    connection: int
    """The client's port: the same for requests on one connection."""


@dataclass(frozen=True)
class Reply:
    """What to answer."""

    body: Any = field(default_factory=dict)
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)

    def write(self, handler: BaseHTTPRequestHandler) -> None:
        """Sends it."""
        raw = self.body if isinstance(self.body, bytes) else json.dumps(self.body).encode()
        handler.send_response(self.status)
        for name, value in {"Content-Length": str(len(raw)), **self.headers}.items():
            handler.send_header(name, value)
        handler.end_headers()
        handler.wfile.write(raw)


@dataclass(frozen=True)
class Hangup:
    """Closes the connection after reading the request."""

    def write(self, handler: BaseHTTPRequestHandler) -> None:
        """Answers nothing."""
        handler.close_connection = True
        handler.connection.shutdown(socket.SHUT_RDWR)


@dataclass(frozen=True)
class Silence:
    """Answers nothing until the test is over."""

    over: threading.Event

    def write(self, handler: BaseHTTPRequestHandler) -> None:
        """Waits."""
        self.over.wait(30)
        handler.close_connection = True


@dataclass(frozen=True)
class Torn:
    """Promises more bytes than it sends."""

    def write(self, handler: BaseHTTPRequestHandler) -> None:
        """Answers half of it."""
        handler.send_response(200)
        handler.send_header("Content-Length", "100")
        handler.end_headers()
        handler.wfile.write(b'{"data": ')
        handler.close_connection = True


Behaviour = Reply | Hangup | Silence | Torn


def error(code: int, message: str = "no", status: int = 400, **data: Any) -> Reply:
    """A refusal in the game's form."""
    return Reply({"error": {"message": message, "code": code, "data": data}}, status)


class GameServer:
    """Answers each request with the next behaviour; the last one stays."""

    def __init__(self) -> None:
        self.asked: list[Asked] = []
        self.over = threading.Event()
        self._behaviours: list[Behaviour | Callable[[Asked], Behaviour]] = [Reply(status=404)]
        game = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            timeout = 30

            def handle_one_request(self) -> None:
                with suppress(ConnectionError, OSError):
                    super().handle_one_request()
                    return
                self.close_connection = True

            def answer(self) -> None:
                game.record(self).write(self)

            do_GET = do_POST = do_PATCH = answer

            def log_message(self, format: str, *args: Any) -> None:
                """Stays silent."""

        class Server(ThreadingHTTPServer):
            request_queue_size = 64

        self._server = Server(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)

    @property
    def url(self) -> str:
        """The API's base URL."""
        return f"http://127.0.0.1:{self._server.server_port}/v2"

    def answers(self, *behaviours: Behaviour | Callable[[Asked], Behaviour]) -> None:
        """What the next requests are answered."""
        self._behaviours = list(behaviours)

    def record(self, handler: BaseHTTPRequestHandler) -> Behaviour:
        """Keeps the request; what it is answered."""
        raw = handler.rfile.read(int(handler.headers.get("Content-Length", 0)))
        parts = urlsplit(handler.path)
        asked = Asked(
            method=handler.command,
            path=parts.path,
            query=parse_qs(parts.query),
            headers={name.lower(): value for name, value in handler.headers.items()},
            body=json.loads(raw) if raw else None,
            connection=handler.client_address[1],
        )
        self.asked.append(asked)
        behaviour = self._behaviours.pop(0) if len(self._behaviours) > 1 else self._behaviours[0]
        return behaviour(asked) if callable(behaviour) else behaviour

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.over.set()
        self._server.shutdown()
        self._server.server_close()
