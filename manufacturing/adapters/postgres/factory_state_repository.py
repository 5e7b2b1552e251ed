"""Factories at work for pipelines, and the poll queue."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from manufacturing.adapters.postgres import due_queue
from manufacturing.adapters.postgres.tables import manufacturing_factory_states
from manufacturing.domain.errors import UnknownThing
from manufacturing.domain.factory_state import FactoryState
from manufacturing.domain.ids import PipelineId, PlayerId

_states = manufacturing_factory_states.c


class PostgresFactoryStateRepository:
    """See ports.FactoryStateRepository."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def add(self, state: FactoryState) -> None:
        """Stores a new factory state."""
        self._session.add(state)

    def get(self, state_id: str) -> FactoryState:
        """UnknownThing when there is none."""
        state = self._session.get(FactoryState, state_id)
        if state is None:
            raise UnknownThing(f"there is no factory state {state_id}")
        return state

    def of_pipeline(self, pipeline_id: PipelineId) -> list[FactoryState]:
        """Every factory of the pipeline, in the order of creation."""
        states = select(FactoryState).where(_states.pipeline_id == pipeline_id)
        return list(self._session.scalars(states.order_by(_states.created_at, _states.id)))

    def find(self, pipeline_id: PipelineId, factory_symbol: str, output_good: str) -> FactoryState | None:
        """The pipeline's state of this factory output."""
        return self._session.scalar(
            select(FactoryState).where(
                _states.pipeline_id == pipeline_id,
                _states.factory_symbol == factory_symbol,
                _states.output_good == output_good,
            )
        )

    def watched(self, player_id: PlayerId) -> list[FactoryState]:
        """Everything the supply monitor still cares about, in the order of creation."""
        states = select(FactoryState).where(_states.player_id == player_id, _states.is_watched)
        return list(self._session.scalars(states.order_by(_states.created_at, _states.id)))

    def watched_at(self, player_id: PlayerId, factory_symbol: str) -> list[FactoryState]:
        """The same, at one factory's waypoint."""
        states = select(FactoryState).where(
            _states.player_id == player_id, _states.factory_symbol == factory_symbol, _states.is_watched
        )
        return list(self._session.scalars(states.order_by(_states.created_at, _states.id)))

    def claim_due(self, until: datetime, now: datetime, lease_until: datetime, limit: int) -> list[FactoryState]:
        """Queues up to ``limit`` polls that are due by ``until`` or were lost, and returns them, earliest due first."""
        return due_queue.claim_due(
            self._session,
            FactoryState,
            manufacturing_factory_states,
            _states.next_poll_at,
            until=until,
            now=now,
            lease_until=lease_until,
            limit=limit,
            only=_states.is_watched,
        )

    def claim_poll(self, state_id: str, version: int, lease_until: datetime) -> FactoryState | None:
        """The queued poll with this version, ours until ``lease_until``, or None."""
        return due_queue.claim_queued(
            self._session, FactoryState, manufacturing_factory_states, state_id, version, lease_until
        )
