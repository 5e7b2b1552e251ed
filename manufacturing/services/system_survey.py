"""SystemSurvey: the map and the listings of a system, as last seen."""

from collections.abc import Mapping

from manufacturing.domain.ids import PlayerId
from manufacturing.domain.policy import FleetPolicy
from manufacturing.domain.ports import UnitOfWork
from manufacturing.domain.system_markets import SystemMarkets


class SystemSurvey:
    """Reads what is known of a system, with the recipes."""

    def __init__(self, recipes: Mapping[str, tuple[str, ...]], policy: FleetPolicy) -> None:
        self._recipes = recipes
        self._policy = policy

    def markets(self, uow: UnitOfWork, player_id: PlayerId, system_symbol: str) -> SystemMarkets:
        """The system's map and listings, and what the pool has."""
        return SystemMarkets(
            uow.waypoints.in_system(player_id, system_symbol),
            uow.markets.in_system(player_id, system_symbol),
            self._recipes,
            uow.pools.lots_aboard(player_id) if self._policy.pool else (),
        )
