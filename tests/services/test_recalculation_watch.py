"""When the game is asked for the last recalculation, and when not."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from manufacturing.domain.gateway import Purpose, ServerUnavailable
from manufacturing.domain.recalculation_rhythm import RecalculationRhythm
from manufacturing.domain.universe import ServerStatus
from manufacturing.services.recalculation_watch import RecalculationWatch
from tests.world import World


class ToldByTest:
    """A game that tells what the test says, and counts how often it was asked."""

    def __init__(self, world: World) -> None:
        self.last: datetime | None = world.clock.now()
        self.asked = 0
        self.is_down = False
        self._status = world.gateway.get_status()

    def get_status(self, purpose: Purpose = Purpose.SETUP) -> ServerStatus:
        """What the server says of itself."""
        self.asked += 1
        if self.is_down:
            raise ServerUnavailable("the game did not answer")
        return replace(self._status, last_market_update=self.last)


class Watching:
    """A watch on a game, and time that passes."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.game = ToldByTest(world)
        with world.uow() as uow:
            # As whoever enrolled the player was told it.
            uow.markets.record_recalculation(world.player_id, world.clock.now())
            uow.commit()
        self.watch = RecalculationWatch(world.uow, world.clock)

    def look(self) -> RecalculationRhythm:
        """Somebody wants to know."""
        gateway: Any = self.game
        return self.watch.ask_if_due(gateway, self.world.player_id, Purpose.SCAN)

    def pass_time(self, minutes: float, *, period: float | None = 15) -> None:
        """Time passes, with somebody looking every second, and recalculations every ``period`` minutes."""
        start = self.world.clock.now()
        for second in range(1, round(minutes * 60) + 1):
            self.world.clock.moment = start + timedelta(seconds=second)
            if period is not None and self.game.last is not None:
                while self.game.last + timedelta(minutes=period) <= self.world.clock.now():
                    self.game.last += timedelta(minutes=period)
            self.look()


@pytest.fixture
def watching(world: World) -> Watching:
    """A watch that has just begun."""
    return Watching(world)


def test_a_rhythm_once_learned_is_asked_for_once_each_time(watching: Watching) -> None:
    watching.pass_time(46)
    assert watching.look().is_learned
    before = watching.game.asked
    watching.pass_time(120)
    assert watching.game.asked - before == 8
    assert watching.look().last == watching.game.last


def test_while_it_is_learned_it_is_asked_for_every_two_minutes(watching: Watching) -> None:
    watching.pass_time(30, period=20)
    assert 12 <= watching.game.asked <= 18


def test_one_gap_of_the_usual_length_is_believed(watching: Watching) -> None:
    watching.pass_time(16)
    before = watching.game.asked
    watching.pass_time(60)
    assert watching.game.asked - before == 4


def test_a_shorter_period_than_usual_is_found(watching: Watching) -> None:
    watching.pass_time(30, period=5)
    assert watching.look().period == timedelta(minutes=5)


def test_a_recalculation_is_known_seconds_after_it_happened(watching: Watching) -> None:
    watching.pass_time(60)
    watching.pass_time(0.05)
    assert watching.look().last == watching.world.clock.now().replace(minute=0, second=0, microsecond=0)


def test_a_recalculation_that_does_not_come_is_asked_for_less_and_less(watching: Watching) -> None:
    watching.pass_time(46)
    before = watching.game.asked
    watching.pass_time(74, period=None)
    # 10 s, 20 s, 40 s, 80 s, and then every two minutes of the hour it is late.
    assert 25 <= watching.game.asked - before <= 38


def test_a_game_that_does_not_tell_is_asked_seldom(watching: Watching) -> None:
    watching.game.last = None
    watching.pass_time(59, period=None)
    assert watching.game.asked == 2
    assert watching.look().last is None


def test_without_an_answer_what_is_known_stays(watching: Watching) -> None:
    watching.pass_time(46)
    watching.game.is_down = True
    known = watching.look()
    watching.pass_time(20)
    assert watching.look() == known
    watching.game.is_down = False
    watching.pass_time(0.2)
    assert watching.look().last == watching.game.last


def test_what_was_learned_survives_a_restart(watching: Watching) -> None:
    watching.pass_time(46)
    again = RecalculationWatch(watching.world.uow, watching.world.clock)
    assert again.rhythm(watching.world.player_id) == watching.look()
    assert not again.is_due(watching.world.player_id)


def test_who_does_not_ask_learns_from_the_rows_what_others_were_told(watching: Watching) -> None:
    world = watching.world
    idle = RecalculationWatch(world.uow, world.clock)
    assert not idle.rhythm(world.player_id).is_learned
    watching.pass_time(46)
    assert idle.rhythm(world.player_id).moments == watching.look().moments
    watching.pass_time(60)
    assert idle.rhythm(world.player_id).last == watching.look().last
