"""How often one player may call (docs/game.md, "Rate limit").

Two pools, in this order: a few requests per second, then a burst per minute. Each pool is a fixed window that opens
with the first request that uses it.
"""

import math
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final


@dataclass(frozen=True, slots=True)
class Pool:
    """So many requests within a window of so many seconds."""

    requests: int
    seconds: float


PER_SECOND: Final = Pool(requests=2, seconds=1)
BURST: Final = Pool(requests=30, seconds=60)


@dataclass(slots=True)
class _Window:
    ends_at: datetime
    used: int


@dataclass(frozen=True, slots=True)
class Refused:
    """A request beyond both pools, and when the next one may come (game time)."""

    retry_after: float
    """Seconds until a pool opens."""
    resets_at: datetime

    @property
    def headers(self) -> tuple[tuple[str, str], ...]:
        """What the answer says in its headers."""
        return (
            ("retry-after", str(max(1, math.ceil(self.retry_after)))),
            ("x-ratelimit-type", "IP Address"),
            ("x-ratelimit-limit-burst", str(BURST.requests)),
            ("x-ratelimit-limit-per-second", str(PER_SECOND.requests)),
            ("x-ratelimit-remaining", "0"),
            ("x-ratelimit-reset", _iso(self.resets_at)),
        )

    @property
    def data(self) -> dict[str, Any]:
        """What the answer says in its body."""
        return {
            "type": "IP Address",
            "retryAfter": self.retry_after,
            "limitBurst": BURST.requests,
            "limitPerSecond": PER_SECOND.requests,
            "remaining": 0,
            "reset": _iso(self.resets_at),
        }


@dataclass(slots=True)
class RateLimiter:
    """Counts the requests of every caller."""

    _windows: dict[str, list[_Window | None]] = field(default_factory=dict)

    def admit(self, caller: str, now: datetime) -> Refused | None:
        """Counts a request of ``caller`` at game time ``now``; returns why it may not be served, if so."""
        windows = self._windows.get(caller)
        if windows is None:
            windows = self._windows[caller] = [None, None]
        for i, pool in enumerate((PER_SECOND, BURST)):
            window = windows[i]
            if window is None or now >= window.ends_at:
                windows[i] = _Window(now + timedelta(seconds=pool.seconds), 1)
                return None
            if window.used < pool.requests:
                window.used += 1
                return None
        resets_at = min(window.ends_at for window in windows if window is not None)
        return Refused((resets_at - now).total_seconds(), resets_at)


def _iso(moment: datetime) -> str:
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")
