"""Processes that start at once: forked off a server that has imported everything and has nothing open."""

import multiprocessing
from functools import cache
from multiprocessing.context import ForkServerContext

#: What the processes of all suites import, imported once.
_IMPORTED_BEFORE_FORKING = ["tests.races.contenders", "tests.crashes.worker"]


@cache
def context() -> ForkServerContext:
    """The multiprocessing context whose processes are such forks; each of them must connect to everything itself."""
    forking = multiprocessing.get_context("forkserver")
    forking.set_forkserver_preload(_IMPORTED_BEFORE_FORKING)
    return forking
