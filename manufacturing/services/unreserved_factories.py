"""UnreservedFactories: what a fleet without factory reservations does (docs/lab.md, "Baselines").

Only there to see in the lab what reservations are worth: with it two pipelines may feed, and collect from, one factory
at once. The report counts how often they did.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager

from manufacturing.domain.factory_reservation import FactoryReservation
from manufacturing.domain.ids import PipelineId, PlayerId
from manufacturing.domain.manufacturing_pipeline import ManufacturingPipeline
from manufacturing.domain.ports import UnitOfWork
from manufacturing.services.shared_resource_coordinator import SharedResourceCoordinator


class UnreservedFactories(SharedResourceCoordinator):
    """A coordinator that shares the pool's goods and lets every pipeline use every factory."""

    @contextmanager
    def claiming(self, player_id: PlayerId, factories: Sequence[tuple[str, str]]) -> Iterator[None]:
        """Keeps nobody away."""
        yield

    def reserve_factories(
        self,
        uow: UnitOfWork,
        player_id: PlayerId,
        pipeline_id: PipelineId,
        cycles: Mapping[tuple[str, str], Sequence[str]],
    ) -> list[FactoryReservation]:
        """Reserves nothing, and never refuses."""
        return []

    def right_to_deliver(
        self, uow: UnitOfWork, pipeline_id: PipelineId, factory_symbol: str, output_good: str
    ) -> FactoryReservation | None:
        """Everybody may deliver."""
        return None

    def right_to_collect(
        self, uow: UnitOfWork, pipeline_id: PipelineId, factory_symbol: str, output_good: str
    ) -> FactoryReservation | None:
        """Everybody may collect."""
        return None

    def why_run_out(self, uow: UnitOfWork, pipeline: ManufacturingPipeline) -> str | None:
        """Why the pipeline must be given up: no progress for as long as a fulfilled reservation would have lasted."""
        since = pipeline.progress_at or pipeline.created_at
        if self._clock.now() - since < self._policy.collect_time:
            return None
        return f"no progress since {since:%Y-%m-%d %H:%M}"

    def run_out(self, uow: UnitOfWork, pipelines: Sequence[ManufacturingPipeline]) -> list[PipelineId]:
        """Those of the pipelines that are to be given up, in their order."""
        return [pipeline.id for pipeline in pipelines if self.why_run_out(uow, pipeline) is not None]
