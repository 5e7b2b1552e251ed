"""World: the whole fleet in one process, on a real database and a small universe, with time and faults under control.

Every service is wired as in production. The database is PostgreSQL, the gateway is the one that speaks HTTP, and the
game behind it is the simulator without its network. Time stands still until a test moves it, messages are handed over
when a test says so, and any answer of the game can be lost.
"""

import atexit
import heapq
import itertools
import json
import threading
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import cache, partial
from pathlib import Path
from types import TracebackType
from typing import Any
from urllib.parse import urlencode

from sqlalchemy import Engine, select, text

from manufacturing.adapters.postgres import database
from manufacturing.adapters.postgres.unit_of_work import PostgresUnitOfWork
from manufacturing.adapters.spacetraders.gateway import HttpGateway, Patience
from manufacturing.adapters.spacetraders.player_gateways import PlayerGateways
from manufacturing.adapters.spacetraders.transport import Answer, Request
from manufacturing.bootstrap import Fleet, wire
from manufacturing.domain.clock import Clock
from manufacturing.domain.decision import Decision
from manufacturing.domain.events import Event, EventPublisher, PipelineEnded, PollDue, StepDue, WorkChanged
from manufacturing.domain.gateway import Priority, Purpose, RequestNotSent, ServerUnavailable
from manufacturing.domain.ids import IdSource, PipelineId, PlayerId, TaskId
from manufacturing.domain.ledger import LedgerEntry
from manufacturing.domain.manufacturing_pipeline import ManufacturingPipeline
from manufacturing.domain.manufacturing_task import ManufacturingTask, TaskDependency, TaskStatus, TaskType
from manufacturing.domain.market_listing import ListingChange, SupplyLevelChange
from manufacturing.domain.player import Player
from manufacturing.domain.policy import FleetPolicy
from manufacturing.domain.ports import LockHeld, UnitOfWorkFactory
from manufacturing.domain.pre_positioning import PrePositioning
from manufacturing.domain.prices import ListingType, Supply
from manufacturing.domain.ship import Ship
from manufacturing.domain.trade_intent import TradeIntent
from manufacturing.services.market_service import MarketService
from manufacturing.settings import Settings
from manufacturing.simulator import entities
from manufacturing.simulator.dispatcher import Dispatcher
from manufacturing.simulator.economy import Listing
from manufacturing.simulator.economy_parameters import EconomyParameters
from manufacturing.simulator.errors import Refusal
from manufacturing.simulator.messages import Request as GameRequest
from manufacturing.simulator.registration import make_token
from manufacturing.simulator.universe import START, Universe
from manufacturing.simulator.universe import Settings as UniverseSettings
from tests import pocket_universe, servers
from tests.builders import STOCK_AT, a_pipeline, a_task
from tests.pocket_universe import PLACES, STILL

AGENT = "PX-TEAM"
CREDITS = 1_000_000


class WorkerKilled(BaseException):
    """The worker's process died at this point: nothing of it runs any more."""


class StoppedClock:
    """A clock that only a test moves. Game time runs ``factor`` times as fast as wall time."""

    def __init__(self, now: datetime, factor: float = 1.0) -> None:
        self.moment = now
        self.factor = factor

    def now(self) -> datetime:
        """The current moment in game time."""
        return self.moment

    def wall_seconds(self, game: timedelta) -> float:
        """How long ``game`` takes on the wall."""
        return game.total_seconds() / self.factor

    def game_time(self, wall: timedelta) -> timedelta:
        """How much game time passes in ``wall``."""
        return wall * self.factor

    def advance(self, **stretch: float) -> None:
        """Lets time pass: ``advance(minutes=5)``."""
        self.moment += timedelta(**stretch)


class InMemoryLock:
    """A lock of this process."""

    def __init__(self, held: set[str], guard: threading.Lock, name: str) -> None:
        self._held, self._guard, self._name = held, guard, name

    def __enter__(self) -> "InMemoryLock":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with self._guard:
            self._held.discard(self._name)


