"""RecalculationRhythm: when the game recalculates its markets (docs/domain.md, "Supply polls").

Between two recalculations nothing but trades changes a market, so a market that was seen after the last one is known.
The server tells when the last one was; from some of these moments the rhythm follows. It need not be a regular one.
"""

import math
import statistics
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Self

#: Between two recalculations, until their own gaps tell.
USUAL_PERIOD: Final = timedelta(minutes=15)
#: Moments remembered: enough to tell a rhythm, few enough to notice when it changes.
KEPT: Final = 8
#: Gaps that must be known before the rhythm is believed.
_GAPS_TO_LEARN: Final = 2
#: How far a gap may stray from a multiple of the period, as a share of the period, in a regular rhythm.
_TOLERANCE: Final = 0.1


@dataclass(frozen=True, slots=True)
class RecalculationRhythm:
    """The latest moments of recalculation that are known, oldest first."""

    moments: tuple[datetime, ...] = ()

    @classmethod
    def of(cls, moments: list[datetime]) -> Self:
        """The rhythm of these moments, in any order."""
        return cls(tuple(sorted(set(moments)))[-KEPT:])

    def with_moment(self, at: datetime) -> Self:
        """The same, when the server tells that the last recalculation was ``at``."""
        return self.of([*self.moments, at])

    @property
    def last(self) -> datetime | None:
        """The last recalculation known."""
        return self.moments[-1] if self.moments else None

    @property
    def is_learned(self) -> bool:
        """Whether enough moments are known to tell when the next one is: two gaps, or one that is the usual one."""
        gaps = self._gaps()
        return len(gaps) >= _GAPS_TO_LEARN or (len(gaps) == 1 and abs(gaps[0] / USUAL_PERIOD - 1) <= _TOLERANCE)

    @property
    def period(self) -> timedelta:
        """The time between two recalculations. Some may have gone unseen, so a gap may be several periods; of gaps
        that fit no period the usual one is taken."""
        gaps = self._gaps()
        if len(gaps) < _GAPS_TO_LEARN:
            return USUAL_PERIOD
        if not self.is_regular:
            return statistics.median_low(gaps)
        shortest = min(gaps)
        return sum(gaps, timedelta()) / sum(round(gap / shortest) for gap in gaps)

    @property
    def is_regular(self) -> bool:
        """Whether every gap is about a multiple of the shortest one."""
        gaps = self._gaps()
        shortest = min(gaps, default=USUAL_PERIOD)
        return all(abs(gap / shortest - round(gap / shortest)) <= _TOLERANCE for gap in gaps)

    def next_after(self, moment: datetime) -> datetime | None:
        """The first recalculation after ``moment``, known or expected; None while none was ever known."""
        if self.last is None:
            return None
        if moment < self.last:
            return next(known for known in self.moments if known > moment)
        period = self.period
        return self.last + period * (math.floor((moment - self.last) / period) + 1)

    def before_last(self, count: int) -> datetime | None:
        """The recalculation ``count`` before the last one, as known, or about when it was where it went unseen; None
        while none was ever known."""
        if self.last is None:
            return None
        about = self.last - count * self.period
        nearest = min(self.moments, key=lambda known: abs(known - about))
        return nearest if abs(nearest - about) < self.period / 2 else about

    def latest_until(self, moment: datetime) -> datetime | None:
        """The last recalculation up to ``moment``, known or expected; None while none was ever known."""
        if self.last is None:
            return None
        return self.last + self.period * math.floor((moment - self.last) / self.period)

    def count_between(self, since: datetime, until: datetime) -> int | None:
        """How many recalculations happen after ``since`` and up to ``until``; None while that cannot be told."""
        if self.last is None or not self.is_learned or not self.is_regular:
            return None
        period = self.period
        return math.floor((until - self.last) / period) - math.floor((since - self.last) / period)

    def _gaps(self) -> list[timedelta]:
        return [later - earlier for earlier, later in zip(self.moments, self.moments[1:], strict=False)]
