"""Players, and their money as our bookkeeping has it."""

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from manufacturing.adapters.postgres.returning import updated
from manufacturing.adapters.postgres.tables import players
from manufacturing.domain.errors import UnknownThing
from manufacturing.domain.ids import PlayerId
from manufacturing.domain.player import Player, PlayerStatus


class PostgresPlayerRepository:
    """See ports.PlayerRepository."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def add(self, player: Player) -> None:
        """Stores a new player and gives it its id."""
        self._session.add(player)
        self._session.flush()

    def get(self, player_id: PlayerId) -> Player:
        """UnknownThing when there is none."""
        player = self._session.get(Player, player_id)
        if player is None:
            raise _unknown(player_id)
        return player

    def find(self, agent_symbol: str, server_url: str, reset_date: str) -> Player | None:
        """The player of this agent in this universe."""
        return self._session.scalar(
            select(Player).where(
                players.c.agent_symbol == agent_symbol,
                players.c.server_url == server_url,
                players.c.reset_date == reset_date,
            )
        )

    def all(self) -> list[Player]:
        """Every player ever, newest last."""
        return list(self._session.scalars(select(Player).order_by(players.c.id)))

    def active(self) -> list[Player]:
        """Players with status ACTIVE."""
        active = select(Player).where(players.c.status == PlayerStatus.ACTIVE).order_by(players.c.id)
        return list(self._session.scalars(active))

    def claim_credits(self, player_id: PlayerId, amount: int, floor: int) -> bool:
        """Reserves ``amount`` in one statement, if credits − reserved − amount ≥ floor still holds then; else False."""
        claimed = updated(
            self._session,
            update(Player)
            .where(
                players.c.id == player_id,
                players.c.credits - players.c.credits_reserved - amount >= floor,
            )
            .values(credits_reserved=players.c.credits_reserved + amount, version=players.c.version + 1)
            .returning(Player),
        )
        return bool(claimed)

    def spendable(self, player_id: PlayerId, floor: int) -> int:
        """Credits − reserved − floor at this moment, at least 0; UnknownThing without such a player."""
        free = players.c.credits - players.c.credits_reserved - floor
        self._session.flush()
        spendable = self._session.scalar(select(func.greatest(free, 0)).where(players.c.id == player_id))
        if spendable is None:
            raise _unknown(player_id)
        return int(spendable)

    def move_credits(self, player_id: PlayerId, *, amount: int, released: int) -> None:
        """Adds ``amount`` to the credits and takes ``released`` off the reserved, in one statement."""
        moved = updated(
            self._session,
            update(Player)
            .where(players.c.id == player_id)
            .values(
                credits=players.c.credits + amount,
                peak_credits=func.greatest(players.c.peak_credits, players.c.credits, players.c.credits + amount),
                credits_reserved=players.c.credits_reserved - released,
                version=players.c.version + 1,
            )
            .returning(Player),
        )
        if not moved:
            raise _unknown(player_id)


def _unknown(player_id: PlayerId) -> UnknownThing:
    return UnknownThing(f"there is no player {player_id}")
