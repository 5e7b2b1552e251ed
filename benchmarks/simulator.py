"""How many requests a second the simulator answers, per operation, as a share of what an empty route of the same
process does: with one ship and with two thousand.

The empty route is one of Starlette's, for the same method and the same body, and answers ``{}``: what any application
behind the same server could reach at best. Operations and the empty route take turns in short slices, so that what else
the machine does hits both alike; the ratio is the median over the turns.
"""

import asyncio
import multiprocessing
import socket
import statistics
import tempfile
import time
from collections.abc import MutableMapping
from dataclasses import dataclass
from datetime import UTC, datetime
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any, cast

import uvicorn
import uvloop
from starlette.applications import Starlette
from starlette.requests import Request as StarletteRequest
from starlette.responses import Response as StarletteResponse
from starlette.routing import Route

from manufacturing.domain.clock import TimeScale
from manufacturing.simulator.dispatcher import Dispatcher
from manufacturing.simulator.durability import StateDirectory
from manufacturing.simulator.generator import generate_universe
from manufacturing.simulator.messages import Request
from manufacturing.simulator.server import SimulatorApp, spare_the_collector
from manufacturing.simulator.universe import START, Settings, Universe

FLEETS = (1, 2_000)
CONNECTIONS = 16
AGENT = "BENCH"


@dataclass(frozen=True)
class Target:
    """A server under test: where it is and what to ask of it."""

    port: int
    token: str
    market: str


def main(quick: bool) -> None:
    """Prints requests per second and their ratio to the empty route."""
    turns, seconds = (3, 0.4) if quick else (5, 0.5)
    rates: dict[tuple[str, int], float] = {}
    print(f"{'operation':<22}{'ships':>7}{'requests/s':>12}{'of empty':>10}")
    for ships in FLEETS:
        here, there = multiprocessing.Pipe()
        server = multiprocessing.Process(target=_serve, args=(there, ships), daemon=True)
        server.start()
        target: Target = here.recv()
        try:
            for name, request in _requests(target).items():
                ratio, rate = uvloop.run(_compare(target, request, turns, seconds))
                rates[name, ships] = ratio
                print(f"{name:<22}{ships:>7,}{rate:>12,.0f}{ratio:>10.2f}")
        finally:
            server.terminate()
            server.join()
    few, many = FLEETS
    for name in {name for name, _ in rates}:
        print(f"{name}: at {many:,} ships {rates[name, many] / rates[name, few]:.2f} of the value at {few}")


def _serve(connection: Connection, ships: int) -> None:
    """Serves a universe with so many ships, kept on disk as usual, and an empty route beside it."""
    universe = Universe.create(Settings(seed=7, haulers=ships - 1, credits=10**12), generate_universe(7))
    directory = StateDirectory(Path(tempfile.mkdtemp(prefix="simulator-bench-")))
    directory.open(universe)
    api = Dispatcher(universe, on_change=lambda change: directory.note(universe, change))
    register = Request("POST", "/register", body=b'{"symbol": "BENCH", "faction": "COSMIC"}')
    data = api.handle(register, START).json()["data"]
    home = data["agent"]["headquarters"]
    market = universe.state.places[home].market
    assert market is not None
    # Purchases of one unit must go on for the whole run: an endless hold, and a market they hardly move.
    universe.state.ships[f"{AGENT}-1"].cargo_capacity = 10**9
    market.listings["FUEL"].trade_volume = 10**7
    app = SimulatorApp(api, TimeScale(60.0, datetime.now(UTC), START))

    empty = Starlette(routes=[Route("/empty", _empty, methods=["GET", "POST"])])

    async def with_empty_route(scope: MutableMapping[str, Any], receive: Any, send: Any) -> None:
        await (empty if scope["path"] == "/empty" else app)(scope, receive, send)

    spare_the_collector()
    listener = socket.create_server(("127.0.0.1", 0), backlog=256)
    connection.send(Target(listener.getsockname()[1], data["token"], home))
    config = uvicorn.Config(
        with_empty_route,
        http="httptools",
        lifespan="off",
        log_level="warning",
        access_log=False,
        date_header=False,
        server_header=False,
    )
    uvloop.run(uvicorn.Server(config).serve(sockets=[listener]))


async def _empty(request: StarletteRequest) -> StarletteResponse:
    return StarletteResponse(b"{}", media_type="application/json")


def _requests(target: Target) -> dict[str, bytes]:
    system = target.market.rsplit("-", 1)[0]
    ship = f"/v2/my/ships/{AGENT}-1"
    return {
        "GET market": _request(target, "GET", f"/v2/systems/{system}/waypoints/{target.market}/market"),
        "GET ship": _request(target, "GET", ship),
        "GET agent": _request(target, "GET", "/v2/my/agent"),
        "POST purchase": _request(target, "POST", ship + "/purchase", b'{"symbol": "FUEL", "units": 1}'),
        "POST dock": _request(target, "POST", ship + "/dock", b""),
    }


def _request(target: Target, method: str, path: str, body: bytes | None = None) -> bytes:
    head = [
        f"{method} {path} HTTP/1.1",
        "Host: 127.0.0.1",
        "User-Agent: python-requests/2.34.2",
        "Accept-Encoding: gzip, deflate",
        "Accept: */*",
        "Connection: keep-alive",
        f"Authorization: Bearer {target.token}",
    ]
    if body is not None:
        head += [f"Content-Length: {len(body)}", "Content-Type: application/json"]
    return "\r\n".join([*head, "", ""]).encode() + (body or b"")


async def _compare(target: Target, request: bytes, turns: int, seconds: float) -> tuple[float, float]:
    """The median of the rates' ratios, and of the rates."""
    method, _, rest = request.partition(b" ")
    empty = b" ".join([method, b"/empty", rest.partition(b" ")[2]])
    ratios, rates = [], []
    for _ in range(turns):
        ceiling = await _rate(target.port, empty, seconds)
        rate = await _rate(target.port, request, seconds)
        ratios.append(rate / ceiling)
        rates.append(rate)
    return statistics.median(ratios), statistics.median(rates)


class _Client(asyncio.Protocol):
    """Sends the same request again as soon as it is answered."""

    def __init__(self, request: bytes) -> None:
        self.answered = 0
        self._request = request
        self._received = b""
        self.transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.Transport, transport)  # uvloop's transports inherit nothing
        self.transport.write(self._request)

    def data_received(self, data: bytes) -> None:
        self._received += data
        end = self._received.find(b"\r\n\r\n")
        if end < 0:
            return
        head = self._received[:end].lower()
        length = int(head.partition(b"content-length: ")[2].split(b"\r\n")[0])
        if len(self._received) < end + 4 + length:
            return
        assert head[9:10] == b"2", self._received
        self._received = b""
        self.answered += 1
        if self.transport is not None:
            self.transport.write(self._request)


async def _rate(port: int, request: bytes, seconds: float) -> float:
    loop = asyncio.get_running_loop()
    clients = [
        (await loop.create_connection(lambda: _Client(request), "127.0.0.1", port))[1] for _ in range(CONNECTIONS)
    ]
    await asyncio.sleep(seconds / 10)
    before, begun = sum(client.answered for client in clients), time.perf_counter()
    await asyncio.sleep(seconds)
    answered, passed = sum(client.answered for client in clients) - before, time.perf_counter() - begun
    for client in clients:
        transport, client.transport = client.transport, None
        if transport is not None:
            transport.close()
    return answered / passed
