"""DetectionProbe: how long after a watched output became plentiful the fleet knew it (docs/lab.md, "Measures").

The simulated universe knows the truth. The probe asks it, never the game's API, and changes nothing.
"""

import statistics
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from manufacturing.domain.factory_state import FactoryState
from manufacturing.domain.ids import PlayerId
from manufacturing.domain.ports import UnitOfWorkFactory
from manufacturing.domain.prices import Supply
from manufacturing.simulator.universe import Universe

#: How often the truth is looked up: stocks rise at recalculations, which are far longer apart.
PROBED_EVERY: Final = timedelta(seconds=30)


@dataclass(frozen=True, slots=True, kw_only=True)
class Detection:
    """How well the fleet knew its factories."""

    seen: int
    """Outputs that became plentiful at a recalculation while they were watched, and that the fleet saw."""
    unseen: int
    """Those it did not see before it stopped watching, or the end."""
    mean_delay: float | None
    """Game seconds from the moment an output became plentiful to the moment the fleet knew; None when none was seen."""
    longest_delay: float | None


class DetectionProbe:
    """Follows every watched output of one player."""

    def __init__(
        self, universe: Universe, uow: UnitOfWorkFactory, player_id: PlayerId, now: Callable[[], datetime]
    ) -> None:
        self._universe = universe
        self._uow = uow
        self._player_id = player_id
        self._now = now
        self._recalculated_at: datetime | None = None
        self._became_ready: dict[str, datetime] = {}
        self._waiting: set[str] = set()
        """Watched outputs that were not plentiful at the last recalculation."""

    def look(self) -> None:
        """Notes which watched outputs have become plentiful since the last recalculation."""
        self._universe.advance(self._now())
        last = self._universe.last_market_update
        if last == self._recalculated_at:
            return
        self._recalculated_at = last
        with self._uow() as uow:
            watched = {state.id: state for state in uow.factories.watched(self._player_id)}
            followed = [watched.get(each) or uow.factories.get(each) for each in sorted(self._waiting)]
        for state in followed:
            # The fleet may have seen it, and even collected, since the recalculation.
            if (state.ready_at is not None and state.ready_at >= last) or self._is_plentiful(state):
                self._became_ready[state.id] = last
        self._waiting = {
            state.id for state in watched.values() if state.ready_at is None and not self._is_plentiful(state)
        }

    def _is_plentiful(self, state: FactoryState) -> bool:
        market = self._universe.market(self._universe.state.places[state.factory_symbol])
        return market is not None and market.listings[state.output_good].supply.at_least(Supply.HIGH)

    def detection(self) -> Detection:
        """What was found so far."""
        delays = []
        with self._uow() as uow:
            for state_id, became_ready in self._became_ready.items():
                ready_at = uow.factories.get(state_id).ready_at
                if ready_at is not None:
                    delays.append(max(0.0, (ready_at - became_ready).total_seconds()))
        return Detection(
            seen=len(delays),
            unseen=len(self._became_ready) - len(delays),
            mean_delay=statistics.fmean(delays) if delays else None,
            longest_delay=max(delays, default=None),
        )
