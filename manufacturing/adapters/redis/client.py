"""The one place where Redis clients are made."""

from typing import Final

from redis import Redis
from redis.backoff import ConstantBackoff
from redis.exceptions import ConnectionError as ConnectionBroken
from redis.retry import Retry

#: How long one command may take, in wall seconds: a script of ours takes less than a millisecond.
COMMAND_TIMEOUT: Final = 2.0

#: Connections unused for so many wall seconds are tried with a PING before they carry a command.
_HEALTH_CHECK_INTERVAL: Final = 30

#: One second try on a fresh connection is enough for a server that was restarted. What was not answered in time is not
#: tried again, so that an outage is told within seconds.
_RETRIES: Final = 1
_RETRY_PAUSE: Final = 0.05


def connect(url: str) -> Redis:
    """A client for ``redis://``, ``rediss://`` or ``unix://``, safe to share between threads and across forks.

    Connects with the first command. Answers are str. Raises ValueError when ``url`` has another form.
    """
    client: Redis = Redis.from_url(
        url,
        decode_responses=True,
        socket_timeout=COMMAND_TIMEOUT,
        socket_connect_timeout=COMMAND_TIMEOUT,
        health_check_interval=_HEALTH_CHECK_INTERVAL,
        retry=Retry(ConstantBackoff(_RETRY_PAUSE), _RETRIES, supported_errors=(ConnectionBroken,)),
    )
    return client
