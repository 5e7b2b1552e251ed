"""What each of the processes of a race does: the same, at the same time, for the same things.

Each of them works through the real services on a unit of work of its own, looks at what it got at once, and returns
what happened to it. A refusal is part of the game; a StaleRow (a deadlock and a lock timeout are among them) is kept
with its words.
"""

import random
import time
import uuid
from collections import Counter
from collections.abc import Callable
from contextlib import ExitStack, contextmanager
from ctypes import c_longlong
from dataclasses import dataclass, field
from datetime import timedelta
from multiprocessing.synchronize import Barrier
from types import TracebackType
from typing import Any, Concatenate, ParamSpec, Self, TypeVar

from sqlalchemy import Engine

from manufacturing.adapters.clock import ScaledClock
from manufacturing.adapters.postgres import database
from manufacturing.adapters.postgres.unit_of_work import PostgresUnitOfWork
from manufacturing.adapters.redis.client import connect as connect_redis
from manufacturing.adapters.redis.locks import RedisLocks
from manufacturing.domain.clock import TimeScale
from manufacturing.domain.errors import BelowFloor, FactoryAlreadyReserved, StaleRow
from manufacturing.domain.events import Event
from manufacturing.domain.ids import IntentId, PipelineId, PlayerId, TaskId
from manufacturing.domain.intermediate_good_pool import PoolReservationStatus, PoolTooSmall
from manufacturing.domain.policy import FleetPolicy
from manufacturing.domain.ports import LockHeld, Locks
from manufacturing.domain.trade_intent import IntentKind, TradeIntent
from manufacturing.services.conflicts import deciding_again
from manufacturing.services.shared_resource_coordinator import SharedResourceCoordinator
from manufacturing.services.treasury import Treasury
from tests.builders import a_pipeline
from tests.races import audit

Open = Callable[[], PostgresUnitOfWork]
Given = ParamSpec("Given")
Outcome = TypeVar("Outcome")

#: The factories everybody wants some of.
FACTORIES = [f"X1-R1-F{number:02}" for number in range(12)]
OUTPUT = "MACHINERY"
SYSTEM = "X1-R1"
GOODS = ("IRON", "COPPER", "PLASTICS")
FLOOR = 25_000
#: The ship that everybody has a task for.
WANTED_SHIP = "WANTED"
#: The share of rounds after which the books are checked.
_CHECKED = 0.2
CLOCK = ScaledClock(TimeScale.real())


@dataclass(frozen=True)
class Board:
    """Memory that all processes of a race share: what they say of the factories, whatever the database says."""

    holders: Any
    """The number of who holds each factory, 0 for nobody."""
    tokens: Any
    """The last fencing token of each factory."""

    @classmethod
    def in_shared_memory(cls, context: Any) -> Self:
        """An empty board."""
        return cls(context.RawArray("i", len(FACTORIES)), context.RawArray(c_longlong, len(FACTORIES)))

    def wipe(self) -> None:
        """Nobody holds anything, nor ever has."""
        for place in range(len(FACTORIES)):
            self.holders[place] = self.tokens[place] = 0


_line: Barrier | None = None
_board: Board | None = None


def line_up(line: Barrier, board: Board) -> None:
    """Called once in each process: where they wait for each other, and what they share."""
    global _line, _board
    _line, _board = line, board


def wait_for_all() -> None:
    """Returns in all processes at the same moment."""
    assert _line is not None
    _line.wait(timeout=120)


class NoPublisher:
    """Publishes to nobody."""

    def publish(self, events: list[Event]) -> None:
        """Forgets them."""


class _Unlocked:
    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        return


class NoLocks:
    """Nobody is ever kept out: what is still true is the database's doing."""

    def lock(self, name: str, ttl: timedelta) -> _Unlocked:
        """No lock at all."""
        return _Unlocked()


@dataclass
class Tally:
    """What happened to one process."""

    counts: Counter[str] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)
    """Broken promises, in words. There must be none."""
    conflicts: list[str] = field(default_factory=list)
    """Every StaleRow, in its words."""
    holds: list[audit.Hold] = field(default_factory=list)
    won: list[tuple[str, int]] = field(default_factory=list)
    """What was won in which round."""

    def expect(self, truth: object, otherwise: str) -> None:
        """Notes a broken promise."""
        if not truth:
            self.wrong.append(otherwise)

    @contextmanager
    def noting_conflicts(self) -> Any:
        """A StaleRow within the block is noted, and the round goes on without it."""
        try:
            yield
        except StaleRow as conflict:
            self.conflicts.append(str(conflict))