class InMemoryLocks:
    """Named locks for the threads of one process."""

    def __init__(self) -> None:
        self._held: set[str] = set()
        self._guard = threading.Lock()

    def lock(self, name: str, ttl: timedelta) -> InMemoryLock:
        """Takes the lock or raises LockHeld at once."""
        with self._guard:
            if name in self._held:
                raise LockHeld(f"{name} is held")
            self._held.add(name)
        return InMemoryLock(self._held, self._guard, name)


class FreePermit:
    """The right to send a call, where none is scarce."""

    def answered(self) -> None:
        """Nobody needs to know."""


class CountingBudget:
    """Lets every call through and counts it."""

    def __init__(self) -> None:
        self.calls: Counter[Purpose] = Counter()
        self.exhausted = False

    def acquire(self, priority: Priority, purpose: Purpose, endpoint: str, deadline_wall_seconds: float) -> FreePermit:
        """One call may be sent, unless the budget is exhausted."""
        if self.exhausted:
            raise RequestNotSent(f"no call left for {endpoint}")
        self.calls[purpose] += 1
        return FreePermit()

    def penalize(self, purpose: Purpose, endpoint: str, retry_after: timedelta) -> None:
        """There is no limit to run into."""
        raise AssertionError("the game has no rate limit here")


@dataclass
class Fault:
    """What goes wrong with the next request to an operation."""

    operation: str
    """The last part of its path, such as ``purchase``."""
    before: Callable[[], None] | None = None
    """Runs before the request arrives; when it raises, the request never does."""
    after: Callable[[], None] | None = None
    """Runs when the game has done what was asked, in place of the answer."""
    refusal: Refusal | None = None
    """What the game says instead of doing it."""


class Game:
    """The simulated game without its network: a Transport whose answers can be lost."""

    def __init__(self, universe: Universe, clock: StoppedClock) -> None:
        self.universe = universe
        self.requests: list[tuple[str, str]] = []
        """Method and path of everything that arrived."""
        self.faults: list[Fault] = []
        self.time: Clock = clock
        self._dispatcher = Dispatcher(universe)
        self._one_at_a_time = threading.Lock()

    def send(self, request: Request) -> Answer:
        """See Transport.send."""
        fault = self._next_fault(request.path)
        if fault is not None and fault.before is not None:
            fault.before()
        if fault is not None and fault.refusal is not None:
            return Answer(status=fault.refusal.status, headers={}, body=json.dumps(fault.refusal.envelope()).encode())
        with self._one_at_a_time:
            self.requests.append((request.method, request.path))
            response = self._dispatcher.handle(_game_request(request), self.time.now())
        if fault is not None and fault.after is not None:
            fault.after()
        return Answer(status=response.status, headers=dict(response.headers), body=response.body)

    def count(self, operation: str) -> int:
        """How many requests to this operation have arrived."""
        return sum(path.rpartition("/")[2] == operation for _, path in self.requests)

    def lose_request(self, operation: str) -> None:
        """The next request to the operation vanishes on its way: nobody knows, and nothing happens."""
        self.faults.append(Fault(operation, before=_no_answer))

    def lose_answer(
        self,
        operation: str,
        *,
        before: Callable[[], None] | None = None,
        meanwhile: Callable[[], None] | None = None,
    ) -> None:
        """The next request to the operation takes effect, and its answer is lost. Other things may happen just before,
        or while the answer is lost."""

        def lose() -> None:
            if meanwhile is not None:
                meanwhile()
            _no_answer()

        self.faults.append(Fault(operation, before=before, after=lose))

    def kill_worker_before(self, operation: str) -> None:
        """The worker dies just before its next request to the operation."""
        self.faults.append(Fault(operation, before=_kill))

    def kill_worker_after(self, operation: str) -> None:
        """The worker dies while the game answers its next request to the operation."""
        self.faults.append(Fault(operation, after=_kill))

    def refuse_next(self, operation: str, refusal: Refusal) -> None:
        """The game refuses the next request to the operation."""
        self.faults.append(Fault(operation, refusal=refusal))

    def before(self, operation: str, happens: Callable[[], None]) -> None:
        """Something happens in the world just before the next request to the operation arrives."""
        self.faults.append(Fault(operation, before=happens))

    def _next_fault(self, path: str) -> Fault | None:
        for fault in self.faults:
            if path.rpartition("/")[2] == fault.operation:
                self.faults.remove(fault)
                return fault
        return None


