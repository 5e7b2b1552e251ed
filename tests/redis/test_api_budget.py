"""The API budget: what the game allows, all of it, and in the right order."""

import multiprocessing
import socket
import threading
import time as wall
from collections import Counter
from datetime import timedelta
from itertools import count, pairwise
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from redis import Redis

from manufacturing.adapters.embedded import EmbeddedValkey
from manufacturing.adapters.redis.api_budget import (
    BudgetRules,
    BudgetTimeout,
    BudgetUnreachable,
    ComeBackIn,
    Granted,
    RedisApiBudget,
    budget_key,
)
from manufacturing.adapters.redis.client import connect
from manufacturing.domain.gateway import PRIORITY_OF, Priority, Purpose, RequestNotSent
from manufacturing.domain.ids import PlayerId
from tests.redis.crowd import Caller, VirtualTime, a_budget, serve
from tests.redis.game_limiter import refused

#: No allowance for a way to the server that varies.
EXACT = BudgetRules(jitter=timedelta(), stall=timedelta(), scan_share=1.0)

#: What the game gives in a minute, for ever.
CALLS_PER_MINUTE = 150


def trades(how_many: int, at: float) -> list[Caller]:
    return [Caller(at, Purpose.TRADE, f"trade-{n}") for n in range(how_many)]


def scans(how_many: int, at: float) -> list[Caller]:
    return [Caller(at, Purpose.SCAN, f"scan-{n}") for n in range(how_many)]


def greedy(purpose: Purpose, at: float) -> list[Caller]:
    return [Caller(at, purpose, f"greedy-{n}", greedy=True) for n in range(6)]


def use_up_the_second_pool(budget: RedisApiBudget, time: VirtualTime) -> None:
    """Afterwards only the first pool has calls, for almost a minute."""
    while isinstance(budget.ask(Priority.ACT, Purpose.TRADE, "POST /buy"), Granted):
        pass
    time.sleep(1.1)


def granted_at(served: list[Caller]) -> list[float]:
    return [caller.granted_at for caller in served if caller.granted_at is not None]


def drained(budget: RedisApiBudget) -> dict[str, tuple[int, int]]:
    return {usage.purpose.value: (usage.calls, usage.rejected_429) for usage in budget.drain_usage()}


# What the game allows


def test_both_pools_are_there_at_once_and_not_one_call_more(client: Redis) -> None:
    time = VirtualTime()
    budget = a_budget(client, time, rules=EXACT)

    answers = [budget.ask(Priority.ACT, Purpose.TRADE, "POST /buy") for _ in range(33)]

    assert [type(answer) for answer in answers] == [Granted] * 32 + [ComeBackIn]
    assert answers[-1] == ComeBackIn(0.25)


