"""Listings and their history."""

from collections.abc import Sequence
from dataclasses import fields
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Select, bindparam, func, or_, select, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from manufacturing.adapters.postgres.tables import (
    market_listing_history,
    market_listings,
    market_recalculations,
    players,
)
from manufacturing.adapters.postgres.tables.columns import SmallNumbers
from manufacturing.domain.errors import StaleRow
from manufacturing.domain.ids import PlayerId
from manufacturing.domain.market_listing import ListingChange, MarketListing, SupplyLevelChange
from manufacturing.domain.prices import ListingType

_listings = market_listings.c

_FIELDS: Final = tuple(field.name for field in fields(MarketListing))
_KEY = ("player_id", "waypoint", "good")
_UNCHANGING = ("system_symbol",)
_OBSERVED = tuple(name for name in _FIELDS if name not in _UNCHANGING)
_NOT_TEXT = (
    dict.fromkeys(("player_id", "trade_volume", "ask", "bid", "margins", "version"), "int")
    | dict.fromkeys(("observed_at", "surprised_at"), "timestamptz")
    | {"is_reckoned": "boolean"}
)
_ARRAYS = ", ".join(f"CAST(:{name} AS {_NOT_TEXT.get(name, 'text')}[])" for name in _OBSERVED)
_TAKEN_OVER = ", ".join(f"{name} = fresh.{name}" for name in _OBSERVED if name not in (*_KEY, "version"))
_SAME = " AND ".join(f"market_listings.{name} = fresh.{name}" for name in (*_KEY, "version"))
#: One statement for a whole market, the same however many listings it has.
_STORE = text(
    f"UPDATE market_listings SET {_TAKEN_OVER}, version = fresh.version + 1 "
    f"FROM unnest({_ARRAYS}) AS fresh({', '.join(_OBSERVED)}) WHERE {_SAME}"
)

# Listings are read in large numbers and often: as rows, which cost a fraction of what tracked entities do, by
# statements that are put together once.
_owner = bindparam("owner", type_=_listings.player_id.type)
_place = bindparam("place", type_=_listings.waypoint.type)
_of = bindparam("of_good", type_=_listings.good.type)
_system = bindparam("system", type_=_listings.system_symbol.type)
_OWN = (
    select(*(_listings[name] for name in _FIELDS))
    .where(_listings.player_id == _owner)
    .order_by(_listings.waypoint.collate("C"), _listings.good.collate("C"))
)
_IN_SYSTEM = _OWN.where(_listings.system_symbol == _system)
# Versions only grow: the sum is another one as soon as any of them is.
_REVISION = select(func.coalesce(func.sum(_listings.version), 0), func.count()).where(
    _listings.player_id == _owner, _listings.system_symbol == _system
)
_AT = _OWN.where(_listings.waypoint == _place)
_LOCKED_AT = _AT.with_for_update(key_share=True)
_OF_GOOD = _OWN.where(_listings.good == _of)
_LISTING = _AT.where(_listings.good == _of)
_EXPORTERS = (
    select(_listings.waypoint).where(_listings.player_id == _owner, _listings.type == ListingType.EXPORT).distinct()
)
_moment = bindparam("moment", type_=_listings.observed_at.type)
_home = select(players.c.system_symbol).where(players.c.id == _owner).scalar_subquery()
_UNSEEN_SINCE = (
    select(_listings.waypoint)
    .where(
        _listings.player_id == _owner,
        _listings.system_symbol == _home,
        _listings.good != "FUEL",
        or_(_listings.observed_at.is_(None), _listings.observed_at <= _moment),
    )
    .distinct()
)


class PostgresMarketRepository:
    """See ports.MarketRepository."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def add_all(self, listings: Sequence[MarketListing]) -> None:
        """Stores new listings. StaleRow when someone else stored one of them first."""
        if listings:
            rows = [{name: getattr(listing, name) for name in _FIELDS} for listing in listings]
            self._session.execute(insert(market_listings).values(rows))

    def in_system(self, player_id: PlayerId, system_symbol: str) -> list[MarketListing]:
        """Every listing of the system, in the order of waypoint and good."""
        return self._read(_IN_SYSTEM, owner=player_id, system=system_symbol)

    def revision(self, player_id: PlayerId, system_symbol: str) -> tuple[int, int]:
        """What is another one whenever a listing of the system was stored."""
        versions, listings = self._session.execute(_REVISION, {"owner": player_id, "system": system_symbol}).one()
        return int(versions), listings

    def exporters(self, player_id: PlayerId) -> frozenset[str]:
        """The waypoints of the markets where something is made."""
        return frozenset(self._session.scalars(_EXPORTERS, {"owner": player_id}))

    def at(self, player_id: PlayerId, waypoint: str) -> list[MarketListing]:
        """Every listing of one market, in the order of goods."""
        return self._read(_AT, owner=player_id, place=waypoint)

    def lock_at(self, player_id: PlayerId, waypoint: str) -> list[MarketListing]:
        """The same with row locks."""
        return self._read(_LOCKED_AT, owner=player_id, place=waypoint)

    def of_good(self, player_id: PlayerId, good: str) -> list[MarketListing]:
        """Every market that deals in the good, by waypoint."""
        return self._read(_OF_GOOD, owner=player_id, of_good=good)

    def listing(self, player_id: PlayerId, waypoint: str, good: str) -> MarketListing | None:
        """The listing of ``good`` at ``waypoint``; None when that market does not deal in it."""
        found = self._read(_LISTING, owner=player_id, place=waypoint, of_good=good)
        return found[0] if found else None

    def store(self, listings: Sequence[MarketListing]) -> None:
        """Stores what has become of listings since they were read, in one statement; StaleRow when someone else has
        stored one of them meanwhile."""
        if not listings:
            return
        rows = self._session.connection().execute(
            _STORE, {name: [_stored(listing, name) for listing in listings] for name in _OBSERVED}
        )
        if rows.rowcount != len(listings):
            raise StaleRow(f"listings at {listings[0].waypoint} were changed meanwhile: read and decide again")
        for listing in listings:
            listing.version += 1

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

    def unseen_since(self, player_id: PlayerId, moment: datetime) -> list[str]:
        """The markets of the player's system, in order, that deal in more than fuel and were not seen whole after the
        moment."""
        return sorted(self._session.scalars(_UNSEEN_SINCE, {"owner": player_id, "moment": moment}))

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

    def _read(self, wanted: Select[Any], **which: Any) -> list[MarketListing]:
        return [MarketListing(**dict(zip(_FIELDS, row, strict=True))) for row in self._session.execute(wanted, which)]


def _stored(listing: MarketListing, name: str) -> Any:
    """A field as a statement takes it that knows nothing of the columns' types."""
    value = getattr(listing, name)
    return SmallNumbers().process_bind_param(value, None) if isinstance(value, frozenset) else value
