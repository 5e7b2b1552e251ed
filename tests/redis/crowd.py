"""A crowd of callers on a virtual clock, who ask one budget and wait as it tells them to."""

import heapq
import itertools
from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from redis import Redis

from manufacturing.adapters.redis.api_budget import BudgetRules, Granted, RedisApiBudget
from manufacturing.domain.gateway import PRIORITY_OF, Purpose
from manufacturing.domain.ids import PlayerId

_KEYS = itertools.count(1)


@dataclass
class VirtualTime:
    """A clock that moves when it is told to."""

    now: float = 1_000.0

    def __call__(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        """Lets the time pass."""
        self.now += seconds


@dataclass(order=True)
class Caller:
    """Someone who wants a call, and when they got it."""

    asks_at: float
    purpose: Purpose = field(compare=False)
    name: str = field(compare=False, default="")
    vanishes_at: float = field(compare=False, default=float("inf"))
    """When it is killed, if it still waits then."""
    greedy: bool = field(compare=False, default=False)
    """Asks for another call as soon as it got one."""
    budget: RedisApiBudget | None = field(compare=False, default=None)
    """The budget as its player sees it, where there are several players."""
    granted_at: float | None = field(compare=False, default=None)


def a_budget(
    client: Redis,
    time: VirtualTime,
    *,
    warm: bool = True,
    rules: BudgetRules | None = None,
    key: str | None = None,
    player_id: PlayerId | None = None,
    weight: int = 1,
) -> RedisApiBudget:
    """A budget of its own on a virtual clock; ``warm``: it knows that nobody has called for long."""
    budget = RedisApiBudget(
        client,
        key or f"account-{next(_KEYS)}",
        rules=rules,
        player_id=player_id,
        weight=weight,
        now=time,
        sleep=time.sleep,
        monotonic=time,
    )
    if warm:
        # The first question of a budget without a memory is answered as if both pools were used up.
        assert not isinstance(budget.ask(PRIORITY_OF[Purpose.STATE], Purpose.STATE, "GET /warm-up"), Granted)
        time.sleep(62.0)
    return budget


def serve(budget: RedisApiBudget, time: VirtualTime, callers: Iterable[Caller], *, until: float) -> list[Caller]:
    """Lets the callers ask at their moments and come back when told; those served before ``until``, in their order."""
    numbers = itertools.count()
    events = [(caller.asks_at, next(numbers), caller) for caller in callers]
    heapq.heapify(events)
    served: list[Caller] = []
    while events and events[0][0] < until:
        moment, number, caller = heapq.heappop(events)
        if moment >= caller.vanishes_at:
            continue
        time.now = moment
        answer = (caller.budget or budget).ask(
            PRIORITY_OF[caller.purpose],
            caller.purpose,
            "GET /something",
            ticket=f"ticket-{number}",
            waited_wall_seconds=moment - caller.asks_at,
        )
        if isinstance(answer, Granted):
            caller.granted_at = moment
            served.append(caller)
            if caller.greedy:
                another = replace(caller, asks_at=moment, granted_at=None)
                heapq.heappush(events, (moment, next(numbers), another))
        else:
            heapq.heappush(events, (moment + answer.wall_seconds, number, caller))
    time.now = max(time.now, until)
    return served