def test_the_first_pool_is_there_again_after_a_second(client: Redis) -> None:
    time = VirtualTime()
    budget = a_budget(client, time, rules=EXACT)
    while isinstance(budget.ask(Priority.ACT, Purpose.TRADE, "POST /buy"), Granted):
        pass

    time.sleep(0.9)
    answer = budget.ask(Priority.ACT, Purpose.TRADE, "POST /buy")
    assert isinstance(answer, ComeBackIn)
    assert answer.wall_seconds == pytest.approx(0.1, abs=1e-5)

    time.sleep(answer.wall_seconds)
    answers = [budget.ask(Priority.ACT, Purpose.TRADE, "POST /buy") for _ in range(3)]
    assert [type(answer) for answer in answers] == [Granted, Granted, ComeBackIn]


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    gaps=st.lists(
        st.one_of(st.just(0.0), st.floats(0, 0.3), st.floats(0.9, 1.1), st.floats(55, 65)), min_size=30, max_size=160
    ),
    server_was_used_up=st.booleans(),
)
def test_the_game_never_refuses_what_was_granted(client: Redis, gaps: list[float], server_was_used_up: bool) -> None:
    time = VirtualTime()
    started_at = time.now
    budget = a_budget(client, time, warm=False, rules=EXACT)
    grants = []
    for gap in gaps:
        time.sleep(gap)
        if isinstance(budget.ask(Priority.ACT, Purpose.TRADE, "POST /buy"), Granted):
            grants.append(time.now)

    assert refused(grants, used_up_at=started_at if server_was_used_up else None) == []


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data(), factor=st.sampled_from([1.0, 10.0, 60.0]))
def test_calls_that_arrive_late_by_no_more_than_the_jitter_are_not_refused_either(
    client: Redis, data: st.DataObject, factor: float
) -> None:
    jitter = 0.05
    time = VirtualTime()
    rules = BudgetRules(jitter=timedelta(seconds=jitter), stall=timedelta(), scan_share=1.0)
    budget = RedisApiBudget(client, f"jittery-{next(_NUMBERS)}", factor=factor, rules=rules, now=time)
    arrivals = []
    for gap, delay, lost in data.draw(
        st.lists(
            st.tuples(
                st.one_of(st.just(0.0), st.floats(0, 0.3), st.floats(0.9, 1.2), st.floats(58, 62)),
                st.one_of(st.just(0.0), st.just(jitter), st.floats(0, jitter)),
                st.integers(0, 9).map(lambda n: n == 0),
            ),
            min_size=30,
            max_size=120,
        )
    ):
        time.sleep(gap / factor)
        if isinstance(budget.ask(Priority.ACT, Purpose.TRADE, "POST /buy"), Granted) and not lost:
            arrivals.append((time.now + delay) * factor)

    assert refused(arrivals) == []


def test_a_crowd_gets_all_that_the_game_allows(client: Redis) -> None:
    time = VirtualTime()
    budget = a_budget(client, time, rules=EXACT)
    start = time.now

    served = serve(budget, time, greedy(Purpose.TRADE, start), until=start + 240)

    assert refused(granted_at(served)) == []
    assert len(served) / (4 * CALLS_PER_MINUTE) == pytest.approx(1.0, abs=0.015)


def test_the_allowance_for_jitter_costs_less_than_two_percent(client: Redis) -> None:
    time = VirtualTime()
    budget = a_budget(client, time)
    start = time.now

    served = serve(budget, time, greedy(Purpose.TRADE, start), until=start + 244)

    assert len(served) / (244 / 60 * CALLS_PER_MINUTE) > 0.98


def test_game_time_that_runs_faster_brings_more_calls_in_the_same_time(client: Redis) -> None:
    time = VirtualTime()
    budget = RedisApiBudget(client, "fast", factor=60.0, rules=EXACT, now=time)
    serve(budget, time, trades(1, time.now), until=time.now + 2)
    start = time.now

    served = serve(budget, time, greedy(Purpose.TRADE, start), until=start + 5)

    assert len(served) / (5 * CALLS_PER_MINUTE) == pytest.approx(1.0, abs=0.02)


_NUMBERS = count(1)


# Who goes first


def test_a_trade_asked_later_goes_before_the_scans_that_wait(client: Redis) -> None:
    time = VirtualTime()
    budget = a_budget(client, time, rules=EXACT)
    start = time.now
    late_trade = Caller(start + 0.5, Purpose.TRADE, "late trade")

    served = serve(budget, time, [*scans(40, start), late_trade], until=start + 10)

    assert late_trade.granted_at == pytest.approx(start + 1.0, abs=0.01)
    assert sum(caller.granted_at < late_trade.granted_at for caller in served) == 32


def test_of_equal_calls_the_one_asked_first_goes_first(client: Redis) -> None:
    time = VirtualTime()
    budget = a_budget(client, time, rules=EXACT)
    start = time.now
    callers = [Caller(start + n / 1000, Purpose.TRADE, f"{n:03}") for n in range(60)]

    served = serve(budget, time, callers, until=start + 30)

    moments = {caller.name: caller.granted_at for caller in served}
    assert len(moments) == 60
    # The two calls of a pair are granted at the same moment, whichever comes first.
    assert all(moments[earlier] <= moments[later] + 1e-3 for earlier, later in pairwise(sorted(moments)))


