"""What goes into the universe and what comes out, without a network: requests, answers, and reading their parts.

Clients in the wild send bodies the game accepts although its documents do not say so: forms instead of JSON, numbers
as text, keys nobody knows. ``read_body`` accepts them too, unless told to be strict.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import parse_qs, unquote

import orjson

from manufacturing.simulator.errors import Code, Refusal
from manufacturing.simulator.rate_limit import Refused

#: Items on a page of a list, when the client does not say, and at most.
PAGE_SIZE: Final = 10
PAGE_SIZE_LIMIT: Final = 20


@dataclass(slots=True)
class Request:
    """One call of the API."""

    method: str
    path: str
    """With or without the ``/v2`` in front."""
    query: str = ""
    """What follows the question mark."""
    headers: Mapping[str, str] = field(default_factory=dict)
    """By lower-case name."""
    body: bytes = b""
    client: str = "in-process"
    """Who calls, for limits on calls without a token."""


@dataclass(slots=True)
class Response:
    """The answer to a call."""

    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes

    def json(self) -> Any:
        """The body, parsed; None when there is none."""
        return orjson.loads(self.body) if self.body else None


#: The headers of an answer with a body.
JSON_HEADERS: Final = (("content-type", "application/json; charset=utf-8"),)


def refuse(refusal: Refusal, status: int | None = None) -> Response:
    """The answer to a call that is refused."""
    return Response(status or refusal.status, JSON_HEADERS, orjson.dumps(refusal.envelope()))


def too_many(refused: Refused) -> Response:
    """The answer to a call beyond the limit."""
    refusal = Refusal(
        Code.RATE_LIMIT,
        f"You have used up your requests; the next may come in {refused.retry_after:.3f} seconds.",
        **refused.data,
    )
    return Response(429, (*JSON_HEADERS, *refused.headers), orjson.dumps(refusal.envelope()))


@dataclass(frozen=True, slots=True)
class Text:
    """A body field that is text, perhaps one of a few words."""

    required: bool = True
    among: frozenset[str] | None = None
    lengths: tuple[int, int] | None = None


@dataclass(frozen=True, slots=True)
class Whole:
    """A body field that is a whole number of at least 1."""

    required: bool = True


@dataclass(frozen=True, slots=True)
class Flag:
    """A body field that is true or false."""

    required: bool = False


@dataclass(frozen=True, slots=True)
class Structure:
    """A body field that is an object of its own."""

    required: bool = False


@dataclass(frozen=True, slots=True)
class Items:
    """A body field that is a list."""

    required: bool = False


FieldRule = Text | Whole | Flag | Structure | Items
BodyRule = Mapping[str, FieldRule]


def read_body(body: bytes, content_type: str, strict: bool) -> dict[str, Any]:
    """The body's fields. Raises Refusal when it cannot be read."""
    if strict and content_type and not content_type.startswith("application/json"):
        raise Refusal(Code.UNSUPPORTED_MEDIA_TYPE, f"Send JSON instead of {content_type}.")
    if not body:
        if strict and body == b"" and content_type.startswith("application/json"):
            raise Refusal(Code.UNREADABLE_BODY, "The body is empty although its type is JSON.")
        return {}
    try:
        parsed = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        if not strict and b"=" in body and body[:1] not in b"{[":
            return _read_form(body)
        raise Refusal(Code.UNREADABLE_BODY, f"The body is no JSON: {error}") from error
    if not isinstance(parsed, dict):
        if parsed is None or (parsed == [] and not strict):
            return {}
        raise Refusal(Code.UNREADABLE_BODY, "The body must be a JSON object.")
    return parsed


def _read_form(body: bytes) -> dict[str, Any]:
    try:
        pairs = parse_qs(body.decode(), keep_blank_values=True)
    except ValueError as error:
        raise Refusal(Code.UNREADABLE_BODY, "The form cannot be read.") from error
    return {name: values[-1] for name, values in pairs.items()}