def _no_answer() -> None:
    raise ServerUnavailable("the game did not answer")


def _kill() -> None:
    raise WorkerKilled


def _game_request(request: Request) -> GameRequest:
    headers = {"content-type": "application/json"}
    if request.token:
        headers["authorization"] = f"Bearer {request.token}"
    return GameRequest(
        method=request.method,
        path=request.path,
        query=urlencode(request.query),
        headers=headers,
        body=json.dumps(request.body).encode() if request.body is not None else b"",
    )


class Mailbox:
    """Keeps the events of committed work until a test hands them over, in the order in which they are due."""

    def __init__(self, clock: StoppedClock) -> None:
        self.events: list[Event] = []
        """Everything ever published."""
        self.loses_events = False
        """Everything is lost but what a sweep finds."""
        self._clock = clock
        self._waiting: list[tuple[datetime, int, Event]] = []
        self._numbers = itertools.count()

    def publish(self, events: list[Event]) -> None:
        """Keeps the events."""
        for event in dict.fromkeys(events):
            self.events.append(event)
            if not self.loses_events:
                self._keep(event)

    @contextmanager
    def sweeping(self) -> Iterator[None]:
        """What is published within the block is the sweep's own, and is not lost."""
        was, self.loses_events = self.loses_events, False
        try:
            yield
        finally:
            self.loses_events = was

    def take_due(self) -> Event | None:
        """The next message, if one is due."""
        if self._waiting and self._waiting[0][0] <= self._clock.now():
            return heapq.heappop(self._waiting)[2]
        return None

    def next_due(self) -> datetime | None:
        """When the next message is due."""
        return self._waiting[0][0] if self._waiting else None

    def clear(self) -> None:
        """The broker forgets everything."""
        self._waiting.clear()

    def _keep(self, event: Event) -> None:
        due_at = event.due_at if isinstance(event, StepDue | PollDue) else self._clock.now()
        heapq.heappush(self._waiting, (due_at, next(self._numbers), event))


