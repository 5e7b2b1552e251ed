"""How every process logs: one line an event, to standard error."""

import logging
import os

_FORMAT = "%(asctime)s %(levelname)-7s %(name)s: %(message)s"


def configure_logging() -> None:
    """Sets up logging at the level of MANUFACTURING_LOG_LEVEL (INFO unless set)."""
    logging.basicConfig(level=os.environ.get("MANUFACTURING_LOG_LEVEL", "INFO").upper(), format=_FORMAT, force=True)
    for chatty in ("urllib3", "celery.app.trace", "celery.worker.strategy", "amqp", "kombu"):
        logging.getLogger(chatty).setLevel(logging.WARNING)
