"""Where benchmarks play: a laboratory that keeps to one processor, as a run of it does from the command line."""

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from manufacturing.lab.database import LabDatabase
from manufacturing.lab.processor import keep_to_one_processor


@contextmanager
def laboratory() -> Iterator[LabDatabase]:
    """Databases in a place of their own; what is measured afterwards has all processors again."""
    usable = os.sched_getaffinity(0) if hasattr(os, "sched_getaffinity") else None
    with tempfile.TemporaryDirectory() as directory, LabDatabase(Path(directory)) as databases:
        keep_to_one_processor(databases.number)
        try:
            yield databases
        finally:
            if usable is not None:
                os.sched_setaffinity(0, usable)
