"""One clock for the game and all workers, that moves only when a worker says that it waits."""

import mmap
import struct
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

from manufacturing.simulator.universe import START

_MOMENT: Final = struct.Struct("q")


class SharedClock:
    """Game time, which is wall time here, as microseconds in a file that every process maps."""

    def __init__(self, path: Path) -> None:
        if not path.exists():
            path.write_bytes(_MOMENT.pack(0))
        with path.open("r+b") as file:
            self._memory = mmap.mmap(file.fileno(), _MOMENT.size)

    def now(self) -> datetime:
        """The current moment."""
        (since_start,) = _MOMENT.unpack(self._memory[:])
        return START + timedelta(microseconds=since_start)

    def set(self, moment: datetime) -> None:
        """It is ``moment`` now, for everybody."""
        self._memory[:] = _MOMENT.pack((moment - START) // timedelta(microseconds=1))

    def wall_seconds(self, game: timedelta) -> float:
        """Game time is wall time."""
        return game.total_seconds()

    def game_time(self, wall: timedelta) -> timedelta:
        """Game time is wall time."""
        return wall
