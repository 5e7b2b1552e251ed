"""The schema: which revision a database has, and bringing it to the newest one."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine

import manufacturing
from manufacturing.domain.errors import ManufacturingError


class MigrationsMissing(ManufacturingError):
    """The migrations are neither beside the package nor in the current directory: run this from the project."""


def migrations_folder() -> Path:
    """Where the migrations are: beside the package, else in the current directory (for a package installed apart)."""
    beside = [Path(place).resolve().parent for place in manufacturing.__path__]
    for root in [*beside, Path.cwd()]:
        if (root / "migrations" / "env.py").is_file():
            return root / "migrations"
    raise MigrationsMissing(f"no migrations in {beside[0]} nor in {Path.cwd()}: run this from the project directory")


def config(connection: Connection | None = None) -> Config:
    """Alembic's configuration; with a connection, everything is done on it."""
    made = Config()
    made.set_main_option("script_location", str(migrations_folder()).replace("%", "%%"))
    made.attributes["connection"] = connection
    return made


def upgrade(engine: Engine) -> None:
    """Brings the database to the newest revision, whatever it has now. Safe to call from several processes at once."""
    with engine.begin() as connection:
        command.upgrade(config(connection), "head")


def current_revision(engine: Engine) -> str | None:
    """The revision the database has; None for one that was never migrated."""
    with engine.connect() as connection:
        return MigrationContext.configure(connection).get_current_revision()


def newest_revision() -> str | None:
    """The revision this version of the package works with."""
    return ScriptDirectory.from_config(config()).get_current_head()


def is_current(engine: Engine) -> bool:
    """Whether the database has the newest revision."""
    return current_revision(engine) == newest_revision()
