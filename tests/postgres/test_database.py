import os
import threading
import time

import pytest
from sqlalchemy import Engine, text
from sqlalchemy.exc import DBAPIError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from manufacturing.adapters.postgres import database
from manufacturing.adapters.postgres.mapping import TABLE_OF, map_entities
from manufacturing.adapters.postgres.tables import (
    manufacturing_task_dependencies,
    market_listings,
    market_recalculations,
    metadata,
)
from manufacturing.domain.errors import StaleRow
from manufacturing.domain.market_listing import MarketListing
from manufacturing.domain.player import Player
from tests.postgres.builders import a_player
from tests.postgres.opening import Open


@pytest.mark.parametrize("scheme", ["postgres", "postgresql", "postgresql+psycopg2"])
def test_every_spelling_of_a_postgres_url_means_the_same_driver(scheme: str) -> None:
    url = database.driver_url(f"{scheme}://me:p%40ss@db.example:5433/fleet?sslmode=require")
    assert url.drivername == "postgresql+psycopg2"
    assert (url.username, url.password, url.host, url.port, url.database) == (
        "me",
        "p@ss",
        "db.example",
        5433,
        "fleet",
    )
    assert url.query == {"sslmode": "require"}


def test_a_driver_that_was_asked_for_is_kept() -> None:
    assert database.driver_url("postgresql+pg8000://x/y").drivername == "postgresql+pg8000"


def test_every_wait_has_a_limit_and_times_are_utc(engine: Engine) -> None:
    with engine.connect() as connection:
        settings = {
            name: connection.execute(text(f"SHOW {name}")).scalar_one()
            for name in ("statement_timeout", "lock_timeout", "idle_in_transaction_session_timeout", "timezone")
        }
        name = connection.execute(text("SELECT application_name FROM pg_stat_activity WHERE pid = pg_backend_pid()"))
        assert name.scalar_one() == "manufacturing"
    assert settings == {
        "statement_timeout": "20s",
        "lock_timeout": "5s",
        "idle_in_transaction_session_timeout": "1min",
        "timezone": "UTC",
    }


def test_who_is_alone_with_a_database_may_be_suspended_within_a_transaction(database_url: str) -> None:
    engine = database.connect(database_url, pool_size=1, alone=True)
    with engine.connect() as connection:
        assert connection.scalar(text("SHOW idle_in_transaction_session_timeout")) == "0"
    engine.dispose()


def test_a_server_that_does_not_answer_is_given_up_soon() -> None:
    import socket

    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        engine = database.connect(f"postgresql://nobody@127.0.0.1:{silent.getsockname()[1]}/nothing")
        began = time.monotonic()
        with pytest.raises(OperationalError, match="timeout"):
            engine.connect()
    assert time.monotonic() - began < 15


def test_a_lock_held_for_too_long_is_a_stale_row(engine: Engine, player: Player) -> None:
    with engine.connect() as holder, engine.connect() as waiter:
        holder.execute(text("SELECT 1 FROM players FOR UPDATE"))
        waiter.execute(text("SET LOCAL lock_timeout = '50ms'"))
        with pytest.raises(StaleRow, match="held the row for too long"):
            waiter.execute(text("SELECT 1 FROM players FOR UPDATE"))


def test_the_victim_of_a_deadlock_is_told_to_decide_again(uow: Open, player: Player, other_player: Player) -> None:
    outcomes: list[str] = []
    meet = threading.Barrier(2)

    def pay(first: Player, second: Player) -> None:
        with uow() as work:
            work.players.move_credits(first.id, amount=-1, released=0)
            meet.wait()
            try:
                work.players.move_credits(second.id, amount=1, released=0)
                work.commit()
                outcomes.append("paid")
            except StaleRow as error:
                outcomes.append(str(error))

    payers = [threading.Thread(target=pay, args=pair) for pair in ((player, other_player), (other_player, player))]
    for payer in payers:
        payer.start()
    for payer in payers:
        payer.join()
    refused, paid = sorted(outcomes, key=lambda outcome: outcome == "paid")
    assert paid == "paid"
    assert "waited for another transaction that waited for it" in refused


def test_an_error_the_domain_has_no_word_for_stays_what_it_is(engine: Engine) -> None:
    with engine.connect() as connection, pytest.raises(DBAPIError, match="does not exist"):
        connection.execute(text("SELECT 1 FROM nowhere"))


def test_no_more_connections_are_opened_than_asked_for(database_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(database, "_POOL_TIMEOUT", 0.1)
    engine = database.connect(database_url, pool_size=2)
    with engine.connect(), engine.connect(), pytest.raises(PoolTimeout):
        engine.connect()
    engine.dispose()


def test_a_connection_the_server_has_dropped_is_replaced_unnoticed(database_url: str) -> None:
    engine = database.connect(database_url, pool_size=1)
    with engine.connect() as connection:
        pid = connection.execute(text("SELECT pg_backend_pid()")).scalar_one()
    other = database.connect(database_url)
    with other.connect() as connection:
        assert connection.execute(text("SELECT pg_terminate_backend(:pid, 5000)"), {"pid": pid}).scalar_one()
    with engine.connect() as connection:
        assert connection.execute(text("SELECT pg_backend_pid()")).scalar_one() != pid
    engine.dispose()
    other.dispose()


def test_a_forked_child_takes_connections_of_its_own_and_leaves_the_parents_alone(database_url: str) -> None:
    engine = database.connect(database_url, pool_size=1)
    with engine.connect() as connection:
        parents = connection.execute(text("SELECT pg_backend_pid()")).scalar_one()
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            database.dispose_after_fork(engine)
            with engine.connect() as connection:
                os.write(writing, str(connection.execute(text("SELECT pg_backend_pid()")).scalar_one()).encode())
        finally:
            os._exit(0)
    os.waitpid(child, 0)
    childs = int(os.read(reading, 100))
    with engine.connect() as connection:
        assert connection.execute(text("SELECT pg_backend_pid()")).scalar_one() == parents
    assert childs != parents
    engine.dispose()


def test_mapping_twice_is_mapping_once() -> None:
    map_entities()
    map_entities()
    assert a_player().credits == 100_000


def test_every_table_holds_an_entity_except_links_moments_and_listings() -> None:
    plain = {manufacturing_task_dependencies, market_recalculations, market_listings}
    assert {*TABLE_OF.values(), *plain} == set(metadata.tables.values())


_TABLES = TABLE_OF | {MarketListing: market_listings}


@pytest.mark.parametrize("entity", _TABLES, ids=lambda entity: entity.__name__)
def test_an_entity_has_exactly_the_columns_of_its_table(entity: type) -> None:
    fields = set(entity.__dataclass_fields__)  # type: ignore[attr-defined]
    assert fields == {column.key for column in _TABLES[entity].columns}
