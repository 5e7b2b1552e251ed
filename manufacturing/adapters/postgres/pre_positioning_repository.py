"""Idle ships that wait where work is expected."""

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from manufacturing.adapters.postgres.tables import pre_positionings
from manufacturing.domain.ids import PlayerId
from manufacturing.domain.manufacturing_task import TaskType
from manufacturing.domain.pre_positioning import PrePositioning, PrePositioningStatus

_moves = pre_positionings.c


class PostgresPrePositioningRepository:
    """See ports.PrePositioningRepository."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def add(self, move: PrePositioning) -> None:
        """Stores a new one. At the latest the commit raises StaleRow when its ship, or its task, has one already."""
        self._session.add(move)

    def open_of_player(self, player_id: PlayerId) -> list[PrePositioning]:
        """Those whose ship still waits, or is on its way, the oldest first."""
        waiting = (
            select(PrePositioning)
            .where(_moves.player_id == player_id, _moves.status == PrePositioningStatus.OPEN)
            .order_by(_moves.created_at, _moves.id)
        )
        return list(self._session.scalars(waiting))

    def record(self, player_id: PlayerId) -> dict[TaskType, tuple[int, int]]:
        """Hits and misses so far, by what was predicted."""
        counts = self._session.execute(
            select(_moves.predicted_type, _moves.status, func.count())
            .where(_moves.player_id == player_id, _moves.status != PrePositioningStatus.OPEN)
            .group_by(_moves.predicted_type, _moves.status)
        )
        found: dict[TaskType, dict[PrePositioningStatus, int]] = {}
        for predicted, status, number in counts:
            found.setdefault(predicted, {})[status] = number
        return {
            predicted: (of.get(PrePositioningStatus.HIT, 0), of.get(PrePositioningStatus.MISS, 0))
            for predicted, of in found.items()
        }
