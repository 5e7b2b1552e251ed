"""Players, and the map of the universe each of them lives in."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "players",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("agent_symbol", sa.String(50), nullable=False),
        sa.Column("server_url", sa.Text, nullable=False),
        sa.Column("reset_date", sa.String(10), nullable=False),
        sa.Column("faction", sa.String(50), nullable=False),
        sa.Column("headquarters", sa.String(50), nullable=False),
        sa.Column("system_symbol", sa.String(20), nullable=False),
        sa.Column("credits", sa.BigInteger, nullable=False),
        sa.Column("start_credits", sa.BigInteger, nullable=False),
        sa.Column("credits_reserved", sa.BigInteger, nullable=False),
        sa.Column("status", sa.String(20), nullable=False),
        sa.Column("status_reason", sa.Text),
        sa.Column("time_scale", sa.Text),
        sa.Column("last_market_update", sa.DateTime(timezone=True)),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.UniqueConstraint("agent_symbol", "server_url", "reset_date", name="unique_player"),
        sa.CheckConstraint("status IN ('ACTIVE', 'PAUSED', 'RESET')", name="ck_players_status"),
        sa.CheckConstraint("credits_reserved >= 0", name="ck_players_not_negative"),
    )
    op.create_table(
        "waypoints",
        sa.Column("player_id", sa.Integer, sa.ForeignKey("players.id"), primary_key=True),
        sa.Column("symbol", sa.String(50), primary_key=True),
        sa.Column("system_symbol", sa.String(20), nullable=False),
        sa.Column("type", sa.String(50), nullable=False),
        sa.Column("x", sa.Integer, nullable=False),
        sa.Column("y", sa.Integer, nullable=False),
        sa.Column("traits", JSONB, nullable=False),
        sa.Column("has_market", sa.Boolean, nullable=False),
        sa.Column("has_shipyard", sa.Boolean, nullable=False),
        sa.Column("sells_fuel", sa.Boolean, nullable=False),
    )
    op.create_index("idx_waypoints_system", "waypoints", ["player_id", "system_symbol"])


def downgrade() -> None:
    op.drop_table("waypoints")
    op.drop_table("players")
