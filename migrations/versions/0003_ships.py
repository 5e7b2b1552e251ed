"""Ships, as the server last described them, and whom they work for."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "ships",
        sa.Column("player_id", sa.Integer, sa.ForeignKey("players.id"), primary_key=True),
        sa.Column("symbol", sa.String(50), primary_key=True),
        sa.Column("role", sa.String(50), nullable=False),
        sa.Column("frame", sa.String(50), nullable=False),
        sa.Column("speed", sa.Integer, nullable=False),
        sa.Column("fuel_current", sa.Integer, nullable=False),
        sa.Column("fuel_capacity", sa.Integer, nullable=False),
        sa.Column("cargo_capacity", sa.Integer, nullable=False),
        sa.Column("cargo_items", JSONB, nullable=False),
        sa.Column("system_symbol", sa.String(20), nullable=False),
        sa.Column("waypoint", sa.String(50), nullable=False),
        sa.Column("origin", sa.String(50), nullable=False),
        sa.Column("nav_status", sa.String(20), nullable=False),
        sa.Column("flight_mode", sa.String(20), nullable=False),
        sa.Column("departure_at", sa.DateTime(timezone=True)),
        sa.Column("arrival_at", sa.DateTime(timezone=True)),
        sa.Column("observed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("needs_observation", sa.Boolean, nullable=False),
        sa.Column("reserved_by_player", sa.Boolean, nullable=False),
        sa.Column("container_id", sa.String(36)),
        sa.Column("idle_since", sa.DateTime(timezone=True)),
        sa.Column("version", sa.Integer, nullable=False),
        sa.CheckConstraint("nav_status IN ('IN_TRANSIT', 'IN_ORBIT', 'DOCKED')", name="ck_ships_nav_status"),
        sa.CheckConstraint("flight_mode IN ('CRUISE', 'BURN', 'DRIFT', 'STEALTH')", name="ck_ships_flight_mode"),
        sa.CheckConstraint(
            "speed >= 0 AND fuel_current >= 0 AND fuel_capacity >= 0 AND cargo_capacity >= 0",
            name="ck_ships_not_negative",
        ),
    )
    op.create_index(
        "idx_ships_idle", "ships", ["player_id", "idle_since"], postgresql_where=sa.text("container_id IS NULL")
    )


def downgrade() -> None:
    op.drop_table("ships")
