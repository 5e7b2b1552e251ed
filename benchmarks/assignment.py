"""Which ship takes which task: all at once as one optimisation, against the greedy way.

Both are given the same streams of errands in generated systems, with the fleet's own routes: errands come in batches,
as pipelines bring them, each with a place to load and a place to unload; a ship that is free is given one at once. What
counts is the travel to where the errand begins, and how long errands wait until a ship is there. Then a fleet of 500
ships decides over 1,000 errands, the ways of all pairs included.
"""

import heapq
import itertools
import random
import statistics
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Final

from manufacturing.adapters.assignment.linear import LinearAssignment
from manufacturing.adapters.routing.fuel_graph import FuelGraph
from manufacturing.domain.assignment import (
    AssignmentProblem,
    AssignmentSolver,
    Errand,
    GreedyAssignment,
    Taker,
    owed_ships,
)
from manufacturing.domain.ids import PlayerId, TaskId
from manufacturing.domain.manufacturing_task import AGEING_CAP, AGEING_PER_MINUTE, TaskGroup
from manufacturing.domain.policy import FleetPolicy
from manufacturing.domain.ship import Ship
from manufacturing.domain.travel import FlightMode
from manufacturing.domain.universe import NavStatus
from manufacturing.domain.waypoint import Waypoint
from manufacturing.simulator.generator import generate_universe

_SEEDS: Final = range(1, 6)
_FLEETS: Final = (8, 20, 50)
_ERRANDS_PER_SHIP: Final = 60
#: Errands of one pipeline become ready together.
_BATCH: Final = 4
#: The share of its time for which a ship would be at work if errands lay as far apart as markets do.
_LOAD: Final = 0.9
_BIG: Final = (500, 1_000)
_BIG_SECONDS: Final = 0.5
_POLICY: Final = FleetPolicy()
_MINIMUM: Final = {TaskGroup.FEED: _POLICY.min_feeding_ships, TaskGroup.YIELD: _POLICY.min_yield_ships}
_NOW: Final = datetime(2026, 1, 1, tzinfo=UTC)
_SOLVERS: Final[dict[str, AssignmentSolver]] = {"greedy": GreedyAssignment(), "optimal": LinearAssignment()}


