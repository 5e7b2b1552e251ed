"""How many steps of ships a Celery worker does a second, against a task that does nothing, and its memory.

The worker is the one of the ships' queue as it is started in production. A step finds its ship in flight: it claims
the task, reads what it needs, decides to wait for the arrival and writes that down, without a call to the game. All
messages lie on the broker before the worker goes on; the first and last tenth do not count.
"""

import logging
import os
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

import redis
from sqlalchemy import Engine

from manufacturing.adapters.embedded import EmbeddedPostgres, EmbeddedValkey
from manufacturing.adapters.embedded.child import wait_until
from manufacturing.adapters.postgres import database, schema
from manufacturing.adapters.postgres.unit_of_work import PostgresUnitOfWork
from manufacturing.bootstrap import SilentPublisher
from manufacturing.cli.processes import Process, command
from manufacturing.cli.servers import project_directory
from manufacturing.domain.ids import PlayerId, TaskId
from manufacturing.domain.manufacturing_task import ManufacturingTask, TaskStatus, TaskType
from manufacturing.domain.player import Player
from manufacturing.domain.ship import Ship
from manufacturing.domain.travel import FlightMode
from manufacturing.domain.universe import NavStatus
from manufacturing.settings import READY_VARIABLE

_STEPS: Final = 1_000
_QUICK_STEPS: Final = 300
_QUEUE: Final = "ships"
#: Where Celery's Redis transport keeps what a worker has taken and not finished.
_TAKEN: Final = "unacked"
_STEP, _NOTHING = "manufacturing.fly", "benchmarks.nothing"
_TURNS: Final = 3


def main(quick: bool = False) -> None:
    """Prints steps a second, their ratio to nothing at all, and megabytes."""
    logging.getLogger("manufacturing").setLevel(logging.ERROR)
    steps = _QUICK_STEPS if quick else _STEPS
    with tempfile.TemporaryDirectory() as name:
        directory = Path(name)
        directory.chmod(0o711)
        with EmbeddedPostgres(directory / "postgres") as postgres, EmbeddedValkey(directory / "valkey") as valkey:
            postgres.create_database("steps")
            engine = database.connect(postgres.url("steps"))
            schema.upgrade(engine)
            player_id = _enrol(engine)
            environment = {
                **os.environ,
                "DATABASE_URL": postgres.url("steps"),
                "REDIS_URL": valkey.url(),
                "MANUFACTURING_HOME": str(directory),
                # Nobody listens there: a step that calls the game would fail.
                "SPACETRADERS_URL": "http://127.0.0.1:9",
                "SPACETRADERS_TOKEN": "none",
            }
            # The application asks the environment when it is imported.
            os.environ.update(environment)
            with redis.Redis.from_url(valkey.url()) as broker, _worker(directory, environment) as worker:
                idle = _megabytes(worker.pid)
                rates: dict[str, list[float]] = {_STEP: [], _NOTHING: []}
                for turn in range(_TURNS):
                    messages = _fly_ships(engine, player_id, turn, steps)
                    rates[_NOTHING].append(_rate(worker, broker, _NOTHING, messages))
                    rates[_STEP].append(_rate(worker, broker, _STEP, messages))
                    _check(engine, messages)
                busy = _megabytes(worker.pid)
            engine.dispose()
    best = {task: max(found) for task, found in rates.items()}
    print(f"{steps:,} messages, {_TURNS} turns, best of each; command: {' '.join(command(Process.SHIPS, Path())[2:])}")
    print(f"{'a task that does nothing':28}{best[_NOTHING]:>8.0f} a second")
    print(f"{'a step of a ship in flight':28}{best[_STEP]:>8.0f} a second, {best[_STEP] / best[_NOTHING]:.2f} of that")
    print(f"{'memory when ready':28}{idle:>8.0f} MB")
    print(f"{'memory after all of it':28}{busy:>8.0f} MB")


def _rate(
    worker: "subprocess.Popen[bytes]", broker: "redis.Redis", task: str, messages: list[tuple[str, int]]
) -> float:
    """Messages a second, while the middle eight tenths of them are worked off."""
    from manufacturing.worker.app import app

    os.kill(worker.pid, signal.SIGSTOP)
    with app.producer_pool.acquire(block=True) as producer:
        for message in messages:
            app.send_task(task, args=message, queue=_QUEUE, ignore_result=True, producer=producer)
    os.kill(worker.pid, signal.SIGCONT)
    first, last = len(messages) * 0.9, len(messages) * 0.1
    began: tuple[float, int] | None = None
    while True:
        left = int(broker.llen(_QUEUE)) + int(broker.hlen(_TAKEN))
        now = time.perf_counter()
        if began is None and left <= first:
            began = now, left
        if began is not None and left <= last:
            rate = (began[1] - left) / (now - began[0])
            break
        time.sleep(0.002)
    wait_until(lambda: not broker.llen(_QUEUE) and not broker.hlen(_TAKEN), 60)
    return rate


