"""Several processes want the same at the same moment: each promise of the repositories is kept."""

import multiprocessing
import os
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from itertools import chain
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, select

from manufacturing.adapters.postgres import database
from manufacturing.domain.factory_reservation import ReservationStatus
from manufacturing.domain.manufacturing_pipeline import ManufacturingPipeline
from manufacturing.domain.manufacturing_task import ManufacturingTask
from manufacturing.domain.player import Player
from tests.postgres import rivals
from tests.postgres.builders import (
    NOW,
    SECOND,
    a_listing,
    a_lot,
    a_ready_task,
    a_reservation,
    a_task_with_ship,
    an_intent,
)
from tests.postgres.opening import Open

PROCESSES = 8

Race = Callable[..., list[Any]]


@pytest.fixture(scope="module")
def processes() -> Iterator[ProcessPoolExecutor]:
    context = multiprocessing.get_context("spawn")
    starting_line = context.Barrier(PROCESSES)
    with ProcessPoolExecutor(PROCESSES, context, rivals.line_up, (starting_line,)) as pool:
        yield pool


@pytest.fixture
def race(processes: ProcessPoolExecutor, engine: Engine) -> Race:
    """Runs a function of ``rivals`` in all processes at once; what each of them returned. ``each`` gives every process
    arguments of its own, by its number."""
    url = engine.url.render_as_string(hide_password=False)

    def run(function: Callable[..., Any], *arguments: Any, each: Callable[[int], tuple[Any, ...]] | None = None) -> Any:
        own = each or (lambda _: ())
        running = [
            processes.submit(rivals.race, url, function, *own(number), *arguments) for number in range(PROCESSES)
        ]
        return [outcome.result(timeout=120) for outcome in running]

    return run


def stored(uow: Open, *tasks: ManufacturingTask) -> None:
    with uow() as work:
        for task in tasks:
            work.tasks.add(task)
        work.commit()


def test_n_workers_one_winner(uow: Open, race: Race, player: Player, pipeline: ManufacturingPipeline) -> None:
    tasks = [a_ready_task(pipeline) for _ in range(12)]
    stored(uow, *tasks)
    won = race(rivals.claim_tasks, [task.id for task in tasks], each=lambda number: (f"SHIP-{number}",))
    assert sorted(chain.from_iterable(won)) == sorted(task.id for task in tasks)
    with uow() as work:
        for number, its in enumerate(won):
            for task_id in its:
                ship = work.tasks.get(task_id).ship_symbol
                assert ship is not None
                assert ship.startswith(f"SHIP-{number}-")


def test_a_ship_wanted_for_many_tasks_gets_one(uow: Open, race: Race, pipeline: ManufacturingPipeline) -> None:
    for attempt in range(5):
        ship = f"SHIP-{attempt}"
        tasks = [a_ready_task(pipeline) for _ in range(PROCESSES)]
        stored(uow, *tasks)
        ids = [task.id for task in tasks]
        won = race(rivals.claim_for_one_ship, each=lambda number, ship=ship, ids=ids: (ship, ids[number]))
        assert won.count(True) == 1


def test_a_due_step_falls_to_one_sweep(uow: Open, race: Race, pipeline: ManufacturingPipeline) -> None:
    tasks = [a_task_with_ship(pipeline, f"SHIP-{n}") for n in range(300)]
    stored(uow, *tasks)
    swept = list(chain.from_iterable(race(rivals.sweep)))
    assert sorted(swept) == sorted((task.id, 2) for task in tasks)


def test_a_message_delivered_to_everybody_is_acted_on_once(
    uow: Open, race: Race, pipeline: ManufacturingPipeline
) -> None:
    tasks = [a_task_with_ship(pipeline, f"SHIP-{n}") for n in range(25)]
    for task in tasks:
        task.queue(NOW + SECOND)
    stored(uow, *tasks)
    taken = race(rivals.take_steps, [(task.id, 1) for task in tasks])
    assert sorted(chain.from_iterable(taken)) == sorted(task.id for task in tasks)


