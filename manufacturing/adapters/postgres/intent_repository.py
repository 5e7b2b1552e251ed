"""Trade intents."""

from sqlalchemy import BindParameter, Select, bindparam, or_, select
from sqlalchemy.orm import Session

from manufacturing.adapters.postgres.shared_statement import shared_statement
from manufacturing.adapters.postgres.tables import manufacturing_pipelines, manufacturing_tasks, ships, trade_intents
from manufacturing.domain.errors import UnknownThing
from manufacturing.domain.ids import IntentId, PlayerId
from manufacturing.domain.manufacturing_pipeline import ManufacturingPipeline
from manufacturing.domain.manufacturing_task import ManufacturingTask
from manufacturing.domain.ship import Ship
from manufacturing.domain.trade_intent import IntentStatus, TradeIntent

_intents = trade_intents.c


class PostgresIntentRepository:
    """See ports.IntentRepository."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._kept: list[object] = []

    def add(self, intent: TradeIntent) -> None:
        """Stores a new intent. At the latest the commit raises StaleRow when the ship has another open one."""
        self._session.add(intent)

    def get(self, intent_id: IntentId) -> TradeIntent:
        """UnknownThing when there is none."""
        known: TradeIntent | None = self._session.identity_map.get(self._session.identity_key(TradeIntent, intent_id))
        if known is not None:
            return known
        its = self._session.execute(_with_what_it_touches(), {"wanted": intent_id}).one_or_none()
        if its is None:
            raise UnknownThing(f"there is no trade intent {intent_id}")
        intent, *touched = its
        self._kept += touched
        return intent

    def open_of_ship(self, player_id: PlayerId, ship_symbol: str) -> list[TradeIntent]:
        """What the ship was about to trade, hand over or be handed and is not settled, oldest first."""
        return list(self._session.scalars(_open_of_ship(), {"owner": player_id, "ship": ship_symbol}))

    def open_of_player(self, player_id: PlayerId) -> list[TradeIntent]:
        """The same for the whole fleet, oldest first."""
        return list(self._session.scalars(_open(), {"owner": player_id}))


@shared_statement
def _with_what_it_touches() -> Select[TradeIntent, ManufacturingTask, Ship, ManufacturingPipeline]:
    """What settling an intent touches comes along: the session then has it without asking again."""
    return (
        select(TradeIntent, ManufacturingTask, Ship, ManufacturingPipeline)
        .outerjoin(ManufacturingTask, manufacturing_tasks.c.id == _intents.task_id)
        .outerjoin(Ship, (ships.c.player_id == _intents.player_id) & (ships.c.symbol == _intents.ship_symbol))
        .outerjoin(ManufacturingPipeline, manufacturing_pipelines.c.id == _intents.pipeline_id)
        .where(_intents.id == bindparam("wanted"))
    )


@shared_statement
def _open() -> Select[TradeIntent]:
    unsettled = select(TradeIntent).where(
        _intents.player_id == bindparam("owner"), _intents.status == IntentStatus.OPEN
    )
    return unsettled.order_by(_intents.created_at, _intents.id)


@shared_statement
def _open_of_ship() -> Select[TradeIntent]:
    ship: BindParameter[str] = bindparam("ship")
    return _open().where(or_(_intents.ship_symbol == ship, _intents.to_ship == ship))
