"""Sixteen processes, a database of their own for every race, and the line they start from."""

from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from typing import Any

import pytest
from sqlalchemy import Engine

from manufacturing.domain.player import Player
from tests import forks
from tests.postgres.builders import a_player
from tests.races import contenders
from tests.races.contenders import Open, Tally

PROCESSES = 16

Race = Callable[..., list[Tally]]


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Every race is run over a few rounds, and over a thousand when long tests are asked for."""
    if "rounds" in metafunc.fixturenames:
        long = pytest.param(1_000, marks=[pytest.mark.long, pytest.mark.timeout(1_800)], id="1000 rounds")
        metafunc.parametrize("rounds", [pytest.param(10, id="10 rounds"), long])


@pytest.fixture(scope="package")
def board() -> contenders.Board:
    """Where the processes write down what they hold."""
    return contenders.Board.in_shared_memory(forks.context())


@pytest.fixture(scope="package")
def processes(board: contenders.Board) -> Iterator[ProcessPoolExecutor]:
    """Processes that wait for a race to start."""
    context = forks.context()
    line = context.Barrier(PROCESSES)
    with ProcessPoolExecutor(PROCESSES, context, contenders.line_up, (line, board)) as pool:
        yield pool


@pytest.fixture
def player(uow: Open) -> Player:
    """A stored player with 100,000 credits."""
    new = a_player(system_symbol=contenders.SYSTEM)
    with uow() as work:
        work.players.add(new)
        work.commit()
    return new


@pytest.fixture
def race(processes: ProcessPoolExecutor, board: contenders.Board, engine: Engine) -> Race:
    """Runs a function of ``contenders`` in all processes at once; what happened to each of them. ``each`` gives every
    process arguments of its own, by its number."""
    board.wipe()
    url = engine.url.render_as_string(hide_password=False)

    def run(
        function: Callable[..., None],
        *arguments: Any,
        each: Callable[[int], tuple[Any, ...]] = lambda number: (),
        redis_url: str | None = None,
    ) -> list[Tally]:
        running = [
            processes.submit(contenders.race, url, redis_url, number, function, *each(number), *arguments)
            for number in range(PROCESSES)
        ]
        return [outcome.result() for outcome in running]

    return run