def test_parallel_buys_never_cross_floor(uow: Open, race: Race, player: Player) -> None:
    floor = 25_000
    outcomes = race(rivals.spend_all, floor, each=lambda number: (player.id, [500 * (number + 1)] * 10))
    assert min(left for _, left in outcomes) >= floor
    with uow() as work:
        after = work.players.get(player.id)
        assert after.credits_reserved == sum(claimed for claimed, _ in outcomes)
        assert after.credits - after.credits_reserved == floor, "and they did get all that could be spent"


def test_credits_moved_by_everybody_add_up(uow: Open, race: Race, player: Player) -> None:
    race(rivals.move_back_and_forth, player.id, 25)
    with uow() as work:
        after = work.players.get(player.id)
        assert (after.credits, after.version) == (100_000, 1 + PROCESSES * 50)


def test_no_hold_and_wait(uow: Open, race: Race, player: Player) -> None:
    factories = ["F1", "F2", "F3"]
    outcomes = race(rivals.reserve_all, player.id, factories)
    (winner,) = [pipeline for pipeline in outcomes if pipeline is not None]
    with uow() as work:
        assert [(r.factory_symbol, r.pipeline_id) for r in work.reservations.active(player.id)] == [
            (factory, winner) for factory in factories
        ]
        assert [pipeline.id for pipeline in work.pipelines.active(player.id)] == [winner]


def test_pipelines_that_share_some_factories_get_all_or_none_of_theirs(uow: Open, race: Race, player: Player) -> None:
    sets = [["F1", "F2"], ["F2", "F3"], ["F3", "F4"], ["F4", "F1"], ["F5"], ["F5", "F1"], ["F6", "F2"], ["F6", "F3"]]
    outcomes = race(rivals.reserve_all, each=lambda number: (player.id, sets[number][::-1]))
    assert any(outcomes)
    with uow() as work:
        held = Counter(r.pipeline_id for r in work.reservations.active(player.id))
        by_pipeline = {pipeline: len(sets[number]) for number, pipeline in enumerate(outcomes) if pipeline is not None}
        assert held == by_pipeline
        taken = [r.factory_symbol for r in work.reservations.active(player.id)]
        assert len(taken) == len(set(taken))


def test_whoever_holds_a_factory_has_the_highest_token(
    race: Race, player: Player, pipeline: ManufacturingPipeline
) -> None:
    held = list(chain.from_iterable(race(rivals.reserve_and_release, pipeline.id, player.id, 5)))
    assert all(token == highest for token, highest in held)
    assert len({token for token, _ in held}) == PROCESSES * 5


def test_a_reservation_ends_one_way(uow: Open, race: Race, pipeline: ManufacturingPipeline) -> None:
    ways = [ReservationStatus.EXPIRED, ReservationStatus.FULFILLED, ReservationStatus.CANCELLED] * 3
    for _ in range(5):
        reservation = a_reservation(pipeline)
        with uow() as work:
            work.reservations.create(reservation)
            work.commit()
        ended = race(
            rivals.end_reservation,
            each=lambda number, its=reservation.id: (its, str(ways[number])),
        )
        assert ended.count(True) == 1
        with uow() as work:
            assert work.reservations.find_by_id(reservation.id).status is ways[ended.index(True)]


def test_goods_of_the_pool_are_promised_once(
    uow: Open, race: Race, player: Player, pipeline: ManufacturingPipeline
) -> None:
    with uow() as work:
        pool = work.pools.lock(player.id, "X1-T1", "IRON", NOW)
        for _ in range(3):
            lot = a_lot(pool, units_reserved=0)
            work.pools.add_lot(lot)
            pool.add(lot, NOW)
        work.commit()
    got = race(rivals.reserve_from_pool, player.id, pipeline.id, 3)
    assert sum(got) == 3 * 18, "each lot of 20 gives 6 times 3"
    with uow() as work:
        pool = work.pools.lock(player.id, "X1-T1", "IRON", NOW)
        assert (pool.reserved_units, pool.available_units) == (54, 6)
        assert sum(promise.units for promise in work.pools.reserved_by(pipeline.id)) == 54


