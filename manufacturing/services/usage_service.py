"""UsageService: stores how many API calls were made, for what (docs/architecture.md, "The API budget")."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from manufacturing.domain.clock import Clock
from manufacturing.domain.decision import ApiUsage
from manufacturing.domain.ids import PlayerId
from manufacturing.domain.ports import UnitOfWorkFactory


@dataclass(frozen=True, slots=True, kw_only=True)
class CountedCalls:
    """Calls counted since the last time."""

    player_id: PlayerId
    purpose: str
    endpoint: str
    calls: int
    rejected_429: int


class UsageService:
    """Moves the counts of calls to where reports find them."""

    def __init__(self, uow: UnitOfWorkFactory, clock: Clock, drain: Callable[[], Sequence[CountedCalls]]) -> None:
        self._uow = uow
        self._clock = clock
        self._drain = drain

    def store(self) -> int:
        """Stores what was counted since the last time, under the current hour; how many calls."""
        hour = self._clock.now().replace(minute=0, second=0, microsecond=0)
        counted = self._drain()
        if not counted:
            return 0
        with self._uow() as uow:
            uow.usage.add(
                [
                    ApiUsage(
                        player_id=c.player_id,
                        hour=hour,
                        purpose=c.purpose,
                        endpoint=c.endpoint,
                        calls=c.calls,
                        rejected_429=c.rejected_429,
                    )
                    for c in counted
                ]
            )
            uow.commit()
        return sum(c.calls for c in counted)
