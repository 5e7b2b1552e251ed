"""Ships."""

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from manufacturing.adapters.postgres.tables import ships
from manufacturing.domain.errors import UnknownThing
from manufacturing.domain.ids import PlayerId
from manufacturing.domain.ship import Ship


class PostgresShipRepository:
    """See ports.ShipRepository."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def add(self, ship: Ship) -> None:
        """Stores a new ship."""
        self._session.add(ship)

    def get(self, player_id: PlayerId, symbol: str) -> Ship:
        """UnknownThing when the player has no such ship."""
        ship = self._session.get(Ship, (player_id, symbol))
        if ship is None:
            raise UnknownThing(f"player {player_id} has no ship {symbol}")
        return ship

    def at(self, player_id: PlayerId, waypoint: str) -> list[Ship]:
        """Ships that are at the waypoint or on their way to it."""
        there = select(Ship).where(ships.c.player_id == player_id, ships.c.waypoint == waypoint)
        return list(self._session.scalars(there.order_by(ships.c.symbol.collate("C"))))

    def of_player(self, player_id: PlayerId) -> list[Ship]:
        """In the order of their symbols as the game counts them: AGENT-2 before AGENT-A before AGENT-10."""
        fleet = (
            select(Ship)
            .where(ships.c.player_id == player_id)
            .order_by(func.length(ships.c.symbol), ships.c.symbol.collate("C"))
        )
        return list(self._session.scalars(fleet))
