"""What is kept to learn from: forecasts and production estimates. They outlive their pipelines."""

from sqlalchemy import BigInteger, CheckConstraint, Column, Double, Index, Integer, Numeric, Table, text
from sqlalchemy.dialects.postgresql import JSONB

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
from manufacturing.domain.manufacturing_pipeline import PipelineKind, PipelineStatus
from manufacturing.domain.prices import Activity
from manufacturing.domain.profit_forecast import ConfidenceLevel

#: Wide enough for a markup of a hundred thousand times, to a hundredth of a percent.
_Ratio = Numeric(12, 4, asdecimal=False)

profit_forecasts = Table(
    "profit_forecasts",
    metadata,
    Column("id", Ident, primary_key=True),
    player_id(),
    reference("pipeline_id", "manufacturing_pipelines.id", on_delete="SET NULL", required=False),
    Column("target_good", Symbol, nullable=False),
    Column("quantity", Integer, nullable=False),
    Column("estimated_cost", BigInteger, nullable=False),
    Column("estimated_revenue", BigInteger, nullable=False),
    Column("estimated_profit", BigInteger, nullable=False),
    Column("profit_margin", _Ratio),
    Column("markup", _Ratio),
    Column("low_profit", BigInteger),
    Column("high_profit", BigInteger),
    Column("estimated_hours", Double),
    Column("profit_per_ship_hour", BigInteger),
    Column("break_even_quantity", Integer),
    Column("feeding_value", BigInteger, nullable=False),
    Column("confidence_level", choice(ConfidenceLevel), nullable=False),
    Column("price_snapshots", JSONB, nullable=False),
    Column("actual_profit", BigInteger),
    Column("valid_until", Moment, nullable=False),
    Column("created_at", Moment, nullable=False),
    Column("validated_at", Moment),
    version(),
    Column("kind", choice(PipelineKind), nullable=False),
    Column("fuel_cost", BigInteger, nullable=False, server_default=text("0")),
    Column("correction", BigInteger, nullable=False, server_default=text("0")),
    Column("ship_hours", Double),
    Column("waiting_hours", Double),
    Column("legs", JSONB, nullable=False, server_default=text("'[]'::jsonb")),
    Column("variance", Double),
    Column("outcome", choice(PipelineStatus)),
    one_of("profit_forecasts", "kind", PipelineKind),
    one_of("profit_forecasts", "outcome", PipelineStatus),
    one_of("profit_forecasts", "confidence_level", ConfidenceLevel),
    not_negative("profit_forecasts", "quantity", "estimated_cost", "estimated_revenue", "break_even_quantity"),
    CheckConstraint(
        "estimated_profit = estimated_revenue - estimated_cost + correction",
        name="ck_profit_forecasts_estimated_profit",
    ),
    CheckConstraint("(actual_profit IS NULL) = (validated_at IS NULL)", name="ck_profit_forecasts_validated"),
    Index("idx_profit_forecasts_pipeline", "pipeline_id"),
    Index("idx_profit_forecasts_good", "player_id", "target_good", "created_at"),
    Index("idx_profit_forecasts_unvalidated", "player_id", postgresql_where=text("validated_at IS NULL")),
    Index(
        "idx_profit_forecasts_learned",
        "player_id",
        "validated_at",
        postgresql_where=text("outcome = 'COMPLETED'"),
    ),
)

production_estimates = Table(
    "production_estimates",
    metadata,
    Column("id", Ident, primary_key=True),
    player_id(),
    Column("factory_symbol", Symbol, nullable=False),
    Column("output_good", Symbol, nullable=False),
    reference("pipeline_id", "manufacturing_pipelines.id", on_delete="SET NULL", required=False),
    Column("inputs_delivered_at", JSONB, nullable=False),
    Column("all_inputs_at", Moment),
    Column("estimated_ready_at", Moment),
    Column("ready_from", Moment),
    Column("ready_to", Moment),
    Column("production_rate", Double),
    Column("confidence_level", choice(ConfidenceLevel), nullable=False),
    Column("created_at", Moment, nullable=False),
    Column("actual_ready_at", Moment),
    Column("as_of", Moment),
    Column("net_supply", Integer),
    Column("trade_volume", Integer),
    Column("activity", choice(Activity)),
    Column("overdue_polls", Integer, nullable=False, server_default=text("0")),
    version(),
    one_of("production_estimates", "activity", Activity),
    not_negative("production_estimates", "overdue_polls"),
    one_of("production_estimates", "confidence_level", ConfidenceLevel),
    CheckConstraint("ready_from <= ready_to", name="ck_production_estimates_band"),
    Index("idx_production_estimates_factory", "player_id", "factory_symbol", "output_good", "created_at"),
    Index("idx_production_estimates_pipeline", "pipeline_id"),
)
