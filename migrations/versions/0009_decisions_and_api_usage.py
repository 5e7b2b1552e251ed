"""Decisions, and what the API was called for."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "decisions",
        sa.Column("id", sa.BigInteger, primary_key=True),
        sa.Column("player_id", sa.Integer, sa.ForeignKey("players.id"), nullable=False),
        sa.Column("kind", sa.String(20), nullable=False),
        sa.Column("subject", sa.Text, nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("first_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("times", sa.Integer, nullable=False),
        sa.Column("details", JSONB, nullable=False),
        sa.CheckConstraint(
            "kind IN ('ASSIGN', 'SKIP', 'PLAN', 'PARK', 'POLL', 'REFUSE', 'END', 'RECOVER')", name="ck_decisions_kind"
        ),
        sa.CheckConstraint("times >= 0", name="ck_decisions_not_negative"),
    )
    op.create_index("idx_decisions_subject", "decisions", ["player_id", "subject", "kind", "id"])
    op.create_index("idx_decisions_recent", "decisions", ["player_id", "last_at"])
    op.create_table(
        "api_usage",
        sa.Column("id", sa.BigInteger, primary_key=True),
        sa.Column("player_id", sa.Integer, sa.ForeignKey("players.id"), nullable=False),
        sa.Column("hour", sa.DateTime(timezone=True), nullable=False),
        sa.Column("purpose", sa.Text, nullable=False),
        sa.Column("endpoint", sa.Text, nullable=False),
        sa.Column("calls", sa.Integer, nullable=False),
        sa.Column("rejected_429", sa.Integer, nullable=False),
        sa.UniqueConstraint("player_id", "hour", "purpose", "endpoint", name="unique_api_usage"),
        sa.CheckConstraint("calls >= 0 AND rejected_429 >= 0", name="ck_api_usage_not_negative"),
    )


def downgrade() -> None:
    op.drop_table("api_usage")
    op.drop_table("decisions")
