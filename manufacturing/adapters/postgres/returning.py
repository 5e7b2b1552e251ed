"""Updates that return the rows they changed, with the entities already loaded brought up to them."""

from collections.abc import Mapping
from typing import Any, TypeVar

from sqlalchemy.orm import Session
from sqlalchemy.sql.dml import ReturningUpdate

Row = TypeVar("Row")

_BRING_LOADED_UP_TO_DATE = {"populate_existing": True, "synchronize_session": False}


def updated(
    session: Session,
    statement: ReturningUpdate[tuple[Row]] | ReturningUpdate[Any],
    values: Mapping[str, Any] | None = None,
) -> list[Any]:
    """Executes ``statement`` with ``values`` for its parameters; pending changes are stored before it, so that none is
    lost."""
    return list(session.scalars(statement, values, execution_options=_BRING_LOADED_UP_TO_DATE))
