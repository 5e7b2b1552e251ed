"""Each player's own floor, and its part of the API calls."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("players", sa.Column("peak_credits", sa.BigInteger))
    op.add_column("players", sa.Column("floor_amount", sa.BigInteger))
    op.add_column("players", sa.Column("floor_share", sa.Double))
    op.add_column("players", sa.Column("budget_weight", sa.Integer, nullable=False, server_default=sa.text("1")))
    op.create_check_constraint(
        "ck_players_floor",
        "players",
        "(floor_amount IS NULL) = (floor_share IS NULL) AND floor_amount >= 0 AND floor_share >= 0 AND floor_share < 1",
    )
    op.create_check_constraint("ck_players_budget_weight", "players", "budget_weight > 0")


def downgrade() -> None:
    op.drop_constraint("ck_players_budget_weight", "players")
    op.drop_constraint("ck_players_floor", "players")
    op.drop_column("players", "budget_weight")
    op.drop_column("players", "floor_share")
    op.drop_column("players", "floor_amount")
    op.drop_column("players", "peak_credits")
