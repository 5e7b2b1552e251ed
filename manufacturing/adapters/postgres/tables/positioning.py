"""Idle ships that wait where work is expected. What came of each prediction is kept, to learn from."""

from sqlalchemy import BigInteger, CheckConstraint, Column, Double, Index, Table, text

from manufacturing.adapters.postgres.tables.columns import (
    Ident,
    Moment,
    Symbol,
    choice,
    metadata,
    not_negative,
    one_of,
    player_id,
    reference,
    version,
)
from manufacturing.domain.manufacturing_task import TaskType
from manufacturing.domain.pre_positioning import PrePositioningStatus

pre_positionings = Table(
    "pre_positionings",
    metadata,
    Column("id", Ident, primary_key=True),
    player_id(),
    Column("ship_symbol", Symbol, nullable=False),
    Column("waypoint", Symbol, nullable=False),
    reference("predicted_task_id", "manufacturing_tasks.id", on_delete="CASCADE"),
    Column("predicted_type", choice(TaskType), nullable=False),
    Column("probability", Double, nullable=False),
    Column("expected_saving", BigInteger, nullable=False),
    Column("fuel_cost", BigInteger, nullable=False),
    Column("created_at", Moment, nullable=False),
    Column("expires_at", Moment, nullable=False),
    Column("status", choice(PrePositioningStatus), nullable=False),
    Column("ended_at", Moment),
    version(),
    one_of("pre_positionings", "status", PrePositioningStatus),
    one_of("pre_positionings", "predicted_type", TaskType),
    not_negative("pre_positionings", "expected_saving", "fuel_cost"),
    CheckConstraint("(status = 'OPEN') = (ended_at IS NULL)", name="ck_pre_positionings_ended"),
    Index(
        "unique_open_pre_positioning_of_ship",
        "player_id",
        "ship_symbol",
        unique=True,
        postgresql_where=text("status = 'OPEN'"),
    ),
    Index(
        "unique_open_pre_positioning_of_task",
        "predicted_task_id",
        unique=True,
        postgresql_where=text("status = 'OPEN'"),
    ),
    Index("idx_pre_positionings_ended", "player_id", "ended_at"),
)
