"""ScaledClock: game time read off the wall."""

from datetime import UTC, datetime, timedelta

from manufacturing.domain.clock import TimeScale


class ScaledClock:
    """A Clock whose game time runs as a TimeScale says."""

    def __init__(self, scale: TimeScale) -> None:
        self.scale = scale

    def now(self) -> datetime:
        """The current moment in game time, UTC."""
        return self.scale.game_at(datetime.now(UTC))

    def wall_seconds(self, game: timedelta) -> float:
        """How many seconds on the wall ``game`` takes."""
        return game.total_seconds() / self.scale.factor

    def game_time(self, wall: timedelta) -> timedelta:
        """How much game time passes while ``wall`` passes on the wall."""
        return wall * self.scale.factor
