"""Listings and their history."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from manufacturing.adapters.postgres.tables import market_listings
from manufacturing.domain.ids import PlayerId
from manufacturing.domain.market_listing import ListingChange, MarketListing, SupplyLevelChange

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

    def record_changes(self, changes: Sequence[ListingChange], level_changes: Sequence[SupplyLevelChange]) -> None:
        """Stores what changed, for learning."""
        self._session.add_all([*changes, *level_changes])


def _at(player_id: PlayerId, waypoint: str) -> "Select[Any]":
    here = select(MarketListing).where(market_listings.c.player_id == player_id, market_listings.c.waypoint == waypoint)
    return here.order_by(*_BY_PLACE)