@dataclass
class World:
    """A player with a fleet in the pocket universe."""

    economy: EconomyParameters = STILL
    # Hauls would take every idle ship away from what a test is about: whoever wants them asks for them.
    policy: FleetPolicy = field(default_factory=lambda: FleetPolicy(hauls=False))

    def __post_init__(self) -> None:
        self.credits = CREDITS
        """What the agent began with."""
        self.clock = StoppedClock(START)
        self.universe = Universe.create(UniverseSettings(economy=self.economy), pocket_universe.plan())
        self.game = Game(self.universe, self.clock)
        self.time: Clock = self.clock
        """What the fleet takes for the time."""
        self.mailbox = Mailbox(self.clock)
        self.publisher: EventPublisher = self.mailbox
        self.budget = CountingBudget()
        self.ids: IdSource = partial(_numbered, itertools.count(1))
        self.looks_for_opportunities = True
        """Whether the beat looks for new pipelines."""
        self.holds_work_back = False
        """Whether nobody assigns tasks, so that only what a test has set going goes on."""
        self._ship_names: dict[str, str] = {}
        self._add_agent()
        self.before_commit: Callable[[], None] = lambda: None
        self.locks = InMemoryLocks()
        self.fleet = self._wire(self.policy)
        self.player_id = self._enrol()

    def _enrol(self) -> PlayerId:
        """The player with map, markets and ships; from the second world on, as the first one found them."""
        if not _kept_tables.cache_info().currsize:
            _empty_database()
            player_id = self.fleet.enrolment.enrol(self.gateway, "simulator").id
            self.fleet.scans.scan(self.gateway, player_id)
            _kept_tables()
        else:
            _restore_database()
        with self.uow() as uow:
            (player,) = uow.players.active()
        self.game.requests.clear()
        return player.id

    # Wiring

    def _wire(self, policy: FleetPolicy) -> Fleet:
        settings = Settings(
            home=Path("unused"),
            database_url="unused",
            redis_url="unused",
            server_url=None,
            token=None,
            agent_symbol=AGENT,
            faction="COSMIC",
            policy=policy,
        )
        self.uow: UnitOfWorkFactory = lambda: _WatchedUnitOfWork(self)
        waiting = itertools.count()
        token = self.universe.state.agents[AGENT].token
        self.gateway = HttpGateway(
            self.game,
            token,
            self.budget,
            patience=Patience(read=3.0),
            sleep=lambda seconds: None,
            monotonic=lambda: float(next(waiting)),
        )
        gateways = PlayerGateways(
            self.uow, self.time, token_of=lambda agent: token, make=lambda token, player_id: self.gateway
        )
        return wire(
            settings,
            engine=_engine(),
            clock=self.time,
            uow=self.uow,
            gateways=gateways,
            locks=self.locks,
            ids=self.ids,
            drain_usage=list,
        )

    def restart(self) -> None:
        """Every process is started anew: nothing is remembered but what the database has."""
        self.mailbox.clear()
        self.locks = InMemoryLocks()
        self.fleet = self._wire(self.policy)

    def run_on(self, clock: Clock, publisher: EventPublisher) -> None:
        """From now on time is what ``clock`` says, and events go to ``publisher``."""
        self.time, self.publisher = clock, publisher
        self.game.time = clock
        self.fleet = self._wire(self.policy)

    def change_policy(self, **figures: Any) -> None:
        """The player sets other figures, and restarts the fleet."""
        self.policy = replace(self.policy, **figures)
        self.restart()

    # The game's side

    def _add_agent(self) -> None:
        agent = entities.Agent(
            symbol=AGENT,
            account="account",
            token=make_token(self.universe.seed, AGENT, self.universe.state.reset_date),
            faction="COSMIC",
            headquarters=self.universe.state.headquarters,
            credits=self.credits,
            joined_at=START,
        )
        self.universe.add_agent(agent)
        for symbol in PLACES.values():
            self.universe.build_ship(agent, "SHIP_PROBE", self.universe.state.places[symbol])

    def set_credits(self, credits: int) -> None:
        """The agent has so many credits, as both sides know."""
        self.credits = self.agent.credits = credits
        with self.uow() as uow:
            player = uow.players.get(self.player_id)
            player.credits = player.start_credits = credits
            uow.commit()

    @property
    def agent(self) -> entities.Agent:
        """The agent as the game has it."""
        return self.universe.state.agents[AGENT]

    def new_ship(
        self,
        name: str,
        *,
        at: str = "the capital",
        type: str = "SHIP_LIGHT_HAULER",
        cargo: Mapping[str, int] | None = None,
        fuel: int | None = None,
        known: bool = True,
    ) -> None:
        """The fleet has another ship, of which both sides know unless we do not."""
        built = self.universe.build_ship(self.agent, type, self.universe.state.places[place(at)])
        built.cargo = dict(cargo or {})
        built.fuel = built.fuel if fuel is None else fuel
        self._ship_names[name] = built.symbol
        if known:
            self.fleet.enrolment.refresh_ships(self.gateway, self.player_id)

    def real_ship(self, name: str) -> entities.Ship:
        """A ship as the game has it."""
        return self.universe.state.ships[self.symbol(name)]

    def symbol(self, name: str) -> str:
        """The symbol of a ship that tests call by a name."""
        return self._ship_names[name]

    def name(self, symbol: str) -> str:
        """What tests call the ship."""
        return next(name for name, known in self._ship_names.items() if known == symbol)

    def real_listing(self, good: str, at: str) -> Listing:
        """A listing as the game has it, for a test to change."""
        where = self.universe.state.places[place(at)]
        market = self.universe.market(where)
        assert market is not None
        where._market_view = None
        return market.listings[good]

    def sellers(self, good: str) -> list[str]:
        """The places that export the good."""
        return [
            name
            for name, symbol in PLACES.items()
            if (market := self.universe.state.places[symbol].market) is not None
            and good in market.listings
            and market.listings[good].type is ListingType.EXPORT
        ]

    def stock(self, good: str, at: str, supply: Supply, *, units: int | None = None, unseen: bool = False) -> None:
        """The market has as much of the good as goes with ``supply``, or exactly so many units; our observers see it
        unless it is ``unseen``."""
        listing = self.real_listing(good, at)
        listing.net_supply = round(STOCK_AT[supply] * listing.trade_volume) if units is None else units
        if not unseen:
            self.look_at(at)

    def leave_unwatched(self, at: str) -> None:
        """The probe at a market is gone."""
        here = [s for s in self.universe.fleets[AGENT] if s.waypoint == place(at) and not s.cargo_capacity]
        for probe in here:
            self.universe.remove_ship(probe)
            with _session(self) as execute:
                execute("DELETE FROM ships WHERE symbol = :symbol", symbol=probe.symbol)

    # Our side

    def forget(self, at: str) -> None:
        """No ship of ours has ever seen the market."""
        with _session(self) as execute:
            execute(
                "UPDATE market_listings SET ask = NULL, bid = NULL, observed_at = NULL, supply = NULL, "
                "activity = NULL, trade_volume = NULL WHERE waypoint = :waypoint",
                waypoint=place(at),
            )

    def look_at(self, at: str) -> None:
        """Our observer at the market reports what it sees."""
        MarketService(self.uow, self.clock).look(self.gateway, self.player_id, place(at), Purpose.SCAN)

    @property
    def player(self) -> Player:
        """Our row of the player."""
        with self.uow() as uow:
            return uow.players.get(self.player_id)

    def ship(self, name: str) -> Ship:
        """Our row of a ship."""
        with self.uow() as uow:
            return uow.ships.get(self.player_id, self.symbol(name))

    def task(self, task_id: TaskId) -> ManufacturingTask:
        """Our row of a task."""
        with self.uow() as uow:
            return uow.tasks.get(task_id)

    def tasks(self, type: TaskType | None = None, good: str | None = None) -> list[ManufacturingTask]:
        """All tasks, or those of a type and good, in the order of creation."""
        with self.uow() as uow:
            every = uow.tasks.with_status(self.player_id, *TaskStatus)
        return [t for t in every if type in (None, t.type) and good in (None, t.good)]

    def pipelines(self) -> list[ManufacturingPipeline]:
        """All pipelines, oldest first."""
        with self.uow() as uow:
            return uow.pipelines.recent(self.player_id, 1000)[::-1]

    def ledger(self) -> list[LedgerEntry]:
        """Every entry, oldest first."""
        with self.uow() as uow:
            return uow.ledger.entries(self.player_id, limit=10_000)[::-1]

    def ledger_sum(self) -> int:
        """What the ledger adds up to."""
        with self.uow() as uow:
            return uow.ledger.total(self.player_id)

    def all_intents(self) -> list[TradeIntent]:
        """Every intent, in the order in which they were written down."""
        with _sessions()() as session:
            return list(session.scalars(select(TradeIntent).order_by(text("created_at, id"))))

    def pre_positionings(self) -> list[PrePositioning]:
        """Every ship that was sent ahead, in the order of sending."""
        with _sessions()() as session:
            return list(session.scalars(select(PrePositioning).order_by(text("created_at, id"))))

    def history(self, good: str, at: str) -> tuple[list[ListingChange], list[SupplyLevelChange]]:
        """What is recorded of a listing: its changes, and the changes of its supply level, oldest first."""
        with _sessions()() as session:
            where = text("waypoint = :waypoint AND good = :good").bindparams(waypoint=place(at), good=good)
            changes = session.scalars(select(ListingChange).where(where).order_by(text("id")))
            levels = session.scalars(select(SupplyLevelChange).where(where).order_by(text("id")))
            return list(changes), list(levels)

    def decisions(self, subject: str | None = None) -> list[Decision]:
        """What was decided, newest first."""
        with self.uow() as uow:
            if subject is None:
                return uow.decisions.recent(self.player_id, 1000)
            return uow.decisions.about(self.player_id, subject, 1000)

    def add_pipeline(self, *tasks: ManufacturingTask, **fields: Any) -> ManufacturingPipeline:
        """A pipeline under way with these tasks, without any planning."""
        defaults: dict[str, Any] = {
            "id": PipelineId(self.ids()),
            "player_id": self.player_id,
            "created_at": self.clock.now(),
            "started_at": self.clock.now(),
            "factory_symbol": PLACES["the works"],
            "product_good": "ELECTRONICS",
            "sell_market": PLACES["the capital"],
        }
        pipeline = a_pipeline(**(defaults | fields))
        with self.uow() as uow:
            uow.pipelines.add(pipeline)
            for task in tasks:
                task.pipeline_id = pipeline.id
                uow.tasks.add(task)
            uow.commit()
        return pipeline

    def a_task(self, type: TaskType, good: str | None, at: str, **fields: Any) -> ManufacturingTask:
        """A task of this world's player, not stored yet."""
        defaults = {
            "id": TaskId(self.ids()),
            "player_id": self.player_id,
            "good": good,
            "waypoint": place(at),
            "created_at": self.clock.now(),
        }
        if type in (TaskType.DELIVER, TaskType.COLLECT):
            defaults |= {"factory_symbol": PLACES["the works"], "output_good": "ELECTRONICS"}
        return a_task(type, **(defaults | fields))

    def depends(self, task: ManufacturingTask, on: ManufacturingTask, *, same_ship: bool = False) -> None:
        """Stores that one task waits for another."""
        with self.uow() as uow:
            uow.tasks.add_dependencies([TaskDependency(task_id=task.id, depends_on=on.id, same_ship=same_ship)])
            uow.commit()

    def add_task(self, type: TaskType, good: str | None, at: str, **fields: Any) -> ManufacturingTask:
        """A task outside any pipeline (LIQUIDATE, OBSERVE), stored."""
        task = self.a_task(type, good, at, **fields)
        with self.uow() as uow:
            uow.tasks.add(task)
            uow.commit()
        return task

    # Playing

    def deliver_messages(self) -> int:
        """Hands over every message that is due, and those that follow from them; how many."""
        handled = 0
        while (event := self.mailbox.take_due()) is not None:
            self.handle(event)
            handled += 1
            assert handled < 2_000, "messages follow messages without an end"
        return handled

    def handle(self, event: Event) -> None:
        """What a worker does with a message; it may die of it."""
        with suppress(WorkerKilled):
            self._handle(event)

    def _handle(self, event: Event) -> None:
        match event:
            case StepDue():
                self.fleet.ship_tasks.run_step(event.task_id, event.version)
            case PollDue():
                self.fleet.supply_monitor.run(event.factory_state_id, event.version)
            case WorkChanged() if not self.holds_work_back:
                self.fleet.orchestrator.coordinate(event.player_id)
            case PipelineEnded() if self.looks_for_opportunities:
                self.fleet.orchestrator.pipeline_ended(event.player_id, event.pipeline_id)

    def sweep(self) -> int:
        """The sweep of the due queue, and what it sends; its worker may die of it."""
        with self.mailbox.sweeping(), suppress(WorkerKilled):
            return self.fleet.due_queue.sweep()
        return 0

    def beat(self) -> None:
        """Everything that the clock sets off, but for the sweep, once."""
        self.fleet.orchestrator.scan_markets(self.player)
        self.fleet.orchestrator.expire_reservations(self.player_id)
        self.fleet.orchestrator.recover(self.player)
        self.fleet.orchestrator.coordinate(self.player_id)
        if self.looks_for_opportunities:
            self.fleet.orchestrator.look_for_opportunities(self.player_id)

    def fly(self, task: ManufacturingTask, *, most_steps: int = 40) -> ManufacturingTask:
        """Plays on until the task, and whatever its ship does straight after it, has ended or is parked."""
        for _ in range(most_steps):
            self.sweep()
            self.deliver_messages()
            now = self.task(task.id)
            if not now.has_ship and not self._goes_on(now):
                return now
            self._jump()
        raise AssertionError(f"task {task.id} has come no further than {self.task(task.id)}")

    def _goes_on(self, task: ManufacturingTask) -> bool:
        return any(each.has_ship and each.ship_symbol == task.ship_symbol for each in self.tasks())

    def play(self, until: Callable[[], bool], *, within: timedelta) -> None:
        """Plays on until something is so: messages are handled when they are due, and the beat ticks."""
        deadline = self.clock.now() + within
        next_beat = self.clock.now()
        while not until():
            assert self.clock.now() < deadline, f"not within {within}: {self.story()}"
            if self.clock.now() >= next_beat:
                next_beat = self.clock.now() + timedelta(minutes=1)
                self.beat()
            self.sweep()
            self.deliver_messages()
            if not until():
                self._jump(at_most=timedelta(minutes=5))

    def _jump(self, at_most: timedelta = timedelta(minutes=10)) -> None:
        """Time passes until the next thing is due."""
        now = self.clock.now()
        candidates = [now + at_most]
        if (message := self.mailbox.next_due()) is not None:
            candidates.append(message)
        with _session(self) as execute:
            due = execute("SELECT min(due_at) FROM manufacturing_tasks WHERE step_state = 'WAITING'").scalar()
            lease = execute("SELECT min(lease_until) FROM manufacturing_tasks WHERE step_state = 'QUEUED'").scalar()
        candidates += [moment for moment in (due, lease) if moment is not None]
        self.clock.moment = max(now + timedelta(seconds=1), min(candidates) + timedelta(milliseconds=1))

    def story(self) -> str:
        """What there is, for a test that failed."""
        lines = [f"{p.id} {p.kind} {p.product_good}: {p.status} {p.reason or ''}" for p in self.pipelines()]
        lines += [
            f"  {t.type} {t.good} at {pocket_universe.NAMES.get(t.waypoint, t.waypoint)}: {t.status} "
            f"{t.units_moved}/{t.quantity} {t.ship_symbol or ''} {t.reason or ''}"
            for t in self.tasks()
        ]
        return "\n".join([f"{self.clock.now()}", *lines])


