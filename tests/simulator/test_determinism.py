"""Same seed and same calls at the same game times: same universe, to the last byte."""

import random
from datetime import timedelta

import orjson
from hypothesis import given, settings
from hypothesis import strategies as st

from manufacturing.simulator.dispatcher import Change, Dispatcher
from manufacturing.simulator.randomness import noise, stream
from manufacturing.simulator.universe import START, Universe
from tests.simulator.players import Player, a_player, a_universe


def _play(player: Player, seed: int, calls: int = 150) -> None:
    """Plays at random, but always alike for one seed."""
    chance = random.Random(seed)
    places = [p.symbol for p in player.universe.state.places.values() if p.market]
    for _ in range(calls):
        player.wait(seconds=chance.uniform(1, 400))
        path = f"/my/ships/TESTER-{chance.randrange(1, 10):X}"
        player.call("POST", path + chance.choice(["/orbit", "/dock", "/refuel"]), {})
        player.call("POST", path + "/navigate", {"waypointSymbol": chance.choice(places)})
        goods = chance.choice([["FUEL"], ["IRON", "FOOD", "MACHINERY"], ["FABRICS", "COPPER"]])
        body = {"symbol": chance.choice(goods), "units": chance.randrange(1, 20)}
        player.call("POST", path + chance.choice(["/purchase", "/sell", "/jettison"]), body)


def _played(seed: int, looks: bool = False) -> bytes:
    player = a_player()
    if looks:
        path = "/systems/{}/waypoints/{}/market"
        for place in player.universe.state.places.values():
            player.call("GET", path.format(place.system, place.symbol))
    _play(player, seed)
    player.universe.advance(START + timedelta(days=2))
    for place in player.universe.state.places.values():
        player.universe.market(place)
    return player.universe.save()


def test_the_same_calls_make_the_same_universe() -> None:
    assert _played(1) == _played(1)
    assert _played(1) != _played(2)


def test_looking_changes_nothing() -> None:
    assert _played(3) == _played(3, looks=True)


def test_a_market_lives_the_same_life_whether_it_is_watched_or_not() -> None:
    watched, alone = a_universe(), a_universe()
    place = next(p for p in watched.state.places.values() if p.market and p.market.is_factory())
    for minute in range(0, 3000, 7):
        watched.advance(START + timedelta(minutes=minute))
        watched.market(place)
    watched.advance(START + timedelta(minutes=3000))
    alone.advance(START + timedelta(minutes=3000))
    assert watched.market(place) == alone.market(alone.state.places[place.symbol])


@settings(max_examples=10, deadline=None)
@given(st.integers(0, 1000))
def test_calls_made_again_from_the_log_make_the_same_universe(seed: int) -> None:
    log: list[Change] = []
    player = a_player(on_change=log.append)
    _play(player, seed, calls=40)
    again = Dispatcher(a_universe())
    for change in log:
        again.apply(change)
    again.universe.advance(player.universe.now)
    for universe in (player.universe, again.universe):
        for place in universe.state.places.values():
            universe.market(place)
    assert again.universe.save() == player.universe.save()
    assert len(log) == player.universe.state.changes > 10


def test_a_saved_universe_is_the_same_when_loaded() -> None:
    player = a_player()
    _play(player, 4)
    saved = player.universe.save()
    assert Universe.load(orjson.loads(saved)).save() == saved


def test_a_stream_depends_on_its_purpose_alone() -> None:
    assert stream(1, "a", 2).random() == stream(1, "a", 2).random()
    assert stream(1, "a", 2).random() != stream(1, "a", 3).random()
    assert stream(1, "a", 2).random() != stream(2, "a", 2).random()
    drawn = [noise(12345, index) for index in range(2000)]
    assert all(0 <= value < 1 for value in drawn)
    assert 0.48 < sum(drawn) / len(drawn) < 0.52
    assert noise(12345, 7) == drawn[7]
