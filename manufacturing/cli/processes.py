"""The processes of a fleet: which there are, their commands, and running one of them on its own (for a Procfile)."""

import os
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from enum import StrEnum
from pathlib import Path
from typing import Final

from manufacturing.adapters.embedded import ManagedProcess
from manufacturing.adapters.postgres import database, schema
from manufacturing.adapters.postgres.read_model import PlayerView, ReadModel
from manufacturing.adapters.spacetraders.gateway import TIME_SCALE_HEADER
from manufacturing.adapters.spacetraders.transport import HttpTransport, Request
from manufacturing.bootstrap import server_address
from manufacturing.cli.console import CannotDo, say
from manufacturing.cli.servers import environment, project_directory, python_module
from manufacturing.cli.troubles import explained
from manufacturing.domain.gateway import ServerUnavailable
from manufacturing.domain.player import PlayerStatus
from manufacturing.settings import READY_VARIABLE, BadSetting, Settings

_APP: Final = "manufacturing.worker.app:app"
#: Wall seconds.
_PATIENCE: Final = 120.0
_GLANCE: Final = 1.0
_REMINDER: Final = 10.0
_WORKER_GRACE: Final = 5.0
_OTHER_GRACE: Final = 2.0
_PROBE: Final = 1.0


class Process(StrEnum):
    """What a fleet consists of, servers apart."""

    CONTROL = "control"
    """Sweeps, coordination, planning, recovery."""
    SHIPS = "ships"
    """Flies ships."""
    POLLS = "polls"
    """Reads markets."""
    WORKER = "worker"
    """All three queues in one process."""
    BEAT = "beat"
    """The clock of the others."""
    FLOWER = "flower"
    """Shows workers and tasks in a browser."""


#: The queues of each worker, and its threads: steps wait for answers most of the time, so there may be many.
_WORKERS: Final = {
    Process.CONTROL: ("control", 4),
    Process.SHIPS: ("ships", 16),
    Process.POLLS: ("polls", 8),
    Process.WORKER: ("control,ships,polls", 20),
}


def command(process: Process, home: Path, flower_port: int = 5555) -> tuple[str, ...]:
    """The command line of a process."""
    celery = python_module("celery", "-A", _APP)
    if process is Process.BEAT:
        return (*celery, "beat", "--schedule", str(home / "beat-schedule"), "--pidfile", "", "--loglevel", "WARNING")
    if process is Process.FLOWER:
        here = ("--address=127.0.0.1", f"--port={flower_port}")
        return (*celery, "flower", *here, "--purge_offline_workers=30", "--persistent=False", "--logging=warning")
    queues, threads = _WORKERS[process]
    name = ("--queues", queues, "--hostname", f"{process}@%h")
    return (*celery, "worker", *name, "--pool", "threads", "--concurrency", str(threads), *_QUIET)


#: Workers of one machine need not hear of each other, and a start waits for nobody.
_QUIET: Final = ("--without-gossip", "--without-mingle", "--loglevel", "INFO")


def ready_mark(process: Process, home: Path) -> Path:
    """The file a worker makes once it takes messages."""
    return home / f"{process}.ready"


def supervised(process: Process, settings: Settings, flower_port: int) -> ManagedProcess:
    """The process for a supervisor to keep running."""
    mark = ready_mark(process, settings.home)
    is_worker = process in _WORKERS
    ready: Callable[[], bool] | None = None
    if is_worker:
        ready = mark.exists
    elif process is Process.FLOWER:
        ready = _answers(f"http://127.0.0.1:{flower_port}/healthcheck")
    return ManagedProcess(
        name=str(process),
        command=command(process, settings.home, flower_port),
        env={**environment(settings), READY_VARIABLE: str(mark)} if is_worker else environment(settings),
        cwd=project_directory(),
        ready=ready,
        prepare=lambda: mark.unlink(missing_ok=True),
        grace_seconds=_WORKER_GRACE if is_worker else _OTHER_GRACE,
    )


def _answers(url: str) -> Callable[[], bool]:
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))

    def probe() -> bool:
        try:
            with opener.open(url, timeout=_PROBE) as answer:
                return bool(answer.status == 200)
        except (urllib.error.URLError, OSError):
            return False

    return probe


def run(process: Process, flower_port: int) -> None:
    """Waits until there is something to do, then becomes the process. CannotDo when that takes too long."""
    settings = Settings.from_environment()
    if settings.database_url is None or settings.redis_url is None:
        raise BadSetting("DATABASE_URL and REDIS_URL must be set to run one process; `manufacturing up` runs them all")
    if process is not Process.FLOWER:
        _wait_for_universe(process, settings)
    settings.home.mkdir(parents=True, exist_ok=True)
    say(f"{process} starts")
    os.chdir(project_directory())
    line = command(process, settings.home, flower_port)
    os.execvpe(line[0], line, dict(environment(settings)))


def _wait_for_universe(process: Process, settings: Settings) -> None:
    deadline = time.monotonic() + _PATIENCE
    told_at = float("-inf")
    for missing in _missing(settings):
        if time.monotonic() > deadline:
            raise CannotDo(f"{process} waited {_PATIENCE:.0f} s in vain: {missing}")
        if time.monotonic() - told_at > _REMINDER:
            say(f"{process} waits: {missing}")
            told_at = time.monotonic()
        time.sleep(_GLANCE)


def _missing(settings: Settings) -> Iterator[str]:
    """What is missing before work can begin, again and again, until nothing is."""
    engine = database.connect(settings.database_url or "", pool_size=1)
    try:
        while (missing := _what_is_missing(settings, ReadModel(engine))) is not None:
            yield missing
    finally:
        engine.dispose()


def _what_is_missing(settings: Settings, model: ReadModel) -> str | None:
    try:
        if not schema.is_current(model.engine):
            return "the database has not the newest schema; `manufacturing universe` brings it there"
        active = [player for player in model.players() if player.status is PlayerStatus.ACTIVE]
        if not active:
            return "no player is enrolled; `manufacturing universe` does that"
        return _wrong_time(settings, active)
    except Exception as error:
        reason = explained(error)
        if reason is None:
            raise
        return reason


def _wrong_time(settings: Settings, active: list[PlayerView]) -> str | None:
    """A worker takes the time from its player's row, so it must not start before that says what the server says."""
    url = server_address(settings)
    try:
        answer = HttpTransport(url, connect_timeout=_PROBE).send(Request(method="GET", path="/"))
    except ServerUnavailable as error:
        return str(error)
    scale = answer.headers.get(TIME_SCALE_HEADER)
    if any(player.time_scale != scale for player in active):
        return f"the time of {url} is not that of the enrolled player; `manufacturing universe` mends that"
    return None
