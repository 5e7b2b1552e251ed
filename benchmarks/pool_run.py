"""What the pool of intermediate goods is worth: the same six hours of the same universe with and without it.

Six pipelines at a time share factories, ships and goods. The lab runs the fleet on a virtual clock, so both runs see
the same universe, and a run comes out the same every time. What must not happen is looked for in the rows afterwards.
"""

import argparse
import logging
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from sqlalchemy import Engine, text

from benchmarks.lab import laboratory
from manufacturing.domain.policy import FleetPolicy
from manufacturing.lab.database import LabDatabase
from manufacturing.lab.experiment import Experiment, Setup

_SEED: Final = 7
_PIPELINES: Final = 6
_HOURS: Final = 6.0
_QUICK_HOURS: Final = 1.0

#: What two pipelines might do to each other, and how many times they did.
_CONFLICTS: Final = {
    "factories with two holders": """
        SELECT count(*) FROM factory_reservations AS one JOIN factory_reservations AS other
        ON (one.factory_symbol, one.output_good) = (other.factory_symbol, other.output_good)
        AND one.fencing_token < other.fencing_token AND other.reserved_at < coalesce(one.ended_at, 'infinity')""",
    "ships at two tasks": """
        SELECT count(*) FROM manufacturing_tasks AS one JOIN manufacturing_tasks AS other
        ON one.ship_symbol = other.ship_symbol AND one.id <> other.id AND one.assigned_at <= other.assigned_at
        AND other.assigned_at < coalesce(one.ended_at, 'infinity')
        AND (one.assigned_at, one.id) < (other.assigned_at, other.id)""",
    "units promised twice": """
        SELECT count(*) FROM pool_lots AS lot WHERE (units_reserved, units_consumed) <>
        (SELECT coalesce(sum(units - units_consumed) FILTER (WHERE status = 'RESERVED'), 0),
                coalesce(sum(units_consumed), 0) FROM pool_reservations WHERE lot_id = lot.id)""",
    "pools that do not add up": """
        SELECT count(*) FROM intermediate_good_pools AS pool WHERE (available_units, reserved_units) <>
        (SELECT coalesce(sum(units_held - units_reserved) FILTER (WHERE status = 'OPEN'), 0),
                coalesce(sum(units_reserved), 0) FROM pool_lots WHERE pool_id = pool.id)""",
    "trades in the ledger twice": """
        SELECT count(*) FROM manufacturing_tasks AS task WHERE units_moved <>
        (SELECT coalesce(sum(units), 0) FROM ledger_entries
         WHERE task_id = task.id AND kind IN ('PURCHASE', 'SALE'))""",
    "trades without a right": """
        SELECT count(*) FROM manufacturing_tasks WHERE reason LIKE '%no longer holds%'""",
}

_REUSED: Final = {
    "by the promises": "SELECT coalesce(sum(units_consumed), 0) FROM pool_reservations",
    "by the lots": "SELECT coalesce(sum(units_consumed), 0) FROM pool_lots",
    "by the ledger": """
        SELECT coalesce(sum(units), 0) FROM ledger_entries AS entry WHERE kind = 'TRANSFER' AND EXISTS
        (SELECT FROM pool_reservations AS promise JOIN pool_lots AS lot ON lot.id = promise.lot_id
         WHERE promise.pipeline_id = entry.pipeline_id AND lot.good = entry.good AND lot.unit_cost = entry.unit_price
         AND entry.amount = -entry.units * lot.unit_cost)""",
}

_FIGURES: Final = {
    "earned": "SELECT credits - start_credits FROM players",
    "pipelines completed": "SELECT count(*) FROM manufacturing_pipelines WHERE status = 'COMPLETED'",
    "pipelines at once": """
        SELECT max(at_once) FROM (SELECT (SELECT count(*) FROM manufacturing_pipelines AS other
        WHERE other.created_at <= one.created_at AND one.created_at < coalesce(other.ended_at, 'infinity')) AS at_once
        FROM manufacturing_pipelines AS one) AS moments""",
    "lots": "SELECT count(*) FROM pool_lots",
    "units added": "SELECT coalesce(sum(units_added), 0) FROM pool_lots",
    "units liquidated": "SELECT coalesce(sum(units_liquidated), 0) FROM pool_lots",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """What came of one run."""

    figures: Mapping[str, int]
    conflicts: Mapping[str, int]
    reused: Mapping[str, int]
    wall_seconds: float


def main(quick: bool = False) -> None:
    """Prints conflicts, goods reused and profits of both runs."""
    logging.getLogger("manufacturing").setLevel(logging.ERROR)
    hours = _QUICK_HOURS if quick else _HOURS
    print(f"{hours:g} game hours, {_PIPELINES} pipelines at a time, seed {_SEED}, once with the pool and once without")
    with laboratory() as databases:
        on, off = (_run(databases, hours, pool=pool) for pool in (True, False))
    print(f"{'':28} {'pool on':>12} {'pool off':>12}")
    for name in _FIGURES:
        print(f"{name:28} {on.figures[name]:>12,} {off.figures[name]:>12,}")
    for name in _REUSED:
        print(f"{'goods reused ' + name:28} {on.reused[name]:>12,} {off.reused[name]:>12,}")
    for name in _CONFLICTS:
        print(f"{name:28} {on.conflicts[name]:>12,} {off.conflicts[name]:>12,}")
    both = sum(on.conflicts.values()), sum(off.conflicts.values())
    print(f"{'conflicts':28} {both[0]:>12,} {both[1]:>12,}   (aim: 0)")
    print(f"{'wall seconds':28} {on.wall_seconds:>12.0f} {off.wall_seconds:>12.0f}")
    agreed = len(set(on.reused.values())) == 1
    print(f"promises, lots and ledger {'agree' if agreed else 'DO NOT AGREE'} on the goods reused")


def _run(databases: LabDatabase, hours: float, *, pool: bool) -> Run:
    began = time.monotonic()
    # Hauls make no intermediate goods: without them the six pipelines have all the ships.
    policy = FleetPolicy(max_pipelines=_PIPELINES, pool=pool, hauls=False)
    with Experiment(Setup(policy=policy, seed=_SEED), databases) as experiment:
        experiment.run(hours)
        return Run(
            figures=_answers(experiment.engine, _FIGURES),
            conflicts=_answers(experiment.engine, _CONFLICTS),
            reused=_answers(experiment.engine, _REUSED),
            wall_seconds=time.monotonic() - began,
        )


def _answers(engine: Engine, questions: Mapping[str, str]) -> dict[str, int]:
    with engine.connect() as connection:
        return {name: int(connection.execute(text(question)).scalar() or 0) for name, question in questions.items()}


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help=f"{_QUICK_HOURS:g} game hour instead of {_HOURS:g}")
    main(parser.parse_args().quick)
