"""The map."""

from collections.abc import Sequence

from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import aggregate_order_by
from sqlalchemy.orm import Session

from manufacturing.adapters.postgres.tables import waypoints
from manufacturing.domain.errors import UnknownThing
from manufacturing.domain.ids import PlayerId
from manufacturing.domain.waypoint import Waypoint


class PostgresWaypointRepository:
    """See ports.WaypointRepository."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def add_all(self, new: Sequence[Waypoint]) -> None:
        """Stores new places."""
        self._session.add_all(new)

    def in_system(self, player_id: PlayerId, system_symbol: str) -> list[Waypoint]:
        """In the order of their symbols."""
        there = (
            select(Waypoint)
            .where(waypoints.c.player_id == player_id, waypoints.c.system_symbol == system_symbol)
            .order_by(waypoints.c.symbol.collate("C"))
        )
        return list(self._session.scalars(there))

    def fuel_stops(self, player_id: PlayerId, system_symbol: str) -> tuple[int, tuple[str, ...]]:
        """How many waypoints there are, and the symbols of those that sell fuel: what ways depend on."""
        here = (waypoints.c.player_id == player_id) & (waypoints.c.system_symbol == system_symbol)
        stops = aggregate_order_by(waypoints.c.symbol, waypoints.c.symbol.collate("C"))
        number, symbols = self._session.execute(
            select(func.count(), func.array_agg(stops).filter(waypoints.c.sells_fuel)).where(here)
        ).one()
        return int(number), tuple(symbols or ())

    def get(self, player_id: PlayerId, symbol: str) -> Waypoint:
        """UnknownThing when the player's map does not have it."""
        waypoint = self._session.get(Waypoint, (player_id, symbol))
        if waypoint is None:
            raise UnknownThing(f"player {player_id} knows no waypoint {symbol}")
        return waypoint
