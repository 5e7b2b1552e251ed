"""The game in this process: the simulator behind the gateway's transport, and its budget on virtual time."""

import json
from collections import Counter
from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path
from urllib.parse import urlencode

from manufacturing.adapters.spacetraders.transport import Answer, Request
from manufacturing.domain.api_budget import BURST_POOL, STEADY_POOL, Permit, Pool
from manufacturing.domain.gateway import Priority, Purpose, ServerUnavailable
from manufacturing.domain.ids import PlayerId
from manufacturing.lab.virtual_time import VirtualClock
from manufacturing.services.usage_service import CountedCalls
from manufacturing.simulator.capture import read_capture
from manufacturing.simulator.dispatcher import Dispatcher
from manufacturing.simulator.faults import Fault, FaultPlan, read_faults
from manufacturing.simulator.generator import generate_universe
from manufacturing.simulator.messages import Request as GameRequest
from manufacturing.simulator.messages import Response
from manufacturing.simulator.rate_limit import RateLimiter
from manufacturing.simulator.universe import START, Scenario, Universe
from manufacturing.simulator.universe import Settings as UniverseSettings


class InProcessTransport:
    """Carries requests to a simulated universe at the lab's current moment."""

    def __init__(self, dispatcher: Dispatcher, clock: VirtualClock, faults: FaultPlan) -> None:
        self._dispatcher = dispatcher
        self._clock = clock
        self._faults = faults

    def send(self, request: Request) -> Answer:
        """The universe answers at once, unless a fault strikes. ServerUnavailable when the answer is lost."""
        what = f"{request.method} {request.path}"
        trouble = self._faults.trouble(request.method, request.path, self._clock.now())
        self._clock.sleep(trouble.late)
        if trouble.reset:
            raise ServerUnavailable(f"the connection broke during {what}")
        answer = trouble.answer or self._ask(request)
        if trouble.lost:
            raise ServerUnavailable(f"the answer to {what} was lost")
        return Answer(
            status=answer.status,
            headers={name.lower(): value for name, value in answer.headers},
            body=answer.body,
        )

    def _ask(self, request: Request) -> Response:
        headers = {"content-type": "application/json"}
        if request.token:
            headers["authorization"] = f"Bearer {request.token}"
        body = json.dumps(request.body).encode() if request.body is not None else b""
        query = urlencode(request.query)
        question = GameRequest(request.method, request.path, query=query, headers=headers, body=body)
        return self._dispatcher.handle(question, self._clock.now())


def make_universe(seed: int, *, capture: Path | None, haulers: int, credits: int | None, scenario: str) -> Dispatcher:
    """A universe as the simulator's command makes it, rate limit included."""
    settings = UniverseSettings(seed=seed, scenario=Scenario(scenario), haulers=haulers, credits=credits)
    plan = read_capture(capture).plan if capture is not None else generate_universe(seed)
    return Dispatcher(Universe.create(settings, plan), limiter=RateLimiter())


def make_faults(seed: int, faults: Sequence[Fault]) -> FaultPlan:
    """The faults as a plan whose chances follow from the seed."""
    plan = FaultPlan(seed)
    plan.replace(faults)
    return plan


#: Where the lab's time begins: at the beginning of the universe.
BEGINNING = START

__all__ = [
    "BEGINNING",
    "Fault",
    "InProcessTransport",
    "VirtualBudget",
    "make_faults",
    "make_universe",
    "read_faults",
]


class _Granted:
    """Nothing is learnt from how long a call took: it took no time."""

    def answered(self) -> None:
        """Nothing to do."""


class VirtualBudget:
    """The game's two pools, exactly, for callers that come one after another. Waiting lets the lab's time pass."""

    def __init__(self, clock: VirtualClock, player_id: PlayerId | None) -> None:
        self._clock = clock
        self._player_id = player_id
        self._windows: dict[Pool, tuple[datetime, int]] = {}
        self._calls: Counter[tuple[Purpose, str]] = Counter()
        self._rejected: Counter[tuple[Purpose, str]] = Counter()
        self._ever: Counter[Purpose] = Counter()

    def acquire(self, priority: Priority, purpose: Purpose, endpoint: str, deadline_wall_seconds: float) -> Permit:
        """Lets time pass until a call is free, and counts it."""
        while not (self._take(STEADY_POOL) or self._take(BURST_POOL)):
            began, _ = self._windows[STEADY_POOL]
            self._clock.advance_to(began + STEADY_POOL.window)
        self._calls[purpose, endpoint] += 1
        self._ever[purpose] += 1
        return _Granted()

    def penalize(self, purpose: Purpose, endpoint: str, retry_after: timedelta) -> None:
        """The server refused a call: it is counted, and time passes until it may be sent."""
        self._rejected[purpose, endpoint] += 1
        self._clock.advance_to(self._clock.now() + retry_after)

    def _take(self, pool: Pool) -> bool:
        now = self._clock.now()
        began, used = self._windows.get(pool, (now - pool.window, 0))
        if now >= began + pool.window:
            began, used = now, 0
        if used >= pool.tokens:
            return False
        self._windows[pool] = began, used + 1
        return True

    def calls_so_far(self) -> dict[str, int]:
        """All calls since the beginning, by purpose."""
        return {str(purpose): calls for purpose, calls in sorted(self._ever.items())}

    def drain(self) -> list[CountedCalls]:
        """What was counted since the last time."""
        if self._player_id is None:
            return []
        counted = [
            CountedCalls(
                player_id=self._player_id,
                purpose=purpose,
                endpoint=endpoint,
                calls=calls,
                rejected_429=self._rejected[purpose, endpoint],
            )
            for (purpose, endpoint), calls in sorted(self._calls.items())
        ]
        self._calls.clear()
        self._rejected.clear()
        return counted
