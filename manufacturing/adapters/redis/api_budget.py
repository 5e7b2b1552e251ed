"""The API budget in Redis: both pools of the game's rate limit, shared by every process (docs/architecture.md,
"The API budget")."""

import hashlib
import logging
import math
import secrets
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from importlib.resources import files
from typing import Final

from redis import Redis
from redis.exceptions import RedisError

from manufacturing.domain.api_budget import BURST_POOL, STEADY_POOL, BudgetRefusal
from manufacturing.domain.gateway import Priority, Purpose
from manufacturing.domain.ids import PlayerId

log = logging.getLogger(__name__)

_SCRIPT: Final = files(__package__).joinpath("api_budget.lua").read_text(encoding="utf-8")

#: What is not asked for so long is forgotten, and the next one starts carefully.
_MEMORY: Final = timedelta(days=1)

_MINUTE: Final = timedelta(minutes=1)

#: How long a call to an endpoint takes is known from its quickest ones. With each call that takes longer it is taken to
#: be so much more, for the way to the server may change.
_USUAL_GROWS: Final = 1.01

#: However fast time runs, so much of the second pool is not held back.
_LEAST_BURST: Final = 10

_CALLS: Final = "calls"
_REJECTED: Final = "rejected"


class BudgetTimeout(BudgetRefusal):
    """No call became free before the deadline."""


class BudgetUnreachable(BudgetRefusal):
    """Redis does not answer: without it nobody knows what may be sent."""


@dataclass(frozen=True, slots=True)
class Granted:
    """The call may be sent now."""

    at: int
    """The moment on the budget's clock, in microseconds."""


@dataclass(frozen=True, slots=True)
class ComeBackIn:
    """The call may not be sent now; asking again is worthwhile after this many wall seconds."""

    wall_seconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Usage:
    """Calls since the last time they were drained."""

    player_id: PlayerId | None
    """None for calls made before there was a player."""
    purpose: Purpose
    endpoint: str
    calls: int
    """Calls that were let through, each retry counted again."""
    rejected_429: int


@dataclass(frozen=True, slots=True)
class Allowance:
    """At most ``tokens`` calls in any stretch of ``span`` of wall time."""

    tokens: int
    span: timedelta


@dataclass(frozen=True, slots=True, kw_only=True)
class BudgetRules:
    """How the game's pools are shared out. ``factor`` is how many game seconds pass in a wall second."""

    jitter: timedelta = timedelta(milliseconds=10)
    """Wall time by which the way to the server may vary from call to call: spans are that much longer than the game's
    windows, which costs 0.8 % of the calls at time scale 1. What took longer is seen when its answer comes, and others
    then wait for it."""
    stall: timedelta = timedelta(milliseconds=100)
    """Wall time for which the server or one of us may stand still: calls of so long a time then arrive at once, and
    tokens of the second pool are held back for them. Costs nothing at time scale 1, where it is not even one call."""
    scan_share: float = 0.6
    """The part of all calls in any minute that scans and polls may have at most."""
    ageing: timedelta = timedelta(seconds=30)
    """Game time of waiting that makes up for one step of priority."""
    patience: timedelta = timedelta(milliseconds=250)
    """Wall time after which a waiter asks again at the latest, as those before it may have given up."""
    grace: timedelta = timedelta(milliseconds=250)
    """Wall time by which a waiter may be late before its place is given away."""

    def __post_init__(self) -> None:
        if not 0 < self.scan_share <= 1:
            raise ValueError(f"scan_share must be above 0 and at most 1, not {self.scan_share}")

    def steady(self, factor: float) -> Allowance:
        """What we take from the first pool."""
        return Allowance(STEADY_POOL.tokens, STEADY_POOL.window / factor + self.jitter)

    def burst(self, factor: float) -> Allowance:
        """What we take from the second pool.

        Which of the calls in one window of the first pool overflow into the second is the server's affair: what is
        counted there now may reach it up to one such window later, so the span is longer by it.
        """
        held_back = math.floor(self.stall * factor / STEADY_POOL.window * STEADY_POOL.tokens)
        tokens = max(BURST_POOL.tokens - held_back, _LEAST_BURST)
        return Allowance(tokens, (BURST_POOL.window + STEADY_POOL.window) / factor + self.jitter)

    def scans(self, factor: float) -> Allowance:
        """The share of scans and polls."""
        return Allowance(max(1, math.floor(self.scan_share * self.calls_per_minute(factor))), _MINUTE / factor)

    def calls_per_minute(self, factor: float) -> float:
        """How many calls a minute of game time has on average."""
        pools = (self.steady(factor), self.burst(factor))
        return sum(pool.tokens * (_MINUTE / factor / pool.span) for pool in pools)


