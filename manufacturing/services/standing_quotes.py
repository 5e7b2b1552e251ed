"""StandingQuotes: what a ship may trade on without reading the market (docs/domain.md, "Quotes that still stand")."""

from datetime import timedelta
from typing import Final

from manufacturing.domain.clock import Clock
from manufacturing.domain.manufacturing_task import ManufacturingTask
from manufacturing.domain.policy import FleetPolicy
from manufacturing.domain.poll_timing import SETTLING
from manufacturing.domain.ports import UnitOfWork
from manufacturing.domain.prices import ListingType
from manufacturing.domain.standing_quote import still_stands
from manufacturing.domain.universe import TradeGood
from manufacturing.services.recalculation_watch import RecalculationWatch
from manufacturing.services.treasury import Treasury

#: So many times its cost must be there to spend before a purchase is made without a look: should the quote not stand
#: after all, the floor does.
_PLENTY: Final = 2
#: How long a trade may be under way, in wall time, until it happens.
_UNDER_WAY: Final = timedelta(seconds=0.5)


class StandingQuotes:
    """Spares calls that could tell nothing new."""

    def __init__(self, clock: Clock, policy: FleetPolicy, watch: RecalculationWatch, treasury: Treasury) -> None:
        self._clock = clock
        self._policy = policy
        self._watch = watch
        self._treasury = treasury

    def of_task(self, uow: UnitOfWork, task: ManufacturingTask) -> TradeGood | None:
        """The listing that the task trades at, where it is certain that it stands; None where the market is to be
        read."""
        if self._policy.look_before_trades or task.good is None:
            return None
        listing = uow.markets.listing(task.player_id, task.waypoint, task.good)
        if listing is None:
            return None
        traded_by = self._clock.now() + SETTLING + self._clock.game_time(_UNDER_WAY)
        if not still_stands(listing, self._watch.rhythm(task.player_id), traded_by):
            return None
        terms = listing.terms
        if task.type.buys:
            # Production goes by an EXCHANGE good's supply, which its price hardly tells.
            if listing.type is ListingType.EXCHANGE and not task.is_hauled:
                return None
            cost = terms.quote.ask * min(terms.trade_volume, task.quantity)
            if self._treasury.spendable(uow, task.player_id) < _PLENTY * cost:
                return None
        return TradeGood(
            good=listing.good,
            type=listing.type,
            trade_volume=terms.trade_volume,
            supply=terms.supply,
            activity=listing.activity,
            quote=terms.quote,
        )
