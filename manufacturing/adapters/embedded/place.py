"""Where a server's files are, and which user it runs as.

PostgreSQL refuses to run as root, so root runs it as ``postgres`` or, where that user does not exist, as ``nobody``.
That user must reach the files; where a parent directory is closed to it, the parents stay as they are and the files
lie elsewhere, with a symbolic link in their place.
"""

import hashlib
import os
import pwd
import re
import shutil
import stat
import tempfile
from dataclasses import dataclass
from pathlib import Path

from manufacturing.adapters.embedded.errors import EmbeddedServerError

_SOCKET_DIRECTORY_LIMIT = 85
"""A socket's address holds 107 bytes on Linux and 103 elsewhere; the file's own name takes up to 18 of them."""

_PLAIN_PATH = re.compile(r"[A-Za-z0-9._/+-]*\Z")
"""A path that means the same in a URL, in a connection string and in a shell."""

_SHARED_ROOTS = (Path("/var/lib"), Path("/var/tmp"))
_SHARED_NAME = "spacetraders-manufacturing"


@dataclass(frozen=True, slots=True)
class ServerUser:
    """The user a server runs as when root starts it."""

    name: str
    uid: int
    gid: int


def unprivileged_user(data: Path) -> ServerUser | None:
    """The user to run a server of the directory ``data`` as, or None when that is simply the current user.

    Root takes the owner of existing data, so that a directory made by an ordinary user remains that user's.
    ``nobody`` is the last choice: other programs that run as ``nobody`` could interfere with such a server.
    Raises EmbeddedServerError when root finds no such user.
    """
    if os.geteuid() != 0:
        return None
    owner = data.stat().st_uid if data.exists() else 0
    for entry in pwd.getpwall():
        if owner != 0 and entry.pw_uid == owner:
            return ServerUser(entry.pw_name, entry.pw_uid, entry.pw_gid)
    for name in ("postgres", "nobody"):
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        return ServerUser(entry.pw_name, entry.pw_uid, entry.pw_gid)
    raise EmbeddedServerError(
        "PostgreSQL refuses to run as root, and this system has neither a user `postgres` nor `nobody` to run it as. "
        "Start as an ordinary user, add a user with `useradd --system postgres`, or set DATABASE_URL."
    )


def reachable(path: Path, user: ServerUser) -> bool:
    """Whether ``user`` may enter ``path`` (a directory that exists) and every directory above it."""
    return all(_may_enter(directory.stat(), user) for directory in (path.resolve(), *path.resolve().parents))


def _may_enter(status: os.stat_result, user: ServerUser) -> bool:
    if status.st_uid == user.uid:
        return bool(status.st_mode & stat.S_IXUSR)
    if status.st_gid == user.gid:
        return bool(status.st_mode & stat.S_IXGRP)
    return bool(status.st_mode & stat.S_IXOTH)


def server_directory(state: Path, user: ServerUser | None) -> Path:
    """Makes the directory ``state`` for a server that runs as ``user``; returns where its files really are.

    When ``user`` cannot get there, ``state`` becomes a symbolic link to a directory of its own beneath `shared_root`,
    and what was in it moves along.
    """
    try:
        state.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise EmbeddedServerError(f"Cannot make the directory {state}: {error.strerror}.") from error
    if user is None:
        return state.resolve()
    if not state.is_symlink() and reachable(state.parent, user):
        state.chmod(0o755)
    if reachable(state, user):
        return state.resolve()
    return _moved_out(state, user)


def _moved_out(state: Path, user: ServerUser) -> Path:
    elsewhere = Path(tempfile.mkdtemp(dir=shared_root(), prefix=f"{state.name}-"))
    for entry in state.iterdir():
        shutil.move(entry, elsewhere / entry.name)
    for moved in elsewhere.rglob("*"):  # a move to another file system makes the files the mover's
        os.chown(moved, user.uid, user.gid, follow_symlinks=False)
    elsewhere.chmod(0o755)
    state.rmdir()
    state.symlink_to(elsewhere)
    return elsewhere


def shared_root() -> Path:
    """A directory of root's that every user may enter and only root may change."""
    for parent in _SHARED_ROOTS:
        root = parent / _SHARED_NAME
        try:
            root.mkdir(mode=0o755, exist_ok=True)
            status = root.lstat()
            if stat.S_ISDIR(status.st_mode) and status.st_uid == os.geteuid():
                root.chmod(0o755)
                return root
        except OSError:
            continue
    raise EmbeddedServerError(
        f"Cannot make a directory {_SHARED_NAME} under any of {', '.join(map(str, _SHARED_ROOTS))}. Move the project "
        "out of root's home directory, or set DATABASE_URL."
    )


def remove(state: Path) -> None:
    """Deletes a server's directory, also where its files lie elsewhere, and its sockets."""
    place = state.resolve()
    shutil.rmtree(_short_sockets(place), ignore_errors=True)
    if state.is_symlink():
        state.unlink()
    if place.exists():
        shutil.rmtree(place)


def socket_directory(place: Path) -> Path:
    """Where the sockets of the server in ``place`` go: beside its data, if such a path is short enough for the
    address of a socket and needs no quoting anywhere; otherwise in a short directory made from a hash of it.
    """
    beside = place / "run"
    if len(str(beside)) <= _SOCKET_DIRECTORY_LIMIT and _PLAIN_PATH.match(str(beside)):
        return beside
    return _short_sockets(place)


def _short_sockets(place: Path) -> Path:
    digest = hashlib.sha256(os.fsencode(place)).hexdigest()[:12]
    return Path("/tmp", f"manufacturing-{digest}")


def make_private(directory: Path, user: ServerUser | None) -> None:
    """Makes ``directory`` enterable by ``user`` (and root, its starter) and nobody else.

    Raises EmbeddedServerError when somebody else already has a directory of that name.
    """
    try:
        directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        status = directory.lstat()
        if not stat.S_ISDIR(status.st_mode) or status.st_uid not in {os.geteuid(), user.uid if user else -1}:
            raise EmbeddedServerError(
                f"{directory} belongs to user {_name(status.st_uid)}. Run as that user, change the owner, or choose "
                "another directory with MANUFACTURING_HOME."
            )
        if user is not None:
            os.chown(directory, user.uid, user.gid)
        directory.chmod(0o700)
    except OSError as error:
        raise EmbeddedServerError(f"Cannot prepare the directory {directory}: {error.strerror}.") from error


def _name(uid: int) -> str:
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return str(uid)
