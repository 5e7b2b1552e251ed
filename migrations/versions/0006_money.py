"""Trade intents, the credits promised to them, and the ledger."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    create_intents()
    create_spend_reservations()
    create_ledger()


def task_id() -> sa.Column[str]:
    return kept_when_deleted("task_id", "manufacturing_tasks.id")


def pipeline_id() -> sa.Column[str]:
    return kept_when_deleted("pipeline_id", "manufacturing_pipelines.id")


def kept_when_deleted(name: str, target: str) -> sa.Column[str]:
    key = sa.ForeignKey(target, ondelete="SET NULL", deferrable=True, initially="DEFERRED")
    return sa.Column(name, sa.String(36), key)


def intent_id(*, nullable: bool) -> sa.Column[str]:
    key = sa.ForeignKey("trade_intents.id", deferrable=True, initially="DEFERRED")
    return sa.Column("intent_id", sa.String(36), key, nullable=nullable)


def create_intents() -> None:
    op.create_table(
        "trade_intents",
        sa.Column("id", sa.String(36), primary_key=True),
        sa.Column("player_id", sa.Integer, sa.ForeignKey("players.id"), nullable=False),
        task_id(),
        pipeline_id(),
        sa.Column("ship_symbol", sa.String(50), nullable=False),
        sa.Column("kind", sa.String(20), nullable=False),
        sa.Column("status", sa.String(20), nullable=False),
        sa.Column("waypoint", sa.String(50), nullable=False),
        sa.Column("good", sa.String(50), nullable=False),
        sa.Column("units", sa.Integer, nullable=False),
        sa.Column("unit_price", sa.Integer, nullable=False),
        sa.Column("held_before", sa.Integer, nullable=False),
        sa.Column("credits_reserved", sa.BigInteger, nullable=False),
        sa.Column("fencing_token", sa.BigInteger),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("settled_at", sa.DateTime(timezone=True)),
        sa.Column("outcome", sa.Text),
        sa.Column("version", sa.Integer, nullable=False),
        sa.CheckConstraint("kind IN ('BUY', 'SELL', 'REFUEL', 'TRANSFER')", name="ck_trade_intents_kind"),
        sa.CheckConstraint("status IN ('OPEN', 'CONFIRMED', 'REFUSED')", name="ck_trade_intents_status"),
        sa.CheckConstraint("units > 0", name="ck_trade_intents_units"),
        sa.CheckConstraint(
            "unit_price >= 0 AND held_before >= 0 AND credits_reserved >= 0", name="ck_trade_intents_not_negative"
        ),
        sa.CheckConstraint("(status = 'OPEN') = (settled_at IS NULL)", name="ck_trade_intents_settled"),
    )
    op.create_index(
        "unique_open_intent_of_ship",
        "trade_intents",
        ["player_id", "ship_symbol"],
        unique=True,
        postgresql_where=sa.text("status = 'OPEN'"),
    )
    op.create_index("idx_trade_intents_task", "trade_intents", ["task_id"])
    op.create_index("idx_trade_intents_pipeline", "trade_intents", ["pipeline_id"])


def create_spend_reservations() -> None:
    op.create_table(
        "spend_reservations",
        sa.Column("id", sa.BigInteger, primary_key=True),
        sa.Column("player_id", sa.Integer, sa.ForeignKey("players.id"), nullable=False),
        intent_id(nullable=False),
        sa.Column("amount", sa.BigInteger, nullable=False),
        sa.Column("status", sa.String(20), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True)),
        sa.UniqueConstraint("intent_id", name="unique_spend_reservation_of_intent"),
        sa.CheckConstraint("status IN ('HELD', 'ENDED')", name="ck_spend_reservations_status"),
        sa.CheckConstraint("amount >= 0", name="ck_spend_reservations_not_negative"),
        sa.CheckConstraint("(status = 'HELD') = (ended_at IS NULL)", name="ck_spend_reservations_ended"),
    )
    op.create_index(
        "idx_spend_reservations_held",
        "spend_reservations",
        ["player_id"],
        postgresql_where=sa.text("status = 'HELD'"),
    )


def create_ledger() -> None:
    op.create_table(
        "ledger_entries",
        sa.Column("id", sa.BigInteger, primary_key=True),
        sa.Column("player_id", sa.Integer, sa.ForeignKey("players.id"), nullable=False),
        sa.Column("kind", sa.String(20), nullable=False),
        sa.Column("amount", sa.BigInteger, nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ship_symbol", sa.String(50)),
        sa.Column("waypoint", sa.String(50)),
        sa.Column("good", sa.String(50)),
        sa.Column("units", sa.Integer, nullable=False),
        sa.Column("unit_price", sa.Integer, nullable=False),
        task_id(),
        pipeline_id(),
        intent_id(nullable=True),
        sa.UniqueConstraint("intent_id", name="unique_ledger_entry_of_intent"),
        sa.CheckConstraint(
            "kind IN ('PURCHASE', 'SALE', 'REFUEL', 'FEE', 'TRANSFER', 'RECONCILIATION')",
            name="ck_ledger_entries_kind",
        ),
        sa.CheckConstraint("units >= 0 AND unit_price >= 0", name="ck_ledger_entries_not_negative"),
        sa.CheckConstraint(
            "CASE WHEN kind = 'SALE' THEN amount >= 0 WHEN kind IN ('PURCHASE', 'REFUEL', 'FEE') THEN amount <= 0 "
            "ELSE true END",
            name="ck_ledger_entries_sign",
        ),
    )
    op.create_index("idx_ledger_entries_recent", "ledger_entries", ["player_id", "id"])
    op.create_index(
        "idx_ledger_entries_pipeline",
        "ledger_entries",
        ["pipeline_id"],
        postgresql_where=sa.text("pipeline_id IS NOT NULL"),
    )
    op.create_index(
        "idx_ledger_entries_task", "ledger_entries", ["task_id"], postgresql_where=sa.text("task_id IS NOT NULL")
    )
    op.create_index(
        "idx_ledger_entries_cost_of_cargo",
        "ledger_entries",
        ["player_id", "ship_symbol", "good", "id"],
        postgresql_where=sa.text("kind = 'PURCHASE'"),
    )


def downgrade() -> None:
    op.drop_table("ledger_entries")
    op.drop_table("spend_reservations")
    op.drop_table("trade_intents")
