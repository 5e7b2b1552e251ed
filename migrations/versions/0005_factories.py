"""Factories at work with the poll queue, and the exclusive right to one production cycle."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    create_factory_states()
    create_reservations()


def create_factory_states() -> None:
    op.create_table(
        "manufacturing_factory_states",
        sa.Column("id", sa.String(36), primary_key=True),
        sa.Column("player_id", sa.Integer, sa.ForeignKey("players.id"), nullable=False),
        sa.Column(
            "pipeline_id",
            sa.String(36),
            sa.ForeignKey("manufacturing_pipelines.id", ondelete="CASCADE", deferrable=True, initially="DEFERRED"),
            nullable=False,
        ),
        sa.Column("factory_symbol", sa.String(50), nullable=False),
        sa.Column("output_good", sa.String(50), nullable=False),
        sa.Column("required_inputs", JSONB, nullable=False),
        sa.Column("inputs_delivered", JSONB, nullable=False),
        sa.Column("inputs_delivered_at", JSONB, nullable=False),
        sa.Column("all_inputs_at", sa.DateTime(timezone=True)),
        sa.Column("supply", sa.String(20)),
        sa.Column("activity", sa.String(20)),
        sa.Column("observed_at", sa.DateTime(timezone=True)),
        sa.Column("ready_at", sa.DateTime(timezone=True)),
        sa.Column("is_watched", sa.Boolean, nullable=False),
        sa.Column("next_poll_at", sa.DateTime(timezone=True)),
        sa.Column("polls", sa.Integer, nullable=False),
        sa.Column("step_state", sa.String(20), nullable=False),
        sa.Column("lease_until", sa.DateTime(timezone=True)),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.UniqueConstraint("pipeline_id", "factory_symbol", "output_good", name="unique_factory_state"),
        sa.CheckConstraint(
            "supply IN ('SCARCE', 'LIMITED', 'MODERATE', 'HIGH', 'ABUNDANT')",
            name="ck_manufacturing_factory_states_supply",
        ),
        sa.CheckConstraint(
            "activity IN ('RESTRICTED', 'WEAK', 'GROWING', 'STRONG')",
            name="ck_manufacturing_factory_states_activity",
        ),
        sa.CheckConstraint(
            "step_state IN ('IDLE', 'WAITING', 'QUEUED')", name="ck_manufacturing_factory_states_step_state"
        ),
        sa.CheckConstraint("polls >= 0", name="ck_manufacturing_factory_states_not_negative"),
        sa.CheckConstraint(
            "lease_until IS NOT NULL OR step_state <> 'QUEUED'",
            name="ck_manufacturing_factory_states_queued_has_lease",
        ),
    )
    op.create_index(
        "idx_manufacturing_factory_states_due",
        "manufacturing_factory_states",
        ["next_poll_at"],
        postgresql_where=sa.text("is_watched AND step_state = 'WAITING'"),
    )
    op.create_index(
        "idx_manufacturing_factory_states_lease",
        "manufacturing_factory_states",
        ["lease_until"],
        postgresql_where=sa.text("is_watched AND step_state = 'QUEUED'"),
    )
    op.create_index(
        "idx_manufacturing_factory_states_watched",
        "manufacturing_factory_states",
        ["player_id", "factory_symbol"],
        postgresql_where=sa.text("is_watched"),
    )


def create_reservations() -> None:
    op.execute(sa.schema.CreateSequence(sa.Sequence("factory_fencing_tokens")))
    op.create_table(
        "factory_reservations",
        sa.Column("id", sa.String(36), primary_key=True),
        sa.Column("factory_symbol", sa.String(50), nullable=False),
        sa.Column("output_good", sa.String(50), nullable=False),
        sa.Column(
            "pipeline_id",
            sa.String(36),
            sa.ForeignKey("manufacturing_pipelines.id", ondelete="CASCADE", deferrable=True, initially="DEFERRED"),
            nullable=False,
        ),
        sa.Column("player_id", sa.Integer, sa.ForeignKey("players.id"), nullable=False),
        sa.Column("status", sa.String(20), nullable=False),
        sa.Column("fencing_token", sa.BigInteger, nullable=False),
        sa.Column("reserved_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("collect_until", sa.DateTime(timezone=True)),
        sa.Column("collected_at", sa.DateTime(timezone=True)),
        sa.Column("ended_at", sa.DateTime(timezone=True)),
        sa.Column("delivery_slots", JSONB, nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.UniqueConstraint("fencing_token", name="unique_fencing_token"),
        sa.CheckConstraint(
            "status IN ('ACTIVE', 'FULFILLED', 'EXPIRED', 'CANCELLED')", name="ck_factory_reservations_status"
        ),
        sa.CheckConstraint("fencing_token > 0", name="ck_factory_reservations_fencing_token"),
        sa.CheckConstraint("(status = 'ACTIVE') = (ended_at IS NULL)", name="ck_factory_reservations_ended"),
    )
    op.create_index(
        "unique_active_factory_reservation",
        "factory_reservations",
        ["player_id", "factory_symbol", "output_good"],
        unique=True,
        postgresql_where=sa.text("status = 'ACTIVE'"),
    )
    op.create_index("idx_factory_reservations_pipeline", "factory_reservations", ["pipeline_id"])
    op.create_index(
        "idx_factory_reservations_factory",
        "factory_reservations",
        ["player_id", "factory_symbol", "output_good", "reserved_at"],
    )
    op.create_index(
        "idx_factory_reservations_expiry",
        "factory_reservations",
        ["expires_at"],
        postgresql_where=sa.text("status = 'ACTIVE'"),
    )


def downgrade() -> None:
    op.drop_table("factory_reservations")
    op.execute(sa.schema.DropSequence(sa.Sequence("factory_fencing_tokens")))
    op.drop_table("manufacturing_factory_states")