@contextmanager
def _worker(directory: Path, environment: dict[str, str]) -> Iterator["subprocess.Popen[bytes]"]:
    """The worker of the ships' queue, once it takes messages."""
    mark = directory / "ready"
    line = (*command(Process.SHIPS, directory), "--include", "benchmarks.nothing")
    with (directory / "worker.log").open("wb") as log:
        process = subprocess.Popen(
            line, cwd=project_directory(), env={**environment, READY_VARIABLE: str(mark)}, stdout=log, stderr=log
        )
    try:
        wait_until(lambda: mark.exists() or process.poll() is not None, 60)
        if not mark.exists():
            raise RuntimeError(f"the worker did not start:\n{(directory / 'worker.log').read_text()}")
        yield process
    finally:
        process.terminate()
        process.wait(20)


def _unit_of_work(engine: Engine) -> PostgresUnitOfWork:
    return PostgresUnitOfWork(database.session_factory(engine), SilentPublisher())


def _enrol(engine: Engine) -> PlayerId:
    now, uow = datetime.now(UTC), _unit_of_work(engine)
    player = Player(
        agent_symbol="BENCH",
        server_url="http://127.0.0.1:9",
        reset_date="2026-01-04",
        faction="COSMIC",
        headquarters="X1-B1-A1",
        system_symbol="X1-B1",
        credits=1_000_000,
        start_credits=1_000_000,
        created_at=now,
    )
    with uow:
        uow.players.add(player)
        uow.commit()
    return player.id


def _fly_ships(engine: Engine, player_id: PlayerId, turn: int, number: int) -> list[tuple[str, int]]:
    """Ships in flight, each with a task whose step is due: the arguments of the messages."""
    now = datetime.now(UTC)
    made: list[ManufacturingTask] = []
    with _unit_of_work(engine) as uow:
        for count in range(number):
            ship = Ship(
                player_id=player_id,
                symbol=f"BENCH-{turn}-{count}",
                role="HAULER",
                frame="FRAME_LIGHT_FREIGHTER",
                speed=15,
                fuel_current=400,
                fuel_capacity=600,
                cargo_capacity=80,
                system_symbol="X1-B1",
                waypoint="X1-B1-C3",
                origin="X1-B1-A1",
                nav_status=NavStatus.IN_TRANSIT,
                flight_mode=FlightMode.CRUISE,
                departure_at=now,
                arrival_at=now + timedelta(hours=1),
                observed_at=now,
                cargo_items={"IRON": 20},
            )
            task = ManufacturingTask(
                id=TaskId(f"task-{turn}-{count}"),
                player_id=player_id,
                pipeline_id=None,
                type=TaskType.LIQUIDATE,
                good="IRON",
                waypoint="X1-B1-C3",
                quantity=20,
                bound_ship=ship.symbol,
                created_at=now,
            )
            task.make_ready(now)
            task.assign(ship.symbol, now)
            task.queue(now + timedelta(hours=1))
            ship.work_for(task.id)
            uow.ships.add(ship)
            uow.tasks.add(task)
            made.append(task)
        uow.commit()
    return [(task.id, task.version) for task in made]


def _check(engine: Engine, messages: list[tuple[str, int]]) -> None:
    """Every step was done, or what was measured was something else."""
    with _unit_of_work(engine) as uow:
        tasks = uow.tasks.get_all([TaskId(task_id) for task_id, _ in messages])
    undone = [task.id for task in tasks.values() if task.status is not TaskStatus.EXECUTING]
    if undone:
        raise RuntimeError(f"{len(undone)} of {len(messages)} steps were not done")


def _megabytes(pid: int) -> float:
    """What the process holds in memory that no other shares, and its part of what they share."""
    for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
        if line.startswith("Pss:"):
            return int(line.split()[1]) / 1024
    raise RuntimeError(f"/proc does not tell the memory of process {pid}")


if __name__ == "__main__":
    main(quick=True)
