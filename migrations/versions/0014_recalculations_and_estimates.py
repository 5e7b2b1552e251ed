"""When markets were recalculated, and what production estimates are reckoned from."""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

_NEW_COLUMNS = ("as_of", "net_supply", "trade_volume", "activity", "overdue_polls")


def upgrade() -> None:
    op.create_table(
        "market_recalculations",
        sa.Column("player_id", sa.Integer, sa.ForeignKey("players.id"), primary_key=True),
        sa.Column("at", sa.DateTime(timezone=True), primary_key=True),
    )
    for column in (
        sa.Column("as_of", sa.DateTime(timezone=True)),
        sa.Column("net_supply", sa.Integer),
        sa.Column("trade_volume", sa.Integer),
        sa.Column("activity", sa.String(20)),
        sa.Column("overdue_polls", sa.Integer, nullable=False, server_default=sa.text("0")),
    ):
        op.add_column("production_estimates", column)
    op.create_check_constraint(
        "ck_production_estimates_activity",
        "production_estimates",
        "activity IN ('RESTRICTED', 'WEAK', 'GROWING', 'STRONG')",
    )
    op.create_check_constraint("ck_production_estimates_not_negative", "production_estimates", "overdue_polls >= 0")


def downgrade() -> None:
    op.drop_constraint("ck_production_estimates_not_negative", "production_estimates")
    op.drop_constraint("ck_production_estimates_activity", "production_estimates")
    for name in _NEW_COLUMNS:
        op.drop_column("production_estimates", name)
    op.drop_table("market_recalculations")
