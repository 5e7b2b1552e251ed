"""Sixteen processes start pipelines that want some of the same twelve factories, again and again."""

from sqlalchemy import Engine

from manufacturing.domain.player import Player
from tests.races import audit, contenders
from tests.races.conftest import PROCESSES, Race
from tests.races.results import announce, broken, conflicts


def test_a_factory_never_has_two_holders_by_the_database_alone(
    race: Race, engine: Engine, player: Player, rounds: int
) -> None:
    tallies = race(contenders.claim_factories, player.id, rounds)
    counts = announce(f"Factories, no lock in front, {rounds} rounds", tallies)
    assert broken(tallies) == []
    assert conflicts(tallies) == [], "no deadlock, and nothing stale"
    assert audit.factories(engine, [tally.holds for tally in tallies]) == []
    assert counts["claims won"] + counts["refused by the database"] == PROCESSES * rounds
    assert min(counts["claims won"], counts["refused by the database"]) > 0


def test_a_factory_never_has_two_holders_behind_redis_locks(
    race: Race, engine: Engine, player: Player, rounds: int, redis_url: str
) -> None:
    tallies = race(contenders.claim_factories, player.id, rounds, redis_url=redis_url)
    counts = announce(f"Factories, Redis locks in front, {rounds} rounds", tallies)
    assert broken(tallies) == []
    assert conflicts(tallies) == [], "no deadlock, and nothing stale"
    assert audit.factories(engine, [tally.holds for tally in tallies]) == []
    tries = counts["claims won"] + counts["refused by the database"] + counts["kept out by a lock"]
    assert tries == PROCESSES * rounds
    assert min(counts["claims won"], counts["kept out by a lock"]) > 0
