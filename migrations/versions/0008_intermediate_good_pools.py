"""The pool of intermediate goods: sums per good, lots in holds, and promises."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "intermediate_good_pools",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("player_id", sa.Integer, sa.ForeignKey("players.id"), nullable=False),
        sa.Column("good", sa.String(50), nullable=False),
        sa.Column("system_symbol", sa.String(20), nullable=False),
        sa.Column("available_units", sa.Integer, nullable=False),
        sa.Column("reserved_units", sa.Integer, nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.UniqueConstraint("player_id", "good", "system_symbol", name="unique_pool_good"),
        sa.CheckConstraint(
            "available_units >= 0 AND reserved_units >= 0", name="ck_intermediate_good_pools_not_negative"
        ),
    )
    create_lots()
    create_reservations()


def pool_id() -> sa.Column[int]:
    key = sa.ForeignKey("intermediate_good_pools.id", ondelete="CASCADE")
    return sa.Column("pool_id", sa.Integer, key, nullable=False)


def create_lots() -> None:
    source = sa.ForeignKey("manufacturing_pipelines.id", ondelete="SET NULL", deferrable=True, initially="DEFERRED")
    op.create_table(
        "pool_lots",
        sa.Column("id", sa.BigInteger, primary_key=True),
        pool_id(),
        sa.Column("player_id", sa.Integer, sa.ForeignKey("players.id"), nullable=False),
        sa.Column("good", sa.String(50), nullable=False),
        sa.Column("holder_ship", sa.String(50), nullable=False),
        sa.Column("waypoint", sa.String(50), nullable=False),
        sa.Column("units_added", sa.Integer, nullable=False),
        sa.Column("units_held", sa.Integer, nullable=False),
        sa.Column("units_reserved", sa.Integer, nullable=False),
        sa.Column("units_consumed", sa.Integer, nullable=False),
        sa.Column("units_liquidated", sa.Integer, nullable=False),
        sa.Column("unit_cost", sa.Integer, nullable=False),
        sa.Column("source_pipeline_id", sa.String(36), source),
        sa.Column("status", sa.String(20), nullable=False),
        sa.Column("added_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.CheckConstraint("status IN ('OPEN', 'SELLING', 'CLOSED')", name="ck_pool_lots_status"),
        sa.CheckConstraint(
            "units_held >= 0 AND units_reserved >= 0 AND units_consumed >= 0 AND units_liquidated >= 0 "
            "AND unit_cost >= 0",
            name="ck_pool_lots_not_negative",
        ),
        sa.CheckConstraint("units_reserved <= units_held", name="ck_pool_lots_reserved_is_held"),
        sa.CheckConstraint(
            "units_added = units_held + units_consumed + units_liquidated", name="ck_pool_lots_conservation"
        ),
        sa.CheckConstraint("units_held = 0 OR status <> 'CLOSED'", name="ck_pool_lots_closed_is_empty"),
        sa.CheckConstraint("units_reserved = 0 OR status = 'OPEN'", name="ck_pool_lots_sold_is_not_reserved"),
    )
    op.create_index(
        "idx_pool_lots_open", "pool_lots", ["pool_id", "added_at"], postgresql_where=sa.text("status = 'OPEN'")
    )
    op.create_index(
        "idx_pool_lots_holder",
        "pool_lots",
        ["player_id", "holder_ship"],
        postgresql_where=sa.text("status <> 'CLOSED'"),
    )
    op.create_index("idx_pool_lots_source_pipeline", "pool_lots", ["source_pipeline_id"])


def create_reservations() -> None:
    pipeline = sa.ForeignKey("manufacturing_pipelines.id", deferrable=True, initially="DEFERRED")
    op.create_table(
        "pool_reservations",
        sa.Column("id", sa.String(36), primary_key=True),
        pool_id(),
        sa.Column("lot_id", sa.BigInteger, sa.ForeignKey("pool_lots.id", ondelete="CASCADE"), nullable=False),
        sa.Column("player_id", sa.Integer, sa.ForeignKey("players.id"), nullable=False),
        sa.Column("pipeline_id", sa.String(36), pipeline, nullable=False),
        sa.Column("units", sa.Integer, nullable=False),
        sa.Column("units_consumed", sa.Integer, nullable=False),
        sa.Column("reserved_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("status", sa.String(20), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True)),
        sa.Column("version", sa.Integer, nullable=False),
        sa.CheckConstraint(
            "status IN ('RESERVED', 'CONSUMED', 'RELEASED', 'EXPIRED')", name="ck_pool_reservations_status"
        ),
        sa.CheckConstraint("units > 0", name="ck_pool_reservations_units"),
        sa.CheckConstraint("units_consumed >= 0 AND units_consumed <= units", name="ck_pool_reservations_consumed"),
        sa.CheckConstraint("(status = 'RESERVED') = (ended_at IS NULL)", name="ck_pool_reservations_ended"),
    )
    op.create_index("idx_pool_reservations_pool", "pool_reservations", ["pool_id"])
    op.create_index("idx_pool_reservations_lot", "pool_reservations", ["lot_id"])
    op.create_index("idx_pool_reservations_pipeline", "pool_reservations", ["pipeline_id"])
    op.create_index(
        "idx_pool_reservations_active",
        "pool_reservations",
        ["expires_at"],
        postgresql_where=sa.text("status = 'RESERVED'"),
    )


def downgrade() -> None:
    op.drop_table("pool_reservations")
    op.drop_table("pool_lots")
    op.drop_table("intermediate_good_pools")
