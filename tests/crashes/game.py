"""The game as a process of its own: the simulator behind HTTP, at the time of the shared clock.

It outlives the workers, and its markets remember every trade: what they say is what really happened.
"""

import json
import socket
from collections.abc import Awaitable, Callable, MutableMapping
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import requests
import uvicorn

from manufacturing.simulator.dispatcher import Dispatcher
from manufacturing.simulator.messages import Request
from manufacturing.simulator.universe import Universe
from tests import forks
from tests.crashes.shared_clock import SharedClock

Message = MutableMapping[str, Any]

_BEGIN = "/test/begin"
_OUTCOME = "/test/outcome"


@dataclass(frozen=True, order=True)
class Trade:
    """One transaction, as a market remembers it or as the ledger has it."""

    ship: str
    waypoint: str
    kind: str
    """PURCHASE or SELL."""
    good: str
    units: int
    unit_price: int


@dataclass(frozen=True)
class GameOutcome:
    """How things stand in the game."""

    credits: dict[str, int]
    """By agent."""
    cargo: dict[str, dict[str, int]]
    """By ship."""
    trades: list[Trade]
    """Everything that was traded, fuel too."""


class GameProcess:
    """The game while the ``with`` block runs."""

    def __init__(self, clock_path: Path) -> None:
        receive, send = forks.context().Pipe(duplex=False)
        self._process = forks.context().Process(target=_serve, args=(clock_path, send), daemon=True)
        self._process.start()
        self.url: str = receive.recv() if receive.poll(60) else ""
        assert self.url, "the game does not come up"

    def begin(self, universe: bytes) -> None:
        """Another universe, as it was saved."""
        requests.post(self.url + _BEGIN, data=universe, timeout=10).raise_for_status()

    def outcome(self) -> GameOutcome:
        """How things stand now."""
        answer = requests.get(self.url + _OUTCOME, timeout=10).json()
        return GameOutcome(answer["credits"], answer["cargo"], [Trade(*trade) for trade in answer["trades"]])

    def stop(self) -> None:
        """Ends the game."""
        self._process.terminate()
        self._process.join(10)


def _serve(clock_path: Path, ready: Connection) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        ready.send(f"http://127.0.0.1:{listener.getsockname()[1]}/v2")
        config = uvicorn.Config(_App(SharedClock(clock_path)), lifespan="off", log_level="warning", access_log=False)
        uvicorn.Server(config).run(sockets=[listener])


class _App:
    """An ASGI application: every path goes to the dispatcher, and two to us."""

    def __init__(self, clock: SharedClock) -> None:
        self._clock = clock
        self._dispatcher: Dispatcher

    async def __call__(
        self, scope: Message, receive: Callable[[], Awaitable[Message]], send: Callable[[Message], Awaitable[None]]
    ) -> None:
        body, more = b"", True
        while more:
            message = await receive()
            body += message.get("body", b"")
            more = message.get("more_body", False)
        status, headers, answer = self._answer(scope, body)
        headers = [*headers, ("content-length", str(len(answer)))]
        encoded = [(name.encode(), value.encode()) for name, value in headers]
        await send({"type": "http.response.start", "status": status, "headers": encoded})
        await send({"type": "http.response.body", "body": answer})

    def _answer(self, scope: Message, body: bytes) -> tuple[int, list[tuple[str, str]], bytes]:
        path = scope["path"].removeprefix("/v2")
        if path == _BEGIN:
            self._dispatcher = Dispatcher(Universe.load(json.loads(body)))
            return 200, [], b""
        if path == _OUTCOME:
            return 200, [], json.dumps(_outcome(self._dispatcher.universe)).encode()
        headers = {name.decode(): value.decode() for name, value in scope["headers"]}
        request = Request(scope["method"], path, scope["query_string"].decode(), headers, body)
        response = self._dispatcher.handle(request, self._clock.now())
        return response.status, list(response.headers), response.body


def _outcome(universe: Universe) -> dict[str, Any]:
    state = universe.state
    trades = [
        (trade.ship, trade.waypoint, trade.kind, trade.good, trade.units, trade.unit_price)
        for place in state.places.values()
        for trade in place.trades
    ]
    return {
        "credits": {symbol: agent.credits for symbol, agent in state.agents.items()},
        "cargo": {symbol: ship.cargo for symbol, ship in state.ships.items()},
        "trades": trades,
    }