def test_a_scan_is_not_starved_by_trades_without_end(client: Redis) -> None:
    time = VirtualTime()
    rules = BudgetRules(jitter=timedelta(), stall=timedelta(), ageing=timedelta(seconds=10))
    budget = a_budget(client, time, rules=rules)
    start = time.now
    scan = Caller(start + 1, Purpose.SCAN, "scan")

    served = serve(budget, time, [*greedy(Purpose.TRADE, start), scan], until=start + 40)

    # Trades wait three seconds here; a scan is as urgent as a trade asked two steps of priority, that is 20 s, later.
    assert len(served) > 100
    assert scan.granted_at is not None
    assert 20 <= scan.granted_at - scan.asks_at <= 24


def test_scans_alone_get_their_share_and_no_more(client: Redis) -> None:
    time = VirtualTime()
    rules = BudgetRules(jitter=timedelta(), stall=timedelta(), scan_share=0.6)
    budget = a_budget(client, time, rules=rules)
    start = time.now

    served = serve(budget, time, greedy(Purpose.SCAN, start), until=start + 180)

    moments = granted_at(served)
    busiest = max(sum(begin <= at < begin + 60 for at in moments) for begin in moments)
    assert busiest <= 0.6 * CALLS_PER_MINUTE
    assert len(served) >= 3 * 0.58 * CALLS_PER_MINUTE


def test_scans_beyond_their_share_hold_nobody_up(client: Redis) -> None:
    time = VirtualTime()
    rules = BudgetRules(jitter=timedelta(), stall=timedelta(), scan_share=0.1, ageing=timedelta(seconds=1))
    budget = a_budget(client, time, rules=rules)
    start = time.now
    trading = [Caller(start + 30 + n, Purpose.TRADE, f"trade-{n}") for n in range(30)]

    serve(budget, time, [*greedy(Purpose.SCAN, start), *trading], until=start + 61)

    assert all(trade.granted_at is not None and trade.granted_at - trade.asks_at < 0.01 for trade in trading)


def test_the_place_of_a_caller_that_was_killed_is_soon_given_to_others(client: Redis) -> None:
    time = VirtualTime()
    budget = a_budget(client, time, rules=EXACT)
    start = time.now
    first = serve(budget, time, trades(32, start), until=start + 0.1)
    killed = [Caller(start + 0.1, Purpose.TRADE, f"killed-{n}", vanishes_at=start + 0.2) for n in range(20)]
    alive = Caller(start + 0.15, Purpose.SCAN, "alive")

    serve(budget, time, [*killed, alive], until=start + 5)

    assert len(first) == 32
    assert alive.granted_at is not None
    assert alive.granted_at - start < 1.6


def test_a_caller_that_is_late_is_still_as_old_as_it_is(client: Redis) -> None:
    time = VirtualTime()
    budget = a_budget(client, time, rules=EXACT)
    serve(budget, time, trades(32, time.now), until=time.now + 0.1)

    def ask(ticket: str, waited: float) -> Granted | ComeBackIn:
        return budget.ask(Priority.ACT, Purpose.TRADE, "POST /buy", ticket=ticket, waited_wall_seconds=waited)

    assert isinstance(ask("overslept", 0.0), ComeBackIn)
    time.sleep(0.85)  # long enough for its place to be given away
    for number in range(2):
        assert isinstance(ask(f"punctual-{number}", 0.0), ComeBackIn)
    assert isinstance(ask("overslept", 0.85), ComeBackIn)
    time.sleep(0.1)

    assert isinstance(ask("punctual-1", 0.1), ComeBackIn)
    assert isinstance(ask("overslept", 0.95), Granted)


# When something went wrong


