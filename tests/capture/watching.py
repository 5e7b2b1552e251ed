"""A player who captures the simulated universe it lives in, without a network."""

import json
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from urllib.parse import urlencode

from manufacturing.adapters.spacetraders.gateway import HttpGateway, Patience
from manufacturing.adapters.spacetraders.transport import Answer, Request
from manufacturing.domain.gateway import Priority, Purpose, RequestNotSent
from manufacturing.simulator.messages import Request as GameRequest
from tests.simulator.players import Player


@dataclass
class CountingBudget:
    """A budget that lets ``limit`` calls through and no more; None: all."""

    limit: int | None = None
    purposes: list[Purpose] = field(default_factory=list)

    def acquire(self, priority: Priority, purpose: Purpose, endpoint: str, deadline: float) -> "CountingBudget":
        if self.limit is not None and len(self.purposes) >= self.limit:
            raise RequestNotSent("no call is left")
        self.purposes.append(purpose)
        return self

    def answered(self) -> None:
        pass

    def penalize(self, purpose: Purpose, endpoint: str, retry_after: timedelta) -> None:
        raise AssertionError("the universe has no limit")


@dataclass
class GameClock:
    """The player's game time."""

    player: Player

    def now(self) -> datetime:
        return self.player.now

    def wall_seconds(self, game: timedelta) -> float:
        return game.total_seconds()

    def game_time(self, wall: timedelta) -> timedelta:
        return wall


@dataclass
class InProcess:
    """Carries the gateway's requests to the player's universe."""

    player: Player
    paths: list[str] = field(default_factory=list)

    def send(self, request: Request) -> Answer:
        self.paths.append(request.path)
        headers = {"authorization": f"Bearer {request.token}"} if request.token else {}
        body = json.dumps(request.body).encode() if request.body is not None else b""
        question = GameRequest(request.method, request.path, urlencode(request.query), headers, body)
        answer = self.player.api.handle(question, self.player.now)
        return Answer(status=answer.status, headers=dict(answer.headers), body=answer.body)


def a_gateway(player: Player, transport: InProcess, limit: int | None = None) -> HttpGateway:
    """The player's gateway, which does not wait."""
    patience = Patience(read=0.0, write=0.0)
    return HttpGateway(transport, player.token, CountingBudget(limit), patience=patience)
