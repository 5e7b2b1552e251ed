"""LinearAssignment: all errands and all ships at once, as a linear assignment problem (docs/domain.md, "Assignment").

What may not happen, and what must happen first, is written into the costs as sums that no travel can outweigh, one
order of magnitude above the other: an errand given is worth more than a group that gets its share, and that more than
any way.
"""

from collections import Counter
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linear_sum_assignment

from manufacturing.domain.assignment import SECONDS_PER_POINT, AssignmentProblem, Pair
from manufacturing.domain.manufacturing_task import TaskGroup

#: More than any real cost, in game seconds; what is farther counts as this far.
_FARTHEST: Final = 1e5
#: A group that lacks a ship it is owed.
_OWED: Final = 1e8
#: An errand nobody takes though somebody could.
_UNTAKEN: Final = 1e10
#: What may not be.
_FORBIDDEN: Final = 1e12
#: Of two ships as near, the one with the larger hold: game seconds for each unit.
_HOLD: Final = 1e-4

_Costs = NDArray[np.float64]


class LinearAssignment:
    """The assignment of the least cost in total, among those that give as many errands as can be given and each group
    the ships it is owed."""

    def solve(self, problem: AssignmentProblem) -> list[Pair]:
        """See AssignmentSolver."""
        if not problem.takers or not problem.errands or problem.room <= 0:
            return []
        costs = _costs(problem)
        pairs = _solved(costs, problem.room)
        lacking = _lacking(problem, pairs)
        if lacking:
            pairs = _solved_with_shares(problem, costs, pairs, lacking)
        return sorted(pairs, key=lambda pair: pair[1])


def _costs(problem: AssignmentProblem) -> _Costs:
    """What each pair costs; forbidden ones among them."""
    takers, errands, ways = problem.takers, problem.errands, problem.ways
    places = np.array([errand.place for errand in errands])
    reach = np.array(ways.seconds) + np.array(ways.fuel) / problem.ship_second_worth
    reach += np.array([[taker.wait - _HOLD * taker.hold] for taker in takers])
    costs: _Costs = reach[:, places] - SECONDS_PER_POINT * np.array([errand.priority for errand in errands])
    costs = np.clip(costs, -_FARTHEST, _FARTHEST)
    looks = np.array([errand.looks for errand in errands])
    allowed = np.where(
        looks, np.array([[taker.looks] for taker in takers]), np.array([[taker.hauls] for taker in takers])
    )
    number = {taker.ship: row for row, taker in enumerate(takers)}
    for column, errand in enumerate(errands):
        if errand.bound_to is not None:
            allowed[:, column] = False
            if errand.bound_to in number:
                allowed[number[errand.bound_to], column] = True
    costs[~allowed] = _FORBIDDEN
    return costs


def _solved(costs: _Costs, room: int, *, extra_rows: int = 0) -> list[Pair]:
    """The pairs of the least cost, ``room`` of them at most. The last ``extra_rows`` stand for no ship."""
    rows, columns = costs.shape
    ships = rows - extra_rows
    if room < ships:
        # As many ships as there is no room for are taken out of it by columns that every ship would rather have.
        aside = np.full((rows, ships - room), _FORBIDDEN)
        aside[:ships] = -_FORBIDDEN / 10
        costs = np.hstack([costs, aside])
    chosen = zip(*linear_sum_assignment(costs), strict=True)
    return [
        (int(row), int(column))
        for row, column in chosen
        if row < ships and column < columns and costs[row, column] < _FORBIDDEN / 10
    ]


def _lacking(problem: AssignmentProblem, pairs: list[Pair]) -> set[TaskGroup]:
    """The groups that get fewer ships than they are owed."""
    given = Counter(problem.errands[errand].group for _, errand in pairs)
    return {group for group, owed in problem.owed.items() if given[group] < owed}


def _solved_with_shares(
    problem: AssignmentProblem, costs: _Costs, without: list[Pair], lacking: set[TaskGroup]
) -> list[Pair]:
    """The same with every group getting what it is owed. Each errand has a row more, for nobody taking it: as many of a
    group as leave it its ships are free of charge, and each one beyond costs.

    A group that lacks ships ends with exactly what it is owed, the nearest for each ship; of what others were given
    ``without`` shares some is taken away, and nothing new is given them. So the rest need not be looked at again.
    """
    columns = {errand for _, errand in without}
    for lacks in sorted(lacking):
        members = np.array([number for number, errand in enumerate(problem.errands) if errand.group is lacks])
        nearest = np.argsort(costs[:, members], axis=1, kind="stable")[:, : problem.owed[lacks]]
        columns.update(members[np.unique(nearest)].tolist())
    kept = sorted(columns)
    groups = [problem.errands[column].group for column in kept]
    untaken = np.full((len(kept), len(kept)), _FORBIDDEN)
    for group, size in Counter(groups).items():
        members = np.array([place for place, of in enumerate(groups) if of is group])
        charges = np.zeros(size)
        owed = min(size, problem.owed.get(group, 0)) if group is not None else 0
        charges[size - owed :] = _OWED
        untaken[np.ix_(members, members)] = charges[:, None]
    real = costs[:, kept]
    taken = np.where(real < _FORBIDDEN, real - _UNTAKEN, _FORBIDDEN)
    pairs = _solved(np.vstack([taken, untaken]), problem.room, extra_rows=len(kept))
    return [(taker, kept[place]) for taker, place in pairs]
