"""ProductionRateService: keeps each player's ProductionRates up to date (docs/domain.md, "Production rates").

Rates are learned from the history of listings and from the ledger, so they need no table of their own and are the same
after a restart.
"""

import threading
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from manufacturing.domain.clock import Clock
from manufacturing.domain.ids import PlayerId
from manufacturing.domain.ports import UnitOfWork
from manufacturing.domain.production_rates import ProductionRates
from manufacturing.services.recalculation_watch import RecalculationWatch

#: How often what was seen since is taken in.
_REFRESHED_EVERY: Final = timedelta(minutes=5)
#: How much of the past a new process takes in.
_PAST: Final = timedelta(hours=12)


@dataclass
class _Book:
    rates: ProductionRates = field(default_factory=ProductionRates)
    last_change: int = 0
    last_entry: int = 0
    refreshed_at: datetime | None = None


class ProductionRateService:
    """Hands out rates; every few minutes of game time two questions to the database bring them up to date."""

    def __init__(self, clock: Clock, watch: RecalculationWatch) -> None:
        self._clock = clock
        self._watch = watch
        self._books: dict[PlayerId, _Book] = {}
        self._refreshing = threading.Lock()

    def rates(self, uow: UnitOfWork, player_id: PlayerId) -> ProductionRates:
        """The player's rates. Looking one up in them costs nothing."""
        book = self._books.setdefault(player_id, _Book())
        now = self._clock.now()
        with self._refreshing:
            if book.refreshed_at is None or now - book.refreshed_at >= _REFRESHED_EVERY:
                self._refresh(uow, player_id, book, now)
        return book.rates

    def _refresh(self, uow: UnitOfWork, player_id: PlayerId, book: _Book, now: datetime) -> None:
        since = now - _PAST
        changes = uow.markets.changes_after(player_id, book.last_change, since)
        trades, book.last_entry = uow.ledger.market_trades_after(player_id, book.last_entry, since)
        book.rates.rhythm = self._watch.rhythm(player_id)
        book.rates.learn(changes, trades)
        if changes:
            book.last_change = changes[-1].id
        book.refreshed_at = now
