"""Players, and their money as our bookkeeping has it."""

from sqlalchemy import Select, bindparam, func, select, update
from sqlalchemy.orm import Session
from sqlalchemy.sql.dml import ReturningUpdate

from manufacturing.adapters.postgres.lookup import by_key
from manufacturing.adapters.postgres.returning import updated
from manufacturing.adapters.postgres.shared_statement import shared_statement
from manufacturing.adapters.postgres.tables import players
from manufacturing.domain.errors import UnknownThing
from manufacturing.domain.ids import PlayerId
from manufacturing.domain.player import Player, PlayerStatus

_amount = bindparam("amount", type_=players.c.credits.type)


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
        player = by_key(self._session, Player, player_id, _player(), wanted=player_id)
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
        values = {"wanted": player_id, "amount": amount, "floor": floor}
        return bool(updated(self._session, _claim_credits(), values))

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
        values = {"wanted": player_id, "amount": amount, "released": released}
        if not updated(self._session, _move_credits(), values):
            raise _unknown(player_id)


@shared_statement
def _player() -> Select[Player]:
    return select(Player).where(players.c.id == bindparam("wanted"))


@shared_statement
def _claim_credits() -> ReturningUpdate[tuple[Player]]:
    free = players.c.credits - players.c.credits_reserved - _amount
    return (
        update(Player)
        .where(players.c.id == bindparam("wanted"), free >= bindparam("floor", type_=players.c.credits.type))
        .values(credits_reserved=players.c.credits_reserved + _amount, version=players.c.version + 1)
        .returning(Player)
    )


@shared_statement
def _move_credits() -> ReturningUpdate[tuple[Player]]:
    credits = players.c.credits + _amount
    released = bindparam("released", type_=players.c.credits.type)
    return (
        update(Player)
        .where(players.c.id == bindparam("wanted"))
        .values(
            credits=credits,
            peak_credits=func.greatest(players.c.peak_credits, players.c.credits, credits),
            credits_reserved=players.c.credits_reserved - released,
            version=players.c.version + 1,
        )
        .returning(Player)
    )


def _unknown(player_id: PlayerId) -> UnknownThing:
    return UnknownThing(f"there is no player {player_id}")
