"""How the control loop grows with the fleet and with the work: 10 to 1,000 ships, 10 to 500 pipelines.

Each job of the loop is timed on a real database with that many rows; the pipelines are copies of real ones. But for
assigning and sending ahead no ship is free, as it is most of the time. Exponents are slopes of a line through the
logarithms of sizes and times; that of ships × log(ships) from 10 to 1,000 is 1.24. Which ship takes which task is timed
once more apart from everything else, against the greedy way.
"""

import logging
import math
import random
import statistics
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import numpy as np
from sqlalchemy import Engine, delete, func, insert, select, text, update

from benchmarks.lab import laboratory
from manufacturing.adapters.assignment.linear import LinearAssignment
from manufacturing.adapters.postgres import tables
from manufacturing.domain.assignment import AssignmentProblem, Errand, GreedyAssignment, Pair, Taker
from manufacturing.domain.ids import TaskId
from manufacturing.domain.manufacturing_task import TaskStatus, TaskType
from manufacturing.domain.policy import FleetPolicy
from manufacturing.domain.prices import ListingType, Supply
from manufacturing.domain.routing import Ways
from manufacturing.lab.database import LabDatabase
from manufacturing.lab.experiment import Experiment, Setup

_SEED: Final = 7
_SHIPS: Final = (10, 30, 100, 300, 1_000)
_PIPELINES: Final = (10, 30, 100, 250, 500)
_FEW_SHIPS: Final = 20
_SOME_PIPELINES: Final = 50
_TURNS: Final = 5
#: What ships × log(ships) and open tasks grow with over these ranges, and a tenth for the measuring.
_ALLOWED: Final = {"ships": 1.24 + 0.1, "pipelines": 1.0 + 0.1}
_COPIED: Final = (
    tables.manufacturing_pipelines,
    tables.manufacturing_tasks,
    tables.manufacturing_task_dependencies,
    tables.manufacturing_factory_states,
    tables.factory_reservations,
)
#: What keeps copies of pipelines out.
_ONE_PIPELINE_A_GOOD: Final = "unique_active_pipeline_good"
_BIG: Final = (500, 1_000)
_BIG_SECONDS: Final = 0.5

