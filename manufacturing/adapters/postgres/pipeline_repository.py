"""Pipelines."""

from sqlalchemy import Select, bindparam, select
from sqlalchemy.orm import Session

from manufacturing.adapters.postgres.lookup import by_key
from manufacturing.adapters.postgres.shared_statement import shared_statement
from manufacturing.adapters.postgres.tables import manufacturing_pipelines
from manufacturing.domain.errors import UnknownThing
from manufacturing.domain.ids import PipelineId, PlayerId
from manufacturing.domain.manufacturing_pipeline import ManufacturingPipeline, PipelineStatus

_pipelines = manufacturing_pipelines.c
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
        found = by_key(self._session, ManufacturingPipeline, pipeline_id, _pipeline(), wanted=pipeline_id)
        return _known(found, pipeline_id)

    def active(self, player_id: PlayerId) -> list[ManufacturingPipeline]:
        """Pipelines that still work towards a sale, oldest first."""
        return list(self._session.scalars(_active(), {"owner": player_id}))

    def recent(self, player_id: PlayerId, limit: int) -> list[ManufacturingPipeline]:
        """Newest first, of any status."""
        newest = (
            select(ManufacturingPipeline)
            .where(_pipelines.player_id == player_id)
            .order_by(_pipelines.created_at.desc(), _pipelines.id.desc())
            .limit(limit)
        )
        return list(self._session.scalars(newest))

    def lock(self, pipeline_id: PipelineId) -> ManufacturingPipeline:
        """With a row lock and as it is now; UnknownThing when there is none."""
        pipeline = self._session.scalar(
            _locked(), {"wanted": pipeline_id}, execution_options={"populate_existing": True}
        )
        return _known(pipeline, pipeline_id)


@shared_statement
def _pipeline() -> Select[ManufacturingPipeline]:
    return select(ManufacturingPipeline).where(_pipelines.id == bindparam("wanted"))


@shared_statement
def _locked() -> Select[ManufacturingPipeline]:
    return _pipeline().with_for_update(key_share=True)


@shared_statement
def _active() -> Select[ManufacturingPipeline]:
    return (
        select(ManufacturingPipeline)
        .where(_pipelines.player_id == bindparam("owner"), _pipelines.status.in_(_ACTIVE))
        .order_by(_pipelines.created_at, _pipelines.id)
    )


def _known(pipeline: ManufacturingPipeline | None, pipeline_id: PipelineId) -> ManufacturingPipeline:
    if pipeline is None:
        raise UnknownThing(f"there is no pipeline {pipeline_id}")
    return pipeline