def budget_key(base_url: str, token: str | None) -> str:
    """The name of an account's budget: the same for all who play it, and nobody learns the token from it."""
    account = f"{base_url.rstrip('/').lower()}\n{token or ''}"
    return hashlib.sha256(account.encode()).hexdigest()[:24]


class RedisApiBudget:
    """One account's budget, as one player (``player_id``) uses it.

    ``key`` names the account: all who share it share the calls. While several players want calls, each gets its part by
    ``weight``; what one does not want is the others'. Within a player the urgent goes first. ``factor`` tells how many
    game seconds pass in a wall second. ``now`` replaces Redis's clock by a virtual one, in seconds; ``sleep`` and
    ``monotonic`` then belong to it.
    """

    def __init__(
        self,
        client: Redis,
        key: str,
        *,
        factor: float = 1.0,
        rules: BudgetRules | None = None,
        player_id: PlayerId | None = None,
        weight: int = 1,
        now: Callable[[], float] | None = None,
        sleep: Callable[[float], None] = time.sleep,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        if factor <= 0:
            raise ValueError(f"time must run forward, not {factor} times as fast as on the wall")
        if weight < 1:
            raise ValueError(f"a player's part of the calls has a weight of at least 1, not {weight}")
        self._client = client
        self._script = client.register_script(_SCRIPT)
        self._rules = rules or BudgetRules()
        self._player = "-" if player_id is None else str(player_id)
        self._weight = weight
        self._now = now
        self._sleep = sleep
        self._monotonic = monotonic
        parts = ("steady", "burst", "scans", "clock", "queue:", "scan-queue:", "waiting", "usage", "turns")
        self._keys = [f"api-budget:{{{key}}}:{part}" for part in parts]
        self._queue_keys = [queue + self._player for queue in self._keys[4:6]]
        self._waiting_key, self._usage_key = self._keys[6:8]
        self._factor = factor
        self._pools = [
            figure
            for pool in (self._rules.steady(factor), self._rules.burst(factor), self._rules.scans(factor))
            for figure in (pool.tokens, _microseconds(pool.span))
        ]
        self._quickest: dict[str, float] = {}
        self._noting = threading.Lock()
        self._handicap_step = _microseconds(self._rules.ageing / factor)

    def acquire(
        self, priority: Priority, purpose: Purpose, endpoint: str, deadline_wall_seconds: float
    ) -> "RedisPermit":
        """Waits until one call may be sent at once. Raises BudgetTimeout when that is not within
        ``deadline_wall_seconds``, and BudgetUnreachable when Redis does not answer."""
        ticket = secrets.token_hex(8)
        asked_at = self._monotonic()
        deadline = asked_at + deadline_wall_seconds
        while True:
            now = self._monotonic()
            answer = self.ask(priority, purpose, endpoint, ticket=ticket, waited_wall_seconds=now - asked_at)
            if isinstance(answer, Granted):
                return RedisPermit(self, endpoint, answer, now)
            remaining = deadline - self._monotonic()
            if remaining <= 0:
                self._leave(ticket)
                raise BudgetTimeout(
                    f"no API call became free for {endpoint} ({purpose}) within {deadline_wall_seconds:g} s"
                )
            self._sleep(min(answer.wall_seconds, remaining))

    def ask(
        self,
        priority: Priority,
        purpose: Purpose,
        endpoint: str,
        *,
        ticket: str = "",
        waited_wall_seconds: float = 0.0,
    ) -> Granted | ComeBackIn:
        """Asks for one call to be sent at once, and does not wait.

        A ``ticket`` of the caller's keeps a place in the queue until shortly after the moment it is told to come back.
        Raises BudgetUnreachable when Redis does not answer.
        """
        granted, figure = self._run(
            "ask",
            self._usage_field(purpose, endpoint, _CALLS),
            ticket,
            int(priority is Priority.SCAN),
            priority * self._handicap_step,
            round(waited_wall_seconds * 1e6),
            _microseconds(self._rules.patience),
            _microseconds(self._rules.grace),
            self._player,
            self._weight,
        )
        return Granted(figure) if granted else ComeBackIn(figure / 1e6)

    def answered(self, endpoint: str, grant: Granted, sent_at: float) -> None:
        """A call to ``endpoint`` that left after ``sent_at``, on the clock of this process, has its answer.

        One that took longer than others of its kind may have reached the server that much later, and the next ones
        must not overtake it.
        """
        took = self._monotonic() - sent_at
        late = timedelta(seconds=took - self._usual(endpoint, took))
        if late <= self._rules.jitter:
            return
        try:
            self._run("postpone", "", grant.at, _microseconds(late))
        except BudgetUnreachable as error:
            # The call was sent, whatever becomes of the budget.
            log.info("a late call to %s could not be noted: %s", endpoint, error)

    def _usual(self, endpoint: str, took: float) -> float:
        """What a call to ``endpoint`` takes when nothing holds it up, in wall seconds; takes note of one more."""
        with self._noting:
            known = self._quickest.get(endpoint)
            usual = min(self._quickest.values(), default=0.0) if known is None else known
            self._quickest[endpoint] = took if known is None else min(took, known * _USUAL_GROWS)
            return usual

    def penalize(self, purpose: Purpose, endpoint: str, retry_after: timedelta) -> None:
        """A call was answered 429: counts it, and drains both pools for everyone, the first for ``retry_after`` of game
        time, the second for as long as its window may last. Raises BudgetUnreachable when Redis does not answer."""
        self._run(
            "penalize",
            self._usage_field(purpose, endpoint, _REJECTED),
            _microseconds(max(timedelta(), retry_after) / self._factor),
        )

    def drain_usage(self) -> list[Usage]:
        """The calls of every player of this account since the last drain; of several drains at once each call is in
        one. Raises BudgetUnreachable when Redis does not answer."""
        try:
            with self._client.pipeline(transaction=True) as transaction:
                transaction.hgetall(self._usage_key)
                transaction.delete(self._usage_key)
                counts: dict[str, str] = transaction.execute()[0]
        except RedisError as error:
            raise BudgetUnreachable(f"the API calls in Redis cannot be read: {error}") from error
        rows: dict[tuple[str, str, str], dict[str, int]] = {}
        for field, count in counts.items():
            player, purpose, kind, endpoint = field.split(" ", 3)
            rows.setdefault((player, purpose, endpoint), {})[kind] = int(count)
        return [
            Usage(
                player_id=PlayerId(int(player)) if player != "-" else None,
                purpose=Purpose(purpose),
                endpoint=endpoint,
                calls=kinds.get(_CALLS, 0),
                rejected_429=kinds.get(_REJECTED, 0),
            )
            for (player, purpose, endpoint), kinds in sorted(rows.items())
        ]

    def _usage_field(self, purpose: Purpose, endpoint: str, kind: str) -> str:
        return f"{self._player} {purpose} {kind} {endpoint}"

    def _run(self, operation: str, usage_field: str, *arguments: str | int) -> tuple[int, int]:
        now = "" if self._now is None else round(self._now() * 1e6)
        memory = _microseconds(_MEMORY) // 1000
        try:
            granted, figure = self._script(
                keys=self._keys,
                args=[operation, now, memory, usage_field, *self._pools, *arguments],
            )
        except RedisError as error:
            raise BudgetUnreachable(f"the API budget in Redis does not answer: {error}") from error
        return granted, figure

    def _leave(self, ticket: str) -> None:
        try:
            with self._client.pipeline(transaction=True) as transaction:
                for key in self._queue_keys:
                    transaction.zrem(key, ticket)
                transaction.zrem(self._waiting_key, f"{self._player} {ticket}")
                transaction.execute()
        except RedisError:
            return  # the place is given away by itself when nobody comes back for it


class RedisPermit:
    """A call that was let through."""

    def __init__(self, budget: RedisApiBudget, endpoint: str, grant: Granted, sent_at: float) -> None:
        self._budget = budget
        self._endpoint = endpoint
        self._grant = grant
        self._sent_at = sent_at

    def answered(self) -> None:
        """See ``Permit.answered``."""
        self._budget.answered(self._endpoint, self._grant, self._sent_at)


def _microseconds(span: timedelta) -> int:
    return math.ceil(span / timedelta(microseconds=1))
