"""Locks that tell who holds them: the operating system frees them when their last holder ends, however it ends."""

import fcntl
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

_PROC = Path("/proc")


@dataclass(frozen=True, slots=True)
class Owner:
    """The process that took a lock, told apart from a later one of the same number by when it began."""

    pid: int
    began: str

    @classmethod
    def current(cls) -> "Owner":
        """This process."""
        return cls(os.getpid(), _began(os.getpid()))

    @property
    def alive(self) -> bool:
        """Whether that process still runs."""
        try:
            os.kill(self.pid, 0)
        except ProcessLookupError:
            return False
        except PermissionError:
            pass
        return _began(self.pid) == self.began and not _is_zombie(self.pid)


def take(path: Path) -> int | None:
    """Takes the lock on the file ``path`` for this process and returns its descriptor, or None when it is taken.

    The lock lasts until every copy of the descriptor is closed, so a child that inherits it keeps it as long as the
    child, or a child of its own, lives.
    """
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(descriptor)
        return None
    owner = Owner.current()
    os.ftruncate(descriptor, 0)
    os.pwrite(descriptor, f"{owner.pid} {owner.began}\n".encode(), 0)
    return descriptor


def owner_of(path: Path) -> Owner | None:
    """Who took the lock on ``path`` last, or None when that is not known."""
    try:
        pid, _, began = path.read_text().strip().partition(" ")
        return Owner(int(pid), began)
    except (OSError, ValueError):
        return None


def holders(path: Path) -> dict[int, int]:
    """The processes that have the lock file ``path`` open, each with its parent; as far as we may see them."""
    file = os.path.realpath(path)
    return {pid: _parent(pid) for pid in _processes() if pid != os.getpid() and _has_open(pid, file)}


def marked(name: str, value: str) -> list[int]:
    """The processes that were started with ``value`` in the environment variable ``name``, ourselves excepted."""
    entry = os.fsencode(f"{name}={value}")
    found = []
    for pid in _processes():
        try:
            environment = (_PROC / str(pid) / "environ").read_bytes().split(b"\0")
        except OSError:
            continue
        if entry in environment and pid != os.getpid():
            found.append(pid)
    return found


def _processes() -> Iterator[int]:
    if _PROC.is_dir():
        yield from (int(name) for name in os.listdir(_PROC) if name.isdigit())


def _has_open(pid: int, file: str) -> bool:
    descriptors = _PROC / str(pid) / "fd"
    try:
        return any(os.readlink(descriptors / number) == file for number in os.listdir(descriptors))
    except OSError:
        return False


def _parent(pid: int) -> int:
    fields = _status(pid)
    return int(fields[1]) if fields else 0


def _began(pid: int) -> str:
    fields = _status(pid)
    return fields[19] if fields else "0"


def _is_zombie(pid: int) -> bool:
    return _status(pid)[:1] == ["Z"]


def _status(pid: int) -> list[str]:
    """The fields of /proc/PID/stat behind the program's name, which may itself contain spaces and brackets."""
    try:
        return (_PROC / str(pid) / "stat").read_text().rpartition(")")[2].split()
    except OSError:
        return []
