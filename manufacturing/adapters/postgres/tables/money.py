"""Money: what is about to be traded, the credits promised to it, and the ledger of what was.

The ledger outlives everything: a pipeline or task may be deleted, its entries stay and only forget which it was.
"""

from sqlalchemy import BigInteger, CheckConstraint, Column, Index, Integer, Table, Text, UniqueConstraint, text

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
    row_number,
    version,
)
from manufacturing.domain.ledger import EntryKind, SpendStatus
from manufacturing.domain.trade_intent import IntentKind, IntentStatus

trade_intents = Table(
    "trade_intents",
    metadata,
    Column("id", Ident, primary_key=True),
    player_id(),
    reference("task_id", "manufacturing_tasks.id", on_delete="SET NULL", required=False),
    reference("pipeline_id", "manufacturing_pipelines.id", on_delete="SET NULL", required=False),
    Column("ship_symbol", Symbol, nullable=False),
    Column("to_ship", Symbol),
    Column("kind", choice(IntentKind), nullable=False),
    Column("status", choice(IntentStatus), nullable=False),
    Column("waypoint", Symbol, nullable=False),
    Column("good", Symbol, nullable=False),
    Column("units", Integer, nullable=False),
    Column("unit_price", Integer, nullable=False),
    Column("held_before", Integer, nullable=False),
    Column("credits_reserved", BigInteger, nullable=False),
    Column("fencing_token", BigInteger),
    Column("created_at", Moment, nullable=False),
    Column("settled_at", Moment),
    Column("outcome", Text),
    version(),
    one_of("trade_intents", "kind", IntentKind),
    one_of("trade_intents", "status", IntentStatus),
    CheckConstraint("units > 0", name="ck_trade_intents_units"),
    not_negative("trade_intents", "unit_price", "held_before", "credits_reserved"),
    CheckConstraint("(status = 'OPEN') = (settled_at IS NULL)", name="ck_trade_intents_settled"),
    Index(
        "unique_open_intent_of_ship",
        "player_id",
        "ship_symbol",
        unique=True,
        postgresql_where=text("status = 'OPEN'"),
    ),
    CheckConstraint("(kind = 'TRANSFER') = (to_ship IS NOT NULL)", name="ck_trade_intents_to_ship"),
    Index(
        "unique_open_transfer_to_ship",
        "player_id",
        "to_ship",
        unique=True,
        postgresql_where=text("status = 'OPEN' AND to_ship IS NOT NULL"),
    ),
    Index("idx_trade_intents_task", "task_id"),
    Index("idx_trade_intents_pipeline", "pipeline_id"),
)

spend_reservations = Table(
    "spend_reservations",
    metadata,
    row_number(),
    player_id(),
    reference("intent_id", "trade_intents.id"),
    Column("amount", BigInteger, nullable=False),
    Column("status", choice(SpendStatus), nullable=False),
    Column("created_at", Moment, nullable=False),
    Column("ended_at", Moment),
    UniqueConstraint("intent_id", name="unique_spend_reservation_of_intent"),
    one_of("spend_reservations", "status", SpendStatus),
    not_negative("spend_reservations", "amount"),
    CheckConstraint("(status = 'HELD') = (ended_at IS NULL)", name="ck_spend_reservations_ended"),
    Index("idx_spend_reservations_held", "player_id", postgresql_where=text("status = 'HELD'")),
)

ledger_entries = Table(
    "ledger_entries",
    metadata,
    row_number(),
    player_id(),
    Column("kind", choice(EntryKind), nullable=False),
    Column("amount", BigInteger, nullable=False),
    Column("at", Moment, nullable=False),
    Column("ship_symbol", Symbol),
    Column("waypoint", Symbol),
    Column("good", Symbol),
    Column("units", Integer, nullable=False),
    Column("unit_price", Integer, nullable=False),
    reference("task_id", "manufacturing_tasks.id", on_delete="SET NULL", required=False),
    reference("pipeline_id", "manufacturing_pipelines.id", on_delete="SET NULL", required=False),
    reference("intent_id", "trade_intents.id", required=False),
    UniqueConstraint("intent_id", name="unique_ledger_entry_of_intent"),
    one_of("ledger_entries", "kind", EntryKind),
    not_negative("ledger_entries", "units", "unit_price"),
    CheckConstraint(
        "CASE WHEN kind = 'SALE' THEN amount >= 0 WHEN kind IN ('PURCHASE', 'REFUEL', 'FEE') THEN amount <= 0 "
        "ELSE true END",
        name="ck_ledger_entries_sign",
    ),
    Index("idx_ledger_entries_recent", "player_id", "id"),
    Index("idx_ledger_entries_pipeline", "pipeline_id", postgresql_where=text("pipeline_id IS NOT NULL")),
    Index("idx_ledger_entries_task", "task_id", postgresql_where=text("task_id IS NOT NULL")),
    Index(
        "idx_ledger_entries_cost_of_cargo",
        "player_id",
        "ship_symbol",
        "good",
        "id",
        postgresql_where=text("kind = 'PURCHASE'"),
    ),
)
