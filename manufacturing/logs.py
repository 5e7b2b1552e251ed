"""How every process logs: one line an event."""

import logging
import os
from pathlib import Path

_FORMAT = "%(asctime)s %(levelname)-7s %(name)s: %(message)s"


def configure_logging(file: Path | None = None) -> None:
    """Sets up logging at the level of MANUFACTURING_LOG_LEVEL (INFO unless set), to ``file`` or to standard error."""
    level = os.environ.get("MANUFACTURING_LOG_LEVEL", "INFO").upper()
    logging.basicConfig(level=level, format=_FORMAT, filename=file, force=True)
    for chatty in ("urllib3", "celery.app.trace", "celery.beat", "celery.worker.strategy", "amqp", "kombu"):
        logging.getLogger(chatty).setLevel(logging.WARNING)
