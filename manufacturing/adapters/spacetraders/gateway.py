"""One player's access to the game over HTTP."""

import json
import logging
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from itertools import count
from typing import Any, Final
from urllib.parse import quote

from tenacity import RetryCallState, Retrying
from tenacity.wait import wait_random_exponential

from manufacturing.adapters.spacetraders import parsing
from manufacturing.adapters.spacetraders.errors import RateLimited, error_of
from manufacturing.adapters.spacetraders.parsing import Node
from manufacturing.adapters.spacetraders.transport import Answer, Request, Transport
from manufacturing.domain.api_budget import ApiBudget, BudgetRefusal
from manufacturing.domain.gateway import PRIORITY_OF, Purpose, ServerUnavailable
from manufacturing.domain.travel import FlightMode
from manufacturing.domain.universe import (
    AgentState,
    Cargo,
    Departure,
    MarketState,
    Nav,
    RefuelReceipt,
    Registration,
    ServerStatus,
    ShipOffer,
    ShipOutfit,
    ShipState,
    SystemFacts,
    TradeReceipt,
    WaypointFacts,
)

log = logging.getLogger(__name__)

#: The header in which a simulated universe tells how its time runs.
TIME_SCALE_HEADER: Final = "x-time-scale"

#: The most entries that the API puts on one page.
_PAGE: Final = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Patience:
    """How long a call may take, in wall seconds, and how its retries are spaced."""

    read: float = 30.0
    """From the call of a read to its last retry."""
    write: float = 8.0
    """From the call of a write until it is sent at the latest: whoever settles an unanswered write must know from
    when on it cannot be sent any more."""
    first_retry: float = 0.5
    """The first retry of a read comes after a random part of this, each further one of twice as much."""
    longest_pause: float = 8.0


@dataclass(frozen=True, slots=True, kw_only=True)
class _Call:
    """One operation of the API with its arguments."""

    request: Request
    endpoint: str
    """Method and path with placeholders: what it is counted under."""
    purpose: Purpose

    @property
    def is_read(self) -> bool:
        return self.request.method == "GET"


