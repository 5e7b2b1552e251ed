"""From a request to an answer: who calls, whether they may, which operation it is, and what came of it.

The dispatcher does no input or output and reads no clock. A server puts it behind HTTP; anything else may call
``handle`` directly with a game time of its own.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

import orjson

from manufacturing.simulator import operations  # noqa: F401  (importing it fills OPERATIONS)
from manufacturing.simulator.entities import Agent
from manufacturing.simulator.errors import Code, Refusal
from manufacturing.simulator.messages import (
    JSON_HEADERS,
    Request,
    Response,
    check_body,
    read_body,
    refuse,
    too_many,
)
from manufacturing.simulator.operation import OPERATIONS, Access, Call, Operation, Reply
from manufacturing.simulator.rate_limit import RateLimiter
from manufacturing.simulator.registration import token_reset_date
from manufacturing.simulator.universe import Universe

_NO_CONTENT: Final[tuple[tuple[str, str], ...]] = ()
#: Methods that clients use for others, and where the game puts up with it.
_ALIASES: Final = {("POST", "/my/ships/{}/nav"): ("PATCH", "/my/ships/{}/nav")}


#: What a change is called that begins the universe anew.
RESET: Final = "RESET"


@dataclass(slots=True)
class Change:
    """A call that changed the universe: made again at the same game time, it changes it the same way."""

    at: datetime
    agent: str | None
    operation: str
    """Method and path pattern."""
    names: tuple[str, ...]
    body: Mapping[str, Any]


@dataclass(slots=True)
class _Node:
    """A step of the way from a path to its operations."""

    children: dict[str, "_Node"] = field(default_factory=dict)
    wildcard: "_Node | None" = None
    operations: dict[str, Operation] = field(default_factory=dict)


def _routes(strict: bool) -> _Node:
    root = _Node()
    for each in OPERATIONS:
        _leaf(root, each.path).operations[each.method] = each
    if not strict:
        for (method, path), (meant, meant_path) in _ALIASES.items():
            _leaf(root, path).operations[method] = _leaf(root, meant_path).operations[meant]
    return root


def _leaf(root: _Node, path: str) -> _Node:
    node = root
    for part in path.split("/"):
        if part == "{}":
            node.wildcard = node.wildcard or _Node()
            node = node.wildcard
        elif part:
            node = node.children.setdefault(part, _Node())
    return node


class Dispatcher:
    """Serves the API of one universe.

    ``limiter`` is None for no limit. ``on_change`` is told every call that changed the universe, after the change and
    before the answer.
    """

    def __init__(
        self,
        universe: Universe,
        *,
        strict: bool = False,
        limiter: RateLimiter | None = None,
        on_change: Callable[[Change], None] | None = None,
    ) -> None:
        self.universe = universe
        self.on_change = on_change
        self._strict = strict
        self._limiter = limiter
        self._routes = _routes(strict)

    def handle(self, request: Request, now: datetime) -> Response:
        """Answers a call made at game time ``now`` (timezone-aware)."""
        now = self.universe.advance(now)
        authorization = request.headers.get("authorization", "")
        if self._limiter is not None:
            refused = self._limiter.admit(authorization or request.client, now)
            if refused is not None:
                return too_many(refused)
        try:
            operation, names = self._find(request.method, request.path)
            caller = None
            if operation.access is not Access.UNCHECKED:
                caller = self._authenticate(authorization, operation.access)
            body: dict[str, Any] = {}
            if operation.method != "GET" and (operation.body or self._strict):
                content_type = request.headers.get("content-type", "")
                given = read_body(request.body, content_type, self._strict and bool(operation.body))
                body = check_body(given, operation.body, self._strict)
            call = Call(now, caller, names, body, request.query, self._strict)
            reply = operation.handler(self.universe, call)
        except Refusal as refusal:
            return refuse(refusal)
        if operation.changes:
            self._note(operation, call)
        return _response(reply)

    def apply(self, change: Change) -> None:
        """Makes a change again that was noted before. Raises ValueError when it cannot be made."""
        if change.operation == RESET:
            self.universe.advance(change.at)
            self.universe.reset()
            return
        method, _, path = change.operation.partition(" ")
        operation = next((o for o in OPERATIONS if (o.method, o.path) == (method, path)), None)
        if operation is None:
            raise ValueError(f"there is no operation {change.operation}")
        now = self.universe.advance(change.at)
        caller = self.universe.state.agents[change.agent] if change.agent is not None else None
        try:
            operation.handler(self.universe, Call(now, caller, change.names, change.body))
        except Refusal as refusal:
            raise ValueError(f"{change.operation} of {change.agent} is refused: {refusal}") from refusal
        self.universe.state.changes += 1

    def reset(self, now: datetime) -> str:
        """Ends the universe and begins a new one, for which all tokens are too old; returns its reset date."""
        change = Change(self.universe.advance(now), None, RESET, (), {})
        self.universe.reset()
        if self.on_change is not None:
            self.on_change(change)
        return self.universe.state.reset_date

    def _find(self, method: str, path: str) -> tuple[Operation, tuple[str, ...]]:
        parts = path.split("/")
        if self._strict and _is_untidy(parts):
            raise Refusal(Code.NOT_FOUND, f"There is nothing at {path}.")
        node, names, first = self._routes, [], True
        for part in parts:
            if not part or (first and part == "v2"):
                first = first and not part
                continue
            first = False
            child = node.children.get(part)
            if child is None:
                child = node.wildcard
                names.append(part)
                if child is None:
                    raise Refusal(Code.NOT_FOUND, f"There is nothing at {path}.")
            node = child
        operation = node.operations.get(method)
        if operation is None:
            if not node.operations:
                raise Refusal(Code.NOT_FOUND, f"There is nothing at {path}.")
            raise Refusal(Code.METHOD_NOT_ALLOWED, f"{path} does not take {method}.")
        return operation, tuple(names)

    def _authenticate(self, authorization: str, access: Access) -> Agent | None:
        if not authorization:
            if access is Access.ANYONE:
                return None
            raise Refusal(Code.TOKEN_MISSING, "This needs a token: send it as Authorization: Bearer TOKEN.")
        token = authorization[7:] if authorization[:7].lower() == "bearer " else authorization
        agent = self.universe.agents_by_token.get(token)
        if agent is not None:
            return agent
        made_for = token_reset_date(token)
        current = self.universe.state.reset_date
        if made_for is not None and made_for != current:
            raise Refusal(
                Code.TOKEN_OF_OLDER_RESET,
                f"The universe was reset on {current}; this token is of {made_for}. Register anew.",
                expected=current,
                actual=made_for,
            )
        raise Refusal(Code.TOKEN_INVALID, "No agent of this universe has this token.")

    def _note(self, operation: Operation, call: Call) -> None:
        self.universe.state.changes += 1
        if self.on_change is not None:
            agent = call.caller.symbol if call.caller is not None else None
            self.on_change(Change(call.now, agent, operation.name, call.names, call.body))


def _is_untidy(parts: list[str]) -> bool:
    """Whether a path has double slashes, or one at its end other than the root's."""
    ends_in_slash = parts[-1] == "" and len(parts) > 2 and parts[-2] != "v2"
    return ends_in_slash or "" in parts[1:-1]


def _response(reply: Reply) -> Response:
    if reply.status == 204:
        return Response(204, _NO_CONTENT, b"")
    if reply.bare:
        payload = reply.data
    elif reply.meta is None:
        payload = {"data": reply.data}
    else:
        payload = {"data": reply.data, "meta": reply.meta}
    return Response(reply.status, JSON_HEADERS, orjson.dumps(payload))
