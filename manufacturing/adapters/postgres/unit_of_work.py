"""One transaction over all repositories; events leave only after it has committed."""

import logging
from types import TracebackType
from typing import Self

from manufacturing.adapters.postgres.database import SessionFactory
from manufacturing.adapters.postgres.decision_repository import PostgresDecisionRepository
from manufacturing.adapters.postgres.factory_reservation_repository import PostgresFactoryReservationRepository
from manufacturing.adapters.postgres.factory_state_repository import PostgresFactoryStateRepository
from manufacturing.adapters.postgres.intent_repository import PostgresIntentRepository
from manufacturing.adapters.postgres.ledger_repository import PostgresLedgerRepository
from manufacturing.adapters.postgres.market_repository import PostgresMarketRepository
from manufacturing.adapters.postgres.pipeline_repository import PostgresPipelineRepository
from manufacturing.adapters.postgres.player_repository import PostgresPlayerRepository
from manufacturing.adapters.postgres.pool_repository import PostgresPoolRepository
from manufacturing.adapters.postgres.pre_positioning_repository import PostgresPrePositioningRepository
from manufacturing.adapters.postgres.production_estimate_repository import PostgresProductionEstimateRepository
from manufacturing.adapters.postgres.profit_forecast_repository import PostgresProfitForecastRepository
from manufacturing.adapters.postgres.ship_repository import PostgresShipRepository
from manufacturing.adapters.postgres.task_repository import PostgresTaskRepository
from manufacturing.adapters.postgres.usage_repository import PostgresUsageRepository
from manufacturing.adapters.postgres.waypoint_repository import PostgresWaypointRepository
from manufacturing.domain import ports
from manufacturing.domain.events import Event, EventPublisher

log = logging.getLogger(__name__)


class PostgresUnitOfWork:
    """See ports.UnitOfWork. It may commit several times; whatever was not committed is rolled back at the end.

    Entities stay readable after it, as the values they had. A row read once is not read again within the same unit of
    work except by ``lock…`` and ``claim…``: open a new one to see what others did meanwhile.
    """

    players: ports.PlayerRepository
    waypoints: ports.WaypointRepository
    markets: ports.MarketRepository
    ships: ports.ShipRepository
    pipelines: ports.PipelineRepository
    tasks: ports.TaskRepository
    factories: ports.FactoryStateRepository
    estimates: ports.ProductionEstimateRepository
    positionings: ports.PrePositioningRepository
    reservations: ports.FactoryReservationRepository
    pools: ports.PoolRepository
    intents: ports.IntentRepository
    ledger: ports.LedgerRepository
    forecasts: ports.ProfitForecastRepository
    decisions: ports.DecisionRepository
    usage: ports.UsageRepository

    def __init__(self, session_factory: SessionFactory, publisher: EventPublisher) -> None:
        self._session_factory = session_factory
        self._publisher = publisher
        self._events: list[Event] = []

    def __enter__(self) -> Self:
        session = self._session = self._session_factory()
        self._events = []
        self._resumed: list[object] = []
        self.players = PostgresPlayerRepository(session)
        self.waypoints = PostgresWaypointRepository(session)
        self.markets = PostgresMarketRepository(session)
        self.ships = PostgresShipRepository(session)
        self.pipelines = PostgresPipelineRepository(session)
        self.tasks = PostgresTaskRepository(session)
        self.factories = PostgresFactoryStateRepository(session)
        self.estimates = PostgresProductionEstimateRepository(session)
        self.positionings = PostgresPrePositioningRepository(session)
        self.reservations = PostgresFactoryReservationRepository(session)
        self.pools = PostgresPoolRepository(session)
        self.intents = PostgresIntentRepository(session)
        self.ledger = PostgresLedgerRepository(session)
        self.forecasts = PostgresProfitForecastRepository(session)
        self.decisions = PostgresDecisionRepository(session)
        self.usage = PostgresUsageRepository(session)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._session.close()

    def emit(self, event: Event) -> None:
        """Keeps an event to be published after the commit."""
        self._events.append(event)

    def resume(self, *entities: object) -> None:
        """Goes on with entities of an earlier unit of work; see ports.UnitOfWork."""
        self._session.add_all(entities)
        # The session alone would forget what nobody else holds.
        self._resumed += entities

    def flush(self) -> None:
        """Sends what changed so far to the database, so that its constraints speak now (StaleRow, …)."""
        self._session.flush()

    def commit(self) -> None:
        """Makes everything permanent, then publishes the events; StaleRow when a row was changed by someone else."""
        events, self._events = self._events, []
        self._session.commit()
        if events:
            self._publish(events)

    def _publish(self, events: list[Event]) -> None:
        try:
            self._publisher.publish(events)
        except Exception:
            # The rows are stored and say the same as the events: the next sweep finds what is due.
            log.warning("%d events could not be published; the sweeps will find them", len(events), exc_info=True)