def check_body(given: Mapping[str, Any], rules: BodyRule, strict: bool) -> dict[str, Any]:
    """The fields an operation knows, in their types. Raises Refusal (3001) naming every field that is wrong."""
    wrong: dict[str, list[str]] = {}
    checked: dict[str, Any] = {}
    for name, rule in rules.items():
        value = given.get(name)
        if value is None:
            if rule.required:
                wrong[name] = ["is required"]
            continue
        if type(value) is int and value > 0 and type(rule) is Whole:
            checked[name] = value  # spares most requests the way through the checks
            continue
        try:
            checked[name] = _CHECKS[type(rule)](value, rule, strict)
        except ValueError as error:
            wrong[name] = [str(error)]
    if strict:
        for name in given.keys() - rules.keys():
            wrong[name] = ["is not a field of this request"]
    if wrong:
        raise Refusal(Code.BAD_INPUT, "The request has wrong fields: " + ", ".join(sorted(wrong)) + ".", **wrong)
    return checked


def _whole(value: Any, _rule: Any, strict: bool) -> int:
    if not strict:
        if isinstance(value, str) and value.strip().lstrip("-").isdecimal():
            value = int(value)
        if isinstance(value, float) and value.is_integer():
            value = int(value)
    if isinstance(value, bool) or not isinstance(value, int):
        raise ValueError("must be a whole number")
    if value < 1:
        raise ValueError("must be at least 1")
    return value


def _text(value: Any, rule: Text, _strict: bool) -> str:
    if not isinstance(value, str):
        raise ValueError("must be text")
    if rule.lengths and not rule.lengths[0] <= len(value) <= rule.lengths[1]:
        raise ValueError(f"must have {rule.lengths[0]} to {rule.lengths[1]} characters")
    if rule.among is not None and value not in rule.among:
        raise ValueError("must be one of " + ", ".join(sorted(rule.among)))
    return value


def _flag(value: Any, _rule: Any, strict: bool) -> bool:
    if not strict and isinstance(value, str) and value.lower() in {"true", "false", "1", "0"}:
        return value.lower() in {"true", "1"}
    if not isinstance(value, bool):
        raise ValueError("must be true or false")
    return value


def _structure(value: Any, _rule: Any, strict: bool) -> dict[str, Any]:
    if not strict and isinstance(value, str):
        try:
            value = orjson.loads(value)
        except orjson.JSONDecodeError:
            raise ValueError("must be an object") from None
    if not isinstance(value, dict):
        raise ValueError("must be an object")
    return value


def _items(value: Any, _rule: Any, _strict: bool) -> list[Any]:
    if not isinstance(value, list):
        raise ValueError("must be a list")
    return value


_CHECKS: Mapping[type, Any] = {Whole: _whole, Text: _text, Flag: _flag, Structure: _structure, Items: _items}


@dataclass(frozen=True, slots=True)
class Page:
    """Which part of a list is wanted."""

    number: int
    size: int

    @classmethod
    def of(cls, query: str) -> "Page":
        """The page a query string asks for. Raises Refusal (3001) when it asks for an impossible one."""
        if not query:
            return cls(1, PAGE_SIZE)
        asked = parse_qs(query)
        number = _bounded(asked, "page", 1, None)
        size = _bounded(asked, "limit", PAGE_SIZE, PAGE_SIZE_LIMIT)
        return cls(number, size)

    @property
    def span(self) -> slice:
        """The items of the page in the whole list."""
        return slice((self.number - 1) * self.size, self.number * self.size)

    def meta(self, total: int) -> dict[str, int]:
        """What the answer says about the page."""
        return {"total": total, "page": self.number, "limit": self.size}


def _bounded(asked: Mapping[str, list[str]], name: str, default: int, highest: int | None) -> int:
    text = asked.get(name, [str(default)])[-1]
    if not text.isdecimal() or not 1 <= int(text) <= (highest or 2**31):
        bounds = f"from 1 to {highest}" if highest else "of at least 1"
        raise Refusal(Code.BAD_INPUT, f"{name} must be a whole number {bounds}.", **{name: [f"was {text!r}"]})
    return int(text)


def query_values(query: str, name: str) -> list[str]:
    """All values a query string gives for ``name``, comma-separated ones apart."""
    values = parse_qs(query).get(name, []) + parse_qs(query).get(name + "[]", []) if query else []
    return [part for value in values for part in unquote(value).split(",") if part]
