"""An experiment: one universe, one policy, so many hours, as fast as they can be computed."""

import gc
import itertools
import uuid
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from manufacturing.adapters.postgres import database
from manufacturing.adapters.postgres.read_model import ReadModel
from manufacturing.adapters.postgres.unit_of_work import PostgresUnitOfWork
from manufacturing.adapters.spacetraders.gateway import HttpGateway
from manufacturing.bootstrap import Fleet, wire
from manufacturing.cli.report import Baseline, Report, make_report
from manufacturing.domain.events import Event, PipelineEnded, PollDue, StepDue, WorkChanged
from manufacturing.domain.ids import PlayerId
from manufacturing.domain.player import Player
from manufacturing.domain.policy import FleetPolicy
from manufacturing.domain.ports import LockHeld, UnitOfWorkFactory
from manufacturing.lab.agenda import Agenda
from manufacturing.lab.database import LabDatabase
from manufacturing.lab.detection import PROBED_EVERY, DetectionProbe
from manufacturing.lab.game import BEGINNING, Fault, InProcessTransport, VirtualBudget, make_faults, make_universe
from manufacturing.lab.processor import bring_along
from manufacturing.lab.virtual_time import VirtualClock
from manufacturing.settings import SIMULATOR, Settings

#: How often production's timers run, in virtual time. Events do most of the work; these find what no event told.
_TICK: Final = timedelta(seconds=60)
_SCAN: Final = timedelta(seconds=30)
_RECOVER: Final = timedelta(minutes=15)


@dataclass(frozen=True, kw_only=True)
class Setup:
    """What is tried."""

    policy: FleetPolicy
    seed: int = 1
    capture: Path | None = None
    scenario: str = "established"
    haulers: int = 8
    credits: int | None = None
    faults: tuple[Fault, ...] = ()


class _Locks:
    """Locks within one process that does one thing at a time: a lock is held only where a job calls itself."""

    def __init__(self) -> None:
        self._held: set[str] = set()

    def lock(self, name: str, ttl: timedelta) -> "_Held":
        """Takes the lock, or raises LockHeld."""
        if name in self._held:
            raise LockHeld(f"{name} is held")
        self._held.add(name)
        return _Held(self._held, name)


class _Held:
    def __init__(self, held: set[str], name: str) -> None:
        self._held = held
        self._name = name

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._held.discard(self._name)


class _OnePlayer:
    """The one gateway of the lab."""

    def __init__(self, gateway: HttpGateway) -> None:
        self._gateway = gateway

    def of(self, player: Player) -> HttpGateway:
        """The gateway."""
        return self._gateway

    def stop_player(self, player_id: PlayerId, reason: str) -> None:
        """The lab's universe is never reset."""
        raise RuntimeError(f"the lab's universe has gone: {reason}")


