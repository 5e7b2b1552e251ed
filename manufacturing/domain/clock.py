"""Game time and its relation to wall time (docs/architecture.md, "Time")."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Protocol


class Clock(Protocol):
    """Tells game time, and how long a stretch of it lasts on the wall."""

    def now(self) -> datetime:
        """The current moment in game time, timezone-aware UTC."""
        ...

    def wall_seconds(self, game: timedelta) -> float:
        """How many seconds on the wall ``game`` takes."""
        ...

    def game_time(self, wall: timedelta) -> timedelta:
        """How much game time passes while ``wall`` passes on the wall."""
        ...


@dataclass(frozen=True, slots=True)
class TimeScale:
    """A linear relation of wall time to game time: at ``wall_anchor`` it was ``game_anchor``, since then game
    time runs ``factor`` times as fast. The real game's is the identity.
    """

    factor: float
    wall_anchor: datetime
    game_anchor: datetime

    @classmethod
    def real(cls) -> "TimeScale":
        """Game time is wall time."""
        epoch = datetime(1970, 1, 1, tzinfo=UTC)
        return cls(factor=1.0, wall_anchor=epoch, game_anchor=epoch)

    @classmethod
    def parse(cls, text: str) -> "TimeScale":
        """The scale written by ``str()``: ``factor@wall>game``, both moments in ISO format.

        Raises ValueError when ``text`` has another form.
        """
        factor, _, anchors = text.partition("@")
        wall, _, game = anchors.partition(">")
        try:
            return cls(float(factor), datetime.fromisoformat(wall), datetime.fromisoformat(game))
        except ValueError as error:
            raise ValueError(f"not a time scale (want factor@wall>game): {text!r}") from error

    def __str__(self) -> str:
        return f"{self.factor:g}@{self.wall_anchor.isoformat()}>{self.game_anchor.isoformat()}"

    def game_at(self, wall: datetime) -> datetime:
        """The game time at the moment ``wall``."""
        return self.game_anchor + (wall - self.wall_anchor) * self.factor
