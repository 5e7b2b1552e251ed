"""The figures of a run are computed from rows, and only from the run's own."""

from datetime import datetime, timedelta

import pytest
from sqlalchemy import Engine

from manufacturing.adapters.postgres.run_figures import RunFigures, Span
from manufacturing.domain.ledger import EntryKind
from manufacturing.domain.manufacturing_pipeline import ManufacturingPipeline, PipelineStatus
from manufacturing.domain.manufacturing_task import ManufacturingTask, TaskDependency, TaskStatus, TaskType
from manufacturing.domain.player import Player
from tests.postgres.builders import (
    MINUTE,
    NOW,
    a_pipeline,
    a_reservation,
    a_ship,
    a_task,
    an_entry,
    an_intent,
)
from tests.postgres.opening import Open


def figures(engine: Engine, player: Player, *, ledger_id: int = 0, earlier: tuple[str, ...] = ()) -> RunFigures:
    return RunFigures(engine, player.id, Span(since=NOW, ledger_id=ledger_id, earlier_intents=earlier))


@pytest.fixture
def pipeline(uow: Open, player: Player) -> ManufacturingPipeline:
    new = a_pipeline(player, product_good="MACHINERY")
    with uow() as work:
        work.pipelines.add(new)
        work.commit()
    return new


def test_what_moved_without_us_is_counted_apart(uow: Open, engine: Engine, player: Player) -> None:
    with uow() as work:
        work.ledger.add(an_entry(player, amount=-900))
        work.commit()
        before = work.ledger.entries(player.id, limit=1)[0].id
        work.ledger.add(an_entry(player, amount=-500))
        work.ledger.add(an_entry(player, kind=EntryKind.SALE, amount=800))
        work.ledger.add(an_entry(player, kind=EntryKind.RECONCILIATION, amount=-40))
        work.commit()

    assert figures(engine, player, ledger_id=before).moved_credits() == (300, -40)


def test_a_trade_of_an_earlier_run_that_is_settled_in_this_one_belongs_to_the_earlier(
    uow: Open, engine: Engine, player: Player
) -> None:
    earlier, own = an_intent(player, "AGENT-1"), an_intent(player, "AGENT-2")
    with uow() as work:
        for symbol in ("AGENT-1", "AGENT-2"):
            work.ships.add(a_ship(player, symbol))
        work.intents.add(earlier)
        work.intents.add(own)
        work.flush()
        work.ledger.add(an_entry(player, amount=-111, intent_id=earlier.id))
        work.ledger.add(an_entry(player, amount=-500, intent_id=own.id))
        work.commit()

    assert figures(engine, player, earlier=(earlier.id,)).moved_credits() == (-500, 0)
    assert figures(engine, player).moved_credits() == (-611, 0)


def test_profit_is_told_by_product_best_first_and_adds_up(
    uow: Open, engine: Engine, player: Player, pipeline: ManufacturingPipeline
) -> None:
    other = a_pipeline(player, product_good="FOOD")
    with uow() as work:
        work.pipelines.add(other)
        work.ledger.add(an_entry(player, pipeline_id=pipeline.id, amount=-500))
        work.ledger.add(an_entry(player, pipeline_id=other.id, kind=EntryKind.SALE, amount=70))
        work.ledger.add(an_entry(player, kind=EntryKind.REFUEL, amount=-72))
        work.commit()

    run = figures(engine, player)
    assert list(run.profit_by_good().items()) == [("FOOD", 70), (None, -72), ("MACHINERY", -500)]
    assert sum(run.profit_by_good().values()) == run.moved_credits()[0]


def test_pipelines_and_tasks_that_ended_before_the_run_do_not_count(uow: Open, engine: Engine, player: Player) -> None:
    old, new, running = a_pipeline(player), a_pipeline(player), a_pipeline(player)
    with uow() as work:
        for pipeline in (old, new, running):
            work.pipelines.add(pipeline)
        old.fail("long ago", NOW - MINUTE)
        new.fail("no sink", NOW + MINUTE)
        failed = a_worked(new, "AGENT-1", NOW, NOW + MINUTE)
        failed.status, failed.reason = TaskStatus.FAILED, "refused"
        before = a_worked(old, "AGENT-1", NOW - 3 * MINUTE, NOW - 2 * MINUTE)
        work.tasks.add(failed)
        work.tasks.add(before)
        work.commit()

    run = figures(engine, player)
    assert run.pipeline_counts() == {PipelineStatus.FAILED: 1, PipelineStatus.PLANNING: 1}
    assert run.task_counts() == {TaskStatus.FAILED: 1}
    assert [(failure.what, failure.reason, failure.times) for failure in run.failures()] == [
        ("ACQUIRE", "refused", 1),
        ("pipeline", "no sink", 1),
    ]