def test_a_call_that_took_long_holds_the_next_ones_back(client: Redis) -> None:
    time = VirtualTime()
    budget = a_budget(client, time, rules=EXACT)

    def call(takes: float) -> float:
        permit = budget.acquire(Priority.ACT, Purpose.TRADE, "POST /buy", 90)
        sent_at = time.now
        time.sleep(takes)
        permit.answered()
        return sent_at

    use_up_the_second_pool(budget, time)
    call(takes=0.1)
    late = call(takes=0.4)
    time.sleep(0.2)
    punctual = call(takes=0.1)
    after_the_late_one = call(takes=0.1)

    # The slow call may have reached the server 0.3 s later than usual: so long later the next window may begin.
    assert punctual - late < 1.01
    assert after_the_late_one - late == pytest.approx(1.3, abs=0.01)


def test_the_first_call_of_all_counts_as_arriving_with_its_answer(client: Redis) -> None:
    time = VirtualTime()
    budget = a_budget(client, time, rules=EXACT)
    use_up_the_second_pool(budget, time)

    permits = [budget.acquire(Priority.ACT, Purpose.TRADE, "POST /buy", 90) for _ in range(2)]
    sent_at = time.now
    time.sleep(0.7)
    for permit in permits:
        permit.answered()
    budget.acquire(Priority.ACT, Purpose.TRADE, "POST /buy", 90)

    # One was new, and after it 0.7 s were known to be usual.
    assert time.now - sent_at == pytest.approx(1.0, abs=0.01)
    budget.acquire(Priority.ACT, Purpose.TRADE, "POST /buy", 90)
    assert time.now - sent_at == pytest.approx(1.7, abs=0.01)


def test_a_way_that_became_longer_for_good_is_usual_after_a_while(client: Redis) -> None:
    time = VirtualTime()
    rules = BudgetRules(jitter=timedelta(milliseconds=10), stall=timedelta())
    budget = a_budget(client, time, rules=rules)

    def call(takes: float) -> None:
        permit = budget.acquire(Priority.ACT, Purpose.TRADE, "POST /buy", 90)
        time.sleep(takes)
        permit.answered()

    call(takes=0.1)
    for _ in range(100):
        call(takes=0.2)
    use_up_the_second_pool(budget, time)
    call(takes=0.2)
    call(takes=0.2)
    time.sleep(0.61)

    # The first of the two left 1.01 s ago and held nobody up.
    assert isinstance(budget.ask(Priority.ACT, Purpose.TRADE, "POST /buy"), Granted)


def test_a_redis_lost_on_the_way_does_not_make_a_call_unsent(tmp_path: Path) -> None:
    with EmbeddedValkey(tmp_path / "valkey") as valkey:
        budget = RedisApiBudget(connect(valkey.url()), "lost", factor=100, rules=EXACT)
        permit = budget.acquire(Priority.ACT, Purpose.TRADE, "POST /buy", 10)
    wall.sleep(0.02)

    permit.answered()  # raises nothing
    with pytest.raises(BudgetUnreachable):
        budget.ask(Priority.ACT, Purpose.TRADE, "POST /buy")


def test_without_a_memory_it_starts_as_if_all_had_just_been_used(client: Redis) -> None:
    time = VirtualTime()
    budget = a_budget(client, time, warm=False, rules=EXACT)
    start = time.now

    served = serve(budget, time, greedy(Purpose.TRADE, start), until=start + 120)

    moments = granted_at(served)
    assert sum(at < start + 0.99 for at in moments) == 0
    assert sum(at < start + 60 for at in moments) <= 2 * 60
    assert len(moments) > 2 * 118 + 30


def test_a_flushed_redis_never_leads_to_a_refusal(client: Redis) -> None:
    time = VirtualTime()
    budget = a_budget(client, time, rules=EXACT)
    moments = []
    for _ in range(4):
        served = serve(budget, time, greedy(Purpose.TRADE, time.now), until=time.now + 7.3)
        moments += granted_at(served)
        client.flushall()

    assert len(moments) > 60
    assert refused(moments) == []


