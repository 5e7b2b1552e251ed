"""Market listings as last seen, and how they changed."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

LISTING_TYPES = "('EXPORT', 'IMPORT', 'EXCHANGE')"
SUPPLIES = "('SCARCE', 'LIMITED', 'MODERATE', 'HIGH', 'ABUNDANT')"
ACTIVITIES = "('RESTRICTED', 'WEAK', 'GROWING', 'STRONG')"


def upgrade() -> None:
    op.create_table(
        "market_listings",
        sa.Column("player_id", sa.Integer, sa.ForeignKey("players.id"), primary_key=True),
        sa.Column("waypoint", sa.String(50), primary_key=True),
        sa.Column("good", sa.String(50), primary_key=True),
        sa.Column("system_symbol", sa.String(20), nullable=False),
        sa.Column("type", sa.String(20), nullable=False),
        sa.Column("trade_volume", sa.Integer),
        sa.Column("supply", sa.String(20)),
        sa.Column("activity", sa.String(20)),
        sa.Column("ask", sa.Integer),
        sa.Column("bid", sa.Integer),
        sa.Column("observed_at", sa.DateTime(timezone=True)),
        sa.Column("version", sa.Integer, nullable=False),
        sa.CheckConstraint(f"type IN {LISTING_TYPES}", name="ck_market_listings_type"),
        sa.CheckConstraint(f"supply IN {SUPPLIES}", name="ck_market_listings_supply"),
        sa.CheckConstraint(f"activity IN {ACTIVITIES}", name="ck_market_listings_activity"),
        sa.CheckConstraint("trade_volume > 0", name="ck_market_listings_trade_volume"),
        sa.CheckConstraint("ask >= 0 AND bid >= 0", name="ck_market_listings_not_negative"),
        sa.CheckConstraint(
            "(observed_at IS NULL) = (ask IS NULL) AND (observed_at IS NULL) = (bid IS NULL)",
            name="ck_market_listings_quote_is_observed",
        ),
    )
    op.create_index("idx_market_listings_system", "market_listings", ["player_id", "system_symbol", "good"])
    op.create_table(
        "market_listing_history",
        sa.Column("id", sa.BigInteger, primary_key=True),
        sa.Column("player_id", sa.Integer, sa.ForeignKey("players.id"), nullable=False),
        sa.Column("waypoint", sa.String(50), nullable=False),
        sa.Column("good", sa.String(50), nullable=False),
        sa.Column("type", sa.String(20), nullable=False),
        sa.Column("trade_volume", sa.Integer, nullable=False),
        sa.Column("supply", sa.String(20), nullable=False),
        sa.Column("activity", sa.String(20)),
        sa.Column("ask", sa.Integer, nullable=False),
        sa.Column("bid", sa.Integer, nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(f"type IN {LISTING_TYPES}", name="ck_market_listing_history_type"),
        sa.CheckConstraint(f"supply IN {SUPPLIES}", name="ck_market_listing_history_supply"),
        sa.CheckConstraint(f"activity IN {ACTIVITIES}", name="ck_market_listing_history_activity"),
        sa.CheckConstraint("trade_volume > 0", name="ck_market_listing_history_trade_volume"),
        sa.CheckConstraint("ask >= 0 AND bid >= 0", name="ck_market_listing_history_not_negative"),
    )
    op.create_index(
        "idx_market_listing_history_listing",
        "market_listing_history",
        ["player_id", "waypoint", "good", "recorded_at"],
    )
    op.create_table(
        "supply_level_changes",
        sa.Column("id", sa.BigInteger, primary_key=True),
        sa.Column("player_id", sa.Integer, sa.ForeignKey("players.id"), nullable=False),
        sa.Column("waypoint", sa.String(50), nullable=False),
        sa.Column("good", sa.String(50), nullable=False),
        sa.Column("from_supply", sa.String(20), nullable=False),
        sa.Column("to_supply", sa.String(20), nullable=False),
        sa.Column("activity", sa.String(20)),
        sa.Column("seen_from", sa.DateTime(timezone=True), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(f"from_supply IN {SUPPLIES}", name="ck_supply_level_changes_from_supply"),
        sa.CheckConstraint(f"to_supply IN {SUPPLIES}", name="ck_supply_level_changes_to_supply"),
        sa.CheckConstraint(f"activity IN {ACTIVITIES}", name="ck_supply_level_changes_activity"),
        sa.CheckConstraint("from_supply <> to_supply", name="ck_supply_level_changes_is_a_change"),
    )
    op.create_index(
        "idx_supply_level_changes_listing", "supply_level_changes", ["player_id", "waypoint", "good", "recorded_at"]
    )


def downgrade() -> None:
    op.drop_table("supply_level_changes")
    op.drop_table("market_listing_history")
    op.drop_table("market_listings")
