"""The universe behind HTTP: a thin shell that tells the time and moves bytes (docs/simulator.md)."""

import asyncio
import logging
import os
import signal
import socket
from collections.abc import Awaitable, Callable, MutableMapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from types import FrameType
from typing import Any, Final

import orjson
import uvicorn
import uvloop

from manufacturing.domain.clock import TimeScale
from manufacturing.simulator.dispatcher import Dispatcher
from manufacturing.simulator.durability import StateDirectory
from manufacturing.simulator.errors import Code, Refusal
from manufacturing.simulator.messages import Request, Response

log = logging.getLogger(__name__)

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]

#: How often the game time is noted, in wall seconds.
_CLOCK_PERIOD: Final = 1.0
#: How long requests in flight may take when the server ends, in wall seconds.
_GRACE_SECONDS: Final = 1
#: The largest body read, in bytes.
_BODY_LIMIT: Final = 1_000_000


class SimulatorApp:
    """The ASGI application: every path goes to the dispatcher."""

    def __init__(self, dispatcher: Dispatcher, scale: TimeScale) -> None:
        self._dispatcher = dispatcher
        self._scale = scale
        self._scale_header = (b"x-time-scale", str(scale).encode())

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
            {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]},
            body,
            client[0] if client else "",
        )
        response = self._answer(request)
        headers = [(name.encode(), value.encode()) for name, value in response.headers]
        headers.append(self._scale_header)
        if response.status != 204:
            headers.append((b"content-length", str(len(response.body)).encode()))
        await send({"type": "http.response.start", "status": response.status, "headers": headers})
        await send({"type": "http.response.body", "body": response.body})

    def _answer(self, request: Request) -> Response:
        try:
            return self._dispatcher.handle(request, self.game_now())
        except Exception:
            log.exception("%s %s failed", request.method, request.path)
            refusal = Refusal(Code.SERVER_ERROR, "The simulator failed to answer; its log says why.")
            return Response(500, (("content-type", "application/json"),), orjson.dumps(refusal.envelope()))


async def _read(receive: Receive) -> bytes:
    message = await receive()
    body: bytes = message.get("body", b"")
    while message.get("more_body") and len(body) <= _BODY_LIMIT:
        message = await receive()
        body += message.get("body", b"")
    return body


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
    dispatcher: Dispatcher,
    scale: TimeScale,
    listening: Listening,
    state: StateDirectory | None,
    say: Callable[[str], None],
) -> None:
    """Serves until the process is told to end (SIGTERM or SIGINT), then saves the state.

    Raises OSError when the address is taken.
    """
    app = SimulatorApp(dispatcher, scale)
    with socket.create_server((listening.host, listening.port), backlog=2048) as listener:
        url = f"http://{listening.host}:{listener.getsockname()[1]}/v2"
        config = uvicorn.Config(
            app,
            loop="uvloop",
            http="httptools",
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
        # uvicorn raises the signal that ended it once more when it has ended cleanly.
        with suppress(_Stopped), asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            runner.run(run())
    if state is not None:
        dispatcher.universe.advance(app.game_now())
        state.close(dispatcher.universe)


async def _note_time(app: SimulatorApp, state: StateDirectory) -> None:
    while True:
        await asyncio.sleep(_CLOCK_PERIOD)
        state.note_time(app.game_now())


def _write_ready(path: Path, url: str, scale: TimeScale) -> None:
    beside = path.with_name(path.name + ".new")
    beside.write_bytes(orjson.dumps({"url": url, "pid": os.getpid(), "time_scale": str(scale)}))
    os.replace(beside, path)
