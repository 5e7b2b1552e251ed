"""Clients of Redis: what they survive."""

from pathlib import Path

import pytest

from manufacturing.adapters.embedded import EmbeddedValkey
from manufacturing.adapters.redis.api_budget import BudgetUnreachable, ComeBackIn, Granted, RedisApiBudget
from manufacturing.adapters.redis.client import connect
from manufacturing.domain.gateway import Priority, Purpose


def test_a_budget_goes_on_after_redis_was_killed_and_started_again(tmp_path: Path) -> None:
    valkey = EmbeddedValkey(tmp_path / "valkey").start()
    budget = RedisApiBudget(connect(valkey.url()), "survivor", factor=100)

    def ask() -> Granted | ComeBackIn:
        return budget.ask(Priority.ACT, Purpose.TRADE, "POST /buy")

    assert isinstance(ask(), ComeBackIn)
    budget.acquire(Priority.ACT, Purpose.TRADE, "POST /buy", 5)
    valkey.stop()
    with pytest.raises(BudgetUnreachable):
        ask()
    valkey.start()
    try:
        # Everything is gone, the script too, and what may be sent is unknown again.
        assert isinstance(ask(), ComeBackIn)
        budget.acquire(Priority.ACT, Purpose.TRADE, "POST /buy", 5)
    finally:
        valkey.stop()


def test_clients_take_sockets_and_addresses_and_nothing_else() -> None:
    assert connect("unix:///run/valkey.sock?db=3").connection_pool.connection_kwargs["db"] == 3
    assert connect("redis://127.0.0.1:6390/2").connection_pool.connection_kwargs["port"] == 6390
    with pytest.raises(ValueError, match="redis"):
        connect("postgresql://localhost/db")


def test_every_command_has_a_time_limit() -> None:
    settings = connect("redis://127.0.0.1:6390/2").connection_pool.connection_kwargs

    assert (settings["socket_timeout"], settings["socket_connect_timeout"]) == (2.0, 2.0)
