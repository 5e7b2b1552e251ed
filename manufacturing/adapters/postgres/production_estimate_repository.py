"""Production estimates."""

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from manufacturing.adapters.postgres.tables import production_estimates
from manufacturing.domain.ids import PipelineId
from manufacturing.domain.production_estimate import ProductionEstimate

_estimates = production_estimates.c


class PostgresProductionEstimateRepository:
    """See ports.ProductionEstimateRepository."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def add(self, estimate: ProductionEstimate) -> None:
        """Stores a new estimate."""
        self._session.add(estimate)

    def find(self, pipeline_id: PipelineId, factory_symbol: str, output_good: str) -> ProductionEstimate | None:
        """The estimate of this factory output in the pipeline's cycle."""
        return self._session.scalar(
            select(ProductionEstimate).where(
                _estimates.pipeline_id == pipeline_id,
                _estimates.factory_symbol == factory_symbol,
                _estimates.output_good == output_good,
            )
        )

    def of_pipelines(self, pipeline_ids: Sequence[PipelineId]) -> list[ProductionEstimate]:
        """The estimates in these pipelines' cycles."""
        if not pipeline_ids:
            return []
        theirs = select(ProductionEstimate).where(_estimates.pipeline_id.in_(set(pipeline_ids)))
        return list(self._session.scalars(theirs.order_by(_estimates.created_at, _estimates.id)))
