import pytest
from sqlalchemy.orm import Session

from manufacturing.domain.errors import StaleRow, UnknownThing
from manufacturing.domain.ids import PipelineId
from manufacturing.domain.manufacturing_pipeline import ManufacturingPipeline, PipelineKind, PipelineStatus
from manufacturing.domain.player import Player
from tests.postgres.builders import MINUTE, NOW, a_forecast, a_pipeline
from tests.postgres.opening import Open


def test_a_pipeline_comes_back_as_it_was_stored(uow: Open, player: Player) -> None:
    new = a_pipeline(player, kind=PipelineKind.COLLECTION, estimated_profit=3_000_000_000)
    with uow() as work:
        work.pipelines.add(new)
        new.start(NOW)
        work.commit()
    with uow() as work:
        found = work.pipelines.get(new.id)
        assert (found.kind, found.status) == (PipelineKind.COLLECTION, PipelineStatus.EXECUTING)
        assert (found.started_at, found.progress_at, found.ended_at) == (NOW, NOW, None)
        assert found.estimated_profit == 3_000_000_000


def test_an_unknown_pipeline_is_said_to_be_unknown(uow: Open) -> None:
    with uow() as work:
        with pytest.raises(UnknownThing, match="nothing"):
            work.pipelines.get(PipelineId("nothing"))
        with pytest.raises(UnknownThing, match="nothing"):
            work.pipelines.lock(PipelineId("nothing"))


def test_active_pipelines_come_oldest_first_and_recent_ones_newest_first(
    uow: Open, player: Player, other_player: Player
) -> None:
    with uow() as work:
        pipelines = [a_pipeline(player, created_at=NOW + n * MINUTE) for n in range(4)]
        for pipeline in (*reversed(pipelines), a_pipeline(other_player)):
            work.pipelines.add(pipeline)
        pipelines[1].cancel("no longer wanted", NOW)
        pipelines[2].start(NOW)
        work.commit()
    zero, one, two, three = (pipeline.id for pipeline in pipelines)
    with uow() as work:
        assert [p.id for p in work.pipelines.active(player.id)] == [zero, two, three]
        assert [p.id for p in work.pipelines.recent(player.id, limit=3)] == [three, two, one]


def test_one_good_is_made_by_one_active_pipeline(uow: Open, player: Player, other_player: Player) -> None:
    with uow() as work:
        first = a_pipeline(player, product_good="MACHINERY")
        work.pipelines.add(first)
        work.pipelines.add(a_pipeline(other_player, product_good="MACHINERY"))
        work.commit()
    with uow() as work:
        work.pipelines.add(a_pipeline(player, product_good="MACHINERY", sell_market="X1-T1-Z9"))
        with pytest.raises(StaleRow, match="another pipeline makes this good"):
            work.flush()
    with uow() as work:
        work.pipelines.get(first.id).fail("its factory is gone", NOW)
        work.flush()
        work.pipelines.add(a_pipeline(player, product_good="MACHINERY"))
        work.commit()


def test_a_locked_pipeline_is_seen_as_it_is_now(uow: Open, pipeline: ManufacturingPipeline) -> None:
    with uow() as work:
        read = work.pipelines.get(pipeline.id)
        with uow() as other:
            other.pipelines.lock(pipeline.id).start(NOW)
            other.commit()
        assert read.status is PipelineStatus.PLANNING
        assert work.pipelines.lock(pipeline.id) is read
        assert read.status is PipelineStatus.EXECUTING
        read.complete(NOW)
        work.commit()


def test_a_lock_keeps_what_was_changed_before_it(uow: Open, pipeline: ManufacturingPipeline) -> None:
    with uow() as work:
        read = work.pipelines.get(pipeline.id)
        read.note_progress(NOW)
        assert work.pipelines.lock(pipeline.id).progress_at == NOW


def test_a_pipeline_and_its_forecast_refer_to_each_other(uow: Open, session: Session, player: Player) -> None:
    pipeline, forecast = a_pipeline(player), a_forecast(player)
    pipeline.forecast_id, forecast.pipeline_id = forecast.id, pipeline.id
    session.add_all([pipeline, forecast])
    session.commit()
    with uow() as work:
        assert work.pipelines.get(pipeline.id).forecast_id == forecast.id
