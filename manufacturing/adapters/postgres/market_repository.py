"""Listings and their history."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Select, func, select, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from manufacturing.adapters.postgres.tables import market_listing_history, market_listings, market_recalculations
from manufacturing.domain.ids import PlayerId
from manufacturing.domain.market_listing import ListingChange, MarketListing, SupplyLevelChange
from manufacturing.domain.prices import ListingType

_KEY = ("player_id", "waypoint", "good")
_OBSERVED = (*_KEY, "type", "trade_volume", "supply", "activity", "ask", "bid", "observed_at", "version")
_NOT_TEXT = dict.fromkeys(("player_id", "trade_volume", "ask", "bid", "version"), "int") | {
    "observed_at": "timestamptz"
}
_ARRAYS = ", ".join(f"CAST(:{name} AS {_NOT_TEXT.get(name, 'text')}[])" for name in _OBSERVED)
#: One statement for a whole market, the same however many listings it has.
_TAKE_OVER = text(
    f"UPDATE market_listings SET {', '.join(f'{name} = fresh.{name}' for name in _OBSERVED if name not in _KEY)} "
    f"FROM unnest({_ARRAYS}) AS fresh({', '.join(_OBSERVED)}) "
    f"WHERE {' AND '.join(f'market_listings.{name} = fresh.{name}' for name in _KEY)}"
)
_BY_PLACE = (market_listings.c.waypoint.collate("C"), market_listings.c.good.collate("C"))


class PostgresMarketRepository:
    """See ports.MarketRepository."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def add_all(self, listings: Sequence[MarketListing]) -> None:
        """Stores new listings."""
        self._session.add_all(listings)

    def in_system(self, player_id: PlayerId, system_symbol: str) -> list[MarketListing]:
        """Every listing of the system, in the order of waypoint and good."""
        there = select(MarketListing).where(
            market_listings.c.player_id == player_id, market_listings.c.system_symbol == system_symbol
        )
        return list(self._session.scalars(there.order_by(*_BY_PLACE)))

    def exporters(self, player_id: PlayerId) -> frozenset[str]:
        """The waypoints of the markets where something is made."""
        there = select(market_listings.c.waypoint).where(
            market_listings.c.player_id == player_id, market_listings.c.type == ListingType.EXPORT
        )
        return frozenset(self._session.scalars(there.distinct()))

    def at(self, player_id: PlayerId, waypoint: str) -> list[MarketListing]:
        """Every listing of one market, in the order of goods."""
        return list(self._session.scalars(_at(player_id, waypoint)))

    def lock_at(self, player_id: PlayerId, waypoint: str) -> list[MarketListing]:
        """The same with row locks, and as they are now."""
        locked = _at(player_id, waypoint).with_for_update(key_share=True)
        return list(self._session.scalars(locked, execution_options={"populate_existing": True}))

    def of_good(self, player_id: PlayerId, good: str) -> list[MarketListing]:
        """Every market that deals in the good, by waypoint."""
        its = select(MarketListing).where(market_listings.c.player_id == player_id, market_listings.c.good == good)
        return list(self._session.scalars(its.order_by(*_BY_PLACE)))

    def listing(self, player_id: PlayerId, waypoint: str, good: str) -> MarketListing | None:
        """The listing of ``good`` at ``waypoint``; None when that market does not deal in it."""
        return self._session.get(MarketListing, (player_id, waypoint, good))

    def store_observed(self, locked: Sequence[MarketListing]) -> None:
        """Stores what was just observed of listings of one market that ``lock_at`` returned, in one statement. They are
        plain values from then on."""
        rows = []
        for listing in locked:
            self._session.expunge(listing)
            listing.version += 1
            rows.append([getattr(listing, name) for name in _OBSERVED])
        if not rows:
            return
        columns = dict(zip(_OBSERVED, zip(*rows, strict=True), strict=True))
        self._session.execute(_TAKE_OVER, {name: list(its) for name, its in columns.items()})

    def record_changes(self, changes: Sequence[ListingChange], level_changes: Sequence[SupplyLevelChange]) -> None:
        """Stores what changed, for learning."""
        self._session.add_all([*changes, *level_changes])

    def volatile(self, player_id: PlayerId, since: datetime, move: float) -> frozenset[tuple[str, str]]:
        """The (waypoint, good) whose highest ask recorded since is more than the share ``move`` above the lowest."""
        history = market_listing_history.c
        moved = (
            select(history.waypoint, history.good)
            .where(history.player_id == player_id, history.recorded_at >= since)
            .group_by(history.waypoint, history.good)
            .having(func.max(history.ask) > func.min(history.ask) * (1 + move))
        )
        return frozenset((waypoint, good) for waypoint, good in self._session.execute(moved))

    def last_seen(self, player_id: PlayerId, system_symbol: str) -> dict[str, datetime | None]:
        """When each market that deals in more than fuel was last seen whole; None when it never was."""
        listings = market_listings.c
        seen = (
            select(listings.waypoint, func.min(listings.observed_at), func.bool_or(listings.observed_at.is_(None)))
            .where(listings.player_id == player_id, listings.system_symbol == system_symbol, listings.good != "FUEL")
            .group_by(listings.waypoint)
        )
        return {waypoint: None if partly else at for waypoint, at, partly in self._session.execute(seen)}

    def changes_after(self, player_id: PlayerId, last_id: int, since: datetime) -> list[ListingChange]:
        """What changed since, and was recorded after the entry ``last_id``, in the order of recording."""
        history = market_listing_history.c
        changes = select(ListingChange).where(
            history.player_id == player_id, history.id > last_id, history.recorded_at >= since
        )
        found = list(self._session.scalars(changes.order_by(history.id)))
        # Whoever learns from them keeps them: a unit of work that is given up must not make them unreadable.
        for change in found:
            self._session.expunge(change)
        return found

    def record_recalculation(self, player_id: PlayerId, at: datetime) -> None:
        """Keeps that all markets were recalculated ``at``; what is known already stays as it is."""
        row = insert(market_recalculations).values(player_id=player_id, at=at).on_conflict_do_nothing()
        self._session.execute(row)

    def recalculations(self, player_id: PlayerId, limit: int) -> list[datetime]:
        """The latest moments at which all markets were recalculated, newest first."""
        known = market_recalculations.c
        moments = select(known.at).where(known.player_id == player_id).order_by(known.at.desc()).limit(limit)
        return list(self._session.scalars(moments))


def _at(player_id: PlayerId, waypoint: str) -> "Select[Any]":
    here = select(MarketListing).where(market_listings.c.player_id == player_id, market_listings.c.waypoint == waypoint)
    return here.order_by(*_BY_PLACE)