def test_two_reservations_that_followed_each_other_are_no_conflict(
    uow: Open, engine: Engine, player: Player, pipeline: ManufacturingPipeline
) -> None:
    reserve(uow, pipeline, (NOW, NOW + MINUTE), (NOW + MINUTE, None))

    assert figures(engine, player).conflicts(NOW + 5 * MINUTE) == 0


def test_two_reservations_that_overlapped_are_a_conflict(
    uow: Open, engine: Engine, player: Player, pipeline: ManufacturingPipeline
) -> None:
    reserve(uow, pipeline, (NOW, NOW + 2 * MINUTE), (NOW + MINUTE, None))

    assert figures(engine, player).conflicts(NOW + 5 * MINUTE) == 1


def test_reservations_of_two_outputs_of_one_factory_are_no_conflict(
    uow: Open, engine: Engine, player: Player, pipeline: ManufacturingPipeline
) -> None:
    with uow() as work:
        work.reservations.create(a_reservation(pipeline))
        work.reservations.create(a_reservation(pipeline, output_good="EQUIPMENT"))
        work.commit()

    assert figures(engine, player).conflicts(NOW + MINUTE) == 0


def reserve(uow: Open, pipeline: ManufacturingPipeline, *periods: tuple[datetime, datetime | None]) -> None:
    """Reservations of one factory, one after the other, that say they were held during these periods."""
    for began, ended in periods:
        with uow() as work:
            reservation = a_reservation(pipeline, reserved_at=began)
            work.reservations.create(reservation)
            work.flush()
            if ended is not None:
                work.reservations.end(reservation.id, "FULFILLED", ended)
            work.commit()


def a_worked(
    pipeline: ManufacturingPipeline, ship: str, assigned_at: datetime, ended_at: datetime, **but: object
) -> ManufacturingTask:
    """A completed task."""
    facts = {"status": TaskStatus.COMPLETED, "units_moved": 1, **but}
    return a_task(pipeline, ship_symbol=ship, assigned_at=assigned_at, ended_at=ended_at, **facts)


def test_idle_time_is_the_mean_of_what_haulers_waited_between_two_tasks(
    uow: Open, engine: Engine, player: Player, pipeline: ManufacturingPipeline
) -> None:
    def after(minutes: float) -> datetime:
        return NOW + timedelta(minutes=minutes)

    acquire = a_worked(pipeline, "AGENT-1", after(0), after(5))
    deliver = a_worked(pipeline, "AGENT-1", after(5), after(9), type=TaskType.DELIVER)
    collect = a_worked(pipeline, "AGENT-1", after(10), after(12), type=TaskType.COLLECT)
    others = a_worked(pipeline, "AGENT-2", after(0), after(1)), a_worked(pipeline, "AGENT-2", after(4), after(6))
    of_a_probe = a_worked(pipeline, "AGENT-3", after(0), after(1)), a_worked(pipeline, "AGENT-3", after(99), after(100))
    with uow() as work:
        for symbol, hold in (("AGENT-1", 80), ("AGENT-2", 40), ("AGENT-3", 0)):
            work.ships.add(a_ship(player, symbol, cargo_capacity=hold))
        for task in (acquire, deliver, collect, *others, *of_a_probe):
            work.tasks.add(task)
        work.flush()
        work.tasks.add_dependencies([TaskDependency(task_id=deliver.id, depends_on=acquire.id, same_ship=True)])
        work.commit()

    # AGENT-1 waited one minute after its delivery, AGENT-2 three: the haul itself went straight on.
    assert figures(engine, player).mean_idle_seconds() == 120


def test_idle_time_is_unknown_before_a_ship_had_two_tasks(uow: Open, engine: Engine, player: Player) -> None:
    assert figures(engine, player).mean_idle_seconds() is None
