"""FactoryStateTracker: what each factory at work has been given and shows (docs/domain.md, "Production cycles")."""

from datetime import datetime

from manufacturing.domain.factory_state import FactoryState
from manufacturing.domain.ids import IdSource, PipelineId, PlayerId
from manufacturing.domain.manufacturing_task import ManufacturingTask, TaskType
from manufacturing.domain.policy import FleetPolicy
from manufacturing.domain.ports import UnitOfWork


class FactoryStateTracker:
    """Keeps the FactoryState rows of pipelines."""

    def __init__(self, ids: IdSource, policy: FleetPolicy) -> None:
        self._ids = ids
        self._policy = policy

    def begin_cycle(
        self,
        uow: UnitOfWork,
        player_id: PlayerId,
        pipeline_id: PipelineId,
        factory_symbol: str,
        output_good: str,
        inputs: list[str],
        now: datetime,
    ) -> FactoryState:
        """A pipeline starts a production cycle at the factory: watched from the next poll interval on."""
        state = FactoryState(
            id=self._ids(),
            player_id=player_id,
            pipeline_id=pipeline_id,
            factory_symbol=factory_symbol,
            output_good=output_good,
            required_inputs=inputs,
            created_at=now,
            all_inputs_at=None if inputs else now,
            next_poll_at=now + self._policy.poll_interval,
        )
        listing = uow.markets.listing(player_id, factory_symbol, output_good)
        if listing is not None and listing.supply is not None and listing.observed_at is not None:
            state.observe(listing.supply, listing.activity, listing.observed_at)
        uow.factories.add(state)
        return state

    def record_delivery(
        self, uow: UnitOfWork, task: ManufacturingTask, units: int, at: datetime
    ) -> FactoryState | None:
        """A DELIVER sold ``units`` to its factory; the factory's state, None when no cycle goes on there."""
        if task.pipeline_id is None or task.factory_symbol is None or task.output_good is None or task.good is None:
            return None
        state = uow.factories.find(task.pipeline_id, task.factory_symbol, task.output_good)
        if state is not None:
            state.record_delivery(task.good, units, at)
        return state

    def update_cycle(self, state: FactoryState, tasks: list[ManufacturingTask], now: datetime) -> bool:
        """Stops watching once the output was collected, and notes when nothing more will be delivered; whether that is
        so since now."""
        all_in = False
        here = [t for t in tasks if (t.factory_symbol, t.output_good) == (state.factory_symbol, state.output_good)]
        open_deliveries = any(t.type is TaskType.DELIVER and not t.status.is_final for t in here)
        if state.all_inputs_at is None and not open_deliveries:
            state.record_all_inputs_delivered(now)
            all_in = True
        collects = [t for t in here if t.type is TaskType.COLLECT]
        if state.is_watched and all(t.status.is_final or t.has_ship for t in collects):
            state.stop_watching()
        elif not state.is_watched and any(not t.status.is_final and not t.has_ship for t in collects):
            state.watch_again(now)
        return all_in
