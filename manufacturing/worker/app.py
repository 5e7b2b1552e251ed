"""The Celery application, and the fleet each worker process flies."""

from functools import cache

from celery import Celery
from celery.signals import setup_logging, worker_process_init

from manufacturing.bootstrap import Fleet, build_fleet
from manufacturing.logs import configure_logging
from manufacturing.settings import Settings
from manufacturing.worker.publisher import CeleryPublisher

app = Celery("manufacturing")
app.config_from_object("celeryconfig")


@cache
def fleet() -> Fleet:
    """This process's services, made at the first task."""
    return build_fleet(Settings.from_environment(), make_publisher=lambda clock: CeleryPublisher(app, clock))


@setup_logging.connect
def _log(**_: object) -> None:
    configure_logging()


@worker_process_init.connect
def _after_fork(**_: object) -> None:
    # A forked child must not share its parent's database connections.
    if fleet.cache_info().currsize:
        fleet().dispose_after_fork()
