"""The due queue: rows with a moment and a lease, claimed so that of several sweeps each row falls to one.

A row is WAITING until its moment, then QUEUED under a lease while a message for it is under way or a worker is at it;
when the lease ends without news, it may be claimed again.
"""

from datetime import datetime
from functools import cached_property
from typing import Any, Generic, TypeVar

from sqlalchemy import Column, ColumnElement, Table, and_, bindparam, or_, select, true, update
from sqlalchemy.orm import Session
from sqlalchemy.sql.dml import ReturningUpdate

from manufacturing.adapters.postgres.returning import updated
from manufacturing.adapters.postgres.tables import players
from manufacturing.domain.manufacturing_task import StepState
from manufacturing.domain.player import PlayerStatus

Row = TypeVar("Row")


class DueRows(Generic[Row]):
    """The rows of one table that wait for a moment, those of ``only`` if that is given. Statements are put together
    once."""

    def __init__(
        self,
        entity: type[Row],
        table: Table,
        due_at: "Column[datetime]",
        only: ColumnElement[bool] | None = None,
    ) -> None:
        self._entity = entity
        self._table = table
        self._due_at = due_at
        self._only = true() if only is None else only

    def claim_due(
        self, session: Session, *, until: datetime, now: datetime, lease_until: datetime, limit: int
    ) -> list[Row]:
        """Queues rows that are due by ``until``, or whose lease ended before ``now``, and returns them, earliest first.

        Rows that others hold are skipped, and so are players of a universe that is gone.
        """
        values = {"until": until, "at_now": now, "lease": lease_until, "most": limit}
        rows = updated(session, self._claim_due, values)
        # Those of one moment by their ids: in which order the database updates them is its own affair.
        return sorted(rows, key=lambda row: (getattr(row, self._due_at.key) or now, row.id))

    def claim_queued(self, session: Session, row_id: str, version: int, lease_until: datetime) -> Row | None:
        """The queued row, ours until ``lease_until``; None when it is not queued any more or has another version."""
        values = {"wanted": row_id, "seen": version, "lease": lease_until}
        rows = updated(session, self._claim_queued, values)
        return rows[0] if rows else None

    @cached_property
    def _claim_due(self) -> ReturningUpdate[Any]:
        row, due_at = self._table.c, self._due_at
        is_due = and_(row.step_state == StepState.WAITING, due_at <= bindparam("until"))
        is_lost = and_(row.step_state == StepState.QUEUED, row.lease_until < bindparam("at_now"))
        living = select(players.c.id).where(players.c.status != PlayerStatus.RESET)
        # Picked apart from the update: only so the limit holds whatever plan the database makes.
        picked = (
            select(row.id)
            .where(or_(is_due, is_lost), self._only, row.player_id.in_(living))
            .order_by(due_at)
            .limit(bindparam("most"))
            .with_for_update(skip_locked=True, key_share=True)
            .cte("picked")
        )
        return self._queued().where(row.id.in_(select(picked.c.id)))

    @cached_property
    def _claim_queued(self) -> ReturningUpdate[Any]:
        row = self._table.c
        return self._queued().where(
            row.id == bindparam("wanted"), row.version == bindparam("seen"), row.step_state == StepState.QUEUED
        )

    def _queued(self) -> ReturningUpdate[Any]:
        row = self._table.c
        values = {"step_state": StepState.QUEUED, "lease_until": bindparam("lease"), "version": row.version + 1}
        return update(self._entity).values(values).returning(self._entity)