@dataclass(frozen=True)
class Contender:
    """One process of a race, with its connections."""

    number: int
    engine: Engine
    uow: Open
    locks: Locks
    chance: random.Random
    tally: Tally = field(default_factory=Tally)

    def coordinator(self) -> SharedResourceCoordinator:
        """The real one, on this process's connections."""
        return SharedResourceCoordinator(self.uow, CLOCK, _unique, FleetPolicy(), self.locks)


def race(
    url: str,
    redis_url: str | None,
    number: int,
    run: Callable[Concatenate[Contender, Given], None],
    *args: Given.args,
    **kwargs: Given.kwargs,
) -> Tally:
    """Runs ``run`` in this process as soon as all the others are ready too. Without ``redis_url`` nothing is locked."""
    engine = database.connect(url, pool_size=2)
    sessions = database.session_factory(engine)
    with ExitStack() as stack:
        stack.callback(engine.dispose)
        locks: Locks = NoLocks()
        if redis_url is not None:
            locks = RedisLocks(stack.enter_context(connect_redis(redis_url)))
        with engine.connect():
            pass  # connected before the start, so that all start alike
        contender = Contender(
            number, engine, lambda: PostgresUnitOfWork(sessions, NoPublisher()), locks, random.Random(number)
        )
        wait_for_all()
        run(contender, *args, **kwargs)
        return contender.tally


# Factories


def claim_factories(me: Contender, player_id: PlayerId, rounds: int) -> None:
    """Each round: wants some factories for a new pipeline; if it gets them, looks that nobody else has them, and gives
    them back."""
    coordinator = me.coordinator()
    for _ in range(rounds):
        wanted = me.chance.sample(FACTORIES, me.chance.randint(1, 4))
        pipeline_id = PipelineId(f"p-{_unique()}")
        with me.tally.noting_conflicts():
            if _claim(me, coordinator, player_id, pipeline_id, wanted):
                _hold(me, player_id, pipeline_id, wanted)
                _give_back(me, coordinator, pipeline_id)


def _claim(
    me: Contender,
    coordinator: SharedResourceCoordinator,
    player_id: PlayerId,
    pipeline_id: PipelineId,
    wanted: list[str],
) -> bool:
    pipeline = a_pipeline(
        id=pipeline_id, player_id=player_id, product_good=f"GOOD-{me.number}", planned_quantity=len(wanted)
    )
    cycles = {(factory, OUTPUT): ["IRON"] for factory in wanted}
    try:
        with coordinator.claiming(player_id, list(cycles)), me.uow() as uow:
            uow.pipelines.add(pipeline)
            uow.flush()
            coordinator.reserve_factories(uow, player_id, pipeline_id, cycles)
            uow.commit()
    except FactoryAlreadyReserved:
        me.tally.counts["refused by the database"] += 1
        return False
    except LockHeld:
        me.tally.counts["kept out by a lock"] += 1
        return False
    me.tally.counts["claims won"] += 1
    return True


def _hold(me: Contender, player_id: PlayerId, pipeline_id: PipelineId, wanted: list[str]) -> None:
    """What is ours is ours alone: by the rows, and by what every holder says of itself."""
    held_from = time.monotonic_ns()
    assert _board is not None
    holders, tokens = _board.holders, _board.tokens
    places = [FACTORIES.index(factory) for factory in wanted]
    for place in places:
        me.tally.expect(holders[place] == 0, f"{FACTORIES[place]} has two holders: {holders[place]} and {me.number}")
        holders[place] = me.number + 1
    with me.uow() as uow:
        active = {r.factory_symbol: r for r in uow.reservations.active(player_id)}
        ours = {factory for factory, r in active.items() if r.pipeline_id == pipeline_id}
    me.tally.expect(ours == set(wanted), f"{pipeline_id} wanted {sorted(wanted)} and holds {sorted(ours)}")
    for place in places:
        token = active[FACTORIES[place]].fencing_token
        me.tally.expect(
            token > tokens[place], f"{FACTORIES[place]} was held with token {tokens[place]}, and then with {token}"
        )
        tokens[place] = token
        me.tally.expect(holders[place] == me.number + 1, f"{FACTORIES[place]} was taken from {me.number}")
        holders[place] = 0
    held_until = time.monotonic_ns()
    me.tally.holds += [(factory, active[factory].fencing_token, held_from, held_until) for factory in wanted]


