"""The tables, declared apart from the entities they hold (docs/architecture.md, "The database")."""

from manufacturing.adapters.postgres.tables.columns import metadata
from manufacturing.adapters.postgres.tables.learning import production_estimates, profit_forecasts
from manufacturing.adapters.postgres.tables.money import ledger_entries, spend_reservations, trade_intents
from manufacturing.adapters.postgres.tables.pools import intermediate_good_pools, pool_lots, pool_reservations
from manufacturing.adapters.postgres.tables.positioning import pre_positionings
from manufacturing.adapters.postgres.tables.records import api_usage, decisions
from manufacturing.adapters.postgres.tables.work import (
    factory_reservations,
    fencing_tokens,
    manufacturing_factory_states,
    manufacturing_pipelines,
    manufacturing_task_dependencies,
    manufacturing_tasks,
)
from manufacturing.adapters.postgres.tables.world import (
    market_listing_history,
    market_listings,
    market_recalculations,
    players,
    ships,
    supply_level_changes,
    waypoints,
)

__all__ = [
    "api_usage",
    "decisions",
    "factory_reservations",
    "fencing_tokens",
    "intermediate_good_pools",
    "ledger_entries",
    "manufacturing_factory_states",
    "manufacturing_pipelines",
    "manufacturing_task_dependencies",
    "manufacturing_tasks",
    "market_listing_history",
    "market_listings",
    "market_recalculations",
    "metadata",
    "players",
    "pool_lots",
    "pool_reservations",
    "pre_positionings",
    "production_estimates",
    "profit_forecasts",
    "ships",
    "spend_reservations",
    "supply_level_changes",
    "trade_intents",
    "waypoints",
]
