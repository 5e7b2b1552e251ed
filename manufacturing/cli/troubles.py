"""Errors a player can do something about, as one line each."""

from manufacturing.domain.masking import first_line, masked


def explained(error: BaseException) -> str | None:
    """What to tell the player of ``error``; None when it is a mistake of the program's own."""
    text = _line(error)
    return None if text is None else masked(text)


def _line(error: BaseException) -> str | None:
    from redis.exceptions import RedisError
    from sqlalchemy.exc import ArgumentError, OperationalError, ProgrammingError

    from manufacturing.adapters.embedded import EmbeddedServerError
    from manufacturing.adapters.redis.api_budget import BudgetUnreachable
    from manufacturing.cli.console import CannotDo
    from manufacturing.cli.supervisor import HomeInUse, ProcessFailed
    from manufacturing.domain.errors import ManufacturingError
    from manufacturing.domain.gateway import GatewayError, NotAuthorized, ServerUnavailable, UniverseReset
    from manufacturing.settings import BadSetting

    if isinstance(error, (BadSetting, CannotDo, HomeInUse, ProcessFailed, EmbeddedServerError, ManufacturingError)):
        return str(error)
    if isinstance(error, UniverseReset):
        return (
            f"The universe was reset: the token is of an older one. `manufacturing player renew` begins anew. ({error})"
        )
    if isinstance(error, NotAuthorized):
        return f"The server does not accept the token: check SPACETRADERS_TOKEN. ({error})"
    if isinstance(error, BudgetUnreachable):
        return f"Redis cannot be used: {_first_line(error)}. Check REDIS_URL and whether it is running."
    if isinstance(error, ServerUnavailable):
        return (
            f"The game does not answer: {_first_line(error)}. Check SPACETRADERS_URL and the network, or wait a while."
        )
    if isinstance(error, GatewayError):
        return f"The game refuses: {error}"
    if isinstance(error, OperationalError):
        return f"The database cannot be used: {_first_line(error.orig)}. Check DATABASE_URL and whether it is running."
    if isinstance(error, ProgrammingError):
        return f"The database does not fit: {_first_line(error.orig)}. `manufacturing doctor` tells more."
    if isinstance(error, ArgumentError):
        return "DATABASE_URL is not a database's URL: it looks like postgresql://user@host:5432/name."
    if isinstance(error, RedisError):
        return f"Redis cannot be used: {_first_line(error)}. Check REDIS_URL and whether it is running."
    return None


def _first_line(error: object) -> str:
    return first_line(error).rstrip(".")
