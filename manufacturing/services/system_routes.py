"""SystemRoutes: a router for the system a player manufactures in (docs/domain.md, "Flying")."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

from manufacturing.domain.clock import Clock
from manufacturing.domain.ids import PlayerId
from manufacturing.domain.player import Player
from manufacturing.domain.policy import FleetPolicy
from manufacturing.domain.ports import UnitOfWork
from manufacturing.domain.routing import Router
from manufacturing.domain.waypoint import Waypoint

#: Makes a router over these waypoints, for ships whose hour is worth so many credits.
RouterFactory = Callable[[Sequence[Waypoint], float], Router]

#: How long, in game time, a router is used before it is asked again whether map, fuel stops or worth have changed.
_FRESH: Final = timedelta(minutes=10)
#: Over how much of the past the worth of a ship's hour is measured, and how much of it there must be at least.
_LOOK_BACK: Final = timedelta(hours=2)
_LEAST_PAST: Final = timedelta(hours=1)
#: A ship that is idle for longer than this has found nothing worth doing.
_NOTHING_FOUND: Final = timedelta(minutes=2)


@dataclass(frozen=True, slots=True)
class _Known:
    """Routers, what they were made for, and until when nobody asks."""

    fingerprint: object
    fresh_until: datetime
    router: Router
    unhurried: Router


class SystemRoutes:
    """Keeps the routers of each player, made anew when the map, its fuel stops or the worth of a ship's hour change."""

    def __init__(self, make: RouterFactory, clock: Clock, policy: FleetPolicy) -> None:
        self._make = make
        self._clock = clock
        self._policy = policy
        self._known: dict[PlayerId, _Known] = {}

    def router(self, uow: UnitOfWork, player_id: PlayerId) -> Router:
        """The router of the player's system."""
        return self._fresh(uow, player_id).router

    def unhurried_router(self, uow: UnitOfWork, player_id: PlayerId) -> Router:
        """The router for ships that have time: it spares fuel."""
        return self._fresh(uow, player_id).unhurried

    def _fresh(self, uow: UnitOfWork, player_id: PlayerId) -> _Known:
        known, now = self._known.get(player_id), self._clock.now()
        if known is None or now >= known.fresh_until:
            known = self._known[player_id] = self._look(uow, player_id, known, now)
        return known

    def _look(self, uow: UnitOfWork, player_id: PlayerId, known: _Known | None, now: datetime) -> _Known:
        player = uow.players.get(player_id)
        system = player.system_symbol
        worth = _rounded(self._ship_hour_worth(uow, player, now))
        fingerprint = system, worth, uow.waypoints.fuel_stops(player_id, system)
        if known is not None and known.fingerprint == fingerprint:
            return replace(known, fresh_until=now + _FRESH)
        waypoints = uow.waypoints.in_system(player_id, system)
        return _Known(fingerprint, now + _FRESH, self._make(waypoints, worth), self._make(waypoints, 0.0))

    def _ship_hour_worth(self, uow: UnitOfWork, player: Player, now: datetime) -> float:
        """What one more hour of a ship that can haul is worth: what the poorer of the hauls of late earned, for the
        best are flown whatever time there is; without hauls, what it earned with a ship, idle ones
        included. The policy's figure before there is enough to tell, and never far from it. While a ship finds
        nothing to do, time is no use to it, and the least counts."""
        setting = self._policy.ship_hour_worth
        since = max(player.created_at, now - _LOOK_BACK)
        ships = uow.ships.of_player(player.id)
        haulers = [ship for ship in ships if ship.can_haul and not ship.reserved_by_player]
        if not haulers or now - since < _LEAST_PAST:
            return setting
        if any(ship.idle_since is not None and now - ship.idle_since > _NOTHING_FOUND for ship in haulers):
            return setting / 4
        earned = uow.ledger.marginal_haul(player.id, since)
        if earned is None:
            earned = uow.ledger.earned_since(player.id, since) / ((now - since) / timedelta(hours=1)) / len(haulers)
        return min(max(earned, setting / 4), setting * 4)


def _rounded(worth: float) -> float:
    """To one digit in front: a router is made anew only when it could matter."""
    return float(f"{worth:.0e}")
