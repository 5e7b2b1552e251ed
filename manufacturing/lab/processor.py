"""One processor for a run: the lab and its database take turns, and to wake each other across processors takes a third
of a run's time."""

import contextlib
import os
from typing import Any

from sqlalchemy import Engine, event


def keep_to_one_processor(number: int) -> None:
    """This process stays on one of the processors it may use, by ``number``; where the system cannot do that, nothing
    happens. Only for a process that plays one experiment."""
    if not hasattr(os, "sched_setaffinity"):
        return
    usable = sorted(os.sched_getaffinity(0))
    os.sched_setaffinity(0, {usable[number % len(usable)]})


def bring_along(engine: Engine) -> None:
    """The database's side of every connection made from now on stays where this process is kept."""
    if hasattr(os, "sched_setaffinity"):
        event.listen(engine, "connect", _bring)


def _bring(connection: Any, _record: object) -> None:
    mine = os.sched_getaffinity(0)
    if len(mine) == 1:
        # A server that is not ours to move is merely slower.
        with contextlib.suppress(OSError):
            os.sched_setaffinity(connection.info.backend_pid, mine)