def test_a_good_is_made_by_the_first_pipeline_only(race: Race, player: Player) -> None:
    assert race(rivals.start_pipeline, player.id, "MACHINERY").count(True) == 1


def test_a_ship_opens_one_intent(race: Race, player: Player) -> None:
    assert race(rivals.open_intent, player.id).count(True) == 1


def test_an_intent_is_entered_once_and_its_credits_move_once(uow: Open, race: Race, player: Player) -> None:
    intent = an_intent(player)
    with uow() as work:
        work.intents.add(intent)
        work.commit()
    assert race(rivals.settle, player.id, intent.id).count(True) == 1
    with uow() as work:
        assert work.players.get(player.id).credits - player.start_credits == work.ledger.total(player.id) == -500


def test_observations_of_one_market_are_stored_one_after_the_other(uow: Open, race: Race, player: Player) -> None:
    with uow() as work:
        work.markets.add_all([a_listing(player, ask=50)])
        work.commit()
    race(rivals.raise_the_ask, player.id, 10, NOW)
    with uow() as work:
        listing = work.markets.listing(player.id, "X1-T1-A1", "IRON")
        assert listing is not None
        assert listing.ask == 50 + PROCESSES * 10


def test_notes_of_everybody_are_all_counted_and_block_nobody(uow: Open, race: Race, player: Player) -> None:
    subjects = ["GOLD", "IRON", "COPPER"]
    race(rivals.take_notes, each=lambda number: (player.id, subjects[number % 3 :] + subjects[: number % 3], 10))
    with uow() as work:
        for subject in subjects:
            assert sum(d.times for d in work.decisions.about(player.id, subject, 1000)) == PROCESSES * 10


def test_calls_counted_by_everybody_add_up(uow: Open, race: Race, player: Player) -> None:
    endpoints = ["purchase", "sell", "navigate"]
    race(rivals.count_calls, each=lambda number: (player.id, endpoints[:: -1 if number % 2 else 1], 10))
    with uow() as work:
        assert work.usage.totals(player.id) == (PROCESSES * 10 * 3, 0)


def test_what_a_killed_worker_had_claimed_is_free_again(
    uow: Open, engine: Engine, pipeline: ManufacturingPipeline
) -> None:
    task = a_ready_task(pipeline)
    stored(uow, task)
    program = (
        "import sys, time; from tests.postgres import rivals; "
        "from manufacturing.adapters.postgres import database; "
        "from manufacturing.adapters.postgres.unit_of_work import PostgresUnitOfWork; "
        "work = PostgresUnitOfWork(database.session_factory(database.connect(sys.argv[1])), rivals.NoPublisher()); "
        "work.__enter__(); print(work.tasks.claim(sys.argv[2], 'DOOMED', rivals.NOW), flush=True); time.sleep(60)"
    )
    url = engine.url.render_as_string(hide_password=False)
    worker = subprocess.Popen(
        [sys.executable, "-c", program, url, task.id],
        cwd=Path(__file__).parents[2],
        stdout=subprocess.PIPE,
        text=True,
    )
    assert worker.stdout is not None
    assert worker.stdout.readline() == "True\n"
    os.kill(worker.pid, signal.SIGKILL)
    worker.communicate()
    began = time.monotonic()
    with uow() as work:
        assert work.tasks.claim(task.id, "AGENT-1", NOW)
        work.commit()
    assert time.monotonic() - began < 5
    with database.session_factory(engine)() as session:
        assert session.scalars(select(ManufacturingTask)).one().ship_symbol == "AGENT-1"
