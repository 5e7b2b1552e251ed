"""Who takes what: one ship for an errand, one errand for a ship, and nothing cheaper to be had."""

import itertools
from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from manufacturing.adapters.assignment.linear import LinearAssignment
from manufacturing.domain.assignment import (
    SECONDS_PER_POINT,
    AssignmentProblem,
    AssignmentSolver,
    Errand,
    GreedyAssignment,
    Pair,
    Taker,
    owed_ships,
)
from manufacturing.domain.ids import TaskId
from manufacturing.domain.manufacturing_task import TaskGroup
from manufacturing.domain.routing import Ways

FEED, YIELD = TaskGroup.FEED, TaskGroup.YIELD
BOTH = [GreedyAssignment(), LinearAssignment()]


def a_hauler(ship: str = "HAULER-1", **fields: object) -> Taker:
    """An empty hauler at rest."""
    defaults: dict[str, object] = {"wait": 0.0, "hold": 80, "hauls": True, "looks": False}
    return Taker(ship=ship, **(defaults | fields))  # type: ignore[arg-type]


def an_errand(name: str, place: int = 0, **fields: object) -> Errand:
    """A purchase for a factory, at a place."""
    defaults: dict[str, object] = {"priority": 10.0, "group": FEED}
    return Errand(task_id=TaskId(name), place=place, **(defaults | fields))  # type: ignore[arg-type]


def a_problem(
    takers: list[Taker], errands: list[Errand], seconds: list[list[float]], **fields: object
) -> AssignmentProblem:
    """Who is how far from which place; fuel costs nothing."""
    defaults: dict[str, object] = {
        "ways": Ways(seconds=seconds, fuel=[[0.0] * len(row) for row in seconds]),
        "ship_second_worth": 2.0,
        "room": len(errands),
    }
    return AssignmentProblem(takers=takers, errands=errands, **(defaults | fields))  # type: ignore[arg-type]


def answer(solver: AssignmentSolver, problem: AssignmentProblem) -> dict[str, str]:
    """The ship of each errand that is given."""
    return {problem.errands[errand].task_id: problem.takers[taker].ship for taker, errand in solver.solve(problem)}


@st.composite
def problems(draw: st.DrawFn) -> AssignmentProblem:
    """Up to four ships and five errands of all kinds."""
    ships = [f"SHIP-{number}" for number in range(draw(st.integers(1, 4)))]
    takers = [
        a_hauler(
            ship,
            wait=float(draw(st.integers(0, 300))),
            hold=draw(st.sampled_from([40, 80])),
            hauls=draw(st.booleans()) or number == 0,
            looks=draw(st.booleans()),
        )
        for number, ship in enumerate(ships)
    ]
    errands = [
        an_errand(
            f"task-{number}",
            place=draw(st.integers(0, 2)),
            priority=float(draw(st.integers(0, 150))),
            group=(group := draw(st.sampled_from([FEED, YIELD, None]))),
            bound_to=draw(st.sampled_from([None, None, None, *ships, "ELSEWHERE-1"])),
            looks=group is None,
        )
        for number in range(draw(st.integers(1, 5)))
    ]
    errands.sort(key=lambda errand: -errand.priority)
    distances = st.lists(st.integers(0, 2000), min_size=3, max_size=3)
    rows = [[float(seconds) for seconds in draw(distances)] for _ in ships]
    owed = {group: draw(st.integers(0, sum(errand.group is group for errand in errands))) for group in (FEED, YIELD)}
    ways = Ways(seconds=rows, fuel=[[float(draw(st.integers(0, 400))) for _ in row] for row in rows])
    return a_problem(takers, errands, rows, ways=ways, owed=owed, room=draw(st.integers(0, 6)))


def shortfall(problem: AssignmentProblem, pairs: list[Pair]) -> int:
    """How many ships the groups lack of what they are owed."""
    given_to = Counter(problem.errands[errand].group for _, errand in pairs)
    return sum(max(0, owed - given_to[group]) for group, owed in problem.owed.items())


