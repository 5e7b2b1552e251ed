"""Trade intents."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from manufacturing.adapters.postgres.tables import trade_intents
from manufacturing.domain.errors import UnknownThing
from manufacturing.domain.ids import IntentId, PlayerId
from manufacturing.domain.trade_intent import IntentStatus, TradeIntent

_intents = trade_intents.c


class PostgresIntentRepository:
    """See ports.IntentRepository."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def add(self, intent: TradeIntent) -> None:
        """Stores a new intent. At the latest the commit raises StaleRow when the ship has another open one."""
        self._session.add(intent)

    def get(self, intent_id: IntentId) -> TradeIntent:
        """UnknownThing when there is none."""
        intent = self._session.get(TradeIntent, intent_id)
        if intent is None:
            raise UnknownThing(f"there is no trade intent {intent_id}")
        return intent

    def open_of_ship(self, player_id: PlayerId, ship_symbol: str) -> list[TradeIntent]:
        """What the ship was about to do and is not settled, oldest first."""
        unsettled = select(TradeIntent).where(
            _intents.player_id == player_id,
            _intents.ship_symbol == ship_symbol,
            _intents.status == IntentStatus.OPEN,
        )
        return list(self._session.scalars(unsettled.order_by(_intents.created_at, _intents.id)))

    def open_of_player(self, player_id: PlayerId) -> list[TradeIntent]:
        """The same for the whole fleet, oldest first."""
        unsettled = select(TradeIntent).where(_intents.player_id == player_id, _intents.status == IntentStatus.OPEN)
        return list(self._session.scalars(unsettled.order_by(_intents.created_at, _intents.id)))