class _WatchedUnitOfWork(PostgresUnitOfWork):
    """A unit of work that a test may interrupt at its commits."""

    def __init__(self, world: World) -> None:
        super().__init__(_sessions(), world.publisher)
        self._world = world

    def commit(self) -> None:
        """Commits, unless the worker is killed just before."""
        self._world.before_commit()
        super().commit()


def place(name: str) -> str:
    """The waypoint of a place, called by its name or its symbol."""
    return PLACES.get(name, name)


def _numbered(numbers: "itertools.count[int]") -> str:
    return f"id-{next(numbers):06}"


@contextmanager
def _session(world: World) -> Iterator[Callable[..., Any]]:
    with _engine().begin() as connection:
        yield lambda statement, **values: connection.execute(text(statement), values)


@cache
def _engine() -> Engine:
    """One database for the whole run; every world empties it first."""
    stack = ExitStack()
    url = stack.enter_context(servers.migrated_database())
    engine = database.connect(url, pool_size=24)
    stack.callback(engine.dispose)
    atexit.register(stack.close)
    return engine


@cache
def _sessions() -> database.SessionFactory:
    return database.session_factory(_engine())


#: Where the rows of a fleet that has just enrolled are kept, so that the next world need not enrol again.
_KEPT = "enrolled"


@cache
def _tables() -> tuple[str, ...]:
    with _engine().begin() as connection:
        return tuple(connection.execute(text("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")).scalars())


def _run(*statements: str) -> None:
    with _engine().begin() as connection:
        # Whole tables come and go, so their references need not be checked row by row.
        connection.execute(text(";".join(["SET LOCAL session_replication_role = 'replica'", *statements])))


def _empty_database() -> None:
    _run(*(f"DELETE FROM {table}" for table in _tables() if table != "alembic_version"))


@cache
def _kept_tables() -> list[str]:
    """Keeps the rows there are; the tables that have any."""
    with _engine().begin() as connection:
        filled = [
            table
            for table in _tables()
            if table != "alembic_version" and connection.execute(text(f"SELECT EXISTS (SELECT FROM {table})")).scalar()
        ]
    _run(f"CREATE SCHEMA {_KEPT}", *(f"CREATE TABLE {_KEPT}.{table} AS SELECT * FROM {table}" for table in filled))
    return filled


def _restore_database() -> None:
    _run(
        *(f"DELETE FROM {table}" for table in _tables() if table != "alembic_version"),
        *(f"INSERT INTO {t} OVERRIDING SYSTEM VALUE SELECT * FROM {_KEPT}.{t}" for t in _kept_tables()),
    )
