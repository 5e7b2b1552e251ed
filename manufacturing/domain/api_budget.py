"""How many calls the game allows, and the port that shares them out (docs/game.md, "Rate limit")."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Final, Protocol

from manufacturing.domain.gateway import Priority, Purpose, RequestNotSent


@dataclass(frozen=True, slots=True)
class Pool:
    """``tokens`` calls in a window of ``window`` game time that starts with the first call that uses it."""

    tokens: int
    window: timedelta


#: Every call takes from this pool while it has any left.
STEADY_POOL: Final = Pool(2, timedelta(seconds=1))

#: What the steady pool cannot serve is taken from here; a call that finds both empty is answered 429.
BURST_POOL: Final = Pool(30, timedelta(seconds=60))


class BudgetRefusal(RequestNotSent):
    """The budget let the call through neither now nor in time: it was not sent."""


class Permit(Protocol):
    """The right to send one call, at once."""

    def answered(self) -> None:
        """The answer is here, or none will come: by how long that took the budget learns when the call can have
        reached the server."""
        ...


class ApiBudget(Protocol):
    """The calls of one account, shared by everyone who plays it."""

    def acquire(self, priority: Priority, purpose: Purpose, endpoint: str, deadline_wall_seconds: float) -> Permit:
        """Returns when one call may be sent at once, and counts it under ``purpose`` and ``endpoint``.

        Raises ``BudgetRefusal`` when that is not within ``deadline_wall_seconds``.
        """
        ...

    def penalize(self, purpose: Purpose, endpoint: str, retry_after: timedelta) -> None:
        """The server answered a call with 429: it is counted, and for ``retry_after`` of game time nobody sends."""
        ...