def _give_back(me: Contender, coordinator: SharedResourceCoordinator, pipeline_id: PipelineId) -> None:
    now = CLOCK.now()
    with me.uow() as uow:
        uow.pipelines.lock(pipeline_id).cancel("the round is over", now)
        coordinator.end_all(uow, pipeline_id, fulfilled=me.chance.random() < 0.5, now=now)
        uow.commit()


# Tasks


def claim_tasks(me: Contender, wanted_task: TaskId, own_task: TaskId, rounds: int) -> None:
    """Each round: everybody wants one task for their ship, then one ship for their task. Winners give it back."""
    for number in range(rounds):
        wait_for_all()
        if _take(me, wanted_task, f"SHIP-{me.number}"):
            me.tally.won.append(("the task", number))
        wait_for_all()
        _let_go(me, wanted_task, f"SHIP-{me.number}")
        if _take(me, own_task, WANTED_SHIP):
            me.tally.won.append(("the ship", number))
        wait_for_all()
        _let_go(me, own_task, WANTED_SHIP)


def _take(me: Contender, task_id: TaskId, ship: str) -> bool:
    with me.tally.noting_conflicts():
        with me.uow() as uow:
            if not uow.tasks.claim(task_id, ship, CLOCK.now()):
                me.tally.counts["came too late"] += 1
                return False
            uow.commit()
        with me.uow() as uow:
            task = uow.tasks.get(task_id)
            me.tally.expect(task.has_ship and task.ship_symbol == ship, f"{task_id} was taken from {ship}")
        return True
    return False


def _let_go(me: Contender, task_id: TaskId, ship: str) -> None:
    with me.tally.noting_conflicts(), me.uow() as uow:
        task = uow.tasks.get(task_id)
        if task.has_ship and task.ship_symbol == ship:
            task.release("the round is over")
            uow.commit()


# The pool


def trade_with_pool(me: Contender, player_id: PlayerId, pipeline_id: PipelineId, ship: str, rounds: int) -> None:
    """Each round: something that moves units in the pool, then a look whether they still add up."""
    coordinator = me.coordinator()
    promised: list[tuple[str, int]] = []
    for _ in range(rounds):
        with me.tally.noting_conflicts():
            _move_units(me, coordinator, player_id, pipeline_id, ship, promised)
        _check(me, audit.pool)


def _move_units(
    me: Contender,
    coordinator: SharedResourceCoordinator,
    player_id: PlayerId,
    pipeline_id: PipelineId,
    ship: str,
    promised: list[tuple[str, int]],
) -> None:
    goods, now = coordinator.goods, CLOCK.now()
    chance, counts = me.chance, me.tally.counts
    what = chance.choices(("reserve", "consume", "release", "add", "sell", "end"), weights=(40, 30, 12, 10, 5, 3))[0]
    if what == "reserve":
        good, units = chance.choice(GOODS), chance.randint(1, 12)
        try:
            got = coordinator.reserve_from_pool(player_id, SYSTEM, good, units, pipeline_id)
        except PoolTooSmall:
            counts["pool too small"] += 1
            return
        me.tally.expect(sum(p.units for p in got) == units, f"{units} {good} were asked for, {got} promised")
        counts["units promised"] += units
        promised += [(promise.id, promise.units) for promise in got]
    elif what == "consume" and promised:
        promise, open_units = promised.pop(chance.randrange(len(promised)))
        units = chance.randint(1, open_units)
        coordinator.consume_reservation(promise, units)
        counts["units consumed"] += units
        if units < open_units:
            promised.append((promise, open_units - units))
    elif what == "release" and promised:
        promise, open_units = promised.pop(chance.randrange(len(promised)))
        with me.uow() as uow:
            goods.release(uow, promise, PoolReservationStatus.RELEASED, now)
            uow.commit()
        counts["units released"] += open_units
    elif what == "end":
        # As when a pipeline ends: everything promised to it, whatever the good, in one transaction.
        with me.uow() as uow:
            goods.release_all(uow, pipeline_id, now)
            uow.commit()
        counts["units released"] += sum(units for _, units in promised)
        promised.clear()
    elif what == "add":
        units = chance.randint(1, 20)
        coordinator.add_to_pool(player_id, ship, chance.choice(GOODS), units, pipeline_id)
        counts["units added"] += units
    elif what == "sell":
        good, units = chance.choice(GOODS), chance.randint(1, 10)
        with me.uow() as uow:
            goods.sold_from(uow, uow.ships.get(player_id, ship), good, units, now)
            uow.commit()
        counts["sales"] += 1


