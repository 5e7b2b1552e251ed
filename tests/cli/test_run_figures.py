"""The figures of a run are computed from rows, and only from the run's own."""

from datetime import datetime, timedelta

import pytest
from sqlalchemy import Engine

from manufacturing.adapters.postgres.run_figures import Forecasts, PrePositionings, RunFigures, Span
from manufacturing.domain.ledger import EntryKind
from manufacturing.domain.manufacturing_pipeline import ManufacturingPipeline, PipelineStatus
from manufacturing.domain.manufacturing_task import ManufacturingTask, TaskDependency, TaskStatus, TaskType
from manufacturing.domain.player import Player
from manufacturing.domain.pre_positioning import PrePositioning
from tests.postgres.builders import (
    MINUTE,
    NOW,
    a_factory_state,
    a_forecast,
    a_pipeline,
    a_reservation,
    a_ship,
    a_task,
    an_entry,
    an_intent,
)
from tests.postgres.opening import Open

#: Where ships that were sent ahead wait.
WAITING_AT = "X1-T1-A1"


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


def test_moving_to_wait_elsewhere_is_no_work_between_two_tasks(
    uow: Open, engine: Engine, player: Player, pipeline: ManufacturingPipeline
) -> None:
    first = a_worked(pipeline, "AGENT-1", NOW, NOW + MINUTE)
    move = a_worked(
        pipeline,
        "AGENT-1",
        NOW + 2 * MINUTE,
        NOW + 4 * MINUTE,
        type=TaskType.POSITION,
        good=None,
        units_moved=0,
    )
    second = a_worked(pipeline, "AGENT-1", NOW + 6 * MINUTE, NOW + 9 * MINUTE)
    with uow() as work:
        work.ships.add(a_ship(player, "AGENT-1", cargo_capacity=80))
        for task in (first, move, second):
            work.tasks.add(task)
        work.commit()

    assert figures(engine, player).mean_idle_seconds() == 300


def test_the_time_to_cargo_is_from_being_ready_to_the_first_unit_aboard(
    uow: Open, engine: Engine, player: Player, pipeline: ManufacturingPipeline
) -> None:
    def bought(type_: TaskType, ready_at: datetime, *purchases: datetime) -> None:
        task = a_worked(pipeline, "AGENT-1", NOW, NOW + 60 * MINUTE, type=type_, ready_at=ready_at)
        with uow() as work:
            work.tasks.add(task)
            for at in purchases:
                work.ledger.add(an_entry(player, task_id=task.id, at=at))
            work.commit()

    assert figures(engine, player).mean_seconds_to_cargo() is None
    bought(TaskType.ACQUIRE, NOW, NOW + 2 * MINUTE, NOW + 3 * MINUTE)
    bought(TaskType.COLLECT, NOW + MINUTE, NOW + 5 * MINUTE)
    bought(TaskType.COLLECT, NOW)
    bought(TaskType.ACQUIRE, NOW - 90 * MINUTE, NOW - 10 * MINUTE)

    assert figures(engine, player).mean_seconds_to_cargo() == 180
    assert figures(engine, player).mean_seconds_to_cargo(TaskType.COLLECT) == 240


def test_what_came_of_sending_ships_ahead_is_counted(
    uow: Open, engine: Engine, player: Player, pipeline: ManufacturingPipeline
) -> None:
    outcomes = [WAITING_AT, WAITING_AT, None, "X1-T1-B2", "open"]
    with uow() as work:
        for number, outcome in enumerate(outcomes):
            task = a_task(pipeline, sequence=number)
            work.tasks.add(task)
            move = PrePositioning(
                id=f"move-{number}",
                player_id=player.id,
                ship_symbol=f"AGENT-{number}",
                waypoint=WAITING_AT,
                predicted_task_id=task.id,
                predicted_type=TaskType.COLLECT,
                probability=0.5,
                expected_saving=100,
                fuel_cost=40,
                created_at=NOW,
                expires_at=NOW + MINUTE,
            )
            if outcome != "open":
                move.resolve(outcome, NOW + MINUTE)
            work.positionings.add(move)
        work.commit()
        assert work.positionings.record(player.id) == {TaskType.COLLECT: (2, 2)}

    assert figures(engine, player).pre_positionings() == PrePositionings(hits=2, misses=2, waiting=1)


def cycle(
    uow: Open,
    player: Player,
    began: datetime,
    *,
    ended: datetime | None = None,
    fed: datetime | None = None,
    sent: datetime | None = None,
    collected: datetime | None = None,
    **but: object,
) -> ManufacturingPipeline:
    """A pipeline that runs a factory without a reservation: from when to when, when all inputs were there, and when a
    ship was sent to collect and had collected."""
    pipeline = a_pipeline(player, created_at=began)
    pipeline.start(began)
    with uow() as work:
        work.pipelines.add(pipeline)
        work.factories.add(a_factory_state(pipeline, created_at=began, all_inputs_at=fed, **but))
        collect = a_task(pipeline, type=TaskType.COLLECT, factory_symbol="X1-T1-A1", output_good="MACHINERY")
        collect.assigned_at, collect.ended_at = sent, collected
        work.tasks.add(collect)
        if ended is not None:
            pipeline.cancel("over", ended)
        work.commit()
    return pipeline


