"""Ships."""

from sqlalchemy import Select, bindparam, exists, func, or_, select
from sqlalchemy.orm import Session

from manufacturing.adapters.postgres.lookup import by_key
from manufacturing.adapters.postgres.shared_statement import shared_statement
from manufacturing.adapters.postgres.tables import manufacturing_tasks, players, ships
from manufacturing.domain.errors import UnknownThing
from manufacturing.domain.ids import PlayerId
from manufacturing.domain.manufacturing_task import TaskType
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
        ship = by_key(self._session, Ship, (player_id, symbol), _ship(), owner=player_id, called=symbol)
        if ship is None:
            raise UnknownThing(f"player {player_id} has no ship {symbol}")
        return ship

    def at(self, player_id: PlayerId, waypoint: str) -> list[Ship]:
        """Ships that are at the waypoint or on their way to it."""
        there = select(Ship).where(ships.c.player_id == player_id, ships.c.waypoint == waypoint)
        return list(self._session.scalars(there.order_by(ships.c.symbol.collate("C"))))

    def of_player(self, player_id: PlayerId) -> list[Ship]:
        """In the order of their symbols as the game counts them: AGENT-2 before AGENT-A before AGENT-10."""
        return list(self._session.scalars(_fleet(), {"owner": player_id}))

    def free(self, player_id: PlayerId) -> list[Ship]:
        """Those that work for nobody and that the player does not keep, in the same order."""
        return list(self._session.scalars(_free(), {"owner": player_id}))

    def lock_assignable(self, player_id: PlayerId) -> list[Ship]:
        """The same, with row locks, of those in the player's system that work for nobody or merely move to wait
        elsewhere, and that the player does not keep. Ships that somebody else has locked are left out."""
        options = {"populate_existing": True}
        return list(self._session.scalars(_assignable(), {"owner": player_id}, execution_options=options))


_owner = bindparam("owner", type_=ships.c.player_id.type)


@shared_statement
def _ship() -> Select[Ship]:
    return select(Ship).where(ships.c.player_id == _owner, ships.c.symbol == bindparam("called"))


@shared_statement
def _fleet() -> Select[Ship]:
    own = select(Ship).where(ships.c.player_id == _owner)
    return own.order_by(func.length(ships.c.symbol), ships.c.symbol.collate("C"))


@shared_statement
def _free() -> Select[Ship]:
    return _fleet().where(ships.c.container_id.is_(None), ships.c.reserved_by_player.is_(False))


@shared_statement
def _assignable() -> Select[Ship]:
    tasks = manufacturing_tasks.c
    positioning = exists().where(tasks.id == ships.c.container_id, tasks.type == TaskType.POSITION)
    home = select(players.c.system_symbol).where(players.c.id == _owner).scalar_subquery()
    return (
        _fleet()
        .where(
            or_(ships.c.container_id.is_(None), positioning),
            ships.c.reserved_by_player.is_(False),
            ships.c.system_symbol == home,
        )
        .with_for_update(skip_locked=True, of=ships)
    )