def total(problem: AssignmentProblem, pairs: list[Pair]) -> float:
    """What the answer costs, in game seconds."""
    return sum(problem.cost(*pair) for pair in pairs)


def every_answer(problem: AssignmentProblem) -> list[list[Pair]]:
    """All that is allowed: for small problems only."""
    choices = [
        [errand for errand in range(len(problem.errands)) if problem.may_take(taker, errand)] + [None]
        for taker in range(len(problem.takers))
    ]
    answers = []
    for chosen in itertools.product(*choices):
        pairs = [(taker, errand) for taker, errand in enumerate(chosen) if errand is not None]
        if len({errand for _, errand in pairs}) == len(pairs) <= problem.room:
            answers.append(pairs)
    return answers


@pytest.mark.parametrize("solver", BOTH)
@settings(deadline=None, max_examples=150)
@given(problem=problems())
def test_each_errand_has_one_ship_at_most_and_each_ship_one_errand(
    solver: AssignmentSolver, problem: AssignmentProblem
) -> None:
    pairs = solver.solve(problem)
    takers, errands = [taker for taker, _ in pairs], [errand for _, errand in pairs]
    assert len(set(takers)) == len(takers)
    assert len(set(errands)) == len(errands)
    assert errands == sorted(errands)
    assert len(pairs) <= problem.room
    assert all(problem.may_take(*pair) for pair in pairs)


@settings(deadline=None, max_examples=300)
@given(problems())
def test_no_answer_gives_more_or_keeps_the_shares_better_or_costs_less(problem: AssignmentProblem) -> None:
    pairs = LinearAssignment().solve(problem)
    best = min(every_answer(problem), key=lambda each: (-len(each), shortfall(problem, each), total(problem, each)))
    assert len(pairs) == len(best)
    assert shortfall(problem, pairs) == shortfall(problem, best)
    # A larger hold decides between ways that are equal to the second.
    assert total(problem, pairs) == pytest.approx(total(problem, best), abs=0.1)


@settings(deadline=None, max_examples=150)
@given(problems())
def test_the_greedy_answer_is_never_cheaper(problem: AssignmentProblem) -> None:
    optimal, greedy = LinearAssignment().solve(problem), GreedyAssignment().solve(problem)
    assert len(optimal) >= len(greedy)
    if len(optimal) == len(greedy) and shortfall(problem, optimal) == shortfall(problem, greedy):
        assert total(problem, optimal) <= total(problem, greedy) + 0.1


@pytest.mark.parametrize("solver", BOTH)
@settings(deadline=None, max_examples=60)
@given(problem=problems())
def test_the_same_problem_has_the_same_answer(solver: AssignmentSolver, problem: AssignmentProblem) -> None:
    assert solver.solve(problem) == solver.solve(problem)


def test_two_ships_do_not_cross_each_others_way() -> None:
    takers = [a_hauler("NEAR-BOTH"), a_hauler("FAR-1")]
    errands = [an_errand("here", 0, priority=11.0), an_errand("there", 1)]
    problem = a_problem(takers, errands, [[100.0, 110.0], [200.0, 900.0]])
    assert answer(GreedyAssignment(), problem) == {"here": "NEAR-BOTH", "there": "FAR-1"}
    assert answer(LinearAssignment(), problem) == {"here": "FAR-1", "there": "NEAR-BOTH"}


def test_a_point_of_priority_is_worth_the_travel_in_which_an_errand_gains_it() -> None:
    assert SECONDS_PER_POINT == 30
    errands = [an_errand("urgent", 0, priority=20.0), an_errand("near", 1, priority=10.0)]
    worth_going = a_problem([a_hauler()], errands, [[299.0, 0.0]])
    too_far = a_problem([a_hauler()], errands, [[301.0, 0.0]])
    assert answer(LinearAssignment(), worth_going) == {"urgent": "HAULER-1"}
    assert answer(LinearAssignment(), too_far) == {"near": "HAULER-1"}


