"""Records: why something was done or not done, and what the API was called for."""

from sqlalchemy import Column, Index, Integer, Table, Text, UniqueConstraint
from sqlalchemy.dialects.postgresql import JSONB

from manufacturing.adapters.postgres.tables.columns import (
    Moment,
    choice,
    metadata,
    not_negative,
    one_of,
    player_id,
    row_number,
)
from manufacturing.domain.decision import DecisionKind

decisions = Table(
    "decisions",
    metadata,
    row_number(),
    player_id(),
    Column("kind", choice(DecisionKind), nullable=False),
    Column("subject", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("first_at", Moment, nullable=False),
    Column("last_at", Moment, nullable=False),
    Column("times", Integer, nullable=False),
    Column("details", JSONB, nullable=False),
    one_of("decisions", "kind", DecisionKind),
    not_negative("decisions", "times"),
    Index("idx_decisions_subject", "player_id", "subject", "kind", "id"),
    Index("idx_decisions_recent", "player_id", "last_at"),
)

api_usage = Table(
    "api_usage",
    metadata,
    row_number(),
    player_id(),
    Column("hour", Moment, nullable=False),
    Column("purpose", Text, nullable=False),
    Column("endpoint", Text, nullable=False),
    Column("calls", Integer, nullable=False),
    Column("rejected_429", Integer, nullable=False),
    UniqueConstraint("player_id", "hour", "purpose", "endpoint", name="unique_api_usage"),
    not_negative("api_usage", "calls", "rejected_429"),
)
