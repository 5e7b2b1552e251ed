"""The database, the broker and the universe of a run: the player's own where they are configured, else of ours."""

import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

import manufacturing
from manufacturing.adapters.embedded import EmbeddedPostgres, EmbeddedValkey, ManagedProcess
from manufacturing.adapters.postgres import database, schema
from manufacturing.cli import simulation
from manufacturing.cli.console import say
from manufacturing.cli.simulation import SimulatedUniverse
from manufacturing.cli.supervisor import Supervisor
from manufacturing.domain.masking import masked
from manufacturing.settings import READY_FILE, Settings

#: The database of the embedded server.
DATABASE: Final = "manufacturing"
_SIMULATOR_GRACE_SECONDS: Final = 3.0


def project_directory() -> Path:
    """Where the package lies, and beside it what belongs to the project: the processes run there."""
    return Path(manufacturing.__file__).resolve().parent.parent


def embedded_postgres(home: Path) -> EmbeddedPostgres:
    """The embedded database server of the home."""
    return EmbeddedPostgres(home / "postgres")


def embedded_valkey(home: Path) -> EmbeddedValkey:
    """The embedded broker of the home."""
    return EmbeddedValkey(home / "valkey")


def start_servers(supervisor: Supervisor, settings: Settings) -> Settings:
    """Starts the servers that are not configured and prepares all; the settings with the addresses of those in use."""
    postgres = embedded_postgres(settings.home) if settings.database_url is None else None
    valkey = embedded_valkey(settings.home) if settings.redis_url is None else None
    supervisor.start(*(server.process() for server in (postgres, valkey) if server is not None))
    if postgres is not None:
        postgres.create_database(DATABASE)
        settings = replace(settings, database_url=postgres.url(DATABASE))
    if valkey is not None:
        settings = replace(settings, redis_url=valkey.url())
    prepare_servers(settings)
    return settings


def prepare_servers(settings: Settings) -> None:
    """Makes sure that both servers answer, and brings the database to the newest schema. Raises whatever the servers'
    libraries raise."""
    # The commands that only look need no client for the broker.
    from manufacturing.adapters.redis.client import connect

    engine = database.connect(settings.database_url or "", pool_size=1)
    try:
        schema.upgrade(engine)
    finally:
        engine.dispose()
    say(f"database: {masked(settings.database_url or '')}")
    connect(settings.redis_url or "").ping()
    say(f"broker: {masked(settings.redis_url or '')}")


@dataclass(frozen=True, kw_only=True)
class SimulatorProcess:
    """The simulator of a home, serving one universe."""

    home: Path
    universe: SimulatedUniverse
    factor: float
    """Game seconds per wall second."""
    port: int = 0
    """0 for a free one."""

    @property
    def ready_file(self) -> Path:
        """Where it writes its address."""
        return self.home / READY_FILE

    def start(self, supervisor: Supervisor) -> str:
        """Starts it; the base URL it listens at. ProcessFailed when it does not come up."""
        supervisor.start(
            ManagedProcess(
                name="simulator",
                command=simulation.simulator_command(self.universe, self.ready_file, self.factor, self.port),
                env=environment(),
                cwd=project_directory(),
                ready=lambda: simulation.answers(self.ready_file),
                grace_seconds=_SIMULATOR_GRACE_SECONDS,
            )
        )
        self.universe.begin()
        listening = simulation.served(self.ready_file)
        return listening.url if listening is not None else ""


def environment(settings: Settings | None = None) -> Mapping[str, str]:
    """What a child process is told: our own environment, with the servers in use."""
    told = {**os.environ, "PYTHONUNBUFFERED": "1"}
    if settings is not None:
        told["MANUFACTURING_HOME"] = str(settings.home)
        if settings.database_url is not None:
            told["DATABASE_URL"] = settings.database_url
        if settings.redis_url is not None:
            told["REDIS_URL"] = settings.redis_url
    return told


def python_module(module: str, *arguments: str) -> tuple[str, ...]:
    """The command that runs a module with this Python."""
    return (sys.executable, "-m", module, *arguments)
