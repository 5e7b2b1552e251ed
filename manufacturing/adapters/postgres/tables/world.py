"""What we know of the universe: the player in it, its map, its markets and our ships."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Double,
    Index,
    Integer,
    String,
    Table,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB

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
    row_number,
    version,
)
from manufacturing.domain.player import PlayerStatus
from manufacturing.domain.prices import Activity, ListingType, Supply
from manufacturing.domain.travel import FlightMode
from manufacturing.domain.universe import NavStatus

players = Table(
    "players",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("agent_symbol", Symbol, nullable=False),
    Column("server_url", Text, nullable=False),
    Column("reset_date", String(10), nullable=False),
    Column("faction", Symbol, nullable=False),
    Column("headquarters", Symbol, nullable=False),
    Column("system_symbol", SystemSymbol, nullable=False),
    # The game lets credits fall below zero, and a reconciliation may find that; only what we promise cannot.
    Column("credits", BigInteger, nullable=False),
    Column("start_credits", BigInteger, nullable=False),
    Column("credits_reserved", BigInteger, nullable=False),
    Column("status", choice(PlayerStatus), nullable=False),
    Column("status_reason", Text),
    Column("time_scale", Text),
    Column("last_market_update", Moment),
    # The most credits there were since the last that moved without us; a floor that is a share is a share of these.
    Column("peak_credits", BigInteger),
    # The player's own floor; where there is none, the policy's holds.
    Column("floor_amount", BigInteger),
    Column("floor_share", Double),
    Column("budget_weight", Integer, nullable=False, server_default=text("1")),
    Column("created_at", Moment, nullable=False),
    version(),
    UniqueConstraint("agent_symbol", "server_url", "reset_date", name="unique_player"),
    one_of("players", "status", PlayerStatus),
    not_negative("players", "credits_reserved"),
    CheckConstraint(
        "(floor_amount IS NULL) = (floor_share IS NULL) AND floor_amount >= 0 AND floor_share >= 0 AND floor_share < 1",
        name="ck_players_floor",
    ),
    CheckConstraint("budget_weight > 0", name="ck_players_budget_weight"),
)

waypoints = Table(
    "waypoints",
    metadata,
    player_id(primary_key=True),
    Column("symbol", Symbol, primary_key=True),
    Column("system_symbol", SystemSymbol, nullable=False),
    Column("type", Symbol, nullable=False),
    Column("x", Integer, nullable=False),
    Column("y", Integer, nullable=False),
    Column("traits", JSONB, nullable=False),
    Column("has_market", Boolean, nullable=False),
    Column("has_shipyard", Boolean, nullable=False),
    Column("sells_fuel", Boolean, nullable=False),
    Index("idx_waypoints_system", "player_id", "system_symbol"),
)

market_listings = Table(
    "market_listings",
    metadata,
    player_id(primary_key=True),
    Column("waypoint", Symbol, primary_key=True),
    Column("good", Symbol, primary_key=True),
    Column("system_symbol", SystemSymbol, nullable=False),
    Column("type", choice(ListingType), nullable=False),
    Column("trade_volume", Integer),
    Column("supply", choice(Supply)),
    Column("activity", choice(Activity)),
    Column("ask", Integer),
    Column("bid", Integer),
    Column("observed_at", Moment),
    version(),
    one_of("market_listings", "type", ListingType),
    one_of("market_listings", "supply", Supply),
    one_of("market_listings", "activity", Activity),
    CheckConstraint("trade_volume > 0", name="ck_market_listings_trade_volume"),
    not_negative("market_listings", "ask", "bid"),
    CheckConstraint(
        "(observed_at IS NULL) = (ask IS NULL) AND (observed_at IS NULL) = (bid IS NULL)",
        name="ck_market_listings_quote_is_observed",
    ),
    Index("idx_market_listings_system", "player_id", "system_symbol", "good"),
)

market_listing_history = Table(
    "market_listing_history",
    metadata,
    row_number(),
    player_id(),
    Column("waypoint", Symbol, nullable=False),
    Column("good", Symbol, nullable=False),
    Column("type", choice(ListingType), nullable=False),
    Column("trade_volume", Integer, nullable=False),
    Column("supply", choice(Supply), nullable=False),
    Column("activity", choice(Activity)),
    Column("ask", Integer, nullable=False),
    Column("bid", Integer, nullable=False),
    Column("recorded_at", Moment, nullable=False),
    one_of("market_listing_history", "type", ListingType),
    one_of("market_listing_history", "supply", Supply),
    one_of("market_listing_history", "activity", Activity),
    CheckConstraint("trade_volume > 0", name="ck_market_listing_history_trade_volume"),
    not_negative("market_listing_history", "ask", "bid"),
    Index("idx_market_listing_history_listing", "player_id", "waypoint", "good", "recorded_at"),
    Index("idx_market_listing_history_recorded", "recorded_at", postgresql_using="brin"),
)

supply_level_changes = Table(
    "supply_level_changes",
    metadata,
    row_number(),
    player_id(),
    Column("waypoint", Symbol, nullable=False),
    Column("good", Symbol, nullable=False),
    Column("from_supply", choice(Supply), nullable=False),
    Column("to_supply", choice(Supply), nullable=False),
    Column("activity", choice(Activity)),
    Column("seen_from", Moment, nullable=False),
    Column("recorded_at", Moment, nullable=False),
    one_of("supply_level_changes", "from_supply", Supply),
    one_of("supply_level_changes", "to_supply", Supply),
    one_of("supply_level_changes", "activity", Activity),
    CheckConstraint("from_supply <> to_supply", name="ck_supply_level_changes_is_a_change"),
    Index("idx_supply_level_changes_listing", "player_id", "waypoint", "good", "recorded_at"),
)

market_recalculations = Table(
    "market_recalculations",
    metadata,
    player_id(primary_key=True),
    Column("at", Moment, primary_key=True),
)

# No other table refers to ships or waypoints by foreign key: a ship that is lost, or a place the map does not have yet,
# must not stand in the way of recording what happened.
ships = Table(
    "ships",
    metadata,
    player_id(primary_key=True),
    Column("symbol", Symbol, primary_key=True),
    Column("role", Symbol, nullable=False),
    Column("frame", Symbol, nullable=False),
    Column("speed", Integer, nullable=False),
    Column("fuel_current", Integer, nullable=False),
    Column("fuel_capacity", Integer, nullable=False),
    Column("cargo_capacity", Integer, nullable=False),
    Column("cargo_items", JSONB, nullable=False),
    Column("system_symbol", SystemSymbol, nullable=False),
    Column("waypoint", Symbol, nullable=False),
    Column("origin", Symbol, nullable=False),
    Column("nav_status", choice(NavStatus), nullable=False),
    Column("flight_mode", choice(FlightMode), nullable=False),
    Column("departure_at", Moment),
    Column("arrival_at", Moment),
    Column("observed_at", Moment, nullable=False),
    Column("needs_observation", Boolean, nullable=False),
    Column("reserved_by_player", Boolean, nullable=False),
    Column("container_id", Ident),
    Column("idle_since", Moment),
    version(),
    one_of("ships", "nav_status", NavStatus),
    one_of("ships", "flight_mode", FlightMode),
    not_negative("ships", "speed", "fuel_current", "fuel_capacity", "cargo_capacity"),
    Index("idx_ships_idle", "player_id", "idle_since", postgresql_where=text("container_id IS NULL")),
)
