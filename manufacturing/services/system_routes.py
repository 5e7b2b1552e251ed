"""SystemRoutes: a router for the system a player manufactures in."""

from collections.abc import Callable, Sequence

from manufacturing.domain.ids import PlayerId
from manufacturing.domain.ports import UnitOfWork
from manufacturing.domain.routing import Router
from manufacturing.domain.waypoint import Waypoint

#: Makes a router over these waypoints.
RouterFactory = Callable[[Sequence[Waypoint]], Router]


class SystemRoutes:
    """Keeps one router for each map, made anew when the map or its fuel stops change."""

    def __init__(self, make: RouterFactory) -> None:
        self._make = make
        self._routers: dict[PlayerId, tuple[tuple[int, tuple[str, ...]], Router]] = {}

    def router(self, uow: UnitOfWork, player_id: PlayerId) -> Router:
        """The router of the player's system."""
        system = uow.players.get(player_id).system_symbol
        fingerprint = uow.waypoints.fuel_stops(player_id, system)
        known = self._routers.get(player_id)
        if known is None or known[0] != fingerprint:
            known = (fingerprint, self._make(uow.waypoints.in_system(player_id, system)))
            self._routers[player_id] = known
        return known[1]
