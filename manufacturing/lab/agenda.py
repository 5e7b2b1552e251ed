"""Agenda: what happens when, in the order of virtual time."""

import heapq
import itertools
from collections.abc import Callable, Hashable
from datetime import datetime, timedelta

from manufacturing.lab.virtual_time import VirtualClock

Job = Callable[[], object]


class Agenda:
    """A queue of jobs by their moments; jobs of one moment are done in the order they were entered."""

    def __init__(self, clock: VirtualClock) -> None:
        self._clock = clock
        self._entries: list[tuple[datetime, int, Hashable, Job]] = []
        self._order = itertools.count()
        self._once: set[Hashable] = set()

    def enter(self, at: datetime, job: Job, once: Hashable = None) -> None:
        """``job`` is done at ``at``; once, however often it is entered under one name ``once`` before it is done."""
        if once is not None:
            if once in self._once:
                return
            self._once.add(once)
        heapq.heappush(self._entries, (at, next(self._order), once, job))

    def every(self, interval: timedelta, job: Job) -> None:
        """``job`` is done now and again after each interval."""

        def again() -> None:
            self.enter(self._clock.now() + interval, again)
            job()

        self.enter(self._clock.now(), again)

    def run_until(self, end: datetime) -> int:
        """Does what is due before ``end``, each at its time; how many jobs that were."""
        done = 0
        while self._entries and self._entries[0][0] < end:
            at, _, once, job = heapq.heappop(self._entries)
            self._once.discard(once)
            self._clock.advance_to(at)
            job()
            done += 1
        self._clock.advance_to(end)
        return done
