"""Updates that return the rows they changed, with the entities already loaded brought up to them."""

from typing import Any, TypeVar

from sqlalchemy.orm import Session
from sqlalchemy.sql.dml import ReturningUpdate

Row = TypeVar("Row")

_BRING_LOADED_UP_TO_DATE = {"populate_existing": True, "synchronize_session": False}


def updated(session: Session, statement: ReturningUpdate[tuple[Row]] | ReturningUpdate[Any]) -> list[Any]:
    """Executes ``statement``; pending changes are stored before it, so that none is lost."""
    return list(session.scalars(statement, execution_options=_BRING_LOADED_UP_TO_DATE))
