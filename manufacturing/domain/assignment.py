"""Which ship takes which errand: the problem, what an answer costs, and the greedy answer
(docs/domain.md, "Assignment")."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, Protocol

from manufacturing.domain.ids import TaskId
from manufacturing.domain.manufacturing_task import AGEING_PER_MINUTE, TaskGroup
from manufacturing.domain.routing import Ways

#: How much travel, in game seconds, a point of priority is worth: as long as an errand waits to gain one.
SECONDS_PER_POINT: Final = 60 / AGEING_PER_MINUTE


@dataclass(frozen=True, slots=True, kw_only=True)
class Taker:
    """A ship that may be given an errand."""

    ship: str
    wait: float
    """Game seconds until it arrives where it is flying to; 0 for one at rest."""
    hold: int
    """Units."""
    hauls: bool
    """Whether it may take errands that move goods; those bound to it, it may take anyway."""
    looks: bool
    """Whether it may be sent to look at a market."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Errand:
    """A task that is to be given to a ship."""

    task_id: TaskId
    place: int
    """The column of its waypoint in the problem's ways."""
    priority: float
    """Points, ageing included."""
    group: TaskGroup | None = None
    """Whose minimum share it counts for."""
    bound_to: str | None = None
    """The only ship that may take it."""
    looks: bool = False
    """Whether it is only to look at a market."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AssignmentProblem:
    """Takers and errands, each in an order that is always the same for the same rows, the most urgent errand first."""

    takers: Sequence[Taker]
    errands: Sequence[Errand]
    ways: Ways
    """A row for each taker, a column for each place."""
    ship_second_worth: float
    """Credits."""
    owed: Mapping[TaskGroup, int] = field(default_factory=dict)
    """How many ships each group is to get before others get any."""
    room: int
    """The most errands that may be given."""

    def may_take(self, taker: int, errand: int) -> bool:
        """Whether this taker can carry this errand out."""
        who, what = self.takers[taker], self.errands[errand]
        if what.bound_to is not None:
            return what.bound_to == who.ship
        return who.looks if what.looks else who.hauls

    def arrival(self, taker: int, errand: int) -> float:
        """Game seconds until the taker would be there."""
        return self.takers[taker].wait + self.ways.seconds[taker][self.errands[errand].place]

    def cost(self, taker: int, errand: int) -> float:
        """What giving the errand to the taker costs, in game seconds: the time until it is there, the fuel counted as
        time, less what the errand's priority is worth."""
        what = self.errands[errand]
        fuel = self.ways.fuel[taker][what.place] / self.ship_second_worth
        return self.arrival(taker, errand) + fuel - SECONDS_PER_POINT * what.priority


#: Taker and errand, by their numbers in the problem.
Pair = tuple[int, int]


class AssignmentSolver(Protocol):
    """Answers who takes what: each taker at most one errand, each errand at most one taker."""

    def solve(self, problem: AssignmentProblem) -> list[Pair]:
        """The pairs, in the order of their errands. The same problem always has the same answer."""
        ...


class GreedyAssignment:
    """The most urgent errand first, to the ship that gets there first."""

    def solve(self, problem: AssignmentProblem) -> list[Pair]:
        """See AssignmentSolver."""
        free = set(range(len(problem.takers)))
        pairs: list[Pair] = []
        for errand in self._in_turn(problem):
            if len(pairs) >= problem.room or not free:
                break
            able = [taker for taker in free if problem.may_take(taker, errand)]
            if able:
                first = min(
                    able, key=lambda taker: (problem.arrival(taker, errand), -problem.takers[taker].hold, taker)
                )
                free.discard(first)
                pairs.append((first, errand))
        return sorted(pairs, key=lambda pair: pair[1])

    @staticmethod
    def _in_turn(problem: AssignmentProblem) -> list[int]:
        """As they are, but a group goes first for as many ships as it is owed."""
        owed = Counter(problem.owed)
        first: list[int] = []
        rest: list[int] = []
        for number, errand in enumerate(problem.errands):
            if errand.group is not None and owed[errand.group] > 0:
                owed[errand.group] -= 1
                first.append(number)
            else:
                rest.append(number)
        return first + rest


def owed_ships(
    minimum: Mapping[TaskGroup, int], busy: Mapping[TaskGroup, int], ready: Mapping[TaskGroup, int], free: int
) -> dict[TaskGroup, int]:
    """How many of the ``free`` ships each group is to get first: what it lacks of its minimum, as far as it has ready
    work. Nothing in a fleet too small for both shares: that one goes by priority alone."""
    if sum(minimum.values()) > free + sum(busy.values()):
        return dict.fromkeys(minimum, 0)
    return {group: min(max(0, minimum[group] - busy.get(group, 0)), ready.get(group, 0)) for group in minimum}
