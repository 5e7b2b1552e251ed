"""The due queue: rows with a moment and a lease, claimed so that of several sweeps each row falls to one.

A row is WAITING until its moment, then QUEUED under a lease while a message for it is under way or a worker is at it;
when the lease ends without news, it may be claimed again.
"""

from datetime import datetime
from typing import TypeVar

from sqlalchemy import Column, ColumnElement, Table, and_, or_, select, true, update
from sqlalchemy.orm import Session

from manufacturing.adapters.postgres.returning import updated
from manufacturing.adapters.postgres.tables import players
from manufacturing.domain.manufacturing_task import StepState
from manufacturing.domain.player import PlayerStatus

Row = TypeVar("Row")


def claim_due(
    session: Session,
    entity: type[Row],
    table: Table,
    due_at: "Column[datetime]",
    *,
    until: datetime,
    now: datetime,
    lease_until: datetime,
    limit: int,
    only: ColumnElement[bool] | None = None,
) -> list[Row]:
    """Queues rows that are due by ``until``, or whose lease ended before ``now``, and returns them, earliest first.

    Rows that others hold are skipped, and so are players of a universe that is gone.
    """
    is_due = and_(table.c.step_state == StepState.WAITING, due_at <= until)
    is_lost = and_(table.c.step_state == StepState.QUEUED, table.c.lease_until < now)
    living = select(players.c.id).where(players.c.status != PlayerStatus.RESET)
    # Picked apart from the update: only so the limit holds whatever plan the database makes.
    picked = (
        select(table.c.id)
        .where(or_(is_due, is_lost), true() if only is None else only, table.c.player_id.in_(living))
        .order_by(due_at)
        .limit(limit)
        .with_for_update(skip_locked=True, key_share=True)
        .cte("picked")
    )
    rows = updated(
        session,
        update(entity)
        .where(table.c.id.in_(select(picked.c.id)))
        .values(step_state=StepState.QUEUED, lease_until=lease_until, version=table.c.version + 1)
        .returning(entity),
    )
    return sorted(rows, key=lambda row: getattr(row, due_at.key) or now)


def claim_queued(
    session: Session, entity: type[Row], table: Table, row_id: str, version: int, lease_until: datetime
) -> Row | None:
    """The queued row, ours until ``lease_until``; None when it is not queued any more or has another version."""
    rows = updated(
        session,
        update(entity)
        .where(table.c.id == row_id, table.c.version == version, table.c.step_state == StepState.QUEUED)
        .values(lease_until=lease_until, version=version + 1)
        .returning(entity),
    )
    return rows[0] if rows else None
