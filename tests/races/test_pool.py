"""Sixteen processes promise, consume, release, add and sell the units of three pools, all at the same time."""

from sqlalchemy import Engine, text

from manufacturing.domain.player import Player
from tests.postgres.builders import a_pipeline, a_ship
from tests.races import audit, contenders
from tests.races.conftest import PROCESSES, Race
from tests.races.contenders import Open
from tests.races.results import announce, broken, conflicts


def test_every_unit_of_the_pool_is_somewhere_and_promised_once(
    race: Race, uow: Open, engine: Engine, player: Player, rounds: int
) -> None:
    pipelines = [a_pipeline(player) for _ in range(PROCESSES)]
    ships = [
        a_ship(player, f"SHIP-{n}", system_symbol=contenders.SYSTEM, waypoint=f"{contenders.SYSTEM}-A1")
        for n in range(PROCESSES)
    ]
    with uow() as work:
        for pipeline, ship in zip(pipelines, ships, strict=True):
            work.pipelines.add(pipeline)
            work.ships.add(ship)
        work.commit()
    tallies = race(
        contenders.trade_with_pool,
        rounds,
        each=lambda number: (player.id, pipelines[number].id, ships[number].symbol),
    )
    counts = announce(f"Pool, {rounds} rounds", tallies)
    assert broken(tallies) == []
    assert conflicts(tallies) == [], "no deadlock, and nothing stale"
    assert audit.pool(engine) == []
    with uow() as work:
        pools = [work.pools.find(player.id, contenders.SYSTEM, good) for good in contenders.GOODS]
        left = sum(p.available_units + p.reserved_units for p in pools if p is not None)
        promised = sum(r.units_open for pipeline in pipelines for r in work.pools.reserved_by(pipeline.id))
    with engine.connect() as connection:
        sold = connection.execute(text("SELECT sum(units_liquidated) FROM pool_lots")).scalar_one()
    print(f"  {'units sold':28} {sold:>8,}\n  {'units left':28} {left:>8,}")
    assert counts["units added"] == left + counts["units consumed"] + sold
    assert sum(p.reserved_units for p in pools if p is not None) == promised
    assert min(counts["units promised"], counts["units consumed"], counts["units released"]) > 0