def test_a_clock_put_back_does_not_stop_the_calls_for_long(client: Redis) -> None:
    time = VirtualTime(now=100_000.0)
    budget = a_budget(client, time, rules=EXACT)
    serve(budget, time, trades(32, time.now), until=time.now + 0.1)

    time.now -= 3_600
    served = serve(budget, time, trades(10, time.now), until=time.now + 6)

    assert len(served) == 10


def test_after_a_429_everybody_waits_as_long_as_the_game_asks(client: Redis) -> None:
    time = VirtualTime()
    key = "one-account"
    mine = a_budget(client, time, rules=EXACT, key=key)
    of_another_process = a_budget(client, time, warm=False, rules=EXACT, key=key)
    start = time.now

    mine.penalize(Purpose.SCAN, "GET /market", timedelta(seconds=5))
    served = serve(of_another_process, time, greedy(Purpose.TRADE, start), until=start + 60)

    moments = granted_at(served)
    assert min(moments) == pytest.approx(start + 5, abs=0.01)
    assert len(moments) == 2 * 55


def test_the_wait_after_a_429_is_game_time(client: Redis) -> None:
    time = VirtualTime()
    budget = RedisApiBudget(client, "fast-penalty", factor=10.0, rules=EXACT, now=time)

    budget.penalize(Purpose.SCAN, "GET /market", timedelta(seconds=20))
    served = serve(budget, time, trades(1, time.now), until=time.now + 10)

    assert granted_at(served)[0] == pytest.approx(1_002.0, abs=0.01)


def test_waiting_ends_at_the_deadline_and_leaves_the_queue(client: Redis) -> None:
    time = VirtualTime()
    budget = a_budget(client, time, rules=EXACT, key="waiting")
    budget.penalize(Purpose.TRADE, "POST /buy", timedelta(seconds=60))
    start = time.now

    with pytest.raises(BudgetTimeout, match=r"POST /buy \(TRADE\) within 7 s") as caught:
        budget.acquire(Priority.ACT, Purpose.TRADE, "POST /buy", 7)

    assert isinstance(caught.value, RequestNotSent)
    assert time.now - start == pytest.approx(7)
    assert client.exists("api-budget:{waiting}:queue", "api-budget:{waiting}:alive") == 0


def test_a_redis_that_is_away_is_told_at_once() -> None:
    budget = RedisApiBudget(connect("unix:///nonexistent/valkey.sock"), "nobody")
    started = wall.monotonic()

    with pytest.raises(BudgetUnreachable, match="does not answer"):
        budget.acquire(Priority.ACT, Purpose.TRADE, "POST /buy", 30)
    with pytest.raises(BudgetUnreachable):
        budget.drain_usage()

    assert wall.monotonic() - started < 2


def test_a_redis_that_hangs_is_given_up_within_seconds() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        budget = RedisApiBudget(connect(f"redis://127.0.0.1:{silent.getsockname()[1]}/0"), "nobody")
        started = wall.monotonic()

        with pytest.raises(BudgetUnreachable):
            budget.ask(Priority.ACT, Purpose.TRADE, "POST /buy")

        assert wall.monotonic() - started < 4


# What was counted


def test_calls_and_429s_are_counted_by_player_purpose_and_endpoint(client: Redis) -> None:
    key = "counted"
    time = VirtualTime()
    a_budget(client, time, key=key)
    one = RedisApiBudget(client, key, player_id=PlayerId(1), now=time)
    two = RedisApiBudget(client, key, player_id=PlayerId(2), now=time)

    for _ in range(3):
        one.ask(Priority.ACT, Purpose.TRADE, "POST /my/ships/{ship}/purchase")
    two.ask(Priority.ACT, Purpose.TRADE, "POST /my/ships/{ship}/purchase")
    two.ask(Priority.STATE, Purpose.SETUP, "GET /")
    one.penalize(Purpose.TRADE, "POST /my/ships/{ship}/purchase", timedelta(seconds=1))
    two.ask(Priority.ACT, Purpose.TRADE, "POST /refused")

    rows = {(u.player_id, u.purpose, u.endpoint): (u.calls, u.rejected_429) for u in one.drain_usage()}
    assert rows == {
        (1, Purpose.TRADE, "POST /my/ships/{ship}/purchase"): (3, 1),
        (2, Purpose.TRADE, "POST /my/ships/{ship}/purchase"): (1, 0),
        (2, Purpose.SETUP, "GET /"): (1, 0),
    }
    assert two.drain_usage() == []


