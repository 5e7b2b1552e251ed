"""The way to the database: engine and sessions, with a limit on every wait."""

from collections.abc import Sequence
from typing import Any, Final

from sqlalchemy import Engine, create_engine, make_url
from sqlalchemy.engine import URL
from sqlalchemy.orm import Session, sessionmaker
from sqlalchemy.orm.exc import StaleDataError

from manufacturing.adapters.postgres.errors import translate_errors
from manufacturing.adapters.postgres.mapping import map_entities
from manufacturing.domain.errors import StaleRow

_PLAIN_SCHEMES: Final = frozenset({"postgres", "postgresql"})

#: Limits on the server's side, in milliseconds. Threads of a worker cannot be stopped from outside, so nothing may
#: wait without an end. Times are read and written in UTC.
_SESSION_SETTINGS: Final = {
    "statement_timeout": "20000",
    "lock_timeout": "5000",
    "idle_in_transaction_session_timeout": "60000",
    "timezone": "UTC",
}
#: Limits on our side, for a server that does not answer at all (libpq's parameters; seconds, the last milliseconds).
_CONNECTION_LIMITS: Final = {
    "connect_timeout": 5,
    "keepalives_idle": 10,
    "keepalives_interval": 5,
    "keepalives_count": 3,
    "tcp_user_timeout": 25_000,
}
#: How long to wait for a connection of the pool, in seconds.
_POOL_TIMEOUT: Final = 10


class DomainSession(Session):
    """A session that says StaleRow when a row was changed by someone else since it was read."""

    def flush(self, objects: Sequence[Any] | None = None) -> None:
        """Sends pending changes to the database; StaleRow when one of them comes too late."""
        try:
            super().flush(objects)
        except StaleDataError as error:
            raise StaleRow(f"{error} Someone else changed it: read it again and decide again.") from error


SessionFactory = sessionmaker[DomainSession]


def driver_url(url: str) -> URL:
    """``url`` with the driver we use: ``postgres://`` and ``postgresql://`` both mean psycopg2 here.

    Raises sqlalchemy.exc.ArgumentError when it is no URL at all.
    """
    parsed = make_url(url)
    return parsed.set(drivername="postgresql+psycopg2") if parsed.drivername in _PLAIN_SCHEMES else parsed


def connect(url: str, *, pool_size: int = 5, alone: bool = False) -> Engine:
    """An engine for the database at ``url``, with at most ``pool_size`` connections open at a time.

    Each connection is tried before its use, and one that rests within a transaction is closed after a minute; not so
    where this process is ``alone`` with a database of its own: nobody waits for its locks, and it may be suspended.
    It connects when first used. Give each thread one: a unit of work holds a connection while it is open.
    """
    settings = _SESSION_SETTINGS | ({"idle_in_transaction_session_timeout": "0"} if alone else {})
    options = " ".join(f"-c {name}={value}" for name, value in settings.items())
    engine = create_engine(
        driver_url(url),
        pool_size=pool_size,
        max_overflow=0,
        pool_pre_ping=not alone,
        pool_timeout=_POOL_TIMEOUT,
        connect_args={**_CONNECTION_LIMITS, "options": options, "fallback_application_name": "manufacturing"},
    )
    translate_errors(engine)
    return engine


def session_factory(engine: Engine) -> SessionFactory:
    """Makes sessions on ``engine``. Entities stay readable as values after a commit."""
    map_entities()
    return sessionmaker(engine, class_=DomainSession, expire_on_commit=False)


def dispose_after_fork(engine: Engine) -> None:
    """Call this in a forked child: the parent's connections are forgotten there, and not closed."""
    engine.dispose(close=False)
