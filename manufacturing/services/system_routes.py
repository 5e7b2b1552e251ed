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
_HOUR: Final = 3600.0


@dataclass(frozen=True, slots=True)
class _Known:
    """Routers, what they were made for, and until when nobody asks."""

    fingerprint: object
    fresh_until: datetime
    router: Router
    unhurried: Router
    work_worth: float


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

    def work_worth(self, uow: UnitOfWork, player_id: PlayerId) -> float:
        """Credits that a second of a ship's work brings, on average. Other than the worth by which ships fly, it does
        not fall while one idles: work that begins sooner is worth as much then."""
        return self._fresh(uow, player_id).work_worth

    def _fresh(self, uow: UnitOfWork, player_id: PlayerId) -> _Known:
        known, now = self._known.get(player_id), self._clock.now()
        if known is None or now >= known.fresh_until:
            known = self._known[player_id] = self._look(uow, player_id, known, now)
        return known

    def _look(self, uow: UnitOfWork, player_id: PlayerId, known: _Known | None, now: datetime) -> _Known:
        player = uow.players.get(player_id)
        system = player.system_symbol
        usual, marginal = self._ship_hour_worths(uow, player, now)
        worth = _rounded(marginal)
        fingerprint = system, worth, uow.waypoints.fuel_stops(player_id, system)
        if known is not None and known.fingerprint == fingerprint:
            return replace(known, fresh_until=now + _FRESH, work_worth=usual / _HOUR)
        waypoints = uow.waypoints.in_system(player_id, system)
        return _Known(
            fingerprint=fingerprint,
            fresh_until=now + _FRESH,
            router=self._make(waypoints, worth),
            unhurried=self._make(waypoints, 0.0),
            work_worth=usual / _HOUR,
        )

    def _ship_hour_worths(self, uow: UnitOfWork, player: Player, now: datetime) -> tuple[float, float]:
        """What an hour of a ship that can haul earned of late, idle ones included, and what one more of them is worth:
        what the poorer of the hauls of late earned, for the best are flown whatever time there is; without hauls, as
        much. While a ship finds nothing to do, time is no use to it, and the least counts. Both are the policy's figure
        before there is enough to tell, and never far from it."""
        setting: float = self._policy.ship_hour_worth
        since = max(player.created_at, now - _LOOK_BACK)
        haulers = [ship for ship in uow.ships.of_player(player.id) if ship.is_fleet_hauler]
        if not haulers or now - since < _LEAST_PAST:
            return setting, setting
        earned = uow.ledger.earned_since(player.id, since)
        usual = self._near_setting(earned / ((now - since) / timedelta(hours=1)) / len(haulers))
        if any(ship.idle_since is not None and now - ship.idle_since > _NOTHING_FOUND for ship in haulers):
            return usual, self._near_setting(0.0)
        poorer = uow.ledger.marginal_haul(player.id, since)
        return usual, usual if poorer is None else self._near_setting(poorer)

    def _near_setting(self, worth: float) -> float:
        setting = self._policy.ship_hour_worth
        return min(max(worth, setting / 4), setting * 4)


def _rounded(worth: float) -> float:
    """To one digit in front: a router is made anew only when it could matter."""
    return float(f"{worth:.0e}")