class HttpGateway:
    """The game as one player sees it, with ``token`` (None where there is none yet).

    Every request, and every retry, first asks ``budget``. Reads are retried after connection errors, timeouts and 5xx;
    writes only after a 429, which took no effect. ``sleep`` and ``monotonic`` may be replaced by a virtual clock's.
    Safe to share between threads.
    """

    def __init__(
        self,
        transport: Transport,
        token: str | None,
        budget: ApiBudget,
        *,
        patience: Patience | None = None,
        sleep: Callable[[float], None] = time.sleep,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._transport = transport
        self._token = token
        self._budget = budget
        self._patience = patience or Patience()
        self._sleep = sleep
        self._monotonic = monotonic
        self._backoff = wait_random_exponential(multiplier=self._patience.first_retry, max=self._patience.longest_pause)

    def get_status(self, purpose: Purpose = Purpose.SETUP) -> ServerStatus:
        """What the server says of itself."""
        document, headers = self._read("/", purpose)
        # The one operation without an envelope, though not on every server.
        top = Node(document, "answer")
        body = top.child("data") if top.has("data") else top
        return parsing.status(body, headers.get(TIME_SCALE_HEADER))

    def register(self, symbol: str, faction: str) -> Registration:
        """A new agent. The real game wants an account's token for it."""
        data = self._write("POST", "/register", Purpose.SETUP, {"symbol": symbol, "faction": faction})
        return parsing.registration(data)

    def get_agent(self) -> AgentState:
        """The player's agent."""
        return parsing.agent(self._read_data("/my/agent", Purpose.STATE))

    def list_waypoints(self, system: str) -> list[WaypointFacts]:
        """Every waypoint of the system."""
        pages = self._read_pages("/systems/{system}/waypoints", Purpose.SETUP, {"system": system})
        return [parsing.waypoint(node) for node in pages]

    def get_system(self, system: str) -> SystemFacts:
        """A star system."""
        return parsing.system(self._read_data("/systems/{system}", Purpose.SETUP, {"system": system}))

    def get_shipyard(self, waypoint: str) -> tuple[ShipOffer, ...]:
        """What a shipyard sells; prices come with it only while a ship of ours is there."""
        path = "/systems/{system}/waypoints/{waypoint}/shipyard"
        symbols = {"system": waypoint.rpartition("-")[0], "waypoint": waypoint}
        return parsing.shipyard(self._read_data(path, Purpose.SCAN, symbols))

    def get_supply_chain(self) -> dict[str, tuple[str, ...]]:
        """The inputs of every output."""
        return parsing.supply_chain(self._read_data("/market/supply-chain", Purpose.SETUP))

    def list_ships(self) -> list[ShipState]:
        """All ships of the player."""
        return [parsing.ship(node) for node in self._read_pages("/my/ships", Purpose.STATE)]

    def list_outfits(self) -> list[ShipOutfit]:
        """All ships of the player with all their parts."""
        return [parsing.outfit(node) for node in self._read_pages("/my/ships", Purpose.SCAN)]

    def get_ship(self, ship: str) -> ShipState:
        """One ship."""
        return parsing.ship(self._read_data("/my/ships/{ship}", Purpose.STATE, {"ship": ship}))

    def get_cargo(self, ship: str) -> Cargo:
        """A ship's hold."""
        return parsing.cargo(self._read_data("/my/ships/{ship}/cargo", Purpose.STATE, {"ship": ship}))

    def get_market(self, waypoint: str, purpose: Purpose) -> MarketState:
        """A market; quotes come with it only while a ship of ours is there."""
        path = "/systems/{system}/waypoints/{waypoint}/market"
        system = waypoint.rpartition("-")[0]
        return parsing.market(self._read_data(path, purpose, {"system": system, "waypoint": waypoint}))

    def navigate(self, ship: str, waypoint: str) -> Departure:
        """Sends the ship on its way."""
        data = self._ship_action(ship, "navigate", Purpose.NAVIGATE, {"waypointSymbol": waypoint})
        return parsing.departure(data)

    def set_flight_mode(self, ship: str, mode: FlightMode) -> Nav:
        """How the ship flies from now on."""
        body = {"flightMode": mode.value}
        data = self._write("PATCH", "/my/ships/{ship}/nav", Purpose.NAVIGATE, body, {"ship": ship})
        return parsing.nav(data.child("nav"))

    def dock(self, ship: str) -> Nav:
        """Docks; a ship that is docked stays so."""
        return parsing.nav(self._ship_action(ship, "dock", Purpose.NAVIGATE).child("nav"))

    def orbit(self, ship: str) -> Nav:
        """Leaves the dock; a ship in orbit stays so."""
        return parsing.nav(self._ship_action(ship, "orbit", Purpose.NAVIGATE).child("nav"))

    def refuel(self, ship: str, units: int) -> RefuelReceipt:
        """Buys fuel: ``units`` are ship fuel units."""
        return parsing.refuel_receipt(self._ship_action(ship, "refuel", Purpose.NAVIGATE, {"units": units}))

    def purchase(self, ship: str, good: str, units: int) -> TradeReceipt:
        """Buys goods at the market the ship is docked at."""
        body = {"symbol": good, "units": units}
        return parsing.trade_receipt(self._ship_action(ship, "purchase", Purpose.TRADE, body))

    def sell(self, ship: str, good: str, units: int) -> TradeReceipt:
        """Sells goods at the market the ship is docked at."""
        body = {"symbol": good, "units": units}
        return parsing.trade_receipt(self._ship_action(ship, "sell", Purpose.TRADE, body))

    def transfer(self, ship: str, good: str, units: int, to_ship: str) -> Cargo:
        """Hands goods to another ship at the same waypoint; what is left in this one's hold."""
        body = {"tradeSymbol": good, "units": units, "shipSymbol": to_ship}
        return parsing.cargo(self._ship_action(ship, "transfer", Purpose.TRADE, body).child("cargo"))

    def jettison(self, ship: str, good: str, units: int) -> Cargo:
        """Throws goods away; what is left in the hold."""
        body = {"symbol": good, "units": units}
        return parsing.cargo(self._ship_action(ship, "jettison", Purpose.TRADE, body).child("cargo"))

    def _ship_action(self, ship: str, action: str, purpose: Purpose, body: Mapping[str, Any] | None = None) -> Node:
        return self._write("POST", f"/my/ships/{{ship}}/{action}", purpose, body, {"ship": ship})

    def _write(
        self,
        method: str,
        path: str,
        purpose: Purpose,
        body: Mapping[str, Any] | None = None,
        symbols: Mapping[str, str] | None = None,
    ) -> Node:
        document, _ = self._perform(self._call(method, path, purpose, symbols, body=body or {}))
        return Node(document, "answer").child("data")

    def _read(
        self, path: str, purpose: Purpose, symbols: Mapping[str, str] | None = None, page: int | None = None
    ) -> tuple[Any, Mapping[str, str]]:
        query = {} if page is None else {"limit": _PAGE, "page": page}
        return self._perform(self._call("GET", path, purpose, symbols, query=query))

    def _read_data(self, path: str, purpose: Purpose, symbols: Mapping[str, str] | None = None) -> Node:
        document, _ = self._read(path, purpose, symbols)
        return Node(document, "answer").child("data")

    def _read_pages(self, path: str, purpose: Purpose, symbols: Mapping[str, str] | None = None) -> list[Node]:
        """All entries of a list. It may grow or shrink while we turn its pages; an empty page always ends it."""
        entries: list[Node] = []
        for page in count(1):
            document, _ = self._read(path, purpose, symbols, page)
            answer = Node(document, "answer")
            found = answer.children("data")
            entries += found
            if not found or len(entries) >= answer.child("meta").integer("total"):
                break
        return entries

    def _call(
        self,
        method: str,
        path: str,
        purpose: Purpose,
        symbols: Mapping[str, str] | None,
        *,
        query: Mapping[str, int] | None = None,
        body: Mapping[str, Any] | None = None,
    ) -> _Call:
        filled = path.format_map({name: quote(symbol, safe="") for name, symbol in (symbols or {}).items()})
        request = Request(method=method, path=filled, query=query or {}, body=body, token=self._token)
        return _Call(request=request, endpoint=f"{method} {path}", purpose=purpose)

    def _perform(self, call: _Call) -> tuple[Any, Mapping[str, str]]:
        """Sends the call, again where that is allowed, until there is a good answer: its document and headers."""
        deadline = self._monotonic() + (self._patience.read if call.is_read else self._patience.write)
        retrying = Retrying(
            retry=lambda state: _may_be_sent_again(call, state),
            wait=self._pause,
            stop=lambda state: self._monotonic() + state.upcoming_sleep >= deadline,
            before_sleep=lambda state: log.info("%s is sent again: %s", call.endpoint, _failure(state)),
            sleep=self._sleep,
            reraise=True,
        )
        return retrying(self._attempt, call, deadline)

    def _attempt(self, call: _Call, deadline: float) -> tuple[Any, Mapping[str, str]]:
        within = max(0.0, deadline - self._monotonic())
        permit = self._budget.acquire(PRIORITY_OF[call.purpose], call.purpose, call.endpoint, within)
        try:
            answer = self._transport.send(call.request)
        finally:
            permit.answered()
        what = f"{call.request.method} {call.request.path}"
        try:
            return _document(answer, what), answer.headers
        except RateLimited as error:
            log.warning(
                "too many requests: %s, again in %.2f s of game time", call.endpoint, error.retry_after.total_seconds()
            )
            self._budget.penalize(call.purpose, call.endpoint, error.retry_after)
            raise

    def _pause(self, state: RetryCallState) -> float:
        # After a 429 the budget itself knows from when on there are calls again.
        return 0.0 if isinstance(_failure(state), RateLimited) else self._backoff(state)


def _document(answer: Answer, what: str) -> Any:
    """The JSON of a good answer; any other is raised as the error it stands for."""
    try:
        document = json.loads(answer.body)
    except ValueError:
        if answer.status < 300:
            raise ServerUnavailable(f"{what}: the answer is not JSON ({len(answer.body)} bytes)") from None
        document = None
    if answer.status >= 300:
        raise error_of(answer.status, answer.headers, document, what)
    return document


def _failure(state: RetryCallState) -> BaseException | None:
    return state.outcome.exception() if state.outcome else None


def _may_be_sent_again(call: _Call, state: RetryCallState) -> bool:
    error = _failure(state)
    if isinstance(error, RateLimited):
        return True
    return call.is_read and isinstance(error, ServerUnavailable) and not isinstance(error, BudgetRefusal)
