"""Factories at work for pipelines, and the poll queue."""

from datetime import datetime

from sqlalchemy import Select, bindparam, select
from sqlalchemy.orm import Session

from manufacturing.adapters.postgres.due_queue import DueRows
from manufacturing.adapters.postgres.shared_statement import shared_statement
from manufacturing.adapters.postgres.tables import manufacturing_factory_states
from manufacturing.domain.errors import UnknownThing
from manufacturing.domain.factory_state import FactoryState
from manufacturing.domain.ids import PipelineId, PlayerId

_states = manufacturing_factory_states.c
_POLLS = DueRows(FactoryState, manufacturing_factory_states, _states.next_poll_at, _states.is_watched)


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
        return list(self._session.scalars(_of_pipeline(), {"pipeline": pipeline_id}))

    def find(self, pipeline_id: PipelineId, factory_symbol: str, output_good: str) -> FactoryState | None:
        """The pipeline's state of this factory output."""
        which = {"pipeline": pipeline_id, "factory": factory_symbol, "output": output_good}
        return self._session.scalar(_of_factory(), which)

    def watched(self, player_id: PlayerId) -> list[FactoryState]:
        """Everything the supply monitor still cares about, in the order of creation."""
        return list(self._session.scalars(_watched(), {"owner": player_id}))

    def watched_at(self, player_id: PlayerId, factory_symbol: str) -> list[FactoryState]:
        """The same, at one factory's waypoint."""
        return list(self._session.scalars(_watched_at(), {"owner": player_id, "factory": factory_symbol}))

    def claim_due(self, until: datetime, now: datetime, lease_until: datetime, limit: int) -> list[FactoryState]:
        """Queues up to ``limit`` polls that are due by ``until`` or were lost, and returns them, earliest due first."""
        return _POLLS.claim_due(self._session, until=until, now=now, lease_until=lease_until, limit=limit)

    def claim_poll(self, state_id: str, version: int, lease_until: datetime) -> FactoryState | None:
        """The queued poll with this version, ours until ``lease_until``, or None."""
        return _POLLS.claim_queued(self._session, state_id, version, lease_until)


@shared_statement
def _of_pipeline() -> Select[FactoryState]:
    states = select(FactoryState).where(_states.pipeline_id == bindparam("pipeline"))
    return states.order_by(_states.created_at, _states.id)


@shared_statement
def _of_factory() -> Select[FactoryState]:
    at_factory = _of_pipeline().where(_states.factory_symbol == bindparam("factory"))
    return at_factory.where(_states.output_good == bindparam("output"))


@shared_statement
def _watched() -> Select[FactoryState]:
    states = select(FactoryState).where(_states.player_id == bindparam("owner"), _states.is_watched)
    return states.order_by(_states.created_at, _states.id)


@shared_statement
def _watched_at() -> Select[FactoryState]:
    return _watched().where(_states.factory_symbol == bindparam("factory"))
