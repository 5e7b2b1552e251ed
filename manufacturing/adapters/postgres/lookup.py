"""Looking rows up by their key, with statements that are put together once."""

from typing import Any, TypeVar

from sqlalchemy import Select
from sqlalchemy.orm import Session

Row = TypeVar("Row")


def by_key(session: Session, entity: type[Row], key: Any, statement: Select[Any], **values: Any) -> Row | None:
    """The entity with this primary key: what the session has already, else what ``statement``, which asks for it by
    ``values``, finds. Several times as fast as ``Session.get``, which puts its statement together anew each time."""
    known: Row | None = session.identity_map.get(session.identity_key(entity, key))
    return known if known is not None else session.scalar(statement, values)