def test_two_pipelines_that_fed_one_factory_at_once_without_a_reservation_are_a_conflict(
    uow: Open, engine: Engine, player: Player
) -> None:
    cycle(uow, player, NOW, fed=NOW + 2 * MINUTE)
    cycle(uow, player, NOW + 2 * MINUTE, fed=NOW + 4 * MINUTE)
    assert figures(engine, player).conflicts(NOW + 9 * MINUTE) == 0

    cycle(uow, player, NOW + 3 * MINUTE)
    assert figures(engine, player).conflicts(NOW + 9 * MINUTE) == 1


def test_a_pipeline_that_only_collects_runs_the_factory_until_it_has_collected(
    uow: Open, engine: Engine, player: Player
) -> None:
    cycle(uow, player, NOW, fed=NOW, collected=NOW + 5 * MINUTE, required_inputs=[])
    cycle(uow, player, NOW + 5 * MINUTE, ended=NOW + 6 * MINUTE)
    cycle(uow, player, NOW + 6 * MINUTE, output_good="EQUIPMENT")
    assert figures(engine, player).conflicts(NOW + 9 * MINUTE) == 0

    cycle(uow, player, NOW + 4 * MINUTE, ended=NOW + 5 * MINUTE)
    assert figures(engine, player).conflicts(NOW + 9 * MINUTE) == 1


def test_a_factory_is_watched_until_a_ship_is_sent_or_its_pipeline_ends(
    uow: Open, engine: Engine, player: Player
) -> None:
    cycle(uow, player, NOW, sent=NOW + 2 * MINUTE)
    cycle(uow, player, NOW, ended=NOW + 3 * MINUTE)
    cycle(uow, player, NOW + 5 * MINUTE)
    # Began before the run: only the run's part counts.
    cycle(uow, player, NOW - 9 * MINUTE, sent=NOW + MINUTE)
    assert figures(engine, player).watched_seconds(NOW + 9 * MINUTE) == 60 * (2 + 3 + 4 + 1)


def test_forecasts_are_counted_for_completed_pipelines(uow: Open, engine: Engine, player: Player) -> None:
    compared, forecast_only, without, running = (a_pipeline(player) for _ in range(4))
    with uow() as work:
        for pipeline in (compared, forecast_only, without, running):
            pipeline.start(NOW)
            work.pipelines.add(pipeline)
        for pipeline in (compared, forecast_only, without):
            pipeline.complete(NOW + MINUTE)
        work.flush()
        forecasts = [a_forecast(player, pipeline_id=p.id) for p in (compared, forecast_only, running)]
        forecasts[0].actual_profit, forecasts[0].validated_at = 400, NOW + MINUTE
        for forecast in forecasts:
            work.forecasts.create(forecast)
        work.commit()
    assert figures(engine, player).forecasts() == Forecasts(completed=3, with_forecast=2, with_actual=1)


def test_waiting_counts_while_some_task_is_ready_that_the_ship_could_take(
    uow: Open, engine: Engine, player: Player, pipeline: ManufacturingPipeline
) -> None:
    def after(minutes: float) -> datetime:
        return NOW + timedelta(minutes=minutes)

    first = a_worked(pipeline, "AGENT-1", after(0), after(5))
    # Nobody had work for the ship until minute 8; it was given the second task at minute 9.
    second = a_worked(pipeline, "AGENT-1", after(9), after(10), ready_at=after(8))
    # From minute 15 to 17 something was ready, but for another ship alone; from 18 on for any.
    bound = a_task(pipeline, ready_at=after(15), ended_at=after(17), bound_ship="AGENT-2", status=TaskStatus.CANCELLED)
    waiting = a_task(pipeline, ready_at=after(18), status=TaskStatus.READY)
    with uow() as work:
        work.ships.add(a_ship(player, "AGENT-1", idle_since=after(10)))
        for task in (first, second, bound, waiting):
            work.tasks.add(task)
        work.commit()
    # One minute between the two tasks, and two since the second.
    assert figures(engine, player).mean_idle_seconds_with_work(after(20)) == (60 + 120) / 2


def test_spells_that_overlap_count_once(
    uow: Open, engine: Engine, player: Player, pipeline: ManufacturingPipeline
) -> None:
    first = a_worked(pipeline, "AGENT-1", NOW, NOW + MINUTE)
    second = a_worked(pipeline, "AGENT-1", NOW + 5 * MINUTE, NOW + 9 * MINUTE, ready_at=NOW + 2 * MINUTE)
    others = [
        a_task(pipeline, ready_at=NOW + ready * MINUTE, ended_at=NOW + 4 * MINUTE, status=TaskStatus.CANCELLED)
        for ready in (2, 3)
    ]
    with uow() as work:
        work.ships.add(a_ship(player, "AGENT-1", container_id="something"))
        for task in (first, second, *others):
            work.tasks.add(task)
        work.commit()
    assert figures(engine, player).mean_idle_seconds_with_work(NOW + 9 * MINUTE) == 180
