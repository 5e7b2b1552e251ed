"""Several players on one budget: each gets its part of the calls, and none is lost."""

from collections import Counter
from datetime import timedelta
from itertools import count, pairwise

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from redis import Redis

from manufacturing.adapters.redis.api_budget import BudgetRules, RedisApiBudget
from manufacturing.domain.gateway import Purpose
from manufacturing.domain.ids import PlayerId
from tests.redis.crowd import Caller, VirtualTime, a_budget, serve
from tests.redis.game_limiter import refused

EXACT = BudgetRules(jitter=timedelta(), stall=timedelta())
_KEYS = count(1)


class Table:
    """Players at one budget, which knows that nobody has called for long."""

    def __init__(self, client: Redis, rules: BudgetRules = EXACT) -> None:
        self.time = VirtualTime()
        self._client, self._rules, self._key = client, rules, f"table-{next(_KEYS)}"
        self.budget = a_budget(client, self.time, rules=rules, key=self._key)

    def player(self, number: int, weight: int = 1) -> RedisApiBudget:
        """The budget as this player sees it."""
        return a_budget(
            self._client,
            self.time,
            warm=False,
            rules=self._rules,
            key=self._key,
            player_id=PlayerId(number),
            weight=weight,
        )

    def crowd(
        self, player: int, purpose: Purpose, at: float, *, weight: int = 1, callers: int = 6, greedy: bool = True
    ) -> list[Caller]:
        """Callers of one player; greedy ones ask again as soon as they were served."""
        budget = self.player(player, weight)
        return [Caller(at, purpose, str(player), greedy=greedy, budget=budget) for _ in range(callers)]

    def serve(self, callers: list[Caller], seconds: float) -> list[Caller]:
        """Those who went within so many seconds, in their order."""
        return serve(self.budget, self.time, callers, until=self.time.now + seconds)


def moments(served: list[Caller]) -> list[float]:
    return [caller.granted_at for caller in served if caller.granted_at is not None]


@pytest.mark.parametrize(("weights", "parts"), [((1, 1), (0.5, 0.5)), ((3, 1), (0.75, 0.25)), ((1, 2), (1 / 3, 2 / 3))])
def test_players_who_want_all_calls_get_their_parts(
    client: Redis, weights: tuple[int, int], parts: tuple[float, float]
) -> None:
    table = Table(client)
    start = table.time.now

    served = table.serve(
        [caller for n, weight in enumerate(weights) for caller in table.crowd(n, Purpose.TRADE, start, weight=weight)],
        120,
    )

    got = Counter(caller.name for caller in served)
    assert [got[str(n)] / len(served) for n in range(2)] == pytest.approx(parts, abs=0.03)
    assert refused(moments(served)) == []
    assert len(served) >= 0.98 * 2 * 150, "sharing costs no call"


def test_what_one_player_does_not_want_is_the_others(client: Redis) -> None:
    table = Table(client)
    start = table.time.now
    modest = [Caller(start + 5 * n, Purpose.TRADE, "2", budget=table.player(2, 9)) for n in range(20)]

    served = table.serve([*table.crowd(1, Purpose.TRADE, start), *modest], 120)

    assert len(served) >= 0.98 * 2 * 150
    assert Counter(caller.name for caller in served)["2"] == 20
    assert all(caller.granted_at is not None and caller.granted_at - caller.asks_at <= 1.01 for caller in modest[8:])


def test_a_player_need_not_wait_for_the_crowd_of_another(client: Redis) -> None:
    table = Table(client)
    start = table.time.now
    lone = Caller(start + 2.2, Purpose.TRADE, "2", budget=table.player(2))

    served = table.serve([*table.crowd(1, Purpose.TRADE, start, callers=200, greedy=False), lone], 110)

    assert lone.granted_at is not None
    assert lone.granted_at - lone.asks_at <= 1.0, "the next call is its own, though 160 were asked before"
    assert len(served) == 201


def test_scans_of_one_player_do_not_keep_another_from_trading(client: Redis) -> None:
    table = Table(client)
    start = table.time.now

    served = table.serve([*table.crowd(1, Purpose.SCAN, start), *table.crowd(2, Purpose.TRADE, start)], 180)

    got = Counter(caller.name for caller in served)
    assert got["2"] >= 0.49 * len(served)
    assert got["1"] <= 0.6 * 450


def test_within_a_players_part_the_urgent_goes_first(client: Redis) -> None:
    table = Table(client)
    start = table.time.now
    trade = Caller(start + 3.1, Purpose.TRADE, "1", budget=table.player(1))
    crowd = [*table.crowd(1, Purpose.SCAN, start, callers=60, greedy=False), *table.crowd(2, Purpose.TRADE, start)]

    table.serve([*crowd, trade], 10)

    assert trade.granted_at is not None
    assert trade.granted_at - trade.asks_at <= 1.0


def test_nobody_saves_up_calls_by_wanting_none(client: Redis) -> None:
    table = Table(client)
    start = table.time.now
    table.serve([*table.crowd(2, Purpose.TRADE, start, callers=1, greedy=False)], 1)
    late = table.crowd(2, Purpose.TRADE, start + 301)
    served = table.serve([*table.crowd(1, Purpose.TRADE, start + 1), *late], 360)

    contested = [caller.name for caller in served if (caller.granted_at or 0) > start + 305]
    assert len(contested) > 100
    longest = max(len(run) for run in "".join(contested).replace("1", " ").split())
    assert longest <= 32, "a latecomer catches up on what both pools have at once, not on all it might have had"
    assert "1" in contested[-4:]


def test_a_part_of_nothing_is_refused(client: Redis) -> None:
    with pytest.raises(ValueError, match="at least 1"):
        RedisApiBudget(client, "nothing", weight=0)


def test_calls_of_players_who_gave_up_hold_nobody_up(client: Redis) -> None:
    table = Table(client)
    start = table.time.now
    killed = [Caller(start, Purpose.TRADE, "2", budget=table.player(2), vanishes_at=start + 0.4) for _ in range(60)]

    served = table.serve([*killed, *table.crowd(1, Purpose.TRADE, start + 1)], 61)

    assert len(moments(served)) >= 130


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    asked=st.lists(
        st.tuples(
            st.integers(1, 3),
            st.sampled_from([Purpose.TRADE, Purpose.STATE, Purpose.SCAN]),
            st.floats(0, 90, allow_nan=False),
        ),
        min_size=1,
        max_size=250,
    )
)
def test_however_players_ask_the_game_refuses_none_and_everybody_is_served(
    client: Redis, asked: list[tuple[int, Purpose, float]]
) -> None:
    table = Table(client)
    start = table.time.now
    callers = [
        Caller(start + at, purpose, str(player), budget=table.player(player, player)) for player, purpose, at in asked
    ]

    served = table.serve(callers, 400)

    assert refused(moments(served)) == []
    assert len(served) == len(asked)
    assert all(later >= earlier for earlier, later in pairwise(moments(served)))
