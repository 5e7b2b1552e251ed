"""The type of the ``uow`` fixture."""

from collections.abc import Callable

from manufacturing.adapters.postgres.unit_of_work import PostgresUnitOfWork

Open = Callable[[], PostgresUnitOfWork]