def test_fuel_counts_as_the_time_it_would_pay_for() -> None:
    takers = [a_hauler("THIRSTY-1"), a_hauler("SLOW-1")]
    ways = Ways(seconds=[[100.0], [150.0]], fuel=[[120.0], [0.0]])
    problem = a_problem(takers, [an_errand("task")], ways.seconds, ways=ways)  # type: ignore[arg-type]
    assert answer(LinearAssignment(), problem) == {"task": "SLOW-1"}


@pytest.mark.parametrize("solver", BOTH)
def test_the_way_of_a_flying_ship_begins_when_it_arrives(solver: AssignmentSolver) -> None:
    takers = [a_hauler("FLYING-1", wait=200.0), a_hauler("RESTING-1")]
    problem = a_problem(takers, [an_errand("task")], [[10.0], [180.0]])
    assert answer(solver, problem) == {"task": "RESTING-1"}
    nearer = a_problem(takers, [an_errand("task")], [[10.0], [240.0]])
    assert answer(solver, nearer) == {"task": "FLYING-1"}


@pytest.mark.parametrize("solver", BOTH)
def test_of_two_ships_as_near_the_larger_goes(solver: AssignmentSolver) -> None:
    takers = [a_hauler("FRIGATE-1", hold=40), a_hauler("FREIGHTER-1", hold=225)]
    assert answer(solver, a_problem(takers, [an_errand("task")], [[50.0], [50.0]])) == {"task": "FREIGHTER-1"}


@pytest.mark.parametrize("solver", BOTH)
def test_a_group_below_its_minimum_goes_first(solver: AssignmentSolver) -> None:
    errands = [an_errand(f"sale-{n}", 0, priority=150.0, group=YIELD) for n in range(3)]
    errands += [an_errand(f"purchase-{n}", 1, priority=10.0) for n in range(2)]
    takers = [a_hauler(f"HAULER-{n}") for n in range(3)]
    problem = a_problem(takers, errands, [[10.0, 500.0]] * 3, owed={FEED: 1, YIELD: 0})
    assert Counter(name.split("-")[0] for name in answer(solver, problem)) == {"sale": 2, "purchase": 1}


def test_of_the_group_that_goes_first_the_errand_goes_that_costs_least() -> None:
    errands = [an_errand("sale", 0, priority=150.0, group=YIELD)]
    errands += [an_errand("far", 1, priority=12.0), an_errand("near", 2, priority=10.0)]
    problem = a_problem([a_hauler()], errands, [[0.0, 900.0, 100.0]], owed={FEED: 1, YIELD: 0})
    assert answer(LinearAssignment(), problem) == {"near": "HAULER-1"}


def test_ships_go_first_to_the_groups_below_their_minimum() -> None:
    minimum = {FEED: 3, YIELD: 3}
    assert owed_ships(minimum, {FEED: 1}, {FEED: 9, YIELD: 9}, free=5) == {FEED: 2, YIELD: 3}


def test_nothing_is_kept_free_for_work_that_is_not_there() -> None:
    minimum = {FEED: 3, YIELD: 3}
    assert owed_ships(minimum, {FEED: 5}, {FEED: 9, YIELD: 1}, free=4) == {FEED: 0, YIELD: 1}


def test_a_fleet_too_small_for_both_shares_goes_by_priority_alone() -> None:
    assert owed_ships({FEED: 3, YIELD: 3}, {FEED: 2}, {FEED: 9, YIELD: 9}, free=3) == {FEED: 0, YIELD: 0}


@pytest.mark.parametrize("solver", BOTH)
def test_without_ships_errands_or_room_nothing_is_given(solver: AssignmentSolver) -> None:
    assert solver.solve(a_problem([], [an_errand("task")], [])) == []
    assert solver.solve(a_problem([a_hauler()], [], [[]])) == []
    assert solver.solve(a_problem([a_hauler()], [an_errand("task")], [[1.0]], room=0)) == []
