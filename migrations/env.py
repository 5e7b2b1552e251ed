"""Runs the migrations: on the connection it is given, or on the database of ``-x url=…`` or ``DATABASE_URL``.

All steps of a run are one transaction. Processes that upgrade at the same time do it one after the other; whoever comes
later finds nothing left to do.
"""

import os

from alembic import context
from alembic.util import CommandError
from sqlalchemy import Connection, text

from manufacturing.adapters.postgres.database import connect
from manufacturing.adapters.postgres.tables import metadata

#: The advisory lock of everyone who migrates a database of ours (the number is arbitrary).
MIGRATION_LOCK = 7_236_114_900
#: Altering a large table takes longer than a query may, and so does waiting for someone else who does.
PATIENCE = "SET LOCAL statement_timeout = '15min'; SET LOCAL lock_timeout = '5min'"


def migrate(connection: Connection) -> None:
    """Runs the steps that were asked for."""
    context.configure(connection=connection, target_metadata=metadata, compare_type=True, compare_server_default=True)
    with context.begin_transaction():
        connection.execute(text(PATIENCE))
        connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": MIGRATION_LOCK})
        context.run_migrations()


def migrate_as_sql() -> None:
    """Writes the steps as a script, for an administrator to run."""
    context.configure(dialect_name="postgresql", target_metadata=metadata, literal_binds=True)
    with context.begin_transaction():
        context.run_migrations()


def database_url() -> str:
    """The database named on the command line, else by the environment."""
    url = context.get_x_argument(as_dictionary=True).get("url") or os.environ.get("DATABASE_URL")
    if not url:
        raise CommandError("Which database? Set DATABASE_URL, or pass -x url=postgresql://user@host/name")
    return str(url)


if context.is_offline_mode():
    migrate_as_sql()
elif (given := context.config.attributes.get("connection")) is not None:
    migrate(given)
else:
    engine = connect(database_url(), pool_size=1)
    with engine.connect() as own:
        migrate(own)
    engine.dispose()