@dataclass(frozen=True, slots=True)
class Job:
    """An errand of the stream, in game seconds from its beginning."""

    name: str
    ready_at: float
    load_at: str
    unload_at: str
    group: TaskGroup
    base_priority: int


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a fleet made of a stream, in game seconds."""

    travel: float
    """To where errands begin, all of them together."""
    wait: float
    """From an errand being ready to a ship being there, on average."""
    longest_wait: float


def main(quick: bool = False) -> None:
    """Prints travel and waiting of both ways, and how long the large decision takes."""
    seeds = _SEEDS[:2] if quick else _SEEDS
    print(f"{'ships':>5} {'':8} {'travel, h':>10} {'wait, s':>8} {'longest, s':>10}   (mean of {len(seeds)} streams)")
    for ships in _FLEETS[:2] if quick else _FLEETS:
        outcomes: dict[str, list[Outcome]] = {name: [] for name in _SOLVERS}
        for seed in seeds:
            waypoints, places = _system(seed)
            graph = FuelGraph(waypoints, _POLICY.ship_hour_worth)
            jobs = _stream(graph, places, ships, random.Random(seed))
            for name, solver in _SOLVERS.items():
                outcomes[name].append(_play(solver, graph, places, ships, jobs, random.Random(seed)))
        for name, of_it in outcomes.items():
            travel = statistics.mean(outcome.travel for outcome in of_it) / 3600
            wait = statistics.mean(outcome.wait for outcome in of_it)
            longest = statistics.mean(outcome.longest_wait for outcome in of_it)
            print(f"{ships:>5} {name:8} {travel:>10.1f} {wait:>8.0f} {longest:>10.0f}")
        ratios = [b.travel / a.travel for a, b in zip(outcomes["greedy"], outcomes["optimal"], strict=True)]
        print(
            f"{'':5} travel of optimal / greedy: {statistics.mean(ratios):.2f} ({min(ratios):.2f} to {max(ratios):.2f})"
        )
    _time_large_decisions(turns=3 if quick else 7)


def _system(seed: int) -> tuple[list[Waypoint], list[str]]:
    """The home system of a generated universe, and its markets."""
    universe = generate_universe(seed)
    home = universe.headquarters.rsplit("-", 1)[0]
    plan = next(system for system in universe.systems if system.symbol == home)
    waypoints = [
        Waypoint(
            player_id=PlayerId(1),
            symbol=each.symbol,
            system_symbol=home,
            type=each.type,
            x=each.x,
            y=each.y,
            sells_fuel=any(listing.good == "FUEL" for listing in each.listings),
        )
        for each in plan.waypoints
    ]
    markets = [each.symbol for each in plan.waypoints if len(each.listings) > 1]
    return waypoints, markets


def _hauler(number: int, waypoint: str) -> Ship:
    return Ship(
        player_id=PlayerId(1),
        symbol=f"SHIP-{number}",
        role="HAULER",
        frame="FRAME_LIGHT_FREIGHTER",
        speed=15,
        fuel_current=600,
        fuel_capacity=600,
        cargo_capacity=80,
        system_symbol="X1",
        waypoint=waypoint,
        origin=waypoint,
        nav_status=NavStatus.DOCKED,
        flight_mode=FlightMode.CRUISE,
        observed_at=_NOW,
    )


def _stream(graph: FuelGraph, places: list[str], ships: int, chance: random.Random) -> list[Job]:
    pairs = list(itertools.permutations(places, 2))
    ship = _hauler(0, places[0])
    usual = statistics.mean(graph.leg_time(ship, *pair).total_seconds() for pair in pairs)
    between = 2 * usual / ships / _LOAD * _BATCH
    jobs: list[Job] = []
    moment = 0.0
    while len(jobs) < ships * _ERRANDS_PER_SHIP:
        moment += chance.expovariate(1 / between)
        for _ in range(_BATCH):
            group = chance.choice(list(TaskGroup))
            base = 10 if group is TaskGroup.FEED else 50
            jobs.append(Job(f"{len(jobs):05}", moment, *chance.choice(pairs), group, base))
    return jobs


def _play(
    solver: AssignmentSolver,
    graph: FuelGraph,
    places: list[str],
    ships: int,
    jobs: Sequence[Job],
    chance: random.Random,
) -> Outcome:
    """The whole stream, decision by decision."""
    free = [_hauler(number, chance.choice(places)) for number in range(ships)]
    busy: list[tuple[float, int, Ship, TaskGroup]] = []
    order = itertools.count()
    coming = list(jobs)[::-1]
    ready: list[Job] = []
    travel, waits = 0.0, []
    while coming or ready or busy:
        now = min([*(entry[0] for entry in busy[:1]), *(job.ready_at for job in coming[-1:])])
        while busy and busy[0][0] <= now:
            free.append(heapq.heappop(busy)[2])
        while coming and coming[-1].ready_at <= now:
            ready.append(coming.pop())
        if not free or not ready:
            continue
        free.sort(key=lambda ship: ship.symbol)
        ready.sort(key=lambda job: (-_priority(job, now), job.ready_at, job.name))
        problem = _problem(graph, free, ready, [group for _, _, _, group in busy], now)
        given = solver.solve(problem)
        for taker, errand in given:
            ship, job = free[taker], ready[errand]
            approach = problem.arrival(taker, errand)
            travel += approach
            waits.append(now + approach - job.ready_at)
            end = now + approach + graph.leg_time(ship, job.load_at, job.unload_at).total_seconds()
            heapq.heappush(busy, (end, next(order), replace(ship, waypoint=job.unload_at), job.group))
        free = [ship for number, ship in enumerate(free) if number not in {taker for taker, _ in given}]
        ready = [job for number, job in enumerate(ready) if number not in {errand for _, errand in given}]
    return Outcome(travel, statistics.mean(waits), max(waits))


def _priority(job: Job, now: float) -> float:
    return job.base_priority + min(AGEING_CAP, (now - job.ready_at) / 60 * AGEING_PER_MINUTE)


def _problem(
    graph: FuelGraph, ships: Sequence[Ship], jobs: Sequence[Job], busy: Sequence[TaskGroup], now: float
) -> AssignmentProblem:
    places = sorted({job.load_at for job in jobs})
    column = {place: number for number, place in enumerate(places)}
    groups = [job.group for job in jobs]
    return AssignmentProblem(
        takers=[Taker(ship=ship.symbol, wait=0.0, hold=80, hauls=True, looks=False) for ship in ships],
        errands=[
            Errand(task_id=TaskId(job.name), place=column[job.load_at], priority=_priority(job, now), group=job.group)
            for job in jobs
        ],
        ways=graph.ways(ships, places),
        ship_second_worth=graph.ship_second_worth,
        owed=owed_ships(
            _MINIMUM,
            {group: busy.count(group) for group in TaskGroup},
            {group: groups.count(group) for group in TaskGroup},
            len(ships),
        ),
        room=len(jobs),
    )


def _time_large_decisions(turns: int) -> None:
    ships, errands = _BIG
    waypoints, places = _system(_SEEDS[0])
    chance = random.Random(0)
    kinds = {"as it comes": 0.5, "one group hardly there": 0.01}
    for kind, share in kinds.items():
        walls, processors = [], []
        for _ in range(turns):
            fleet = [_hauler(number, chance.choice(places)) for number in range(ships)]
            jobs = [
                Job(
                    f"{number:05}",
                    -chance.expovariate(1 / timedelta(minutes=20).total_seconds()),
                    *chance.sample(places, 2),
                    *((TaskGroup.FEED, 10) if chance.random() < share else (TaskGroup.YIELD, 50)),
                )
                for number in range(errands)
            ]
            jobs.sort(key=lambda job: (-_priority(job, 0.0), job.ready_at, job.name))
            fresh = FuelGraph(waypoints, _POLICY.ship_hour_worth)
            wall, processor = time.perf_counter(), time.process_time()
            LinearAssignment().solve(_problem(fresh, fleet, jobs, [], 0.0))
            walls.append(time.perf_counter() - wall)
            processors.append(time.process_time() - processor)
        verdict = "met" if max(processors) < _BIG_SECONDS else "NOT MET"
        took = f"{statistics.median(processors):.2f} s of a processor, at most {max(processors):.2f} s"
        print(f"{ships} ships × {errands:,} errands, {kind}: {took} (aim: under {_BIG_SECONDS} s: {verdict})")
        print(f"{'':5} {statistics.median(walls):.2f} s on the clock, beside whatever else the machine was doing")
