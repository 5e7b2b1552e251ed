"""How a request reaches the game: one exchange over HTTP, with no knowledge of what it means."""

import os
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http.cookiejar import DefaultCookiePolicy
from importlib.metadata import version
from ipaddress import ip_address
from typing import Any, Final, Protocol
from urllib.parse import urlsplit

import requests
from requests.adapters import HTTPAdapter
from urllib3.exceptions import ConnectTimeoutError, MaxRetryError, NewConnectionError

from manufacturing.domain.gateway import RequestNotSent, ServerUnavailable

_USER_AGENT: Final = f"spacetraders-manufacturing/{version('spacetraders-manufacturing')}"

#: Connections kept open for reuse: as many as a worker has threads, and some.
_CONNECTIONS: Final = 64

_NEVER_CONNECTED: Final = (NewConnectionError, ConnectTimeoutError)


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What is sent. ``path`` begins with a slash and is relative to the API's base URL."""

    method: str
    path: str
    query: Mapping[str, int] = field(default_factory=dict)
    body: Mapping[str, Any] | None = None
    token: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What came back. Names of headers are in lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class Transport(Protocol):
    """Carries requests to a server. Safe to share between threads."""

    def send(self, request: Request) -> Answer:
        """One exchange. Raises RequestNotSent when no connection was made, and ServerUnavailable when one was and no
        whole answer came."""
        ...


def normalized_base_url(url: str) -> str:
    """The base URL of the API as we write it: without a slash at the end, and with the version when there is no path.

    Raises ValueError when ``url`` is not an http or https URL.
    """
    parts = urlsplit(url.strip())
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise ValueError(f"not an http(s) URL: {url!r}")
    path = parts.path.rstrip("/") or "/v2"
    return f"{parts.scheme}://{parts.netloc}{path}"


def new_session(base_url: str) -> requests.Session:
    """A session for threads to share: it keeps connections open and has no other state."""
    session = requests.Session()
    session.headers["User-Agent"] = _USER_AGENT
    session.headers["Accept"] = "application/json"
    session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
    adapter = HTTPAdapter(pool_connections=1, pool_maxsize=_CONNECTIONS, max_retries=0)
    session.mount("http://", adapter)
    session.mount("https://", adapter)
    # A proxy of the environment is for the world outside, not for a server on this machine.
    session.trust_env = not _is_loopback(urlsplit(base_url).hostname or "")
    return session


class HttpTransport:
    """Sends requests to the API at ``base_url`` with timeouts in wall seconds.

    ``session`` makes the session; each process makes its own, since a forked one must not share sockets.
    """

    def __init__(
        self,
        base_url: str,
        *,
        connect_timeout: float = 3.05,
        read_timeout: float = 10.0,
        session: Callable[[str], requests.Session] = new_session,
    ) -> None:
        self.base_url = normalized_base_url(base_url)
        self._timeouts = (connect_timeout, read_timeout)
        self._make_session = session
        self._session: requests.Session | None = None
        self._owner = 0
        self._making = threading.Lock()

    def send(self, request: Request) -> Answer:
        """See ``Transport.send``."""
        what = f"{request.method} {request.path}"
        try:
            response = self._own_session().request(
                request.method,
                self.base_url + request.path,
                params=request.query or None,
                json=request.body,
                auth=_Bearer(request.token),
                timeout=self._timeouts,
                # A redirected POST would arrive as a GET.
                allow_redirects=False,
            )
        except requests.RequestException as error:
            # The library's error holds the request with its token, so it must not be chained.
            raise self._failure(what, error) from None
        headers = {name.lower(): value for name, value in response.headers.items()}
        return Answer(status=response.status_code, headers=headers, body=response.content)

    def _failure(self, what: str, error: requests.RequestException) -> ServerUnavailable:
        server = urlsplit(self.base_url).netloc
        if _never_connected(error):
            return RequestNotSent(f"{server} cannot be reached for {what}")
        if isinstance(error, requests.Timeout):
            return ServerUnavailable(f"{server} did not answer {what} within {self._timeouts[1]:g} s")
        return ServerUnavailable(f"the connection to {server} broke during {what} ({type(error).__name__})")

    def _own_session(self) -> requests.Session:
        with self._making:
            if self._session is None or self._owner != os.getpid():
                self._session = self._make_session(self.base_url)
                self._owner = os.getpid()
            return self._session


class _Bearer(requests.auth.AuthBase):
    """The token in its header. Also given without one, as a netrc file would be consulted otherwise."""

    def __init__(self, token: str | None) -> None:
        self._token = token

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        if self._token:
            request.headers["Authorization"] = f"Bearer {self._token}"
        return request


def _never_connected(error: requests.RequestException) -> bool:
    if isinstance(error, requests.ConnectTimeout):
        return True
    cause = error.args[0] if error.args else None
    return isinstance(cause, MaxRetryError) and isinstance(cause.reason, _NEVER_CONNECTED)


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
