import logging

import pytest
from sqlalchemy import Engine

from manufacturing.adapters.postgres import database
from manufacturing.adapters.postgres.unit_of_work import PostgresUnitOfWork
from manufacturing.domain.decision import DecisionKind
from manufacturing.domain.errors import StaleRow, UnknownThing
from manufacturing.domain.events import Event, WorkChanged
from manufacturing.domain.manufacturing_pipeline import ManufacturingPipeline, PipelineStatus
from manufacturing.domain.player import Player
from tests.postgres.builders import MINUTE, NOW, a_pipeline, a_ship, a_task
from tests.postgres.conftest import Mailbox
from tests.postgres.opening import Open


def some_event(player: Player) -> Event:
    return WorkChanged(player_id=player.id)


def test_what_was_committed_is_there(uow: Open, player: Player) -> None:
    with uow() as work:
        work.ships.add(a_ship(player))
        work.commit()
    with uow() as work:
        assert work.ships.get(player.id, "AGENT-1").symbol == "AGENT-1"


def test_what_was_not_committed_is_not_there(uow: Open, player: Player) -> None:
    with uow() as work:
        work.ships.add(a_ship(player))
        work.flush()
    with uow() as work, pytest.raises(UnknownThing):
        work.ships.get(player.id, "AGENT-1")


def test_an_error_rolls_everything_back_and_is_passed_on(uow: Open, player: Player) -> None:
    pipeline = a_pipeline(player)

    def half_a_pipeline() -> None:
        with uow() as work:
            work.pipelines.add(pipeline)
            work.tasks.add(a_task(pipeline))
            work.flush()
            raise RuntimeError("in the middle")

    with pytest.raises(RuntimeError, match="in the middle"):
        half_a_pipeline()
    with uow() as work:
        assert work.pipelines.active(player.id) == []


def test_rows_that_refer_to_each_other_are_stored_in_any_order(uow: Open, player: Player) -> None:
    pipeline = a_pipeline(player)
    with uow() as work:
        work.tasks.add(a_task(pipeline))
        work.flush()
        work.pipelines.add(pipeline)
        work.commit()
    with uow() as work:
        assert len(work.tasks.of_pipeline(pipeline.id)) == 1


def test_changes_to_what_was_read_are_stored_without_saying_so(uow: Open, pipeline: ManufacturingPipeline) -> None:
    with uow() as work:
        work.pipelines.get(pipeline.id).start(NOW)
        work.commit()
    with uow() as work:
        assert work.pipelines.get(pipeline.id).status is PipelineStatus.EXECUTING


def test_queries_see_changes_that_are_not_committed_yet(uow: Open, player: Player) -> None:
    with uow() as work:
        pipeline = a_pipeline(player)
        work.pipelines.add(pipeline)
        assert work.pipelines.active(player.id) == [pipeline]
        pipeline.cancel("changed our mind", NOW)
        assert work.pipelines.active(player.id) == []


def test_what_was_read_stays_readable_afterwards(uow: Open, pipeline: ManufacturingPipeline) -> None:
    with uow() as work:
        read = work.pipelines.get(pipeline.id)
        read.start(NOW)
        work.commit()
    assert (read.status, read.version, read.product_good) == (PipelineStatus.EXECUTING, 2, pipeline.product_good)


def test_it_may_commit_more_than_once(uow: Open, pipeline: ManufacturingPipeline) -> None:
    with uow() as work:
        read = work.pipelines.get(pipeline.id)
        read.start(NOW)
        work.commit()
        read.note_progress(NOW + MINUTE)
        work.commit()
        read.cancel("this is rolled back", NOW)
    with uow() as work:
        stored = work.pipelines.get(pipeline.id)
        assert (stored.status, stored.progress_at, stored.version) == (PipelineStatus.EXECUTING, NOW + MINUTE, 3)


