"""Sixteen processes buy and sell with one purse."""

from sqlalchemy import Engine

from manufacturing.domain.player import Player
from tests.races import audit, contenders
from tests.races.conftest import Race
from tests.races.contenders import Open
from tests.races.results import announce, broken, conflicts


def test_parallel_buys_never_cross_the_floor_and_nothing_stays_reserved(
    race: Race, uow: Open, engine: Engine, player: Player, rounds: int
) -> None:
    tallies = race(contenders.spend, player.id, rounds)
    counts = announce(f"Spending, {rounds} rounds", tallies)
    assert broken(tallies) == []
    assert conflicts(tallies) == [], "no deadlock, and nothing stale"
    assert audit.money(engine, contenders.FLOOR) == []
    with uow() as work:
        purse = work.players.get(player.id)
        assert purse.credits_reserved == work.ledger.held(player.id) == 0
        assert purse.credits == purse.start_credits + work.ledger.total(player.id)
        assert purse.credits >= contenders.FLOOR
        assert work.intents.open_of_player(player.id) == []
    assert counts["confirmed"] + counts["refused"] == counts["purchases"] + counts["sales"]
    assert counts["refused at the floor"] > 0, "the floor was reached"
