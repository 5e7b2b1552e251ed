"""RecalculationWatch: knows when all markets were last recalculated (docs/domain.md, "Supply polls").

One call tells it for all markets, so it is asked for only when the next recalculation is expected, once for everybody.
"""

import logging
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from manufacturing.domain.clock import Clock
from manufacturing.domain.gateway import Purpose, ServerUnavailable, SpaceTradersGateway
from manufacturing.domain.ids import PlayerId
from manufacturing.domain.poll_timing import SETTLING
from manufacturing.domain.ports import UnitOfWorkFactory
from manufacturing.domain.recalculation_rhythm import KEPT, RecalculationRhythm

log = logging.getLogger(__name__)

#: How often is asked until the rhythm is known.
_WHILE_LEARNING: Final = timedelta(minutes=2)
#: A recalculation that is late is asked for again after this, then after twice as long each time …
_FIRST_AGAIN: Final = timedelta(seconds=10)
#: … up to this.
_LONGEST_AGAIN: Final = timedelta(minutes=2)
#: A server that does not tell is asked again after this.
_UNTOLD_AGAIN: Final = timedelta(minutes=30)
#: Who does not ask the game learns from the rows what others were told, no more often than this.
_READ_AGAIN: Final = timedelta(minutes=2)


@dataclass
class _Known:
    rhythm: RecalculationRhythm
    ask_at: datetime | None = None
    """When it is worth asking; None: at once."""
    tries: int = 0
    """How often the server was asked for the recalculation that is expected now."""
    is_told: bool = field(default=True)
    read_at: datetime | None = None
    """When the rows were last read."""


class RecalculationWatch:
    """Remembers the moments of recalculation; they are rows, and survive a restart."""

    def __init__(self, uow: UnitOfWorkFactory, clock: Clock) -> None:
        self._uow = uow
        self._clock = clock
        self._known: dict[PlayerId, _Known] = {}

    def rhythm(self, player_id: PlayerId) -> RecalculationRhythm:
        """What is known, without asking the game: other processes may have. Without a moment where the server does not
        tell."""
        known, now = self._of(player_id), self._clock.now()
        expected = known.rhythm.next_after(known.rhythm.last) if known.rhythm.last is not None else None
        is_behind = known.is_told and (expected is None or expected <= now)
        if is_behind and (known.read_at is None or now - known.read_at >= _READ_AGAIN):
            known.rhythm = RecalculationRhythm.of([*known.rhythm.moments, *self._read(player_id)])
            known.read_at = now
        return known.rhythm

    def ask_at(self, player_id: PlayerId) -> datetime:
        """When the game is to be asked next."""
        return self._of(player_id).ask_at or self._clock.now()

    def is_due(self, player_id: PlayerId) -> bool:
        """Whether the game should be asked: a recalculation is expected to have happened."""
        return self.ask_at(player_id) <= self._clock.now()

    def ask_if_due(self, gateway: SpaceTradersGateway, player_id: PlayerId, purpose: Purpose) -> RecalculationRhythm:
        """What is known, after asking the game if that is due. Who gets no answer has what was known before."""
        known = self._of(player_id)
        if not self.is_due(player_id):
            return known.rhythm
        now = self._clock.now()
        # Whoever comes while the answer is under way does not ask as well.
        known.ask_at = now + _FIRST_AGAIN
        try:
            last = gateway.get_status(purpose).last_market_update
        except ServerUnavailable as error:
            log.info("nobody tells when markets were recalculated: %s", error)
            return known.rhythm
        if last is None:
            if known.is_told:
                log.info("the server does not tell when markets were recalculated")
            self._known[player_id] = _Known(RecalculationRhythm(), now + _UNTOLD_AGAIN, is_told=False)
            return self._known[player_id].rhythm
        known.is_told = True
        if last not in known.rhythm.moments:
            known.rhythm = known.rhythm.with_moment(last)
            known.tries = 0
            with self._uow() as uow:
                uow.markets.record_recalculation(player_id, last)
                uow.commit()
        else:
            known.tries += 1
        known.ask_at = self._ask_again_at(known, last)
        return known.rhythm

    def _ask_again_at(self, known: _Known, last: datetime) -> datetime:
        now = self._clock.now()
        expected = last + known.rhythm.period
        if now < expected:
            learning = now + _WHILE_LEARNING
            return expected + SETTLING if known.rhythm.is_learned else min(learning, expected + SETTLING)
        return now + min(_LONGEST_AGAIN, _FIRST_AGAIN * (1 << min(6, max(0, known.tries - 1))))

    def _of(self, player_id: PlayerId) -> _Known:
        known = self._known.get(player_id)
        if known is None:
            rhythm = RecalculationRhythm.of(self._read(player_id))
            ask_at = None
            if rhythm.is_learned and (following := rhythm.next_after(rhythm.moments[-1])) is not None:
                ask_at = following + SETTLING
            known = self._known[player_id] = _Known(rhythm, ask_at, read_at=self._clock.now())
        return known

    def _read(self, player_id: PlayerId) -> list[datetime]:
        with self._uow() as uow:
            return uow.markets.recalculations(player_id, KEPT)
