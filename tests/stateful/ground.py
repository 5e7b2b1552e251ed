"""What the machines stand on: the real services on a real database, emptied before every example."""

import atexit
import itertools
from collections.abc import Callable
from contextlib import ExitStack
from functools import cache

import pytest
from hypothesis import HealthCheck, settings
from hypothesis.stateful import RuleBasedStateMachine
from sqlalchemy import Engine, text

from manufacturing.adapters.postgres import database
from manufacturing.adapters.postgres.tables import metadata
from manufacturing.adapters.postgres.unit_of_work import PostgresUnitOfWork
from manufacturing.domain.events import Event
from manufacturing.domain.ids import PipelineId, PlayerId
from manufacturing.domain.policy import FleetPolicy
from manufacturing.domain.ports import UnitOfWork
from manufacturing.services.shared_resource_coordinator import SharedResourceCoordinator
from tests import servers
from tests.builders import NOW, SYSTEM
from tests.postgres.builders import a_pipeline, a_player
from tests.world import InMemoryLocks, StoppedClock

_TROUBLES = [HealthCheck.too_slow, HealthCheck.filter_too_much, HealthCheck.data_too_large]


def _examples(examples: int, steps: int) -> settings:
    return settings(
        max_examples=examples, stateful_step_count=steps, deadline=None, suppress_health_check=_TROUBLES, database=None
    )


#: A handful of examples, and a few hundred when long tests are asked for.
few_and_many = pytest.mark.parametrize(
    "examples",
    [
        pytest.param(_examples(5, 20), id="few"),
        pytest.param(_examples(60, 40), id="many", marks=[pytest.mark.long, pytest.mark.timeout(1_800)]),
    ],
)


@cache
def _engine() -> Engine:
    stack = ExitStack()
    engine = database.connect(stack.enter_context(servers.migrated_database()))
    stack.callback(engine.dispose)
    atexit.register(stack.close)
    return engine


class _NoPublisher:
    def publish(self, events: list[Event]) -> None:
        """Forgets them."""


class MachineOnDatabase(RuleBasedStateMachine):
    """A player, a clock that stands still, and the services that share things out. Every look opens a new unit of work,
    so that what is compared with the model is what was stored."""

    policy = FleetPolicy()

    def __init__(self) -> None:
        super().__init__()
        with _engine().begin() as connection:
            connection.execute(text(";".join(f"DELETE FROM {table}" for table in reversed(metadata.sorted_tables))))
        sessions = database.session_factory(_engine())
        self.uow: Callable[[], UnitOfWork] = lambda: PostgresUnitOfWork(sessions, _NoPublisher())
        self.clock = StoppedClock(NOW)
        self._numbers = itertools.count(1)
        self.coordinator = SharedResourceCoordinator(
            self.uow, self.clock, lambda: self.new_id("id"), self.policy, InMemoryLocks()
        )
        player = a_player(system_symbol=SYSTEM)
        with self.uow() as uow:
            uow.players.add(player)
            uow.commit()
        self.player_id: PlayerId = player.id

    def new_id(self, kind: str) -> str:
        """One that nothing else has."""
        return f"{kind}-{next(self._numbers)}"

    def add_pipeline(self, uow: UnitOfWork) -> PipelineId:
        """A pipeline under way for a good of its own."""
        pipeline = a_pipeline(a_player(id=self.player_id), id=self.new_id("pipeline"), product_good=self.new_id("GOOD"))
        uow.pipelines.add(pipeline)
        uow.flush()
        return PipelineId(pipeline.id)
