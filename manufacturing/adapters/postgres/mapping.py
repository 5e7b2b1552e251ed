"""Maps the domain's dataclasses onto the tables, so that no code copies rows into objects and back.

An entity with a ``version`` is stored by compare and swap. An entity whose ``id`` the database counts up has the id 0
until it is stored.
"""

from functools import cache
from typing import Any

from sqlalchemy import Table, event
from sqlalchemy.orm import Mapper, registry

from manufacturing.adapters.postgres import tables
from manufacturing.domain.decision import ApiUsage, Decision
from manufacturing.domain.factory_reservation import FactoryReservation
from manufacturing.domain.factory_state import FactoryState
from manufacturing.domain.intermediate_good_pool import IntermediateGoodPool, PoolLot, PoolReservation
from manufacturing.domain.ledger import LedgerEntry, SpendReservation
from manufacturing.domain.manufacturing_pipeline import ManufacturingPipeline
from manufacturing.domain.manufacturing_task import ManufacturingTask
from manufacturing.domain.market_listing import ListingChange, SupplyLevelChange
from manufacturing.domain.player import Player
from manufacturing.domain.pre_positioning import PrePositioning
from manufacturing.domain.production_estimate import ProductionEstimate
from manufacturing.domain.profit_forecast import ProfitForecast
from manufacturing.domain.ship import Ship
from manufacturing.domain.trade_intent import TradeIntent
from manufacturing.domain.waypoint import Waypoint

#: Where each entity lives. Listings and task dependencies are values and are read and written as rows.
TABLE_OF: dict[type[Any], Table] = {
    Player: tables.players,
    Waypoint: tables.waypoints,
    ListingChange: tables.market_listing_history,
    SupplyLevelChange: tables.supply_level_changes,
    Ship: tables.ships,
    ManufacturingPipeline: tables.manufacturing_pipelines,
    ManufacturingTask: tables.manufacturing_tasks,
    FactoryState: tables.manufacturing_factory_states,
    FactoryReservation: tables.factory_reservations,
    TradeIntent: tables.trade_intents,
    SpendReservation: tables.spend_reservations,
    LedgerEntry: tables.ledger_entries,
    ProfitForecast: tables.profit_forecasts,
    ProductionEstimate: tables.production_estimates,
    PrePositioning: tables.pre_positionings,
    IntermediateGoodPool: tables.intermediate_good_pools,
    PoolLot: tables.pool_lots,
    PoolReservation: tables.pool_reservations,
    Decision: tables.decisions,
    ApiUsage: tables.api_usage,
}


@cache
def map_entities() -> None:
    """Maps every entity, once per process. An entity made before that cannot be stored."""
    mappers = registry(metadata=tables.metadata)
    for entity, table in TABLE_OF.items():
        mapper = mappers.map_imperatively(entity, table, version_id_col=table.c.get("version"))
        if _is_counted_up(table):
            event.listen(mapper, "before_insert", _let_the_database_count)


def _is_counted_up(table: Table) -> bool:
    return table.autoincrement_column is not None


def _let_the_database_count(_mapper: Mapper[Any], _connection: object, entity: Any) -> None:
    if entity.id == 0:
        entity.id = None
