"""SystemSurvey: the map and the listings of a system, as last seen."""

import dataclasses
from collections import Counter
from collections.abc import Mapping, Sequence

from manufacturing.domain.ids import PlayerId
from manufacturing.domain.manufacturing_task import ManufacturingTask, TaskStatus
from manufacturing.domain.market_listing import MarketListing, Place
from manufacturing.domain.policy import FleetPolicy
from manufacturing.domain.ports import UnitOfWork
from manufacturing.domain.price_ladder import after_trades
from manufacturing.domain.system_markets import SystemMarkets
from manufacturing.domain.waypoint import Waypoint


class SystemSurvey:
    """Reads what is known of a system, with the recipes."""

    def __init__(self, recipes: Mapping[str, tuple[str, ...]], policy: FleetPolicy) -> None:
        self._recipes = recipes
        self._policy = policy
        self._maps: dict[tuple[PlayerId, str], list[Waypoint]] = {}
        self._homes: dict[PlayerId, str] = {}
        self._seen: dict[tuple[PlayerId, str], tuple[tuple[int, int], SystemMarkets]] = {}

    def markets_for_planning(
        self, uow: UnitOfWork, player_id: PlayerId, system_symbol: str, seen_now: SystemMarkets | None = None
    ) -> SystemMarkets:
        """The system's map and what the pool has, with the listings as they will be once every trade already planned is
        done: who comes second sees what is claimed. ``seen_now`` spares reading what ``markets`` has just read."""
        tasks = uow.tasks.with_status(player_id, *(status for status in TaskStatus if not status.is_final))
        planned, soon = _Claims(tasks), _Claims(_under_way(tasks))
        seen = seen_now.listings if seen_now is not None else uow.markets.in_system(player_id, system_symbol)
        return SystemMarkets(
            self._map(uow, player_id, system_symbol, seen),
            [planned.applied_to(listing) for listing in seen],
            self._recipes,
            uow.pools.lots_aboard(player_id) if self._policy.pool else (),
            [soon.applied_to(listing) for listing in seen],
        )

    def markets(self, uow: UnitOfWork, player_id: PlayerId, system_symbol: str) -> SystemMarkets:
        """The system's map and listings as last seen. Whoever asks shares them: nothing of it is to be changed."""
        revision = uow.markets.revision(player_id, system_symbol)
        known, markets = self._seen.get((player_id, system_symbol), (None, None))
        if markets is None or known != revision:
            seen = uow.markets.in_system(player_id, system_symbol)
            markets = SystemMarkets(self._map(uow, player_id, system_symbol, seen), seen, self._recipes)
            self._seen[player_id, system_symbol] = revision, markets
        return markets

    def home_markets(self, uow: UnitOfWork, player_id: PlayerId) -> SystemMarkets:
        """The same of the system the player manufactures in, which stays the same."""
        home = self._homes.get(player_id)
        if home is None:
            home = self._homes[player_id] = uow.players.get(player_id).system_symbol
        return self.markets(uow, player_id, home)

    def _map(
        self, uow: UnitOfWork, player_id: PlayerId, system_symbol: str, listings: Sequence[MarketListing]
    ) -> list[Waypoint]:
        """The places of a system do not move: they are read once, and again when a market is not among them."""
        known = self._maps.get((player_id, system_symbol), [])
        if not {listing.waypoint for listing in listings} <= {waypoint.symbol for waypoint in known}:
            # Copies: what a unit of work gave up becomes unreadable with it.
            known = [dataclasses.replace(place) for place in uow.waypoints.in_system(player_id, system_symbol)]
            self._maps[player_id, system_symbol] = known
        return known


class _Claims:
    """What open tasks still have to trade, by place and good."""

    def __init__(self, tasks: Sequence[ManufacturingTask]) -> None:
        self._bought: Counter[Place] = Counter()
        self._sold: Counter[Place] = Counter()
        for task in tasks:
            if task.good is not None:
                claims = self._bought if task.type.buys else self._sold
                claims[task.waypoint, task.good] += max(0, task.quantity - task.units_moved)

    def applied_to(self, listing: MarketListing) -> MarketListing:
        """The listing as it will be once all of it is traded."""
        return after_trades(listing, bought=self._bought[listing.place], sold=self._sold[listing.place])


def _under_way(tasks: Sequence[ManufacturingTask]) -> list[ManufacturingTask]:
    """The tasks that a ship may be at in a moment: not those that wait for a gate, nor the sales of what those buy."""
    closed = [task for task in tasks if task.status is TaskStatus.PENDING and task.type.buys]
    waiting = {(task.pipeline_id, task.good) for task in closed}
    return [
        task
        for task in tasks
        if task.status is not TaskStatus.PENDING or (task.type.sells and (task.pipeline_id, task.good) not in waiting)
    ]
