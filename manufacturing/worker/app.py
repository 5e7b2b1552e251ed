"""The Celery application, and the fleet each worker process flies."""

import os
import threading
from pathlib import Path
from typing import Any

from celery import Celery, Task
from celery.signals import setup_logging, task_failure, worker_process_init, worker_ready

from manufacturing.bootstrap import Fleet, build_fleet
from manufacturing.logs import configure_logging
from manufacturing.settings import READY_VARIABLE, Settings
from manufacturing.worker.publisher import CeleryPublisher

app = Celery("manufacturing")
app.config_from_object("celeryconfig")


_made: list[Fleet] = []
_making = threading.Lock()


def fleet() -> Fleet:
    """This process's services, made at the first task and shared by its threads."""
    with _making:
        if not _made:
            _made.append(
                build_fleet(Settings.from_environment(), make_publisher=lambda clock: CeleryPublisher(app, clock))
            )
        return _made[0]


@setup_logging.connect
def _log(**_: object) -> None:
    configure_logging()


@worker_process_init.connect
def _after_fork(**_: object) -> None:
    # A forked child must not share its parent's database connections.
    for inherited in _made:
        inherited.dispose_after_fork()


@task_failure.connect
def _note_fault(sender: "Task[Any, Any]", exception: BaseException, **_: object) -> None:
    fleet().faults.note(sender.name, exception)


@worker_ready.connect
def _tell_supervisor(**_: object) -> None:
    # Whoever started this worker may have named a file to make when it takes messages.
    if mark := os.environ.get(READY_VARIABLE):
        Path(mark).touch()