def test_calls_before_there_is_a_player_are_counted_for_none(client: Redis) -> None:
    budget = a_budget(client, VirtualTime())
    budget.ask(Priority.STATE, Purpose.SETUP, "POST /register")

    (usage,) = budget.drain_usage()

    assert (usage.player_id, usage.endpoint, usage.calls) == (None, "POST /register", 1)


def test_the_budgets_of_two_accounts_have_nothing_to_do_with_each_other(client: Redis) -> None:
    time = VirtualTime()
    mine, theirs = a_budget(client, time), a_budget(client, time)
    mine.penalize(Purpose.TRADE, "POST /buy", timedelta(seconds=60))

    assert isinstance(theirs.ask(Priority.ACT, Purpose.TRADE, "POST /buy"), Granted)


def test_the_name_of_a_budget_does_not_tell_the_token() -> None:
    key = budget_key("https://api.example.org/v2/", "a-secret-token")

    assert key == budget_key("https://API.example.org/v2", "a-secret-token")
    assert key != budget_key("https://api.example.org/v2", "another-token")
    assert key != budget_key("https://api.example.org/v2", None)
    assert "secret" not in key


# On the wall clock, all at once


def _ask_until(url: str, key: str, factor: float, end: float, grants: "multiprocessing.Queue[list[float]]") -> None:
    with connect(url) as client:
        budget = RedisApiBudget(client, key, factor=factor, rules=EXACT)
        moments = []
        while True:
            try:
                budget.acquire(Priority.ACT, Purpose.TRADE, "POST /buy", max(0.0, end - wall.monotonic()))
            except BudgetTimeout:
                break
            moments.append(wall.monotonic())
        grants.put(moments)


def test_processes_and_threads_together_get_exactly_what_there_is(client: Redis, redis_url: str) -> None:
    factor, seconds = 20.0, 4.0
    context = multiprocessing.get_context("spawn")
    grants: multiprocessing.Queue[list[float]] = context.Queue()
    end = wall.monotonic() + seconds + 3  # monotonic time is the same for all processes of a machine
    arguments = (redis_url, "shared", factor, end, grants)
    processes = [context.Process(target=_ask_until, args=arguments) for _ in range(3)]
    threads = [threading.Thread(target=_ask_until, args=arguments) for _ in range(4)]
    for worker in (*processes, *threads):
        worker.start()
    moments = sorted(moment for _ in (*processes, *threads) for moment in grants.get(timeout=30))
    for worker in (*processes, *threads):
        worker.join(timeout=10)

    counted = drained(RedisApiBudget(client, "shared"))
    assert counted == {"TRADE": (len(moments), 0)}
    # Grants are seen a moment after they were made: windows are judged with a tolerance, the total without.
    per_window = Counter(int((moment - moments[0]) * factor) // 60 for moment in moments)
    played = (moments[-1] - moments[0]) * factor
    assert max(per_window.values()) <= CALLS_PER_MINUTE + 34
    assert len(moments) <= 2 * (played + 1) + 30 * (played // 60 + 1)
    assert len(moments) >= 0.9 * 2 * played


@pytest.mark.parametrize("share", [0.0, 1.2])
def test_a_share_that_is_none_is_refused(share: float) -> None:
    with pytest.raises(ValueError, match="scan_share"):
        BudgetRules(scan_share=share)


def test_time_must_run_forward(client: Redis) -> None:
    with pytest.raises(ValueError, match="forward"):
        RedisApiBudget(client, "backwards", factor=0)


def test_each_purpose_has_a_priority() -> None:
    assert set(PRIORITY_OF) == set(Purpose)
