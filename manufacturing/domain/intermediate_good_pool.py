"""IntermediateGoodPool: goods in holds that any pipeline may use (docs/domain.md, "The pool")."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from manufacturing.domain.ids import PipelineId, PlayerId


@dataclass(kw_only=True, eq=False)
class IntermediateGoodPool:
    """(player, system, good). The two sums are over its lots and are kept in the same transaction."""

    player_id: PlayerId
    good: str
    system_symbol: str
    updated_at: datetime
    available_units: int = 0
    """In holds and promised to nobody."""
    reserved_units: int = 0
    """In holds and promised."""
    id: int = 0
    version: int = 1


class LotStatus(StrEnum):
    """Whether a lot still has goods to give."""

    OPEN = "OPEN"
    CLOSED = "CLOSED"


@dataclass(kw_only=True, eq=False)
class PoolLot:
    """Units of a pool's good in one ship's hold, at one cost."""

    pool_id: int
    player_id: PlayerId
    holder_ship: str
    waypoint: str
    units_added: int
    """Units it began with: units held + consumed + liquidated, always."""
    units_held: int
    units_reserved: int
    """At most the units held."""
    unit_cost: int
    added_at: datetime
    units_consumed: int = 0
    units_liquidated: int = 0
    source_pipeline_id: PipelineId | None = None
    status: LotStatus = LotStatus.OPEN
    id: int = 0
    version: int = 1


class PoolReservationStatus(StrEnum):
    """What became of a promise."""

    RESERVED = "RESERVED"
    CONSUMED = "CONSUMED"
    RELEASED = "RELEASED"
    EXPIRED = "EXPIRED"


@dataclass(kw_only=True, eq=False)
class PoolReservation:
    """Units of one lot promised to one pipeline; a promise over several lots has a row for each."""

    id: str
    pool_id: int
    lot_id: int
    player_id: PlayerId
    pipeline_id: PipelineId
    units: int
    reserved_at: datetime
    expires_at: datetime
    status: PoolReservationStatus = PoolReservationStatus.RESERVED
    ended_at: datetime | None = None
    version: int = 1
