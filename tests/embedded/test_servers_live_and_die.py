"""Both embedded servers: start, stop, being killed, being left behind, and living side by side."""

import os
import shutil
import signal
import stat
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from textwrap import dedent

import pytest
import redis
from kombu import Connection
from sqlalchemy import create_engine, text

from manufacturing.adapters.embedded import (
    EmbeddedPostgres,
    EmbeddedServerError,
    EmbeddedValkey,
    ServerInUse,
    child,
    locks,
)
from manufacturing.adapters.embedded.server import EmbeddedServer
from tests.servers import ROOT

LONG = "a-directory-name-that-goes-on-and-on/" * 4


def execute(server: EmbeddedPostgres, statement: str) -> list[tuple[object, ...]]:
    engine = create_engine(server.url("postgres"), isolation_level="AUTOCOMMIT")
    try:
        with engine.connect() as connection:
            result = connection.execute(text(statement))
            return [tuple(row) for row in result] if result.returns_rows else []
    finally:
        engine.dispose()


def pid_of(server: EmbeddedServer) -> int:
    """The server's main process: the one that no other process of the server has started."""
    running = locks.holders(server.lock)
    (main,) = (pid for pid, parent in running.items() if parent not in running)
    return main


def run_and_kill(make_server: str, home: Path) -> None:
    """Starts a server from a process of its own, which is then killed without a chance to stop it."""
    script = f"""
        import os, signal, sys
        from pathlib import Path
        from manufacturing.adapters.embedded import EmbeddedPostgres, EmbeddedValkey
        home = Path(sys.argv[1])
        server = {make_server}
        server.start()
        os.kill(os.getpid(), signal.SIGKILL)
    """
    done = subprocess.run([sys.executable, "-c", dedent(script), str(home)], cwd=ROOT, timeout=60)
    assert done.returncode == -signal.SIGKILL


def test_postgres_keeps_its_data_over_a_restart(home: Path) -> None:
    with EmbeddedPostgres(home / "postgres") as server:
        execute(server, "CREATE TABLE kept AS SELECT 7 AS n")

    with EmbeddedPostgres(home / "postgres") as server:
        assert execute(server, "SELECT n FROM kept") == [(7,)]


def test_postgres_stops_although_a_client_is_connected(home: Path) -> None:
    server = EmbeddedPostgres(home / "postgres").start()
    client = create_engine(server.url("postgres")).raw_connection()
    server.stop()
    client.invalidate()
    assert not server.is_ready()
    assert locks.holders(server.lock) == {}


def test_postgres_that_was_killed_starts_again_with_its_data(home: Path) -> None:
    server = EmbeddedPostgres(home / "postgres").start()
    execute(server, "CREATE TABLE kept AS SELECT 7 AS n")
    os.kill(pid_of(server), signal.SIGKILL)

    server.start()
    assert execute(server, "SELECT n FROM kept") == [(7,)]
    server.stop()


def test_postgres_ignores_the_pid_file_of_a_server_whose_number_another_process_has_now(home: Path) -> None:
    server = EmbeddedPostgres(home / "postgres").start()
    server.stop()
    (home / "postgres" / "data" / "postmaster.pid").write_text(f"{os.getpid()}\n/\n1\n5432\n/\n\n1 1\nready\n")
    with server:
        assert execute(server, "SELECT 1") == [(1,)]


@pytest.mark.parametrize(
    "make_server", ["EmbeddedPostgres(home / 'server')", "EmbeddedValkey(home / 'server', persistent=True)"]
)
def test_a_server_ends_when_its_owner_is_killed(home: Path, make_server: str) -> None:
    run_and_kill(make_server, home)
    lock = home / "server" / "server.lock"
    assert child.wait_until(lambda: locks.holders(lock) == {}, seconds=10)


def test_an_orphan_that_still_runs_is_ended_before_a_new_server_starts(home: Path) -> None:
    server = EmbeddedPostgres(home / "postgres").start()
    execute(server, "CREATE TABLE kept AS SELECT 7 AS n")
    orphan = pid_of(server)
    server.lock.write_text("999999999 1\n")  # as if its owner were another process, now gone

    with EmbeddedPostgres(home / "postgres") as successor:
        assert pid_of(successor) != orphan
        assert execute(successor, "SELECT n FROM kept") == [(7,)]
    server.stop()


