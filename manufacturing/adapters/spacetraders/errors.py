"""The API's refusals as errors by meaning (docs/game.md, "Errors")."""

import re
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Final

from manufacturing.domain.api_budget import STEADY_POOL
from manufacturing.domain.gateway import (
    CannotAfford,
    CargoMismatch,
    GatewayError,
    NotAuthorized,
    NotEnoughFuel,
    NotTraded,
    OnCooldown,
    RequestNotSent,
    RequestRejected,
    ServerUnavailable,
    ShipInTransit,
    ShipStateChanged,
    TradeTooLarge,
    UniverseReset,
)

_BY_CODE: Final[dict[int, type[GatewayError]]] = {
    4000: OnCooldown,
    4113: UniverseReset,
    4200: ShipInTransit,
    4203: NotEnoughFuel,
    4204: ShipStateChanged,
    4214: ShipInTransit,
    4216: CannotAfford,
    4217: CargoMismatch,
    4218: CargoMismatch,
    4219: CargoMismatch,
    4228: CargoMismatch,
    4236: ShipStateChanged,
    4244: ShipStateChanged,
    4600: CannotAfford,
    4601: NotTraded,
    4602: NotTraded,
    4603: NotTraded,
    4604: TradeTooLarge,
}

#: What a 429 without a usable figure is taken to ask for.
_DEFAULT_RETRY_AFTER: Final = STEADY_POOL.window

#: A figure beyond this is nonsense.
_LONGEST_RETRY_AFTER: Final = timedelta(days=1)

#: Tokens are JSON web tokens: three parts of base64.
_TOKEN: Final = re.compile(r"[\w-]{8,}\.[\w-]{8,}\.[\w-]*")


class RateLimited(RequestNotSent):
    """The server refused to look at the request (429): it took no effect. ``retry_after`` is game time."""

    def __init__(self, message: str, *, retry_after: timedelta) -> None:
        super().__init__(message, code=429)
        self.retry_after = retry_after


class UnexpectedAnswer(ServerUnavailable):
    """The server did what was asked, or some of it, and its answer has not the shape we know."""


def error_of(status: int, headers: Mapping[str, str], document: Any, request: str) -> GatewayError:
    """The error that an answer with a status of 300 or more stands for.

    ``document`` is its body as parsed, None where it was no JSON; ``request`` says what was asked.
    """
    refusal = document.get("error") if isinstance(document, dict) else None
    refusal = refusal if isinstance(refusal, dict) else {}
    data = refusal.get("data")
    data = data if isinstance(data, dict) else {}
    code = refusal.get("code")
    code = code if isinstance(code, int) else None
    said = _TOKEN.sub("(token)", str(refusal.get("message") or f"HTTP {status} without a reason"))
    message = f"{request}: {said}" + (f" ({code})" if code is not None else "")

    if status == 429:
        return RateLimited(message, retry_after=_retry_after(headers, data))
    if status >= 500:
        return ServerUnavailable(message, code=code)
    if 300 <= status < 400:
        return RequestRejected(f"{request}: redirected to {headers.get('location')}: is the server's URL right?")
    kind = _BY_CODE.get(code) if code is not None else None
    if kind is ShipInTransit:
        return ShipInTransit(message, code=code, arrival_at=_moment(data.get("arrival")))
    if kind is not None:
        return kind(message, code=code)
    if status == 401:
        return NotAuthorized(message, code=code)
    details = f": {data}" if data and status == 422 else ""
    return RequestRejected(message + details, code=code)


def _retry_after(headers: Mapping[str, str], data: dict[str, Any]) -> timedelta:
    # The body tells it to the millisecond, the header in whole seconds, a proxy's header perhaps as a date.
    for figure in (data.get("retryAfter"), headers.get("retry-after")):
        try:
            wait = timedelta(seconds=float(figure))  # type: ignore[arg-type]
        except (TypeError, ValueError, OverflowError):
            continue
        if timedelta() <= wait <= _LONGEST_RETRY_AFTER:
            return wait
    return _DEFAULT_RETRY_AFTER


def _moment(text: Any) -> datetime | None:
    try:
        moment = datetime.fromisoformat(text)
    except (TypeError, ValueError):
        return None
    return moment if moment.tzinfo else None
