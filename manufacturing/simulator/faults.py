"""Troubles on demand: what a client has to live with, made to happen when it is wanted (docs/simulator.md, "Faults").

A plan of faults is a list of rules. Each rule says what goes wrong, for which calls, how often and when. Chance follows
from the seed, so a plan troubles the same calls again.
"""

import json
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

from manufacturing.simulator.codec import decode
from manufacturing.simulator.errors import Code, Refusal
from manufacturing.simulator.messages import Response, refuse, too_many
from manufacturing.simulator.randomness import key, noise
from manufacturing.simulator.rate_limit import Refused
from manufacturing.simulator.universe import START


class BadFaultPlan(ValueError):
    """A plan of faults cannot be used; the message says where it is wrong."""


class FaultKind(StrEnum):
    """What can go wrong with a call."""

    LATENCY = "latency"
    """The answer comes late."""
    LOST_RESPONSE = "lost-response"
    """The call takes effect, but its answer never comes: the connection closes."""
    SERVER_ERROR = "server-error"
    """The answer is a 5xx and the call has no effect."""
    RATE_LIMIT = "rate-limit"
    """The answer is a 429 and the call has no effect."""
    RESET_CONNECTION = "reset-connection"
    """The connection is reset before the call takes effect."""
    MAINTENANCE = "maintenance"
    """The answer is 503 with code 3100 and the call has no effect."""
    RESETTING = "resetting"
    """The answer is 503 with code 3200, as during a reset, and the call has no effect."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """One rule of a plan."""

    kind: FaultKind
    calls: str = "*"
    """Which calls, as ``METHOD PATH`` with ``*`` for anything, such as ``POST /my/ships/*/purchase``."""
    probability: float = 1.0
    """How likely each of these calls is hit."""
    skip: int = 0
    """So many of these calls pass first."""
    times: int | None = None
    """At most so many calls are hit; None for any number."""
    after_seconds: float = 0.0
    """It begins so many game seconds after the universe …"""
    until_seconds: float | None = None
    """… and ends so many game seconds after it; None for never."""
    seconds: float = 5.0
    """Game seconds an answer is late, or to wait after a 429."""
    status: int = 502
    """The HTTP status of a server error."""

    def __post_init__(self) -> None:
        if not 0 <= self.probability <= 1:
            raise BadFaultPlan("probability must be from 0 to 1")
        if not 500 <= self.status <= 599:
            raise BadFaultPlan("status must be from 500 to 599")
        if self.seconds < 0 or self.skip < 0 or (self.times is not None and self.times < 0):
            raise BadFaultPlan("seconds, skip and times must not be negative")


@dataclass(frozen=True, slots=True)
class Trouble:
    """What happens to one call."""

    late: float = 0.0
    """Game seconds the answer is held back."""
    answer: Response | None = None
    """Answered instead, without effect."""
    reset: bool = False
    """The connection is reset, without effect."""
    lost: bool = False
    """The call takes effect and is not answered."""


NO_TROUBLE = Trouble()


@dataclass(slots=True)
class _Rule:
    fault: Fault
    chance_key: int
    seen: int = 0
    hit: int = 0

    def strikes(self, call: str, now: datetime) -> bool:
        """Whether this call is hit; counts it."""
        fault, elapsed = self.fault, (now - START).total_seconds()
        if elapsed < fault.after_seconds or (fault.until_seconds is not None and elapsed >= fault.until_seconds):
            return False
        if not fnmatchcase(call, fault.calls) and not fnmatchcase(call.partition(" ")[2], fault.calls):
            return False
        self.seen += 1
        if self.seen <= fault.skip or (fault.times is not None and self.hit >= fault.times):
            return False
        if noise(self.chance_key, self.seen) >= fault.probability:
            return False
        self.hit += 1
        return True


@dataclass(slots=True)
class FaultPlan:
    """The rules in force."""

    seed: int
    _rules: list[_Rule] = field(default_factory=list)

    def replace(self, faults: Sequence[Fault]) -> None:
        """Puts other rules in force; counting begins anew."""
        self._rules = [_Rule(fault, key(self.seed, "fault", i)) for i, fault in enumerate(faults)]

    def report(self) -> list[dict[str, Any]]:
        """The rules, each with how many calls it has seen and hit."""
        return [{"fault": rule.fault, "seen": rule.seen, "hit": rule.hit} for rule in self._rules]

    def trouble(self, method: str, path: str, now: datetime) -> Trouble:
        """What happens to a call. Of several rules that stop it the first counts; delays add up."""
        if not self._rules:
            return NO_TROUBLE
        call = f"{method} /{path.strip('/').removeprefix('v2').strip('/')}"
        late, stopping = 0.0, None
        for rule in self._rules:
            if stopping is not None and rule.fault.kind is not FaultKind.LATENCY:
                continue
            if rule.strikes(call, now):
                if rule.fault.kind is FaultKind.LATENCY:
                    late += rule.fault.seconds
                else:
                    stopping = rule.fault
        if stopping is None:
            return Trouble(late) if late else NO_TROUBLE
        return Trouble(
            late,
            answer=_answer(stopping, now),
            reset=stopping.kind is FaultKind.RESET_CONNECTION,
            lost=stopping.kind is FaultKind.LOST_RESPONSE,
        )


def _answer(fault: Fault, now: datetime) -> Response | None:
    if fault.kind is FaultKind.SERVER_ERROR:
        return refuse(Refusal(Code.SERVER_ERROR, "Something went wrong on the server."), status=fault.status)
    if fault.kind is FaultKind.MAINTENANCE:
        return refuse(Refusal(Code.MAINTENANCE, "The server is down for maintenance."))
    if fault.kind is FaultKind.RESETTING:
        return refuse(Refusal(Code.RESETTING, "The universe is being reset."))
    if fault.kind is FaultKind.RATE_LIMIT:
        return too_many(Refused(fault.seconds, now + timedelta(seconds=fault.seconds)))
    return None


def read_faults(path: Path) -> list[Fault]:
    """The rules in a TOML file (tables ``[[fault]]``) or a JSON file (a list). Raises BadFaultPlan."""
    try:
        text = path.read_text(encoding="utf-8")
        given = tomllib.loads(text).get("fault", []) if path.suffix == ".toml" else json.loads(text)
    except (OSError, ValueError) as error:
        raise BadFaultPlan(f"{path}: {error}") from error
    return parse_faults(given, str(path))


def parse_faults(given: Any, where: str = "faults") -> list[Fault]:
    """The rules in parsed JSON or TOML. Raises BadFaultPlan naming the rule that is wrong."""
    if not isinstance(given, list):
        raise BadFaultPlan(f"{where}: expected a list of rules")
    return [_parse_fault(rule, f"{where}: rule {i + 1}") for i, rule in enumerate(given)]


def _parse_fault(rule: Any, where: str) -> Fault:
    if not isinstance(rule, Mapping):
        raise BadFaultPlan(f"{where} is no object")
    unknown = set(rule) - set(Fault.__dataclass_fields__)
    if unknown or "kind" not in rule:
        known = ", ".join(Fault.__dataclass_fields__)
        raise BadFaultPlan(f"{where} needs a kind and may have {known}; it has {', '.join(rule) or 'nothing'}")
    try:
        return decode(Fault, rule)
    except (ValueError, TypeError) as error:
        raise BadFaultPlan(f"{where}: {error}") from error
