"""The pool of intermediate goods: what lies in which hold, and to whom it is promised."""

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    ForeignKey,
    Index,
    Integer,
    Table,
    UniqueConstraint,
    text,
)

from manufacturing.adapters.postgres.tables.columns import (
    Ident,
    Moment,
    Symbol,
    SystemSymbol,
    choice,
    metadata,
    not_negative,
    one_of,
    player_id,
    reference,
    row_number,
    version,
)
from manufacturing.domain.intermediate_good_pool import LotStatus, PoolReservationStatus

intermediate_good_pools = Table(
    "intermediate_good_pools",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    player_id(),
    Column("good", Symbol, nullable=False),
    Column("system_symbol", SystemSymbol, nullable=False),
    Column("available_units", Integer, nullable=False),
    Column("reserved_units", Integer, nullable=False),
    Column("updated_at", Moment, nullable=False),
    version(),
    UniqueConstraint("player_id", "good", "system_symbol", name="unique_pool_good"),
    not_negative("intermediate_good_pools", "available_units", "reserved_units"),
)

pool_lots = Table(
    "pool_lots",
    metadata,
    row_number(),
    Column("pool_id", Integer, ForeignKey("intermediate_good_pools.id", ondelete="CASCADE"), nullable=False),
    player_id(),
    Column("holder_ship", Symbol, nullable=False),
    Column("waypoint", Symbol, nullable=False),
    Column("units_added", Integer, nullable=False),
    Column("units_held", Integer, nullable=False),
    Column("units_reserved", Integer, nullable=False),
    Column("units_consumed", Integer, nullable=False),
    Column("units_liquidated", Integer, nullable=False),
    Column("unit_cost", Integer, nullable=False),
    reference("source_pipeline_id", "manufacturing_pipelines.id", on_delete="SET NULL", required=False),
    Column("status", choice(LotStatus), nullable=False),
    Column("added_at", Moment, nullable=False),
    version(),
    one_of("pool_lots", "status", LotStatus),
    not_negative("pool_lots", "units_held", "units_reserved", "units_consumed", "units_liquidated", "unit_cost"),
    CheckConstraint("units_reserved <= units_held", name="ck_pool_lots_reserved_is_held"),
    CheckConstraint(
        "units_added = units_held + units_consumed + units_liquidated",
        name="ck_pool_lots_conservation",
    ),
    CheckConstraint("units_held = 0 OR status = 'OPEN'", name="ck_pool_lots_closed_is_empty"),
    Index("idx_pool_lots_open", "pool_id", "added_at", postgresql_where=text("status = 'OPEN'")),
    Index("idx_pool_lots_holder", "player_id", "holder_ship", postgresql_where=text("status = 'OPEN'")),
    Index("idx_pool_lots_source_pipeline", "source_pipeline_id"),
)

pool_reservations = Table(
    "pool_reservations",
    metadata,
    Column("id", Ident, primary_key=True),
    Column("pool_id", Integer, ForeignKey("intermediate_good_pools.id", ondelete="CASCADE"), nullable=False),
    Column("lot_id", BigInteger, ForeignKey("pool_lots.id", ondelete="CASCADE"), nullable=False),
    player_id(),
    # Without a rule for deletion: a pipeline with promised goods cannot vanish and leave its units reserved for ever.
    reference("pipeline_id", "manufacturing_pipelines.id"),
    Column("units", Integer, nullable=False),
    Column("reserved_at", Moment, nullable=False),
    Column("expires_at", Moment, nullable=False),
    Column("status", choice(PoolReservationStatus), nullable=False),
    Column("ended_at", Moment),
    version(),
    one_of("pool_reservations", "status", PoolReservationStatus),
    CheckConstraint("units > 0", name="ck_pool_reservations_units"),
    CheckConstraint("(status = 'RESERVED') = (ended_at IS NULL)", name="ck_pool_reservations_ended"),
    Index("idx_pool_reservations_pool", "pool_id"),
    Index("idx_pool_reservations_lot", "lot_id"),
    Index("idx_pool_reservations_pipeline", "pipeline_id"),
    Index("idx_pool_reservations_active", "expires_at", postgresql_where=text("status = 'RESERVED'")),
)
