"""One processor for a run: the lab and its database take turns, and to wake each other across processors takes a third
of a run's time."""

import contextlib
import os
import tempfile
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, event

from manufacturing.adapters.embedded.locks import take


def keep_to_one_processor(number: int) -> None:
    """This process stays on one of the processors it may use: the first from ``number`` on that no other run of ours
    keeps to. When all are taken it is left to the system, for some become free while it plays. Where the system cannot
    keep a process anywhere, nothing happens. Only for a process that plays one experiment."""
    if not hasattr(os, "sched_setaffinity"):
        return
    usable = sorted(os.sched_getaffinity(0))
    first = number % len(usable)
    in_turn = usable[first:] + usable[:first]
    mine = next(filter(_take, in_turn), None)
    if mine is not None:
        os.sched_setaffinity(0, {mine})


def _take(processor: int) -> bool:
    """Whether no other run had taken the processor; it is ours as long as this process lives."""
    lock = Path(tempfile.gettempdir()) / f"manufacturing-lab-{os.getuid()}-{processor}.lock"
    try:
        return take(lock) is not None
    except OSError:
        # Where no lock can be made, runs may get in each other's way: that is merely slower.
        return True


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
