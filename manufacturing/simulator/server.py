"""The universe behind HTTP: a thin shell that tells the time and moves bytes (docs/simulator.md)."""

import asyncio
import gc
import logging
import os
import signal
import socket
import struct
from collections.abc import Awaitable, Callable, MutableMapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path
from types import FrameType
from typing import Any, Final

import orjson
import uvicorn
import uvloop
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from manufacturing.domain.clock import TimeScale
from manufacturing.simulator.administration import Administration
from manufacturing.simulator.dispatcher import Dispatcher
from manufacturing.simulator.durability import StateDirectory
from manufacturing.simulator.errors import Code, Refusal
from manufacturing.simulator.faults import FaultPlan
from manufacturing.simulator.messages import Request, Response, refuse

log = logging.getLogger(__name__)

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]

#: How often the game time is noted, in wall seconds.
_CLOCK_PERIOD: Final = 1.0
#: How long requests in flight may take when the server ends, in wall seconds.
_GRACE_SECONDS: Final = 1
#: Allocations after which the garbage collector looks for cycles; requests leave none.
_COLLECT_AFTER: Final = 20_000
#: The headers anything here asks for.
_HEADERS_READ: Final = {b"authorization": "authorization", b"content-type": "content-type"}
#: Where the application finds its connection.
_CONNECTION: Final = "simulator.connection"
#: The largest body read, in bytes.
_BODY_LIMIT: Final = 1_000_000


class SimulatorApp:
    """The ASGI application: every path goes to the dispatcher."""

    def __init__(
        self,
        dispatcher: Dispatcher,
        scale: TimeScale,
        faults: FaultPlan | None = None,
        administration: Administration | None = None,
    ) -> None:
        self._dispatcher = dispatcher
        self._scale = scale
        self._faults = faults
        self._administration = administration
        self._scale_header = (b"x-time-scale", str(scale).encode())

    @property
    def makes_trouble(self) -> bool:
        """Whether it may have to break connections."""
        return self._faults is not None

    def game_now(self) -> datetime:
        """The game time at this moment."""
        return self._scale.game_at(datetime.now(UTC))

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        """Serves one HTTP request."""
        if scope["type"] != "http":
            return
        method: str = scope["method"]
        body = b"" if method in ("GET", "HEAD") else await _read(receive)
        client = scope.get("client")
        request = Request(
            method,
            scope["path"],
            scope["query_string"].decode("latin-1"),
            {_HEADERS_READ[name]: value.decode("latin-1") for name, value in scope["headers"] if name in _HEADERS_READ},
            body,
            client[0] if client else "",
        )
        if self._faults is None:
            response = self._answer(request)
        else:
            troubled = await self._answer_with_trouble(request, scope, receive)
            if troubled is None:
                return
            response = troubled
        headers = [*_encoded(response.headers), self._scale_header]
        if response.status != 204:
            headers.append((b"content-length", b"%d" % len(response.body)))
        await send({"type": "http.response.start", "status": response.status, "headers": headers})
        await send({"type": "http.response.body", "body": response.body})

    async def _answer_with_trouble(self, request: Request, scope: Message, receive: Receive) -> Response | None:
        """The answer as the plan of faults lets it through; None when the client shall not get one."""
        assert self._faults is not None
        if self._administration is not None and request.path.startswith("/admin/"):
            return self._administration.handle(request, self.game_now())
        trouble = self._faults.trouble(request.method, request.path, self.game_now())
        if trouble.reset:
            await _drop(scope, receive, at_once=True)
            return None
        response = trouble.answer or self._answer(request)
        if trouble.late:
            await asyncio.sleep(trouble.late / self._scale.factor)
        if trouble.lost:
            await _drop(scope, receive, at_once=False)
            return None
        return response

    def _answer(self, request: Request) -> Response:
        try:
            return self._dispatcher.handle(request, self.game_now())
        except Exception:
            log.exception("%s %s failed", request.method, request.path)
            return refuse(Refusal(Code.SERVER_ERROR, "The simulator failed to answer; its log says why."))