def test_events_leave_after_the_commit_and_only_once(uow: Open, mailbox: Mailbox, player: Player) -> None:
    with uow() as work:
        work.emit(some_event(player))
        work.flush()
        assert mailbox.events == []
        work.commit()
        assert mailbox.events == [some_event(player)]
        work.commit()
    assert len(mailbox.events) == 1


def test_events_of_work_that_was_given_up_never_leave(uow: Open, mailbox: Mailbox, player: Player) -> None:
    with uow() as work:
        work.emit(some_event(player))
    with uow() as work:
        work.commit()
    assert mailbox.events == []


def test_events_of_a_commit_that_failed_never_leave(uow: Open, mailbox: Mailbox, player: Player) -> None:
    with uow() as work:
        work.ships.add(a_ship(player))
        work.commit()
    with uow() as work:
        work.ships.add(a_ship(player))
        work.emit(some_event(player))
        with pytest.raises(StaleRow):
            work.commit()
    assert mailbox.events == []


def test_when_events_cannot_be_published_the_work_is_still_done(
    engine: Engine, uow: Open, player: Player, caplog: pytest.LogCaptureFixture
) -> None:
    class BrokenBroker:
        def publish(self, events: list[Event]) -> None:
            raise ConnectionError("no broker today")

    with caplog.at_level(logging.WARNING), PostgresUnitOfWork(database.session_factory(engine), BrokenBroker()) as work:
        work.ships.add(a_ship(player))
        work.emit(some_event(player))
        work.commit()
    assert "1 events could not be published" in caplog.text
    assert "no broker today" in caplog.text
    with uow() as work:
        assert work.ships.get(player.id, "AGENT-1")


def test_a_change_that_comes_too_late_is_told_by_the_query_that_stores_it(
    uow: Open, pipeline: ManufacturingPipeline
) -> None:
    with uow() as slow:
        read = slow.pipelines.get(pipeline.id)
        with uow() as quick:
            quick.pipelines.get(pipeline.id).start(NOW)
            quick.commit()
        read.cancel("too late", NOW)
        with pytest.raises(StaleRow, match="changed it"):
            slow.pipelines.recent(pipeline.player_id, 1)


def test_two_that_change_the_same_row_do_not_both_succeed(uow: Open, pipeline: ManufacturingPipeline) -> None:
    with uow() as one, uow() as other:
        one.pipelines.get(pipeline.id).start(NOW)
        other.pipelines.get(pipeline.id).cancel("at the same time", NOW)
        one.commit()
        with pytest.raises(StaleRow):
            other.commit()
    with uow() as work:
        assert work.pipelines.get(pipeline.id).status is PipelineStatus.EXECUTING


def test_nothing_is_held_when_it_is_over(engine: Engine, uow: Open, player: Player) -> None:
    with uow() as work:
        work.decisions.note(player.id, DecisionKind.SKIP, "GOLD", "dear", NOW)
        work.commit()
        work.players.all()
    assert engine.pool.checkedout() == 0  # type: ignore[attr-defined]


class TestResume:
    def test_what_an_earlier_one_left_behind_is_stored_with_what_became_of_it_between(
        self, uow: Open, player: Player
    ) -> None:
        with uow() as work:
            work.ships.add(a_ship(player))
            work.commit()
        with uow() as work:
            ship = work.ships.get(player.id, "AGENT-1")
        ship.needs_observation = True
        with uow() as work:
            work.resume(ship)
            assert work.ships.get(player.id, "AGENT-1") is ship
            work.commit()
        with uow() as work:
            assert work.ships.get(player.id, "AGENT-1").needs_observation

    def test_what_someone_else_changed_meanwhile_is_stale(self, uow: Open, player: Player) -> None:
        with uow() as work:
            work.ships.add(a_ship(player))
            work.commit()
        with uow() as work:
            ship = work.ships.get(player.id, "AGENT-1")
        with uow() as work:
            work.ships.get(player.id, "AGENT-1").reserved_by_player = True
            work.commit()
        with uow() as work:
            work.resume(ship)
            ship.needs_observation = True
            with pytest.raises(StaleRow):
                work.commit()