# Spending


def spend(me: Contender, player_id: PlayerId, rounds: int) -> None:
    """Each round: buys or sells something; what a purchase may cost is held before it, and free again after it."""
    treasury = Treasury(FleetPolicy(credit_floor=FLOOR))
    for _ in range(rounds):
        with me.tally.noting_conflicts():
            selling = me.chance.random() < 0.35
            intent = _offer(me, player_id) if selling else _order(me, treasury, player_id)
            if intent is not None:
                _settle(me, treasury, intent)
        _check(me, lambda engine: audit.money(engine, FLOOR))


def _order(me: Contender, treasury: Treasury, player_id: PlayerId) -> TradeIntent | None:
    price, units = me.chance.randint(50, 900), me.chance.randint(1, 40)
    try:
        with me.uow() as uow:
            affordable, held = treasury.hold_for_purchase(uow, player_id, price, units)
            intent = _intent(me, player_id, IntentKind.BUY, price, affordable, held)
            treasury.open(uow, intent)
            uow.commit()
    except BelowFloor:
        me.tally.counts["refused at the floor"] += 1
        return None
    me.tally.counts["purchases"] += 1
    me.tally.counts["purchases shrunk"] += affordable < units
    return intent


def _offer(me: Contender, player_id: PlayerId) -> TradeIntent:
    intent = _intent(me, player_id, IntentKind.SELL, me.chance.randint(50, 900), me.chance.randint(1, 20), 0)
    with me.uow() as uow:
        uow.intents.add(intent)
        uow.commit()
    me.tally.counts["sales"] += 1
    return intent


def _intent(me: Contender, player_id: PlayerId, kind: IntentKind, price: int, units: int, held: int) -> TradeIntent:
    return TradeIntent(
        id=IntentId(f"i-{_unique()}"),
        player_id=player_id,
        task_id=None,
        pipeline_id=None,
        ship_symbol=f"SHIP-{me.number}",
        kind=kind,
        waypoint="X1-R1-A1",
        good="IRON",
        units=units,
        unit_price=price,
        held_before=units if kind is IntentKind.SELL else 0,
        credits_reserved=held,
        created_at=CLOCK.now(),
    )


def _settle(me: Contender, treasury: Treasury, opened: TradeIntent) -> None:
    """The game's answer, at a price that may have risen by a little: entered, again if another was first at a row."""
    refused = me.chance.random() < 0.2
    price = int(opened.unit_price * me.chance.uniform(0.95, 1.10))

    def enter() -> None:
        with me.uow() as uow:
            intent = uow.intents.get(opened.id)
            if refused:
                treasury.refuse(uow, intent, "the game says no", CLOCK.now())
            else:
                treasury.confirm(
                    uow,
                    intent,
                    unit_price=price,
                    total=price * intent.units,
                    units=intent.units,
                    at=CLOCK.now(),
                    outcome="the game says yes",
                )
            uow.commit()

    deciding_again(enter)
    me.tally.counts["refused" if refused else "confirmed"] += 1


def _check(me: Contender, check: Callable[[Engine], list[str]]) -> None:
    """Now and then: whether everything adds up at this moment, whatever the others are doing."""
    if me.chance.random() < _CHECKED:
        me.tally.wrong += check(me.engine)
        me.tally.counts["checks"] += 1


def _unique() -> str:
    return uuid.uuid4().hex[:12]
