"""The kinds of column the tables are made of, so that one kind of fact has one type everywhere.

Primary and foreign keys carry the names PostgreSQL gives them; every check, unique constraint and index is named here,
because errors are recognised by these names.

A foreign key to a row whose id we make ourselves is checked at the commit (``DEFERRABLE INITIALLY DEFERRED``): such
rows are stored together, and in any order.
"""

from collections.abc import Iterable
from enum import StrEnum
from typing import Any, Literal

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    DateTime,
    Enum,
    ForeignKey,
    Integer,
    MetaData,
    String,
    TypeDecorator,
)
from sqlalchemy.engine import Dialect

#: Every table of this package.
metadata = MetaData()

#: Identifiers of our own making.
Ident = String(36)
#: Symbols of ships, waypoints and goods.
Symbol = String(50)
#: Symbols of systems.
SystemSymbol = String(20)
#: A moment, in game time unless the column says otherwise.
Moment = DateTime(timezone=True)


class SmallNumbers(TypeDecorator[frozenset[int]]):
    """A set of whole numbers from 0 to 30, as the bits of one integer."""

    impl = Integer
    cache_ok = True

    def process_bind_param(self, value: frozenset[int] | None, dialect: Dialect | None) -> int:
        """The bits of the numbers."""
        return sum(1 << number for number in value or ())

    def process_result_value(self, value: int | None, dialect: Dialect | None) -> frozenset[int]:
        """The numbers of the bits."""
        return frozenset(number for number in range((value or 0).bit_length()) if (value or 0) >> number & 1)


def values_of(kind: type[StrEnum]) -> list[str]:
    """The values of an enumeration, in its order."""
    return [member.value for member in kind]


def choice(kind: type[StrEnum]) -> Enum:
    """A text column that holds one value of ``kind``. Its check is declared apart, see ``one_of``."""
    return Enum(kind, native_enum=False, create_constraint=False, length=20, values_callable=values_of)


def in_list(column: str, values: Iterable[StrEnum]) -> str:
    """The SQL condition that ``column`` is one of ``values``."""
    return f"{column} IN ({', '.join(repr(value.value) for value in values)})"


def one_of(table: str, column: str, kind: type[StrEnum]) -> CheckConstraint:
    """The check that ``column`` holds a value of ``kind``."""
    return CheckConstraint(in_list(column, kind), name=f"ck_{table}_{column}")


def not_negative(table: str, *columns: str) -> CheckConstraint:
    """The check that none of ``columns`` is below 0."""
    return CheckConstraint(" AND ".join(f"{column} >= 0" for column in columns), name=f"ck_{table}_not_negative")


def player_id(*, primary_key: bool = False) -> Column[Any]:
    """The player a row belongs to. A player with rows cannot be deleted."""
    return Column("player_id", Integer, ForeignKey("players.id"), primary_key=primary_key, nullable=False)


def reference(
    name: str,
    target: str,
    *,
    on_delete: Literal["CASCADE", "SET NULL"] | None = None,
    required: bool = True,
    primary_key: bool = False,
) -> Column[Any]:
    """A reference to a row whose id we make ourselves."""
    key = ForeignKey(target, ondelete=on_delete, deferrable=True, initially="DEFERRED")
    return Column(name, Ident, key, primary_key=primary_key, nullable=not required)


def row_number() -> Column[Any]:
    """A primary key the database counts up."""
    return Column("id", BigInteger, primary_key=True, autoincrement=True)


def version() -> Column[Any]:
    """Grows with every change: whoever saves an older one is refused."""
    return Column("version", Integer, nullable=False)
