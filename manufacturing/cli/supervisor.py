"""Starts the processes of a fleet, keeps them running, and ends them all.

What one command brings up on a machine must go with that command, however it ends: an orderly `Supervisor.stop` ends
everything within ten seconds; if the supervisor itself is killed, the operating system tells its children, and what
still outlives it is found and ended by the next supervisor of the same home.
"""

import logging
import os
import queue
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass, replace
from enum import Enum
from pathlib import Path
from types import TracebackType
from typing import Self

from manufacturing.adapters.embedded import child, locks
from manufacturing.adapters.embedded.child import ManagedProcess

_LOGGER = logging.getLogger(__name__)

_GLANCE_SECONDS = 0.05
_FIRST_DELAY_SECONDS = 0.5
_LONGEST_DELAY_SECONDS = 10.0
_HEALTHY_SECONDS = 30.0
"""After so long in good health, earlier failures are forgotten."""

_TRIES_AT_FIRST = 3
"""How often a process that has never become ready is tried: it is more likely misconfigured than unlucky."""

_TRIES_LATER = 20
"""How often one that was ready before is tried in a row: about three minutes."""

_STOP_SECONDS = 8.0
"""For all groups together; killing and reaping need a moment more."""

_RESERVED_SECONDS = 1.0
"""What a slow group must leave of that to each group that stops after it."""

_LEFTOVER_SECONDS = 5.0
_LOG_LIMIT_BYTES = 10_000_000
_LOG_TAIL_BYTES = 4_000
_MARK = "MANUFACTURING_SUPERVISED_BY"
"""The environment variable by which the processes of a home are found again."""


class ProcessEvent(Enum):
    """What can happen to a supervised process."""

    #: It was started.
    STARTED = "started"
    #: It is ready for work.
    READY = "ready"
    #: It ended without being told to, or was killed because it did not become ready.
    DIED = "died"
    #: It will be started again after a delay.
    RESTARTING = "restarting"
    #: It failed too often and stays down.
    GAVE_UP = "gave up"
    #: It was ended by `Supervisor.stop`, or is yet to be started.
    STOPPED = "stopped"


@dataclass(frozen=True, slots=True, kw_only=True)
class ProcessNotice:
    """One event of one process."""

    name: str
    event: ProcessEvent
    #: The exit code after DIED and STOPPED, -N when signal N ended it; None when it never ran.
    exit_code: int | None = None
    #: What is known of the cause after DIED and GAVE_UP.
    reason: str = ""
    #: Wall seconds until the next start, with RESTARTING.
    delay_seconds: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class ProcessState:
    """How a process is right now."""

    name: str
    #: What happened to it last.
    event: ProcessEvent
    #: Its process id while it runs.
    pid: int | None
    #: How often it was started again.
    restarts: int
    #: Where its output goes.
    log: Path


class HomeInUse(RuntimeError):
    """Another supervisor runs the processes of this home."""


class ProcessFailed(RuntimeError):
    """A process did not become ready; the message says why and ends with the last lines of its log."""


