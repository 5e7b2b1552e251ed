"""Fixtures for tests of the gateway: only the network's other end is made up."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta

import pytest

from manufacturing.adapters.spacetraders.gateway import HttpGateway, Patience
from manufacturing.adapters.spacetraders.transport import HttpTransport
from manufacturing.domain.api_budget import BudgetRefusal
from manufacturing.domain.gateway import Priority, Purpose
from tests.spacetraders.game_server import GameServer

TOKEN = "eyJhbGciOiJSUzI1NiJ9.eyJpZGVudGlmaWVyIjoiVFJBREVSIn0.c2VjcmV0LXNpZ25hdHVyZQ"


@dataclass
class BookedBudget:
    """A budget that notes what it is asked and refuses when ``refuses`` is set."""

    asked: list[tuple[Priority, Purpose, str]] = field(default_factory=list)
    deadlines: list[float] = field(default_factory=list)
    penalties: list[tuple[Purpose, str, timedelta]] = field(default_factory=list)
    refuses: bool = False
    answers: int = 0

    def acquire(
        self, priority: Priority, purpose: Purpose, endpoint: str, deadline_wall_seconds: float
    ) -> "BookedBudget":
        self.asked.append((priority, purpose, endpoint))
        self.deadlines.append(deadline_wall_seconds)
        if self.refuses:
            raise BudgetRefusal("nothing left")
        return self

    def answered(self) -> None:
        self.answers += 1

    def penalize(self, purpose: Purpose, endpoint: str, retry_after: timedelta) -> None:
        self.penalties.append((purpose, endpoint, retry_after))


@dataclass
class VirtualTime:
    """A clock on which waiting takes no time."""

    now: float = 0.0
    sleeps: list[float] = field(default_factory=list)

    def __call__(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.sleeps.append(seconds)
        self.now += seconds


@pytest.fixture
def game() -> Iterator[GameServer]:
    """A server that answers as it is told."""
    with GameServer() as server:
        yield server


@pytest.fixture
def budget() -> BookedBudget:
    return BookedBudget()


@pytest.fixture
def time() -> VirtualTime:
    return VirtualTime()


@pytest.fixture
def gateway(game: GameServer, budget: BookedBudget, time: VirtualTime) -> HttpGateway:
    """A gateway to that server, for the agent with ``TOKEN``."""
    transport = HttpTransport(game.url, connect_timeout=1, read_timeout=0.3)
    return HttpGateway(transport, TOKEN, budget, patience=Patience(), sleep=time.sleep, monotonic=time)
