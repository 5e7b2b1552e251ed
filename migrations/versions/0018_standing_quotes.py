"""What is known of a listing's margin, and whether its quote can be traded on without looking again."""

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("market_listings", sa.Column("margins", sa.Integer, nullable=False, server_default=sa.text("0")))
    op.add_column(
        "market_listings", sa.Column("is_reckoned", sa.Boolean, nullable=False, server_default=sa.text("false"))
    )
    op.add_column("market_listings", sa.Column("surprised_at", sa.DateTime(timezone=True)))
    op.drop_constraint("ck_market_listings_not_negative", "market_listings")
    op.create_check_constraint(
        "ck_market_listings_not_negative", "market_listings", "ask >= 0 AND bid >= 0 AND margins >= 0"
    )


def downgrade() -> None:
    op.drop_constraint("ck_market_listings_not_negative", "market_listings")
    op.create_check_constraint("ck_market_listings_not_negative", "market_listings", "ask >= 0 AND bid >= 0")
    op.drop_column("market_listings", "surprised_at")
    op.drop_column("market_listings", "is_reckoned")
    op.drop_column("market_listings", "margins")
