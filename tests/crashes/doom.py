"""Where a worker dies: at which of a ship's actions, and at which moment of it.

SIGKILL leaves no chance to tidy up, so death comes from inside, at exactly the moment that is meant.
"""

import os
import signal
from dataclasses import dataclass
from enum import StrEnum
from typing import NoReturn

from manufacturing.domain.execution import Action, Refuel, Situation, TakeOver, Trade, next_action
from manufacturing.domain.manufacturing_task import TaskType


class Moment(StrEnum):
    """How far an action is."""

    BEFORE_INTENT = "before its intent is stored"
    BEFORE_CALL = "before the game is called"
    BEFORE_ANSWER = "when the game has done it and nobody knows"
    AFTER_ANSWER = "when its answer is stored"
    BEFORE_COMMIT = "before its end is stored"
    AFTER_COMMIT = "when its end is stored"


_OF_TRADES = (Moment.BEFORE_INTENT, Moment.BEFORE_CALL, Moment.BEFORE_ANSWER, Moment.AFTER_ANSWER)
_OF_CALLS = _OF_TRADES[1:]
_WITHOUT_CALL = (Moment.BEFORE_COMMIT, Moment.AFTER_COMMIT)


@dataclass(frozen=True)
class Step:
    """An action a ship took, as it is told by a worker that lived."""

    task: TaskType
    action: str
    calls: bool
    """Whether the game was called for it."""
    stores: bool
    """Whether its answer was stored before the next action. Where it was not, the next worker asks the game."""

    @property
    def moments(self) -> tuple[Moment, ...]:
        """The moments it has."""
        if self.action in (Refuel.__name__, TakeOver.__name__, "Buy", "Sell"):
            return _OF_TRADES
        if not self.calls:
            return _WITHOUT_CALL
        return _OF_CALLS if self.stores else _OF_CALLS[:-1]


@dataclass(frozen=True)
class AtAction:
    """Dies at the ``number``-th action of all, the first is 0."""

    number: int
    moment: Moment


@dataclass(frozen=True)
class AtEvent:
    """Dies at the ``number``-th of all calls and commits of its ships' steps, before and after each counted apart."""

    number: int


Doom = AtAction | AtEvent


class Fate:
    """Follows a worker, and kills it where its doom says; without one it only takes notes."""

    def __init__(self, doom: Doom | None) -> None:
        self._doom = doom
        self._chosen: list[tuple[TaskType, str]] = []
        self._called: set[int] = set()
        self._committed: set[int] = set()
        self._stored: set[int] = set()
        self._events = 0
        self.flying = False
        """Whether it is at a ship's step right now; elsewhere it lives."""

    def steps(self) -> list[Step]:
        """What its ships did."""
        return [
            Step(task, action, at in self._called, at in self._stored) for at, (task, action) in enumerate(self._chosen)
        ]

    def choose(self, here: Situation) -> Action:
        """``next_action``, noted."""
        action = next_action(here)
        name = action.kind.title() if isinstance(action, Trade) else type(action).__name__
        self._chosen.append((here.task.type, name))
        return action

    def before_call(self) -> None:
        """A request is about to be sent."""
        self._dies_if(self._is_first_call and self._is_doomed(Moment.BEFORE_CALL))

    def after_call(self) -> None:
        """The game has done what was asked; the answer is on its way."""
        self._dies_if(self._is_first_call and self._is_doomed(Moment.BEFORE_ANSWER))
        self._called.add(self._at)

    def before_commit(self) -> None:
        """Something is about to be stored."""
        first = self._at not in self._committed and self._at not in self._called
        self._dies_if(first and self._is_doomed(Moment.BEFORE_INTENT, Moment.BEFORE_COMMIT))

    def after_commit(self) -> None:
        """Something was stored."""
        called, before = self._at in self._called, self._at in self._committed
        self._committed.add(self._at)
        if called:
            self._stored.add(self._at)
        self._dies_if(
            (called and self._is_doomed(Moment.AFTER_ANSWER)) or (not before and self._is_doomed(Moment.AFTER_COMMIT))
        )

    @property
    def _at(self) -> int:
        return len(self._chosen) - 1

    @property
    def _is_first_call(self) -> bool:
        return self._at not in self._called

    def _is_doomed(self, *moments: Moment) -> bool:
        return isinstance(self._doom, AtAction) and self._doom.number == self._at and self._doom.moment in moments

    def _dies_if(self, at_its_moment: bool) -> None:
        if not self.flying:
            return
        if at_its_moment or (isinstance(self._doom, AtEvent) and self._doom.number == self._events):
            _die()
        self._events += 1


def _die() -> NoReturn:
    os.kill(os.getpid(), signal.SIGKILL)
    raise AssertionError("nobody survives SIGKILL")
