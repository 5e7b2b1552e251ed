"""The parent's side of a crash test: sets a scene, lets workers work and die in it, and looks at what came of it."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing.connection import Connection
from multiprocessing.context import ForkServerProcess
from pathlib import Path

from redis import Redis
from sqlalchemy import Engine, text

from manufacturing.adapters.postgres.tables import metadata
from manufacturing.domain.ids import PlayerId
from tests import forks
from tests.crashes import worker
from tests.crashes.broker import Broker
from tests.crashes.doom import Doom, Step
from tests.crashes.game import GameOutcome, GameProcess, Trade
from tests.crashes.scenes import Scene
from tests.crashes.shared_clock import SharedClock
from tests.crashes.worker import Workplace
from tests.world import AGENT, World

_KILLED = -9
#: In wall time: a worker needs about a second.
_WORKER_SECONDS = 120

_KIND_OF = {"PURCHASE": "PURCHASE", "REFUEL": "PURCHASE", "SALE": "SELL"}


@dataclass(frozen=True)
class Outcome:
    """What there is when everything is done."""

    game: GameOutcome
    earned: int
    """Credits the agent has more than at the beginning, as the game says."""
    ledger: list[Trade]
    """Purchases, sales and fuel, as the ledger has them."""
    ledger_sum: int
    stuck: list[str]
    """Whatever should have ended and has not, in words."""


class Workshop:
    """Three servers, and one scene at a time."""

    def __init__(self, directory: Path, redis: Redis, redis_url: str) -> None:
        self._clock_path = directory / "clock"
        self._clock = SharedClock(self._clock_path)
        self._redis = redis
        self._redis_url = redis_url
        self._broker = Broker(redis, self._clock)
        self._game = GameProcess(self._clock_path)

    def close(self) -> None:
        """Ends the game."""
        self._game.stop()

    def prepare(self, scene: Scene) -> None:
        """Makes the scene, and keeps how it begins."""
        world = scene()
        self._engine: Engine = world.fleet.engine
        self._universe = world.universe.save()
        self._credits = world.agent.credits
        self._began = world.clock.now()
        self._workplace = self._describe(world)
        self._rows = _Rows(self._engine)

    def _describe(self, world: World) -> Workplace:
        return Workplace(
            database_url=self._engine.url.render_as_string(hide_password=False),
            redis_url=self._redis_url,
            game_url=self._game.url,
            clock_path=self._clock_path,
            token=world.agent.token,
            player_id=PlayerId(world.player_id),
            policy=world.policy,
        )

    def begin(self) -> None:
        """Everything is as it was when the scene was made."""
        self._clock.set(self._began)
        self._redis.flushall()
        self._game.begin(self._universe)
        self._rows.restore()

    def let_work(self) -> list[Step]:
        """A worker works until all is done; what its ships did."""
        with self._worker(None) as (process, told):
            process.join(_WORKER_SECONDS)
            assert process.exitcode == 0, f"the worker ended with {process.exitcode}: {self.stuck()}"
            steps: list[Step] = told.recv()
        return steps

    def let_die(self, doom: Doom) -> bool:
        """A worker works until its doom; False when it was done before."""
        with self._worker(doom) as (process, _):
            process.join(_WORKER_SECONDS)
            assert process.exitcode in (0, _KILLED), f"the worker ended with {process.exitcode}: {self.stuck()}"
            return process.exitcode == _KILLED

    @contextmanager
    def _worker(self, doom: Doom | None) -> Iterator[tuple[ForkServerProcess, Connection]]:
        told, tell = forks.context().Pipe(duplex=False)
        process = forks.context().Process(target=worker.work, args=(self._workplace, doom, tell), daemon=True)
        process.start()
        tell.close()
        try:
            yield process, told
        finally:
            process.kill()
            process.join()
            told.close()

    def deliver_again(self) -> None:
        """The broker gives what the dead worker had taken to the next one."""
        self._broker.deliver_again()

    def lose_messages(self) -> None:
        """The broker has lost everything."""
        self._broker.forget_everything()

    def outcome(self) -> Outcome:
        """What came of it."""
        game = self._game.outcome()
        with self._engine.connect() as connection:
            entries = connection.execute(
                text("SELECT ship_symbol, waypoint, kind, good, units, unit_price FROM ledger_entries")
            ).all()
            total = connection.execute(text("SELECT coalesce(sum(amount), 0) FROM ledger_entries")).scalar_one()
        return Outcome(
            game=game,
            earned=game.credits[AGENT] - self._credits,
            ledger=sorted(
                Trade(ship, waypoint, _KIND_OF[kind], good, units, price)
                for ship, waypoint, kind, good, units, price in entries
                if kind in _KIND_OF
            ),
            ledger_sum=int(total),
            stuck=self.stuck(),
        )

    def stuck(self) -> list[str]:
        """Whatever has not ended, or does not agree with the rest."""
        with self._engine.connect() as connection:
            return list(connection.execute(text(_STUCK)).scalars())


#: Everything that must not be there in the end, one sentence each.
_STUCK = """
SELECT format('task %s %s %s is %s: %s', id, type, good, status, reason) FROM manufacturing_tasks
WHERE status NOT IN ('COMPLETED', 'FAILED', 'CANCELLED') OR step_state <> 'IDLE'
UNION ALL SELECT format('task %s %s %s ended as %s: %s', id, type, good, status, reason) FROM manufacturing_tasks
WHERE status IN ('FAILED', 'CANCELLED')
UNION ALL SELECT format('task %s moved %s of %s units', id, units_moved, quantity) FROM manufacturing_tasks AS task
WHERE units_moved <> (SELECT coalesce(sum(units), 0) FROM ledger_entries
                      WHERE task_id = task.id AND kind IN ('PURCHASE', 'SALE'))
