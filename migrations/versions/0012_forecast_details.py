"""Forecasts with their legs, their correction, and how they compared; and a way to the latest price changes."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

_NEW_COLUMNS = ("kind", "fuel_cost", "correction", "ship_hours", "waiting_hours", "legs", "variance", "outcome")


def upgrade() -> None:
    op.add_column("profit_forecasts", sa.Column("kind", sa.String(20)))
    op.execute(
        "UPDATE profit_forecasts SET kind = coalesce((SELECT p.kind FROM manufacturing_pipelines p "
        "WHERE p.id = profit_forecasts.pipeline_id), 'FABRICATION')"
    )
    op.alter_column("profit_forecasts", "kind", nullable=False)
    for column in (
        sa.Column("fuel_cost", sa.BigInteger, nullable=False, server_default=sa.text("0")),
        sa.Column("correction", sa.BigInteger, nullable=False, server_default=sa.text("0")),
        sa.Column("ship_hours", sa.Double),
        sa.Column("waiting_hours", sa.Double),
        sa.Column("legs", JSONB, nullable=False, server_default=sa.text("'[]'::jsonb")),
        sa.Column("variance", sa.Double),
        sa.Column("outcome", sa.String(20)),
    ):
        op.add_column("profit_forecasts", column)
    op.drop_constraint("ck_profit_forecasts_estimated_profit", "profit_forecasts")
    op.create_check_constraint(
        "ck_profit_forecasts_estimated_profit",
        "profit_forecasts",
        "estimated_profit = estimated_revenue - estimated_cost + correction",
    )
    op.create_check_constraint(
        "ck_profit_forecasts_kind", "profit_forecasts", "kind IN ('FABRICATION', 'COLLECTION', 'HAUL')"
    )
    op.create_check_constraint(
        "ck_profit_forecasts_outcome",
        "profit_forecasts",
        "outcome IN ('PLANNING', 'EXECUTING', 'COMPLETED', 'FAILED', 'CANCELLED')",
    )
    op.create_index(
        "idx_profit_forecasts_learned",
        "profit_forecasts",
        ["player_id", "validated_at"],
        postgresql_where=sa.text("outcome = 'COMPLETED'"),
    )
    op.create_index(
        "idx_market_listing_history_recorded", "market_listing_history", ["recorded_at"], postgresql_using="brin"
    )


def downgrade() -> None:
    op.drop_index("idx_market_listing_history_recorded", "market_listing_history")
    op.drop_index("idx_profit_forecasts_learned", "profit_forecasts")
    op.drop_constraint("ck_profit_forecasts_outcome", "profit_forecasts")
    op.drop_constraint("ck_profit_forecasts_kind", "profit_forecasts")
    op.drop_constraint("ck_profit_forecasts_estimated_profit", "profit_forecasts")
    # Without a column of its own the correction is part of the revenue, or of the cost.
    op.execute(
        "UPDATE profit_forecasts SET estimated_revenue = estimated_revenue + greatest(correction, 0), "
        "estimated_cost = estimated_cost - least(correction, 0)"
    )
    op.create_check_constraint(
        "ck_profit_forecasts_estimated_profit",
        "profit_forecasts",
        "estimated_profit = estimated_revenue - estimated_cost",
    )
    for name in _NEW_COLUMNS:
        op.drop_column("profit_forecasts", name)
