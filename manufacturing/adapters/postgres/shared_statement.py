"""Statements that are put together once, and shared by all threads of a process."""

import threading
from collections.abc import Callable
from functools import wraps
from typing import Final, ParamSpec, TypeVar

from sqlalchemy import Executable
from sqlalchemy.dialects import postgresql
from sqlalchemy.sql import ClauseElement

Which = ParamSpec("Which")
Statement = TypeVar("Statement", bound=Executable)

_MAKING: Final = threading.RLock()
_DIALECT: Final = postgresql.dialect()  # type: ignore[no-untyped-call]


def shared_statement(make: Callable[Which, Statement]) -> Callable[Which, Statement]:
    """Keeps what ``make`` returns for each set of arguments, complete before the first thread gets it.

    SQLAlchemy fills in parts of a statement when it is first compiled (which columns of a CTE stand for which of a
    table, for one). Another thread that compiles the same statement at that moment would see half of them, and keep a
    statement for good that selects from a table it should not.
    """
    made: dict[object, Statement] = {}

    @wraps(make)
    def shared(*args: Which.args, **kwargs: Which.kwargs) -> Statement:
        key = (args, tuple(sorted(kwargs.items())))
        found = made.get(key)
        if found is None:
            with _MAKING:
                found = made.get(key)
                if found is None:
                    found = make(*args, **kwargs)
                    assert isinstance(found, ClauseElement)
                    found.compile(dialect=_DIALECT)
                    made[key] = found
        return found

    return shared
