"""Child processes that end with us: how they are described, started and stopped."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from manufacturing.adapters.embedded import launch, locks
from manufacturing.adapters.embedded.errors import EmbeddedServerError, ServerInUse
from manufacturing.adapters.embedded.place import ServerUser

_ORPHAN_GRACE_SECONDS = 10.0
"""How long a server whose owner is gone may take to shut down before it is killed."""

_LEFT_BEHIND_SECONDS = 1.0
"""How long the children of a server that has ended may take to notice."""

_NAMING_SECONDS = 0.1
"""How long, generously, a new holder of a lock takes to write down who it is."""

_GLANCE_SECONDS = 0.02


@dataclass(frozen=True, slots=True, kw_only=True)
class ManagedProcess:
    """A process to start and keep running. Durations are wall seconds."""

    #: Its name on the screen and of its log file.
    name: str
    #: The program, by its full path, and its arguments.
    command: tuple[str, ...]
    #: Its whole environment; None: the same as ours.
    env: Mapping[str, str] | None = None
    #: The directory it runs in; None: the root directory.
    cwd: Path | None = None
    #: The user it runs as; None: as we do.
    user: ServerUser | None = None
    #: Whether it is ready for work, asked repeatedly after a start, so it must answer quickly; None: at once.
    ready: Callable[[], bool] | None = None
    #: How long it may take to become ready.
    ready_seconds: float = 60.0
    #: What to do before every start; with a lock, while it is held.
    prepare: Callable[[], None] | None = None
    #: A file that is locked as long as the process or a child of it lives, so that no two of a kind run at once.
    lock: Path | None = None
    #: The signal that asks it to end in order.
    stop_signal: signal.Signals = signal.SIGTERM
    #: How long that may take before it is killed.
    grace_seconds: float = 5.0


def spawn(process: ManagedProcess, log: Path) -> subprocess.Popen[bytes]:
    """Starts ``process`` as the leader of a session of its own, its output appended to ``log``.

    It gets its stop signal when the *thread* that called this ends, so call from one that stays. An orphan of an
    earlier run that still holds the lock is ended first.
    Raises ServerInUse when a living process holds the lock, EmbeddedServerError when an orphan cannot be ended,
    and whatever `prepare` raises.
    """
    with claimed(process) as held:
        if process.prepare is not None:
            process.prepare()
        user = process.user
        identity = (user.uid, user.gid) if user else (-1, -1)
        # -I -S: nothing of the environment or of the installed packages has a say in it, and it starts faster.
        launcher = (sys.executable, "-I", "-S", launch.__file__)
        settings = (os.getpid(), int(process.stop_signal), *identity)
        with log.open("ab") as output:
            return subprocess.Popen(
                (*launcher, *map(str, settings), *process.command),
                env=None if process.env is None else dict(process.env),
                cwd=process.cwd or "/",
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,
                pass_fds=() if held is None else (held,),
            )


@contextmanager
def claimed(process: ManagedProcess) -> Iterator[int | None]:
    """Holds the lock of ``process``, if it has one, having ended an orphan of an earlier run; gives its descriptor.

    Raises ServerInUse when a living process holds the lock, EmbeddedServerError when an orphan cannot be ended.
    """
    held = None if process.lock is None else _take_over(process.lock, process)
    try:
        yield held
    finally:
        if held is not None:
            os.close(held)


def exited(child: subprocess.Popen[bytes]) -> bool:
    """Whether ``child`` has ended. It is not reaped, so that its process group still is its own."""
    if child.returncode is not None:
        return True
    try:
        return os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is not None
    except ChildProcessError:
        return True


def request_end(child: subprocess.Popen[bytes], process: ManagedProcess) -> None:
    """Asks ``child`` to end in order."""
    if not exited(child):
        os.kill(child.pid, process.stop_signal)


def reap(child: subprocess.Popen[bytes], process: ManagedProcess) -> int:
    """Kills what is left of ``child`` and its process group, and returns its exit code (-N: ended by signal N)."""
    if child.returncode is None:
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(child.pid, signal.SIGKILL)
    code = child.wait()
    lock = process.lock
    if lock is not None and not wait_until(lambda: _is_free(lock), _LEFT_BEHIND_SECONDS):
        _kill(list(locks.holders(lock)))
    return code


def stop(child: subprocess.Popen[bytes], process: ManagedProcess) -> int:
    """Ends ``child`` in order, or by force when its grace is over, and returns its exit code."""
    request_end(child, process)
    wait_until(lambda: exited(child), process.grace_seconds)
    return reap(child, process)


def wait_until(condition: Callable[[], bool], seconds: float) -> bool:
    """Waits for ``condition`` for at most so many wall seconds; returns whether it came true."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(_GLANCE_SECONDS)
    return True


def _take_over(lock: Path, process: ManagedProcess) -> int:
    try:
        held = locks.take(lock)
    except OSError as error:
        raise EmbeddedServerError(
            f"Cannot lock {lock}: {error.strerror}. Check who owns that directory and whether its disk is full."
        ) from error
    if held is not None:
        return held
    time.sleep(_NAMING_SECONDS)
    owner = locks.owner_of(lock)
    if owner is not None and owner.alive:
        whose = "this process itself" if owner == locks.Owner.current() else f"process {owner.pid}"
        raise ServerInUse(
            f"{process.name} in {lock.parent} is already run by {whose}. Stop that first, or use another directory."
        )
    _end_orphan(lock, process)
    held = locks.take(lock)
    if held is None:
        raise EmbeddedServerError(
            f"{process.name} of an earlier run still uses {lock.parent} and cannot be ended from here. "
            f"Find it with `fuser {lock}` and end it."
        )
    return held


def _end_orphan(lock: Path, process: ManagedProcess) -> None:
    """Ends the server that holds ``lock``: in order, if it is whole, else by force."""
    running = locks.holders(lock)
    heads = [pid for pid, parent in running.items() if parent not in running]
    if len(heads) == 1:  # the children of a server that was killed end by themselves
        with suppress(ProcessLookupError, PermissionError):
            os.kill(heads[0], process.stop_signal)
    if not wait_until(lambda: _is_free(lock), _ORPHAN_GRACE_SECONDS):
        _kill(list(locks.holders(lock)))
        wait_until(lambda: _is_free(lock), _ORPHAN_GRACE_SECONDS)


def _is_free(lock: Path) -> bool:
    held = locks.take(lock)
    if held is not None:
        os.close(held)
    return held is not None


def _kill(pids: list[int]) -> None:
    for pid in pids:
        with suppress(ProcessLookupError, PermissionError):
            os.kill(pid, signal.SIGKILL)
