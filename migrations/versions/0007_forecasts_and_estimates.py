"""Profit forecasts and production estimates: they outlive their pipelines, to learn from."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def pipeline_id() -> sa.Column[str]:
    key = sa.ForeignKey("manufacturing_pipelines.id", ondelete="SET NULL", deferrable=True, initially="DEFERRED")
    return sa.Column("pipeline_id", sa.String(36), key)


def upgrade() -> None:
    op.create_table(
        "profit_forecasts",
        sa.Column("id", sa.String(36), primary_key=True),
        sa.Column("player_id", sa.Integer, sa.ForeignKey("players.id"), nullable=False),
        pipeline_id(),
        sa.Column("target_good", sa.String(50), nullable=False),
        sa.Column("quantity", sa.Integer, nullable=False),
        sa.Column("estimated_cost", sa.BigInteger, nullable=False),
        sa.Column("estimated_revenue", sa.BigInteger, nullable=False),
        sa.Column("estimated_profit", sa.BigInteger, nullable=False),
        sa.Column("profit_margin", sa.Numeric(12, 4)),
        sa.Column("markup", sa.Numeric(12, 4)),
        sa.Column("low_profit", sa.BigInteger),
        sa.Column("high_profit", sa.BigInteger),
        sa.Column("estimated_hours", sa.Double),
        sa.Column("profit_per_ship_hour", sa.BigInteger),
        sa.Column("break_even_quantity", sa.Integer),
        sa.Column("feeding_value", sa.BigInteger, nullable=False),
        sa.Column("confidence_level", sa.String(20), nullable=False),
        sa.Column("price_snapshots", JSONB, nullable=False),
        sa.Column("actual_profit", sa.BigInteger),
        sa.Column("valid_until", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("validated_at", sa.DateTime(timezone=True)),
        sa.Column("version", sa.Integer, nullable=False),
        sa.CheckConstraint(
            "confidence_level IN ('HIGH', 'MEDIUM', 'LOW')", name="ck_profit_forecasts_confidence_level"
        ),
        sa.CheckConstraint(
            "quantity >= 0 AND estimated_cost >= 0 AND estimated_revenue >= 0 AND break_even_quantity >= 0",
            name="ck_profit_forecasts_not_negative",
        ),
        sa.CheckConstraint(
            "estimated_profit = estimated_revenue - estimated_cost", name="ck_profit_forecasts_estimated_profit"
        ),
        sa.CheckConstraint("(actual_profit IS NULL) = (validated_at IS NULL)", name="ck_profit_forecasts_validated"),
    )
    op.create_index("idx_profit_forecasts_pipeline", "profit_forecasts", ["pipeline_id"])
    op.create_index("idx_profit_forecasts_good", "profit_forecasts", ["player_id", "target_good", "created_at"])
    op.create_index(
        "idx_profit_forecasts_unvalidated",
        "profit_forecasts",
        ["player_id"],
        postgresql_where=sa.text("validated_at IS NULL"),
    )
    op.create_foreign_key(
        "manufacturing_pipelines_forecast_id_fkey",
        "manufacturing_pipelines",
        "profit_forecasts",
        ["forecast_id"],
        ["id"],
        ondelete="SET NULL",
        deferrable=True,
        initially="DEFERRED",
    )
    op.create_table(
        "production_estimates",
        sa.Column("id", sa.String(36), primary_key=True),
        sa.Column("player_id", sa.Integer, sa.ForeignKey("players.id"), nullable=False),
        sa.Column("factory_symbol", sa.String(50), nullable=False),
        sa.Column("output_good", sa.String(50), nullable=False),
        pipeline_id(),
        sa.Column("inputs_delivered_at", JSONB, nullable=False),
        sa.Column("all_inputs_at", sa.DateTime(timezone=True)),
        sa.Column("estimated_ready_at", sa.DateTime(timezone=True)),
        sa.Column("ready_from", sa.DateTime(timezone=True)),
        sa.Column("ready_to", sa.DateTime(timezone=True)),
        sa.Column("production_rate", sa.Double),
        sa.Column("confidence_level", sa.String(20), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("actual_ready_at", sa.DateTime(timezone=True)),
        sa.Column("version", sa.Integer, nullable=False),
        sa.CheckConstraint(
            "confidence_level IN ('HIGH', 'MEDIUM', 'LOW')", name="ck_production_estimates_confidence_level"
        ),
        sa.CheckConstraint("ready_from <= ready_to", name="ck_production_estimates_band"),
    )
    op.create_index(
        "idx_production_estimates_factory",
        "production_estimates",
        ["player_id", "factory_symbol", "output_good", "created_at"],
    )
    op.create_index("idx_production_estimates_pipeline", "production_estimates", ["pipeline_id"])


def downgrade() -> None:
    op.drop_table("production_estimates")
    op.drop_constraint("manufacturing_pipelines_forecast_id_fkey", "manufacturing_pipelines")
    # Ids of forecasts that are gone would keep the key from coming back.
    op.execute("UPDATE manufacturing_pipelines SET forecast_id = NULL WHERE forecast_id IS NOT NULL")
    op.drop_table("profit_forecasts")