@lru_cache(maxsize=64)
def _encoded(headers: tuple[tuple[str, str], ...]) -> tuple[tuple[bytes, bytes], ...]:
    return tuple((name.encode(), value.encode()) for name, value in headers)


async def _read(receive: Receive) -> bytes:
    message = await receive()
    body: bytes = message.get("body", b"")
    while message.get("more_body") and len(body) <= _BODY_LIMIT:
        message = await receive()
        body += message.get("body", b"")
    return body


class HttpProtocol(HttpToolsProtocol):
    """Speaks HTTP and lets the application at its connection, which it may have to break."""

    def on_message_begin(self) -> None:
        super().on_message_begin()
        extensions: Any = {_CONNECTION: self.transport}
        self.scope["extensions"] = extensions


async def _drop(scope: Message, receive: Receive, *, at_once: bool) -> None:
    """Ends a client's connection without an answer: with a reset, or as if the answer had got lost."""
    transport: asyncio.Transport = scope["extensions"][_CONNECTION]
    if at_once:
        connection: socket.socket = transport.get_extra_info("socket")
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    transport.abort()
    while (await receive())["type"] != "http.disconnect":
        continue


@dataclass(frozen=True, slots=True, kw_only=True)
class Listening:
    """Where and how to serve."""

    host: str
    port: int
    """0 for a free one."""
    ready_file: Path | None
    """Written when the server listens: its URL, process id and time scale."""


class _Stopped(Exception):
    """The process was told to end."""


def _stop(_signal: int, _frame: FrameType | None) -> None:
    raise _Stopped


class _Server(uvicorn.Server):
    """A uvicorn server that says when it listens."""

    def __init__(self, config: uvicorn.Config, on_listening: Callable[[], None]) -> None:
        super().__init__(config)
        self._on_listening = on_listening

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets=sockets)
        if self.started:
            self._on_listening()


def serve(
    app: SimulatorApp,
    dispatcher: Dispatcher,
    scale: TimeScale,
    listening: Listening,
    state: StateDirectory | None,
    say: Callable[[str], None],
) -> None:
    """Serves until the process is told to end (SIGTERM or SIGINT), then saves the state.

    Raises OSError when the address is taken.
    """
    with socket.create_server((listening.host, listening.port), backlog=2048) as listener:
        url = f"http://{listening.host}:{listener.getsockname()[1]}/v2"
        config = uvicorn.Config(
            app,
            loop="uvloop",
            http=HttpProtocol if app.makes_trouble else "httptools",
            lifespan="off",
            log_level="warning",
            access_log=False,
            timeout_graceful_shutdown=_GRACE_SECONDS,
            server_header=False,
            date_header=False,
        )

        def on_listening() -> None:
            if listening.ready_file is not None:
                _write_ready(listening.ready_file, url, scale)
            say(f"simulated universe at {url}, game time runs {scale.factor:g} times as fast")

        server = _Server(config, on_listening)

        async def run() -> None:
            ticker = asyncio.create_task(_note_time(app, state)) if state is not None else None
            await server.serve(sockets=[listener])
            if ticker is not None:
                ticker.cancel()

        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, _stop)
        spare_the_collector()
        # uvicorn raises the signal that ended it once more when it has ended cleanly.
        with suppress(_Stopped), asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            runner.run(run())
    if state is not None:
        dispatcher.universe.advance(app.game_now())
        state.close(dispatcher.universe)


def spare_the_collector() -> None:
    """Keeps the garbage collector from walking through the whole universe, which lives on, again and again."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(_COLLECT_AFTER, 20, 20)


async def _note_time(app: SimulatorApp, state: StateDirectory) -> None:
    while True:
        await asyncio.sleep(_CLOCK_PERIOD)
        state.note_time(app.game_now())


def _write_ready(path: Path, url: str, scale: TimeScale) -> None:
    beside = path.with_name(path.name + ".new")
    beside.write_bytes(orjson.dumps({"url": url, "pid": os.getpid(), "time_scale": str(scale)}))
    os.replace(beside, path)
