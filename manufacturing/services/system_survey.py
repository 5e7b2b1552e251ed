"""SystemSurvey: the map and the listings of a system, as last seen."""

from collections import Counter
from collections.abc import Mapping, Sequence

from manufacturing.domain.ids import PlayerId
from manufacturing.domain.manufacturing_task import TaskStatus
from manufacturing.domain.market_listing import MarketListing
from manufacturing.domain.policy import FleetPolicy
from manufacturing.domain.ports import UnitOfWork
from manufacturing.domain.price_ladder import after_trades
from manufacturing.domain.system_markets import SystemMarkets


class SystemSurvey:
    """Reads what is known of a system, with the recipes."""

    def __init__(self, recipes: Mapping[str, tuple[str, ...]], policy: FleetPolicy) -> None:
        self._recipes = recipes
        self._policy = policy

    def markets_for_planning(self, uow: UnitOfWork, player_id: PlayerId, system_symbol: str) -> SystemMarkets:
        """The same as it will be once every trade already planned is done: who comes second sees what is claimed."""
        bought: Counter[tuple[str, str]] = Counter()
        sold: Counter[tuple[str, str]] = Counter()
        open_statuses = [status for status in TaskStatus if not status.is_final]
        for task in uow.tasks.with_status(player_id, *open_statuses):
            if task.good is not None:
                claims = bought if task.type.buys else sold
                claims[task.waypoint, task.good] += max(0, task.quantity - task.units_moved)
        listings = [
            after_trades(
                listing,
                bought=bought[listing.waypoint, listing.good],
                sold=sold[listing.waypoint, listing.good],
            )
            for listing in uow.markets.in_system(player_id, system_symbol)
        ]
        return self._system(uow, player_id, system_symbol, listings)

    def markets(self, uow: UnitOfWork, player_id: PlayerId, system_symbol: str) -> SystemMarkets:
        """The system's map and listings as last seen, and what the pool has."""
        return self._system(uow, player_id, system_symbol, uow.markets.in_system(player_id, system_symbol))

    def _system(
        self, uow: UnitOfWork, player_id: PlayerId, system_symbol: str, listings: Sequence[MarketListing]
    ) -> SystemMarkets:
        return SystemMarkets(
            uow.waypoints.in_system(player_id, system_symbol),
            listings,
            self._recipes,
            uow.pools.lots_aboard(player_id) if self._policy.pool else (),
        )
