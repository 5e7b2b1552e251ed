"""Two pools of fixed windows: 2 requests a second, then 30 in a minute, in game time."""

from datetime import datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from manufacturing.simulator.rate_limit import RateLimiter
from manufacturing.simulator.universe import START
from tests.simulator.players import Player, a_player


def _at(seconds: float) -> datetime:
    return START + timedelta(seconds=seconds)


def test_a_burst_gets_both_pools_and_not_one_more() -> None:
    limiter = RateLimiter()
    answers = [limiter.admit("me", START) for _ in range(40)]
    assert [answer is None for answer in answers] == [True] * 32 + [False] * 8
    refused = answers[-1]
    assert refused is not None
    assert refused.retry_after == 1.0
    assert dict(refused.headers)["retry-after"] == "1"


def test_a_window_opens_with_the_first_request_that_uses_it() -> None:
    limiter = RateLimiter()
    for seconds in (0.4, 0.5):
        assert limiter.admit("me", _at(seconds)) is None
    for _ in range(30):
        assert limiter.admit("me", _at(1.3)) is None  # the burst pool, whose minute begins here
    assert limiter.admit("me", _at(1.399)) is not None
    assert limiter.admit("me", _at(1.4)) is None
    assert limiter.admit("me", _at(1.4)) is None
    refused = limiter.admit("me", _at(1.4))
    assert refused is not None
    assert refused.retry_after == pytest.approx(1.0)


def test_callers_do_not_share_pools() -> None:
    limiter = RateLimiter()
    for _ in range(33):
        limiter.admit("me", START)
    assert limiter.admit("you", START) is None


@settings(deadline=None, max_examples=60)
@given(st.lists(st.floats(0.0, 0.5), min_size=100, max_size=150))
def test_no_minute_ever_gives_more_than_the_pools_hold(gaps: list[float]) -> None:
    limiter = RateLimiter()
    moment, admitted = 0.0, []
    for gap in gaps:
        moment += gap
        if limiter.admit("me", _at(moment)) is None:
            admitted.append(moment)
    for start in admitted:
        within = sum(start <= other < start + 1 for other in admitted)
        assert within <= 4 + 60  # two windows of each pool may touch
    assert len(admitted) <= 2 * (moment + 1) + 30 * (moment / 60 + 1)


def test_the_best_sustained_rate_is_two_and_a_half_a_second() -> None:
    limiter = RateLimiter()
    admitted = sum(limiter.admit("me", _at(i / 20)) is None for i in range(20 * 600))
    assert admitted == pytest.approx(600 * 2.5, rel=0.01)


def test_a_refusal_says_when_to_come_back_in_headers_and_body() -> None:
    player = Player(a_player().api, symbol="LIMITED")
    player.api._limiter = RateLimiter()
    player.register()
    answers = [player.call("GET", "/my/agent") for _ in range(33)]
    assert [answer.status for answer in answers] == [200] * 32 + [429]
    player.wait(milliseconds=250)
    refused = player.call("GET", "/my/agent")
    headers, error = dict(refused.headers), refused.json()["error"]
    assert headers["retry-after"] == "1"
    assert headers["x-ratelimit-limit-per-second"] == "2"
    assert headers["x-ratelimit-limit-burst"] == "30"
    assert headers["x-ratelimit-remaining"] == "0"
    assert headers["x-ratelimit-type"]
    assert headers["x-ratelimit-reset"] == "2026-01-04T00:00:01.000Z"
    assert error["code"] == 429
    assert error["data"]["retryAfter"] == 0.75
    player.wait(milliseconds=750)
    assert player.call("GET", "/my/agent").status == 200


def test_a_refused_call_has_no_effect() -> None:
    player = a_player(limiter=RateLimiter())
    for _ in range(40):
        player.call("GET", "/my/agent")
    assert player.call("POST", player.me + "/orbit").status == 429
    assert player.ship().docked
