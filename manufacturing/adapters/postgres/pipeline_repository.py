"""Pipelines."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from manufacturing.adapters.postgres.tables import manufacturing_pipelines
from manufacturing.domain.errors import UnknownThing
from manufacturing.domain.ids import PipelineId, PlayerId
from manufacturing.domain.manufacturing_pipeline import ManufacturingPipeline, PipelineStatus

_ACTIVE = [status for status in PipelineStatus if not status.is_final]


class PostgresPipelineRepository:
    """See ports.PipelineRepository."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def add(self, pipeline: ManufacturingPipeline) -> None:
        """Stores a new pipeline. At the latest the commit raises StaleRow when another one makes the same good."""
        self._session.add(pipeline)

    def get(self, pipeline_id: PipelineId) -> ManufacturingPipeline:
        """UnknownThing when there is none."""
        return _known(self._session.get(ManufacturingPipeline, pipeline_id), pipeline_id)

    def active(self, player_id: PlayerId) -> list[ManufacturingPipeline]:
        """Pipelines that still work towards a sale, oldest first."""
        pipelines = manufacturing_pipelines.c
        active = (
            select(ManufacturingPipeline)
            .where(pipelines.player_id == player_id, pipelines.status.in_(_ACTIVE))
            .order_by(pipelines.created_at, pipelines.id)
        )
        return list(self._session.scalars(active))

    def recent(self, player_id: PlayerId, limit: int) -> list[ManufacturingPipeline]:
        """Newest first, of any status."""
        pipelines = manufacturing_pipelines.c
        newest = (
            select(ManufacturingPipeline)
            .where(pipelines.player_id == player_id)
            .order_by(pipelines.created_at.desc(), pipelines.id.desc())
            .limit(limit)
        )
        return list(self._session.scalars(newest))

    def lock(self, pipeline_id: PipelineId) -> ManufacturingPipeline:
        """With a row lock and as it is now; UnknownThing when there is none."""
        locked = (
            select(ManufacturingPipeline)
            .where(manufacturing_pipelines.c.id == pipeline_id)
            .with_for_update(key_share=True)
        )
        pipeline = self._session.scalar(locked, execution_options={"populate_existing": True})
        return _known(pipeline, pipeline_id)


def _known(pipeline: ManufacturingPipeline | None, pipeline_id: PipelineId) -> ManufacturingPipeline:
    if pipeline is None:
        raise UnknownThing(f"there is no pipeline {pipeline_id}")
    return pipeline
