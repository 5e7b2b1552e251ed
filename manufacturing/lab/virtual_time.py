"""Virtual time: it passes only when the lab says so."""

from datetime import datetime, timedelta


class VirtualClock:
    """A Clock that stands still between events. A wall second is a game second, as in the real game."""

    def __init__(self, start: datetime) -> None:
        self._now = start

    def now(self) -> datetime:
        """The current moment, UTC."""
        return self._now

    def wall_seconds(self, game: timedelta) -> float:
        """As in the real game: the same."""
        return game.total_seconds()

    def game_time(self, wall: timedelta) -> timedelta:
        """As in the real game: the same."""
        return wall

    def advance_to(self, moment: datetime) -> None:
        """Time passes until ``moment``; a moment that has passed already changes nothing."""
        self._now = max(self._now, moment)

    def sleep(self, seconds: float) -> None:
        """Time passes while somebody waits."""
        self._now += timedelta(seconds=seconds)

    def monotonic(self) -> float:
        """Seconds since some moment."""
        return self._now.timestamp()