class Experiment:
    """The fleet of one setup, ready to run. Same setup, same course of events."""

    def __init__(self, setup: Setup, databases: LabDatabase) -> None:
        self.setup = setup
        self.clock = VirtualClock(BEGINNING)
        self._agenda = Agenda(self.clock)
        self._closing = ExitStack()
        self._databases = databases
        self._url, remove = databases.fresh()
        self._closing.callback(remove)
        self.engine = database.connect(self._url, pool_size=4, alone=True)
        bring_along(self.engine)
        self._closing.callback(self.engine.dispose)
        self._uow: UnitOfWorkFactory = partial(PostgresUnitOfWork, database.session_factory(self.engine), self)
        self._fleet, self.player_id, self._budget, self._gateway = self._open()
        credits = self._gateway.get_agent().credits
        self._baseline = Baseline.taken(ReadModel(self.engine), self.player_id, credits, self.clock.now())
        self._detection = DetectionProbe(self.game.universe, self._uow, self.player_id, self.clock.now)
        self.watch(PROBED_EVERY, self._detection.look)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._closing.close()

    def _open(self) -> tuple[Fleet, PlayerId, VirtualBudget, HttpGateway]:
        setup = self.setup
        self.game = make_universe(
            setup.seed,
            capture=setup.capture,
            haulers=setup.haulers,
            credits=setup.credits,
            scenario=setup.scenario,
        )
        self.faults = make_faults(setup.seed, ())
        transport = InProcessTransport(self.game, self.clock, self.faults)
        settings = replace(Settings.from_environment({}), policy=setup.policy)
        newcomer = HttpGateway(transport, None, VirtualBudget(self.clock, None))
        token = newcomer.register(settings.agent_symbol, settings.faction).token
        budget = VirtualBudget(self.clock, PlayerId(1))
        gateway = HttpGateway(transport, token, budget, sleep=self.clock.sleep, monotonic=self.clock.monotonic)
        numbers = itertools.count(1)
        fleet = wire(
            settings,
            engine=self.engine,
            clock=self.clock,
            uow=self._uow,
            gateways=_OnePlayer(gateway),
            locks=_Locks(),
            ids=lambda: str(uuid.UUID(int=next(numbers) << 96)),
            drain_usage=budget.drain,
        )
        player = fleet.enrolment.enrol(gateway, SIMULATOR)
        self._schedule(fleet, player)
        # Trouble begins once the fleet is at work.
        self.faults.replace(setup.faults)
        return fleet, player.id, budget, gateway

    def _schedule(self, fleet: Fleet, player: Player) -> None:
        agenda, orchestrator = self._agenda, fleet.orchestrator
        agenda.every(_TICK, lambda: orchestrator.coordinate(player.id))
        agenda.every(_TICK, lambda: orchestrator.look_for_opportunities(player.id))
        agenda.every(_SCAN, lambda: orchestrator.scan_markets(player))
        agenda.every(_RECOVER, lambda: orchestrator.recover(player))
        agenda.every(_RECOVER, lambda: orchestrator.expire_reservations(player.id))

    def publish(self, events: list[Event]) -> None:
        """Messages go onto the agenda; what waits longer than a sweep's horizon is entered by ``run``."""
        for event in events:
            self._enter(event)

    def _enter(self, event: Event) -> None:
        now = self.clock.now()
        match event:
            case StepDue(task_id=task_id, version=version, due_at=due_at):
                self._agenda.enter(max(now, due_at), lambda: self._fleet.ship_tasks.run_step(task_id, version))
            case PollDue(factory_state_id=state_id, version=version, due_at=due_at):
                self._agenda.enter(max(now, due_at), lambda: self._fleet.supply_monitor.run(state_id, version))
            case WorkChanged(player_id=player_id):
                self._agenda.enter(now, lambda: self._fleet.orchestrator.coordinate(player_id), once=event)
            case PipelineEnded(player_id=player_id, pipeline_id=pipeline_id):
                self._agenda.enter(now, lambda: self._fleet.orchestrator.pipeline_ended(player_id, pipeline_id))

    def run(self, hours: float) -> None:
        """Lets so many game hours pass."""
        end = self.clock.now() + timedelta(hours=hours)
        step = timedelta(seconds=30)
        while self.clock.now() < end:
            # A message for everything due within the next stretch, each with its own moment.
            self._fleet.due_queue.sweep(step)
            self._agenda.run_until(min(end, self.clock.now() + step))

    @property
    def fleet(self) -> Fleet:
        """Its services."""
        return self._fleet

    def watch(self, interval: timedelta, look: Callable[[], None]) -> None:
        """Has ``look`` called now and again after each interval. It must change nothing: the course of events is the
        same with and without it."""
        self._agenda.every(interval, look)

    def keep_as(self, name: str) -> None:
        """Keeps the rows under a name, for `lab replay`."""
        self._fleet.usage.store()
        self.engine.dispose()
        self._databases.keep(self._url, name)

    def calls_so_far(self) -> dict[str, int]:
        """The API calls since the beginning, by purpose."""
        return self._budget.calls_so_far()

    def report(self) -> Report:
        """What came of it so far."""
        self._fleet.usage.store()
        model = ReadModel(self.engine)
        player = next(p for p in model.players() if p.id == self.player_id)
        report = make_report(
            self.engine,
            player,
            self._baseline,
            server=SIMULATOR,
            credits=self._gateway.get_agent().credits,
            now=self.clock.now(),
        )
        detection = self._detection.detection()
        return replace(
            report,
            detections=detection.seen,
            undetected=detection.unseen,
            detection_delay_mean=detection.mean_delay,
        )


def be_left_alone() -> None:
    """Spares the garbage collector all that is loaded and wired by now: it stays until the process ends. Only for a
    process that plays one experiment."""
    gc.collect()
    gc.freeze()
