"""Named locks: one holder at a time, and none for ever."""

import os
import signal
import time
from datetime import timedelta
from multiprocessing import get_context
from pathlib import Path

import pytest
from redis import Redis

from manufacturing.adapters.embedded import EmbeddedValkey
from manufacturing.adapters.redis.client import connect
from manufacturing.adapters.redis.locks import LockUnknown, RedisLocks
from manufacturing.domain.ports import LockHeld, Locks

MINUTE = timedelta(minutes=1)


@pytest.fixture
def locks(client: Redis) -> RedisLocks:
    return RedisLocks(client)


def test_a_lock_has_one_holder_and_others_are_told_at_once(client: Redis, locks: RedisLocks) -> None:
    elsewhere: Locks = RedisLocks(client)
    started = time.monotonic()

    with locks.lock("ship:1", MINUTE):
        with pytest.raises(LockHeld, match="ship:1 is held"):
            elsewhere.lock("ship:1", MINUTE)
        with elsewhere.lock("ship:2", MINUTE):
            pass

    assert time.monotonic() - started < 1
    with elsewhere.lock("ship:1", MINUTE):
        assert client.exists("lock:ship:1") == 1


def test_a_lock_is_given_up_when_its_block_ends_in_an_error(locks: RedisLocks) -> None:
    with pytest.raises(RuntimeError), locks.lock("ship:1", MINUTE):
        raise RuntimeError

    assert locks.lock("ship:1", MINUTE)


def test_a_lock_ends_by_itself_and_its_late_holder_leaves_the_next_one_alone(locks: RedisLocks) -> None:
    with locks.lock("ship:1", timedelta(milliseconds=30)):
        time.sleep(0.05)
        successor = locks.lock("ship:1", MINUTE)

    with pytest.raises(LockHeld):
        locks.lock("ship:1", MINUTE)
    successor.extend(MINUTE)


def test_a_lock_can_be_kept_for_longer(client: Redis, locks: RedisLocks) -> None:
    with locks.lock("ship:1", timedelta(seconds=1)) as lock:
        lock.extend(MINUTE)

        assert 50_000 < client.pttl("lock:ship:1") <= 60_000


def test_a_lock_that_was_lost_cannot_be_extended(locks: RedisLocks) -> None:
    with locks.lock("ship:1", timedelta(milliseconds=20)) as lock:
        time.sleep(0.04)

        with pytest.raises(LockHeld, match="ran out"):
            lock.extend(MINUTE)


def _hold_until_killed(url: str, ready: str) -> None:
    with RedisLocks(connect(url)).lock("ship:1", timedelta(seconds=1)):
        Path(ready).touch()
        time.sleep(60)


def test_the_lock_of_a_killed_process_ends_by_itself(locks: RedisLocks, redis_url: str, tmp_path: Path) -> None:
    holder = get_context("spawn").Process(target=_hold_until_killed, args=(redis_url, str(tmp_path / "ready")))
    holder.start()
    while not (tmp_path / "ready").exists():
        assert holder.is_alive()
        time.sleep(0.01)
    assert holder.pid is not None
    os.kill(holder.pid, signal.SIGKILL)
    holder.join(10)

    with pytest.raises(LockHeld):
        locks.lock("ship:1", MINUTE)
    time.sleep(1.05)
    assert locks.lock("ship:1", MINUTE)


def test_without_redis_nobody_knows_so_it_counts_as_held(tmp_path: Path) -> None:
    with EmbeddedValkey(tmp_path / "valkey") as valkey:
        locks = RedisLocks(connect(valkey.url()))
        held = locks.lock("ship:1", MINUTE)
    with pytest.raises(LockUnknown, match="may be held"):
        locks.lock("ship:2", MINUTE)
    with pytest.raises(LockUnknown, match="could not be extended"):
        held.extend(MINUTE)
    with held:
        pass  # giving up what is gone is no error