def test_an_orphan_that_does_not_react_is_killed(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(child, "_ORPHAN_GRACE_SECONDS", 0.5)
    server = EmbeddedValkey(home / "valkey").start()
    orphan = pid_of(server)
    os.kill(orphan, signal.SIGSTOP)
    server.lock.write_text("999999999 1\n")

    with EmbeddedValkey(home / "valkey") as successor:
        assert pid_of(successor) != orphan
        assert redis.Redis.from_url(successor.url()).ping()
    server.stop()


@pytest.mark.parametrize("kind", [EmbeddedPostgres, EmbeddedValkey])
def test_a_directory_never_has_two_servers(home: Path, kind: Callable[[Path], EmbeddedServer]) -> None:
    with kind(home / "server"):
        with pytest.raises(ServerInUse, match="already run by"):
            kind(home / "server").start()
        with pytest.raises(ServerInUse, match="already run by"):
            kind(home / "server").destroy()


@pytest.mark.parametrize("name", ["with a space", "quote's & percent %20, comma", LONG], ids=["space", "odd", "long"])
def test_the_servers_work_in_any_directory(home: Path, name: str) -> None:
    with EmbeddedPostgres(home / name / "postgres") as database, EmbeddedValkey(home / name / "valkey") as broker:
        assert execute(database, "SELECT 1") == [(1,)]
        assert redis.Redis.from_url(broker.url()).ping()
        assert (home / name / "postgres" / "data" / "PG_VERSION").exists()
    database.destroy()
    broker.destroy()
    assert list((home / name).iterdir()) == []


def test_two_homes_do_not_know_of_each_other(home: Path) -> None:
    with EmbeddedPostgres(home / "one" / "postgres") as one, EmbeddedPostgres(home / "two" / "postgres") as two:
        execute(one, "CREATE TABLE only_here AS SELECT 1 AS n")
        assert execute(two, "SELECT count(*) FROM pg_tables WHERE tablename = 'only_here'") == [(0,)]
    with EmbeddedValkey(home / "one" / "valkey") as first, EmbeddedValkey(home / "two" / "valkey") as second:
        redis.Redis.from_url(first.url()).set("only", "here")
        assert redis.Redis.from_url(second.url()).get("only") is None


def test_databases_can_be_made_twice_copied_and_dropped(home: Path) -> None:
    with EmbeddedPostgres(home / "postgres") as server:
        server.create_database("Fleet")
        server.create_database("Fleet")
        server.create_database("copy", template="Fleet")
        server.drop_database("copy")
        server.drop_database("copy")
        assert execute(server, "SELECT count(*) FROM pg_database WHERE datname IN ('Fleet', 'copy')") == [(1,)]


def test_nobody_else_can_reach_the_sockets_and_nothing_listens_on_the_network(home: Path) -> None:
    with EmbeddedPostgres(home / "postgres") as database, EmbeddedValkey(home / "valkey") as broker:
        for directory in (home / "postgres" / "run", home / "valkey" / "run", home / "postgres" / "data"):
            assert stat.S_IMODE(directory.stat().st_mode) == 0o700
        assert execute(database, "SHOW listen_addresses") == [("",)]
        assert redis.Redis.from_url(broker.url()).config_get("port") == {"port": "0"}


def test_valkey_forgets_unless_it_is_persistent(home: Path) -> None:
    forgetful, persistent = EmbeddedValkey(home / "a"), EmbeddedValkey(home / "b", persistent=True)
    for server in (forgetful, persistent):
        with server:
            redis.Redis.from_url(server.url(3)).set("key", "value")
    with forgetful, persistent:
        assert redis.Redis.from_url(forgetful.url(3)).get("key") is None
        assert redis.Redis.from_url(persistent.url(3)).get("key") == b"value"


def test_valkey_refuses_to_evict(home: Path) -> None:
    with EmbeddedValkey(home / "valkey") as server:
        policy = redis.Redis.from_url(server.url()).config_get("maxmemory-policy")
        assert policy == {"maxmemory-policy": "noeviction"}


def test_celerys_transport_carries_a_message_over_the_socket(home: Path) -> None:
    with EmbeddedValkey(home / "valkey") as server, Connection(server.broker_url(2)) as connection:
        queue = connection.SimpleQueue("greetings")
        queue.put("hello")
        assert queue.get(timeout=5).payload == "hello"
        queue.close()


def test_a_server_can_be_destroyed_and_begins_anew(home: Path) -> None:
    server = EmbeddedPostgres(home / "postgres").start()
    execute(server, "CREATE TABLE gone AS SELECT 1 AS n")
    server.destroy()
    assert not (home / "postgres").exists()

    with EmbeddedPostgres(home / "postgres") as anew:
        assert execute(anew, "SELECT count(*) FROM pg_tables WHERE tablename = 'gone'") == [(0,)]


def test_an_interrupted_first_start_leaves_nothing_that_hinders_the_next(home: Path) -> None:
    half_made = home / "postgres" / "data-half"
    half_made.mkdir(parents=True)
    (half_made / "PG_VERSION").write_text("18\n")
    with EmbeddedPostgres(home / "postgres") as server:
        assert execute(server, "SELECT 1") == [(1,)]
    assert not half_made.exists()


def test_data_of_another_release_is_left_alone_and_explained(home: Path) -> None:
    server = EmbeddedPostgres(home / "postgres").start()
    server.stop()
    (home / "postgres" / "data" / "PG_VERSION").write_text("17\n")
    with pytest.raises(EmbeddedServerError, match=r"made by PostgreSQL 17, the installed one is 18"):
        server.start()


def test_a_full_disk_is_told_before_a_database_is_made(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    usage = shutil.disk_usage(home)._replace(free=20_000_000)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage)
    with pytest.raises(EmbeddedServerError, match="20 MB left"):
        EmbeddedPostgres(home / "postgres").start()


def test_a_server_that_cannot_start_says_why(home: Path) -> None:
    with pytest.raises(EmbeddedServerError, match='invalid value for parameter "max_connections"'):
        EmbeddedPostgres(home / "postgres", settings={"max_connections": "many"}).start()