Seconds = dict[str, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class Size:
    """What a database was filled with."""

    ships: int
    pipelines: int
    open_tasks: int


def main(quick: bool = False) -> None:
    """Prints the tables, the exponents, and whether anything grows too fast."""
    logging.getLogger("manufacturing").setLevel(logging.ERROR)
    ships, pipelines = (_SHIPS[:3], _PIPELINES[:3]) if quick else (_SHIPS, _PIPELINES)
    with laboratory() as databases:
        of_ships = [_measured(databases, number, _SOME_PIPELINES) for number in ships]
        of_pipelines = [_measured(databases, _FEW_SHIPS, number) for number in pipelines]
    too_fast = [
        *_print_table("ships", [size.ships for size, _ in of_ships], of_ships),
        *_print_table("pipelines", [size.open_tasks for size, _ in of_pipelines], of_pipelines),
    ]
    if too_fast:
        print(f"GROWS FASTER than ships × log(ships) × open tasks: {', '.join(too_fast)}")
    else:
        print("nothing in the control loop grows faster than ships × log(ships) × open tasks")
    _print_solvers(
        [(10, 20), (100, 200)] if quick else [(10, 20), (50, 100), (100, 200), (250, 500), _BIG, (1_000, 2_000)]
    )


def _measured(databases: LabDatabase, ships: int, pipelines: int) -> tuple[Size, Seconds]:
    policy = FleetPolicy(hauls=False, max_pipelines=pipelines)
    with Experiment(Setup(policy=policy, seed=_SEED, haulers=ships - 1), databases) as experiment:
        size = _fill(experiment, ships, pipelines)
        fleet, player_id = experiment.fleet, experiment.player_id
        with fleet.uow() as uow:
            player = uow.players.get(player_id)
        lifecycle, system = fleet.lifecycle, player.system_symbol
        jobs: dict[str, Callable[[], object]] = {
            "sweep the due queue": fleet.due_queue.sweep,
            "coordinate": lambda: fleet.orchestrator.coordinate(player_id),
            "look for opportunities": lambda: lifecycle.create_pipelines_from_opportunities(player_id, system, 10_000),
            "scan markets": lambda: fleet.orchestrator.scan_markets(player),
            "recover": lambda: fleet.orchestrator.recover(player),
            "expire reservations": lambda: fleet.orchestrator.expire_reservations(player_id),
        }
        seconds = {name: _least(job) for name, job in jobs.items()}
        seconds["assign, every ship free"] = _least(
            lambda: fleet.assignment.assign_ready_tasks(player_id), before=lambda: _free_all(experiment.engine)
        )
        seconds["send ahead, every ship free"] = _least(
            lambda: fleet.positioning.send_ahead(player_id),
            before=lambda: _let_all_wait(experiment.engine, experiment.clock.now()),
        )
        return size, seconds


def _fill(experiment: Experiment, ships: int, pipelines: int) -> Size:
    fleet, player_id, listings = experiment.fleet, experiment.player_id, tables.market_listings
    with fleet.uow() as uow:
        system = uow.players.get(player_id).system_symbol
    with experiment.engine.begin() as connection:
        # A new universe has plenty of everything, and nothing needs to be made: as if that were over.
        connection.execute(update(listings).where(listings.c.type == ListingType.EXPORT).values(supply=Supply.MODERATE))
    fleet.lifecycle.create_pipelines_from_opportunities(player_id, system, pipelines)
    fleet.lifecycle.update_readiness(player_id)
    with experiment.engine.begin() as connection:
        connection.execute(text(f"DROP INDEX {_ONE_PIPELINE_A_GOOD}"))
        counted = select(func.count()).select_from(tables.manufacturing_pipelines)
        real = connection.execute(counted).scalar_one()
        originals = {
            table.name: [dict(row) for row in connection.execute(select(table)).mappings()] for table in _COPIED
        }
        wanted = [row["id"] for row in originals["manufacturing_pipelines"]]
        for copy in range(1, math.ceil(pipelines / real)):
            chosen = set(wanted[: pipelines - copy * real])
            for table in _COPIED:
                rows = _copies(originals, table.name, copy, chosen)
                if rows:
                    connection.execute(insert(table), rows)
        connection.execute(update(tables.ships).values(container_id="busy", idle_since=None))
        open_tasks = connection.execute(
            select(func.count()).where(tables.manufacturing_tasks.c.status.in_([TaskStatus.PENDING, TaskStatus.READY]))
        ).scalar_one()
        connection.execute(text("ANALYZE"))
        total = connection.execute(counted).scalar_one()
    return Size(ships=ships, pipelines=total, open_tasks=open_tasks)


def _copies(
    originals: Mapping[str, Sequence[dict[str, Any]]], table: str, copy: int, pipelines: set[str]
) -> list[dict[str, Any]]:
    """The rows of these pipelines, under identifiers of the copy's own."""
    of_tasks = {task["id"]: task["pipeline_id"] for task in originals["manufacturing_tasks"]}
    copies = []
    for row in originals[table]:
        owner = (
            row["id"]
            if table == "manufacturing_pipelines"
            else row.get("pipeline_id", of_tasks.get(row.get("task_id")))
        )
        if owner not in pipelines:
            continue
        own = {name: f"{copy:03}{row[name][3:]}" for name in _NAMES if row.get(name) is not None}
        if "fencing_token" in row:
            # No two may hold one factory, so these are held elsewhere.
            own |= {
                "fencing_token": row["fencing_token"] + 1_000 * copy,
                "factory_symbol": f"{row['factory_symbol']}-{copy}",
            }
        copies.append({**row, **own, "forecast_id": None} if "forecast_id" in row else {**row, **own})
    return copies


_NAMES: Final = ("id", "pipeline_id", "task_id", "depends_on")


def _free_all(engine: Engine) -> None:
    """Every ship is free, and every task that had been given to one is ready."""
    tasks = tables.manufacturing_tasks
    with engine.begin() as connection:
        connection.execute(update(tables.ships).values(container_id=None))
        connection.execute(
            update(tasks)
            .where(tasks.c.status == TaskStatus.ASSIGNED)
            .values(
                status=TaskStatus.READY,
                ship_symbol=None,
                assigned_at=None,
                step_state="IDLE",
                due_at=None,
                lease_until=None,
            )
        )


def _let_all_wait(engine: Engine, now: datetime) -> None:
    """Every ship is idle where it is, none was sent ahead, and every purchase may be ready soon."""
    tasks = tables.manufacturing_tasks
    with engine.begin() as connection:
        connection.execute(delete(tables.pre_positionings))
        connection.execute(update(tables.ships).values(container_id=None, idle_since=now))
        connection.execute(delete(tasks).where(tasks.c.type == TaskType.POSITION))
        connection.execute(
            update(tasks)
            .where(tasks.c.status == TaskStatus.READY, tasks.c.type == TaskType.ACQUIRE)
            .values(status=TaskStatus.PENDING)
        )


def _least(job: Callable[[], object], *, before: Callable[[], None] = lambda: None) -> float:
    """Seconds of the fastest of a few turns, after a first one that does not count: what else the machine does can only
    make it slower."""
    taken = []
    for _ in range(_TURNS + 1):
        before()
        began = time.perf_counter()
        job()
        taken.append(time.perf_counter() - began)
    return min(taken[1:])


def _print_table(what: str, sizes: Sequence[int], measured: Sequence[tuple[Size, Seconds]]) -> list[str]:
    """Prints milliseconds by size, and the exponents; which jobs grow too fast."""
    other = f"{_SOME_PIPELINES} pipelines" if what == "ships" else f"{_FEW_SHIPS} ships"
    print(f"\nmilliseconds by {what}, with {other}; seed {_SEED}")
    heads = [f"{size.ships if what == 'ships' else size.pipelines:,}" for size, _ in measured]
    print(f"{what:26}{''.join(f'{head:>9}' for head in heads)}{'exponent':>10}{'of the last 3':>14}")
    print(f"{'open tasks':26}{''.join(f'{size.open_tasks:>9,}' for size, _ in measured)}")
    too_fast = []
    for job in measured[0][1]:
        times = [seconds[job] for _, seconds in measured]
        whole, last = _exponent(sizes, times), _exponent(sizes[-3:], times[-3:])
        too_fast += [f"{job} by {what} ({max(whole, last):.2f})"] if max(whole, last) > _ALLOWED[what] else []
        print(f"{job:26}{''.join(f'{1000 * t:>9.1f}' for t in times)}{whole:>10.2f}{last:>14.2f}")
    return too_fast


def _exponent(sizes: Sequence[int], times: Sequence[float]) -> float:
    return float(np.polyfit(np.log(sizes), np.log(times), 1)[0])


def _print_solvers(sizes: Sequence[tuple[int, int]]) -> None:
    print("\nwhich ship takes which task: milliseconds, and mean travel in game seconds of those given")
    print(f"{'ships':>7}{'tasks':>7}{'optimal':>10}{'greedy':>10}{'optimal':>12}{'greedy':>10}{'saved':>8}")
    taken = []
    for ships, tasks in sizes:
        problem = _problem(ships, tasks)
        answers = {}
        for name, solver in (("optimal", LinearAssignment()), ("greedy", GreedyAssignment())):
            began = time.perf_counter()
            pairs = solver.solve(problem)
            answers[name] = (time.perf_counter() - began, _travel(problem, pairs))
        (ours, way), (theirs, longer) = answers["optimal"], answers["greedy"]
        taken.append(ours)
        times = f"{1000 * ours:>10.1f}{1000 * theirs:>10.1f}"
        print(f"{ships:>7,}{tasks:>7,}{times}{way:>12.0f}{longer:>10.0f}{1 - way / longer:>8.0%}")
        if (ships, tasks) == _BIG:
            verdict = "met" if ours < _BIG_SECONDS else "NOT met"
            print(f"{'':7}{ships} ships × {tasks:,} tasks in less than {_BIG_SECONDS} s: {verdict}")
    exponent = _exponent([ships for ships, _ in sizes], taken)
    print(f"exponent of the optimal one by ships, with twice as many tasks: {exponent:.2f} (ships × tasks grow with 2)")


def _problem(ships: int, tasks: int) -> AssignmentProblem:
    """Ships and tasks all over a system of a thousand by a thousand, all alike but for place and priority."""
    chance = random.Random(f"{_SEED} {ships} {tasks}")
    places = [(chance.uniform(0, 1000), chance.uniform(0, 1000)) for _ in range(60)]
    at = [chance.choice(places) for _ in range(ships)]
    seconds = [[15 + math.dist(here, there) * 25 / 15 for there in places] for here in at]
    return AssignmentProblem(
        takers=[Taker(ship=f"S-{n}", wait=0.0, hold=80, hauls=True, looks=False) for n in range(ships)],
        errands=[
            Errand(task_id=TaskId(f"task {n}"), place=chance.randrange(60), priority=chance.choice((10.0, 40.0, 50.0)))
            for n in range(tasks)
        ],
        ways=Ways(seconds=seconds, fuel=[[0.0] * len(places)] * ships),
        ship_second_worth=10.0,
        room=tasks,
    )


def _travel(problem: AssignmentProblem, pairs: Sequence[Pair]) -> float:
    return statistics.fmean(problem.arrival(*pair) for pair in pairs)


if __name__ == "__main__":
    main(quick=True)
