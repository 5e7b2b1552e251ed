"""A worker is killed at every step of every errand, and another goes on: nothing is done twice, and nothing is left.

A scene is played once undisturbed, which tells its actions and its trades. Then it is played once for every moment of
every action, with a worker that is killed by SIGKILL right there; what it had taken from the broker is delivered again
to the next worker, or all messages are lost.
"""

from collections import Counter
from collections.abc import Iterator
from itertools import chain

import pytest

from manufacturing.domain.manufacturing_task import TaskType
from tests.crashes import scenes
from tests.crashes.doom import AtAction, AtEvent, Doom, Moment, Step
from tests.crashes.game import Trade
from tests.crashes.scenes import Scene
from tests.crashes.workshop import Workshop

#: Everything that must not happen twice, each with a scene in which it does happen.
_TRADES = {
    "Refuel": scenes.making_machinery,
    "Buy": scenes.making_machinery,
    "Sell": scenes.making_machinery,
    "TakeOver": scenes.handing_over_copper,
}
#: What a worker does until it has settled what the one before it left open: its calls and commits, before and after.
_SETTLING = 12

long = pytest.mark.long
half_an_hour = pytest.mark.timeout(1_800)


def test_kill_during_a_trade_buys_once(workshop: Workshop) -> None:
    """A few of the moments that matter most."""
    play = Play(workshop, scenes.making_machinery)
    for action, moment, lost in (
        ("Buy", Moment.BEFORE_ANSWER, True),
        ("Buy", Moment.BEFORE_CALL, False),
        ("Sell", Moment.BEFORE_ANSWER, False),
        ("Complete", Moment.BEFORE_COMMIT, True),
    ):
        play.interrupted(AtAction(play.first(action), moment), messages_lost=lost)
    assert play.wrong == []
    assert play.deaths == 4


def test_kill_while_goods_change_ships_moves_them_once(workshop: Workshop) -> None:
    play = Play(workshop, scenes.handing_over_copper)
    number = play.first("TakeOver")
    for moment, lost in (
        (Moment.BEFORE_CALL, True),
        (Moment.BEFORE_ANSWER, True),
        (Moment.BEFORE_ANSWER, False),
        (Moment.AFTER_ANSWER, True),
    ):
        play.interrupted(AtAction(number, moment), messages_lost=lost)
    assert play.wrong == []
    assert play.deaths == 4


@long
@half_an_hour
@pytest.mark.parametrize(("scene", "errands"), scenes.SCENES.items(), ids=[scene.__name__ for scene in scenes.SCENES])
@pytest.mark.parametrize("messages_lost", [False, True], ids=["delivered again", "messages lost"])
def test_kill_at_every_step_buys_once(
    workshop: Workshop, scene: Scene, errands: tuple[TaskType, ...], messages_lost: bool
) -> None:
    play = Play(workshop, scene)
    for number in play.numbers_that_differ(errands):
        for moment in play.steps[number].moments:
            play.interrupted(AtAction(number, moment), messages_lost=messages_lost)
    play.report()
    assert play.wrong == []
    assert play.deaths >= 20 * len(errands)


@long
@half_an_hour
@pytest.mark.parametrize(("action", "scene"), _TRADES.items(), ids=list(_TRADES))
def test_kill_while_the_last_kill_is_settled_buys_once(workshop: Workshop, action: str, scene: Scene) -> None:
    play = Play(workshop, scene)
    number = play.first(action)
    for event in range(_SETTLING):
        play.interrupted(AtAction(number, Moment.BEFORE_ANSWER), AtEvent(event), messages_lost=event % 2 == 0)
    play.report()
    assert play.wrong == []
    assert play.deaths == 2 * _SETTLING


class Play:
    """A scene that is played again and again."""

    def __init__(self, workshop: Workshop, scene: Scene) -> None:
        self._workshop = workshop
        self._name = scene.__name__.replace("_", " ")
        workshop.prepare(scene)
        workshop.begin()
        self.steps: list[Step] = workshop.let_work()
        self._trades: list[Trade] = workshop.outcome().game.trades
        self.deaths = 0
        self.wrong: list[str] = []
        self._look("undisturbed")

    def first(self, action: str) -> int:
        """The number of the first action of this kind."""
        return next(at for at, step in enumerate(self.steps) if step.action == action)

    def numbers_that_differ(self, errands: tuple[TaskType, ...]) -> list[int]:
        """The actions of these errands that are worth dying at: of those that are alike, the first and the last."""
        alike: dict[tuple[str, str], list[int]] = {}
        for number, step in enumerate(self.steps):
            if step.task in errands:
                alike.setdefault((step.task, step.action), []).append(number)
        return sorted(set(chain.from_iterable((numbers[0], numbers[-1]) for numbers in alike.values())))

    def interrupted(self, *dooms: Doom, messages_lost: bool) -> None:
        """Plays it with workers that die one after the other, and one that lives."""
        self._workshop.begin()
        for doom in dooms:
            if not self._workshop.let_die(doom):
                self.wrong.append(f"{self._name}: {doom} never came")
                return
            self.deaths += 1
            if messages_lost:
                self._workshop.lose_messages()
            else:
                self._workshop.deliver_again()
        self._workshop.let_work()
        self._look(f"{self._told(dooms)}, {'messages lost' if messages_lost else 'messages delivered again'}")

    def report(self) -> None:
        """Prints how many workers died."""
        print(f"\n{self._name}: {self.deaths} kills, {len(self.wrong)} of them with consequences")

    def _look(self, when: str) -> None:
        outcome = self._workshop.outcome()
        for wrong in chain(_differences(self._trades, outcome.game.trades, outcome.ledger), outcome.stuck):
            self.wrong.append(f"{self._name}, {when}: {wrong}")
        if outcome.ledger_sum != outcome.earned:
            self.wrong.append(f"{self._name}, {when}: earned {outcome.earned}, but the ledger has {outcome.ledger_sum}")
        if any(outcome.game.cargo.values()):
            self.wrong.append(f"{self._name}, {when}: there is cargo left aboard: {outcome.game.cargo}")

    def _told(self, dooms: tuple[Doom, ...]) -> str:
        return ", then ".join(
            f"{self.steps[doom.number].task} {self.steps[doom.number].action} (action {doom.number}) {doom.moment}"
            if isinstance(doom, AtAction)
            else f"at event {doom.number} of the next worker"
            for doom in dooms
        )


def _differences(expected: list[Trade], happened: list[Trade], entered: list[Trade]) -> Iterator[str]:
    for what, one, other in (
        ("was traded once too often", happened, expected),
        ("was not traded", expected, happened),
        ("is in the ledger only", entered, happened),
        ("is not in the ledger", happened, entered),
    ):
        yield from (f"{trade} {what}" for trade in (Counter(one) - Counter(other)).elements())
