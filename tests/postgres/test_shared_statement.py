"""Statements that threads share."""

import sys
import threading
from collections.abc import Callable, Iterator

import pytest
from sqlalchemy import Select, bindparam, select, update
from sqlalchemy.dialects import postgresql
from sqlalchemy.orm import aliased

from manufacturing.adapters.postgres.mapping import map_entities
from manufacturing.adapters.postgres.shared_statement import shared_statement
from manufacturing.adapters.postgres.tables import manufacturing_tasks
from manufacturing.domain.manufacturing_task import ManufacturingTask

THREADS = 4
ROUNDS = 25


def claimed_task() -> Select[ManufacturingTask]:
    """A task as an update returned it: an entity whose columns are those of a CTE."""
    its = manufacturing_tasks.c
    claim = update(manufacturing_tasks).where(its.id == bindparam("wanted")).values(version=its.version + 1)
    return select(aliased(ManufacturingTask, claim.returning(*its).cte("claimed")))


@pytest.fixture
def _threads_that_take_turns_often() -> Iterator[None]:
    usual = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(usual)


def compiled_by_all(make: Callable[[], Select[ManufacturingTask]]) -> list[str]:
    """What the threads get when all of them use the statement for the first time."""
    barrier, texts = threading.Barrier(THREADS), list[str]()

    def compile() -> None:
        barrier.wait()
        texts.append(str(make().compile(dialect=postgresql.dialect())))  # type: ignore[no-untyped-call]

    threads = [threading.Thread(target=compile) for _ in range(THREADS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return texts


@pytest.mark.usefixtures("_threads_that_take_turns_often")
def test_threads_that_use_a_statement_for_the_first_time_at_once_all_get_it_whole() -> None:
    map_entities()
    right = str(claimed_task().compile(dialect=postgresql.dialect()))  # type: ignore[no-untyped-call]
    assert right.rstrip().endswith("FROM claimed")
    for _ in range(ROUNDS):
        assert set(compiled_by_all(shared_statement(claimed_task))) == {right}


def test_a_statement_is_put_together_once_for_each_set_of_arguments() -> None:
    calls: list[str] = []

    @shared_statement
    def of(column: str) -> Select[str]:
        calls.append(column)
        return select(manufacturing_tasks.c[column])

    assert of("id") is of("id")
    assert of("good") is not of("id")
    assert calls == ["id", "good"]