class Supervisor:
    """Keeps the processes of one ``home`` directory running, from ``with`` to its end.

    Their output goes to ``home/logs/NAME.log``. ``on_notice`` hears of every event, in a thread of the supervisor's
    own; it must return quickly.
    """

    def __init__(self, home: Path, on_notice: Callable[[ProcessNotice], None] = lambda _: None) -> None:
        self._home = home.absolute()
        self._on_notice = on_notice
        self._groups: list[list[_Supervised]] = []
        self._ending: queue.SimpleQueue[tuple[list[_Supervised], threading.Event]] = queue.SimpleQueue()
        self._stopping = threading.Event()
        self._hurry = threading.Event()
        self._ended = threading.Event()
        self._ended.set()
        self._thread = threading.Thread(target=self._run, name="supervisor", daemon=True)
        self._lock: int | None = None

    def __enter__(self) -> Self:
        """Claims the home and ends what a killed supervisor left running there.

        Raises HomeInUse when another supervisor runs there.
        """
        (self._home / "logs").mkdir(parents=True, exist_ok=True)
        lock = self._home / "supervisor.lock"
        self._lock = locks.take(lock)
        if self._lock is None:
            owner = locks.owner_of(lock)
            raise HomeInUse(
                f"{self._home} is in use by another run (process {owner.pid if owner else 'unknown'}). Stop that one "
                "with Ctrl-C, or give this one a directory of its own with MANUFACTURING_HOME."
            )
        _end_leftovers(self._home, _LEFTOVER_SECONDS)
        # Children get a signal when the thread that started them ends, so one thread starts them all and stays.
        self._ended.clear()
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def start(self, *processes: ManagedProcess) -> None:
        """Starts ``processes`` side by side, as a group, and returns when all of them are ready.

        From then on they are kept running. Groups stop in reverse order.
        Raises ProcessFailed when one of them does not become ready or the supervisor is stopped meanwhile.
        """
        group = [_Supervised(process, self._home, self._notify) for process in processes]
        self._groups.append(group)
        for supervised in group:
            while not supervised.settled.wait(_GLANCE_SECONDS):
                if self._ended.is_set():
                    raise ProcessFailed(f"{supervised.state.name} was stopped before it was ready.")
            if supervised.failure:
                raise ProcessFailed(supervised.failure)

    def states(self) -> tuple[ProcessState, ...]:
        """How each process is, in the order of their start."""
        return tuple(supervised.state for group in self._groups for supervised in group)

    def stop_last_group(self) -> None:
        """Ends the processes that were started last and returns when none of them is left; all others go on.

        An interrupt from the keyboard meanwhile kills what is still running of them.
        """
        ended = threading.Event()
        self._ending.put((self._groups[-1], ended))
        while not ended.is_set() and not self._ended.is_set():
            try:
                ended.wait(_GLANCE_SECONDS)
            except KeyboardInterrupt:
                self._hurry.set()

    def stop(self) -> None:
        """Ends all processes, the last group first, and returns when none is left, at most ten seconds later.

        An interrupt from the keyboard meanwhile kills what is still running.
        """
        self._stopping.set()
        while not self._ended.is_set():
            try:
                # Not Thread.join: one that was interrupted takes the thread for ended ever after.
                self._ended.wait()
            except KeyboardInterrupt:
                self._hurry.set()
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None

    def _run(self) -> None:
        try:
            while not self._stopping.wait(_GLANCE_SECONDS):
                for group in self._groups:
                    for supervised in group:
                        supervised.look_after()
                if not self._ending.empty():
                    group, ended = self._ending.get()
                    self._end(group, time.monotonic() + _STOP_SECONDS)
                    ended.set()
        finally:
            try:
                self._shut_down()
            finally:
                self._ended.set()

    def _shut_down(self) -> None:
        end = time.monotonic() + _STOP_SECONDS
        for later, group in reversed(list(enumerate(self._groups))):
            self._end(group, end - later * _RESERVED_SECONDS)
        _end_leftovers(self._home, 0.0)

    def _end(self, group: list["_Supervised"], limit: float) -> None:
        """Ends the group in order, by force what still runs at ``limit`` on the monotonic clock."""
        for supervised in group:
            supervised.request_end()
        while not self._hurry.is_set() and any(one.keeps_waiting(limit) for one in group):
            time.sleep(_GLANCE_SECONDS)
        for supervised in group:
            supervised.finish()

    def _notify(self, notice: ProcessNotice) -> None:
        try:
            self._on_notice(notice)
        except Exception:
            # The thread must survive a listener's mistake: the children end with it.
            _LOGGER.exception("the listener failed on %s", notice)


