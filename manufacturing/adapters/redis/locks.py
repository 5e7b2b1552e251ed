"""Named locks in Redis (docs/architecture.md, "Truth and hints")."""

from datetime import timedelta
from types import TracebackType
from typing import Self

from redis import Redis
from redis.exceptions import LockError, RedisError
from redis.lock import Lock as RedisPyLock

from manufacturing.domain.ports import LockHeld


class LockUnknown(LockHeld):
    """Redis does not answer, so nobody can tell whether the lock is held: do as if it were."""


class RedisLock:
    """A lock we hold, until its ``with`` block ends or its time runs out."""

    def __init__(self, name: str, lock: RedisPyLock) -> None:
        self.name = name
        self._lock = lock

    def extend(self, ttl: timedelta) -> None:
        """Keeps the lock for ``ttl`` of wall time from now. LockHeld when it was lost meanwhile."""
        try:
            self._lock.extend(ttl.total_seconds(), replace_ttl=True)
        except LockError:
            raise LockHeld(f"{self.name} ran out before it was extended") from None
        except RedisError as error:
            raise LockUnknown(f"{self.name} could not be extended: {error}") from error

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        # A lock that ran out belongs to nobody or to someone else, and one in a Redis that is away runs out by
        # itself: either way there is nothing left for us to give up.
        try:
            self._lock.release()
        except RedisError:
            return


class RedisLocks:
    """Locks of every process that uses the same Redis and the same ``prefix``."""

    def __init__(self, client: Redis, prefix: str = "lock:") -> None:
        self._client = client
        self._prefix = prefix

    def lock(self, name: str, ttl: timedelta) -> RedisLock:
        """Takes the lock for at most ``ttl`` of wall time. Raises LockHeld at once when someone has it, and
        LockUnknown when Redis does not answer."""
        lock = self._client.lock(self._prefix + name, timeout=ttl.total_seconds(), blocking=False, thread_local=False)
        try:
            taken = lock.acquire()
        except RedisError as error:
            raise LockUnknown(f"{name} may be held: {error}") from error
        if not taken:
            raise LockHeld(f"{name} is held by someone else")
        return RedisLock(name, lock)