UNION ALL SELECT format('pipeline %s is %s: %s', id, status, reason) FROM manufacturing_pipelines
WHERE status <> 'COMPLETED'
UNION ALL SELECT format('%s works for %s', symbol, container_id) FROM ships WHERE container_id IS NOT NULL
UNION ALL SELECT format('%s has %s aboard', symbol, cargo_items) FROM ships WHERE cargo_items::text <> '{}'
UNION ALL SELECT format('reservation of %s is %s', factory_symbol, status) FROM factory_reservations
WHERE status = 'ACTIVE' OR (status = 'FULFILLED' AND collected_at IS NULL)
UNION ALL SELECT format('%s of %s by %s is open', kind, good, ship_symbol) FROM trade_intents WHERE status = 'OPEN'
UNION ALL SELECT format('%s credits are held', amount) FROM spend_reservations WHERE status = 'HELD'
UNION ALL SELECT format('%s credits are reserved', credits_reserved) FROM players WHERE credits_reserved <> 0
UNION ALL SELECT format('lot %s has %s units, %s promised', id, units_held, units_reserved) FROM pool_lots
WHERE units_held > 0 OR units_reserved > 0
UNION ALL SELECT format('promise %s is open', id) FROM pool_reservations WHERE status = 'RESERVED'
UNION ALL SELECT format('%s of %s is watched', factory_symbol, output_good) FROM manufacturing_factory_states
WHERE next_poll_at IS NOT NULL
"""


class _Rows:
    """All rows of a database as they are now."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        tables = [table.name for table in metadata.sorted_tables]
        with engine.begin() as connection:
            connection.execute(text("DROP SCHEMA IF EXISTS scene CASCADE; CREATE SCHEMA scene"))
            for table in tables:
                connection.execute(text(f"CREATE TABLE scene.{table} AS SELECT * FROM {table}"))
            self._tables = [
                table
                for table in tables
                if connection.execute(text(f"SELECT EXISTS (SELECT FROM scene.{table})")).scalar()
            ]
        self._emptied = tables

    def restore(self) -> None:
        """Makes them so again."""
        statements = [
            "SET LOCAL session_replication_role = 'replica'",
            *(f"DELETE FROM {table}" for table in self._emptied),
            *(f"INSERT INTO {table} OVERRIDING SYSTEM VALUE SELECT * FROM scene.{table}" for table in self._tables),
        ]
        with self._engine.begin() as connection:
            connection.execute(text("; ".join(statements)))