class _Supervised:
    """One process and its history. Everything but `state`, `settled` and `failure` is for the supervisor's thread."""

    def __init__(self, process: ManagedProcess, home: Path, notify: Callable[[ProcessNotice], None]) -> None:
        if process.lock is None:  # a server with a lock is found again by its lock
            environment = os.environ if process.env is None else process.env
            process = replace(process, env={**environment, _MARK: str(home)})
        self._process = process
        self._notify = notify
        self._child: subprocess.Popen[bytes] | None = None
        self._began = 0.0
        self._start_at: float | None = 0.0
        self._starts = 0
        self._failures = 0
        self._was_ready = False
        self._end_requested_at = 0.0
        #: How it is now.
        self.state = ProcessState(
            name=process.name,
            event=ProcessEvent.STOPPED,
            pid=None,
            restarts=0,
            log=home / "logs" / f"{process.name}.log",
        )
        #: Set once it was ready or was given up.
        self.settled = threading.Event()
        #: Why it was given up.
        self.failure = ""

    def look_after(self) -> None:
        """Does what is due: a start, a look at whether it is ready or still lives."""
        now = time.monotonic()
        if self._child is None:
            if self._start_at is not None and now >= self._start_at:
                self._start(now)
        elif child.exited(self._child):
            self._fail(f"ended by itself after {now - self._began:.1f} s")
        elif self.state.event is ProcessEvent.STARTED:
            if self._is_ready():
                self._was_ready = True
                self._record(ProcessEvent.READY)
                self.settled.set()
            elif now > self._began + self._process.ready_seconds:
                self._fail(f"not ready after {self._process.ready_seconds:g} s")
        elif now > self._began + _HEALTHY_SECONDS:
            self._failures = 0

    def request_end(self) -> None:
        """Asks it to end in order."""
        self._start_at = None
        self._end_requested_at = time.monotonic()
        if self._child is not None:
            child.request_end(self._child, self._process)

    def keeps_waiting(self, limit: float) -> bool:
        """Whether it still runs and may go on doing so, at the latest until ``limit`` on the monotonic clock."""
        if self._child is None or child.exited(self._child):
            return False
        return time.monotonic() < min(limit, self._end_requested_at + self._process.grace_seconds)

    def finish(self) -> None:
        """Kills what is left of it."""
        if self._child is not None:
            exit_code = child.reap(self._child, self._process)
            self._child = None
            self._record(ProcessEvent.STOPPED, exit_code=exit_code)

    def _start(self, now: float) -> None:
        self._start_at = None
        self._began = now
        _rotate(self.state.log)
        try:
            self._child = child.spawn(self._process, self.state.log)
        except Exception as error:  # whatever it is, it concerns this process only
            self._fail(str(error) or repr(error))
            return
        self._starts += 1
        self._record(ProcessEvent.STARTED)

    def _is_ready(self) -> bool:
        if self._process.ready is None:
            return True
        try:
            return self._process.ready()
        except Exception as error:  # a server that is not there yet may answer in many ways
            _LOGGER.debug("%s is not ready: %s", self._process.name, error)
            return False

    def _fail(self, reason: str) -> None:
        never_ran = self._child is None
        exit_code = None
        if self._child is not None:
            exit_code = child.reap(self._child, self._process)
            self._child = None
            reason = f"{reason} ({_explain_exit(exit_code)})"
        self._failures += 1
        self._record(ProcessEvent.DIED, exit_code=exit_code, reason=reason)
        tries = _TRIES_LATER if self._was_ready else 1 if never_ran else _TRIES_AT_FIRST
        if self._failures >= tries:
            self.failure = f"{self._process.name}: {reason}{'' if never_ran else _tail(self.state.log)}"
            self._record(ProcessEvent.GAVE_UP, reason=reason)
            self.settled.set()
            return
        delay = min(_FIRST_DELAY_SECONDS * 2 ** (self._failures - 1), _LONGEST_DELAY_SECONDS)
        self._start_at = time.monotonic() + delay
        self._record(ProcessEvent.RESTARTING, delay_seconds=delay)

    def _record(
        self, event: ProcessEvent, *, exit_code: int | None = None, reason: str = "", delay_seconds: float = 0.0
    ) -> None:
        self.state = replace(
            self.state,
            event=event,
            pid=self._child.pid if self._child else None,
            restarts=max(0, self._starts - 1),
        )
        self._notify(
            ProcessNotice(
                name=self._process.name,
                event=event,
                exit_code=exit_code,
                reason=reason,
                delay_seconds=delay_seconds,
            )
        )


def _end_leftovers(home: Path, grace_seconds: float) -> None:
    """Ends the processes of ``home`` that nobody looks after any more, by force when the grace is over."""
    left = locks.marked(_MARK, str(home))
    if not left:
        return
    _signal(left, signal.SIGTERM)
    if not child.wait_until(lambda: not locks.marked(_MARK, str(home)), grace_seconds):
        _signal(locks.marked(_MARK, str(home)), signal.SIGKILL)
        child.wait_until(lambda: not locks.marked(_MARK, str(home)), 1.0)


def _signal(pids: Iterable[int], number: signal.Signals) -> None:
    for pid in pids:
        with suppress(ProcessLookupError):
            os.kill(pid, number)


def _rotate(log: Path) -> None:
    if log.exists() and log.stat().st_size > _LOG_LIMIT_BYTES:
        log.rename(log.with_suffix(".log.1"))


def _tail(log: Path) -> str:
    with suppress(OSError), log.open("rb") as file:
        file.seek(max(0, log.stat().st_size - _LOG_TAIL_BYTES))
        lines = file.read().decode(errors="replace").splitlines()[-8:]
        return f"\nThe last lines of {log}:\n" + "\n".join(f"  {line}" for line in lines)
    return ""


def _explain_exit(code: int) -> str:
    if code >= 0:
        return f"exit code {code}"
    try:
        return f"signal {signal.Signals(-code).name}"
    except ValueError:
        return f"signal {-code}"
