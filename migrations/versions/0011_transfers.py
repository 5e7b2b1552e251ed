"""Goods handed from ship to ship: who has them for a task at first, and to whom an intent hands them."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("manufacturing_tasks", sa.Column("giver_ship", sa.String(50)))
    op.add_column("trade_intents", sa.Column("to_ship", sa.String(50)))
    op.create_check_constraint(
        "ck_trade_intents_to_ship", "trade_intents", "(kind = 'TRANSFER') = (to_ship IS NOT NULL)"
    )
    op.create_index(
        "unique_open_transfer_to_ship",
        "trade_intents",
        ["player_id", "to_ship"],
        unique=True,
        postgresql_where=sa.text("status = 'OPEN' AND to_ship IS NOT NULL"),
    )


def downgrade() -> None:
    op.drop_index("unique_open_transfer_to_ship", "trade_intents")
    op.drop_constraint("ck_trade_intents_to_ship", "trade_intents")
    op.drop_column("trade_intents", "to_ship")
    op.drop_column("manufacturing_tasks", "giver_ship")
