"""A worker process: the services as production wires them, on PostgreSQL, Redis and a game of their own processes.

It works alone and does all that beat, control and ships do, until nothing is left to do; when it would wait, it lets
the time pass for everybody.
"""

import logging
import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any, Final
from unittest.mock import patch

from redis import Redis
from sqlalchemy import Engine, text

from manufacturing.adapters.postgres import database
from manufacturing.adapters.postgres.unit_of_work import PostgresUnitOfWork
from manufacturing.adapters.redis.client import connect as connect_redis
from manufacturing.adapters.redis.locks import RedisLocks
from manufacturing.adapters.spacetraders.gateway import HttpGateway
from manufacturing.adapters.spacetraders.player_gateways import PlayerGateways
from manufacturing.adapters.spacetraders.transport import Answer, HttpTransport, Request
from manufacturing.bootstrap import Fleet, wire
from manufacturing.domain.events import Event, PollDue, StepDue, WorkChanged
from manufacturing.domain.ids import PlayerId
from manufacturing.domain.policy import FleetPolicy
from manufacturing.domain.ports import UnitOfWorkFactory
from manufacturing.services import ship_tasks
from manufacturing.settings import Settings
from tests.crashes.broker import Broker
from tests.crashes.doom import Doom, Fate
from tests.crashes.shared_clock import SharedClock
from tests.world import CountingBudget

#: In game time: whatever is not done by then never will be.
_PATIENCE: Final = timedelta(hours=8)

_IS_DONE = """
SELECT NOT EXISTS (SELECT FROM manufacturing_tasks WHERE status NOT IN ('COMPLETED', 'FAILED', 'CANCELLED'))
   AND NOT EXISTS (SELECT FROM manufacturing_pipelines WHERE status IN ('PLANNING', 'EXECUTING'))
   AND NOT EXISTS (SELECT FROM trade_intents WHERE status = 'OPEN')
   AND NOT EXISTS (SELECT FROM ships WHERE container_id IS NOT NULL OR cargo_items::text <> '{}')
"""
_NEXT_DUE = """
SELECT min(due) FROM (
    SELECT due_at AS due FROM manufacturing_tasks WHERE step_state = 'WAITING'
    UNION ALL SELECT lease_until FROM manufacturing_tasks WHERE step_state = 'QUEUED'
    UNION ALL SELECT next_poll_at FROM manufacturing_factory_states WHERE step_state = 'WAITING'
    UNION ALL SELECT lease_until FROM manufacturing_factory_states WHERE step_state = 'QUEUED'
) AS moments
"""


@dataclass(frozen=True)
class Workplace:
    """What a worker is told: where everything is, and for whom it works."""

    database_url: str
    redis_url: str
    game_url: str
    clock_path: Path
    token: str
    player_id: PlayerId
    policy: FleetPolicy


def work(workplace: Workplace, doom: Doom | None, told: Connection) -> None:
    """Works until everything is done, and then tells what its ships did; or until its doom."""
    logging.getLogger("manufacturing").setLevel(logging.ERROR)
    fate = Fate(doom)
    worker = _Worker(workplace, fate)
    with patch.object(ship_tasks, "next_action", fate.choose):
        worker.work()
    told.send(fate.steps())


class _DoomedTransport:
    """Carries requests to the game, as long as the worker lives."""

    def __init__(self, url: str, fate: Fate) -> None:
        self._inner = HttpTransport(url)
        self._fate = fate

    def send(self, request: Request) -> Answer:
        """See Transport."""
        self._fate.before_call()
        answer = self._inner.send(request)
        self._fate.after_call()
        return answer


class _DoomedUnitOfWork(PostgresUnitOfWork):
    """A unit of work that may be the last."""

    def __init__(self, sessions: database.SessionFactory, broker: Broker, fate: Fate) -> None:
        super().__init__(sessions, broker)
        self._fate = fate

    def commit(self) -> None:
        """Commits, if the worker lives to see it."""
        self._fate.before_commit()
        super().commit()
        self._fate.after_commit()


class _Worker:
    def __init__(self, workplace: Workplace, fate: Fate) -> None:
        self._player_id = workplace.player_id
        self._fate = fate
        self._clock = SharedClock(workplace.clock_path)
        self._redis: Redis = connect_redis(workplace.redis_url)
        self._broker = Broker(self._redis, self._clock)
        self._engine: Engine = database.connect(workplace.database_url, pool_size=4)
        sessions = database.session_factory(self._engine)
        self._uow: UnitOfWorkFactory = lambda: _DoomedUnitOfWork(sessions, self._broker, fate)
        self._fleet = self._wire(workplace)

    def _wire(self, workplace: Workplace) -> Fleet:
        gateway = HttpGateway(_DoomedTransport(workplace.game_url, self._fate), workplace.token, CountingBudget())
        return wire(
            Settings(
                home=Path("unused"),
                database_url="unused",
                redis_url="unused",
                server_url=None,
                token=None,
                agent_symbol="unused",
                faction="unused",
                policy=workplace.policy,
            ),
            engine=self._engine,
            clock=self._clock,
            uow=self._uow,
            gateways=PlayerGateways(
                self._uow,
                self._clock,
                token_of=lambda agent: workplace.token,
                make=lambda token, player_id: gateway,
            ),
            locks=RedisLocks(self._redis),
            ids=lambda: str(uuid.uuid4()),
            drain_usage=list,
        )

    def work(self) -> None:
        """Everything there is to do, as soon as it is due."""
        deadline = self._clock.now() + _PATIENCE
        while True:
            self._beat()
            while (taken := self._broker.take()) is not None:
                message, event = taken
                self._handle(event)
                self._broker.acknowledge(message)
            if self._ask(_IS_DONE):
                return
            if self._clock.now() > deadline:
                raise TimeoutError(f"not done within {_PATIENCE}")
            self._let_time_pass()

    def _beat(self) -> None:
        with self._uow() as uow:
            player = uow.players.get(self._player_id)
        self._fleet.orchestrator.expire_reservations(self._player_id)
        self._fleet.orchestrator.recover(player)
        self._fleet.orchestrator.coordinate(self._player_id)
        self._fleet.due_queue.sweep()

    def _handle(self, event: Event) -> None:
        match event:
            case StepDue():
                self._fate.flying = True
                self._fleet.ship_tasks.run_step(event.task_id, event.version)
                self._fate.flying = False
            case PollDue():
                self._fleet.supply_monitor.run(event.factory_state_id, event.version)
            case WorkChanged():
                self._fleet.orchestrator.coordinate(event.player_id)

    def _let_time_pass(self) -> None:
        """Until the next thing is due: for the game, for us, and for Redis."""
        now = self._clock.now()
        due = [moment for moment in (self._broker.next_due(), self._ask(_NEXT_DUE)) if moment is not None]
        until = max(now + timedelta(seconds=1), min([*due, now + timedelta(minutes=5)]) + timedelta(milliseconds=1))
        self._clock.set(until)
        passed = (until - now) // timedelta(milliseconds=1)
        for lock in self._redis.scan_iter("lock:*"):
            self._redis.pexpire(lock, max(1, int(self._redis.pttl(lock)) - passed))

    def _ask(self, question: str) -> Any:
        with self._engine.connect() as connection:
            answer: datetime | bool | None = connection.execute(text(question)).scalar()
        return answer
