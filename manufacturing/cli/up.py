"""`manufacturing up`: one command from nothing to a fleet that earns, and back to nothing left running."""

import queue
import socket
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import timedelta
from enum import Enum
from pathlib import Path
from typing import Final, Self

from sqlalchemy.exc import SQLAlchemyError

from manufacturing.adapters.postgres.read_model import PlayerView, ReadModel
from manufacturing.bootstrap import logs_directory
from manufacturing.cli import running, simulation
from manufacturing.cli.console import complain, out, say, to_json
from manufacturing.cli.enrolling import Enrolled, Wanted, balance_books, enrol_agents
from manufacturing.cli.events import Events, ProcessNews
from manufacturing.cli.interrupts import interrupts_by_signal
from manufacturing.cli.processes import Process, ready_mark, supervised
from manufacturing.cli.report import Baseline, Report, make_report, rendered
from manufacturing.cli.screen import Screen
from manufacturing.cli.servers import SimulatorProcess, start_servers
from manufacturing.cli.simulation import SimulatedUniverse, UniverseOptions
from manufacturing.cli.supervisor import ProcessEvent, ProcessNotice, Supervisor
from manufacturing.cli.troubles import explained
from manufacturing.cli.watching import Snapshot, Watch
from manufacturing.cli.wording import credits, span
from manufacturing.domain.clock import Clock
from manufacturing.domain.gateway import GatewayError
from manufacturing.domain.ids import PlayerId
from manufacturing.domain.player import PlayerStatus
from manufacturing.logs import configure_logging
from manufacturing.settings import READY_FILE, BadSetting, Settings

#: Wall seconds between two looks at the fleet.
_LOOK: Final = 1.0
#: Wall seconds that trades under way may take to be told from lost ones, when there is time and when there is not.
_PATIENCE: Final = 40.0
_HASTE: Final = 1.0
_FLEET: Final = (Process.CONTROL, Process.SHIPS, Process.POLLS, Process.BEAT, Process.FLOWER)


@dataclass(frozen=True, kw_only=True)
class UpOptions:
    """What may be asked of a run."""

    game_time: timedelta | None
    """How long it lasts once the workers are there; None: until it is stopped."""
    time_scale: float | None
    """Of the simulated universe: game seconds per wall second."""
    universe: UniverseOptions
    report: Path | None
    """Where the report is written."""
    flower_port: int
    """0 for a free one."""
    plain: bool
    """Lines instead of the live screen, also on a terminal."""
    wanted: Wanted
    """Which agents are played."""


class _End(Enum):
    """Why a run ends."""

    #: Its time is over.
    TIME = "the time is over"
    #: Somebody stopped it.
    STOPPED = "stopped"
    #: The universe it played in is gone.
    RESET = "the universe was reset"
    #: A process it cannot do without stays down.
    CRIPPLED = "a process failed too often"

    @property
    def in_order(self) -> bool:
        """Whether that was meant to happen."""
        return self in (_End.TIME, _End.STOPPED)


def up(options: UpOptions) -> int:
    """Runs a fleet until its time is over or it is stopped; the exit code."""
    settings = Settings.from_environment()
    if settings.server_url is not None and (options.universe.given or options.time_scale is not None):
        raise BadSetting(
            "--seed, --scenario, --capture, --haulers, --credits and --time-scale make a simulated universe, but "
            "SPACETRADERS_TOKEN or SPACETRADERS_URL is set: leave out either these options or those variables"
        )
    options.universe.name()  # a capture that cannot be read is told before anything is started
    notices: queue.SimpleQueue[ProcessNotice] = queue.SimpleQueue()
    with interrupts_by_signal():
        try:
            with Supervisor(settings.home, notices.put) as supervisor, _traces_removed(settings.home):
                return _Run(supervisor, settings, options, notices).carry_out()
        except KeyboardInterrupt:
            say("stopped")
            return 0


class _Run:
    """One run, from the start of its servers to its report."""

    def __init__(
        self,
        supervisor: Supervisor,
        settings: Settings,
        options: UpOptions,
        notices: "queue.SimpleQueue[ProcessNotice]",
    ) -> None:
        self._supervisor = supervisor
        self._settings = settings
        self._options = options
        self._notices = notices

    def carry_out(self) -> int:
        # Not to the terminal: it would write over the screen.
        configure_logging(logs_directory(self._settings) / "up.log")
        say(f"home: {self._settings.home}")
        self._settings = start_servers(self._supervisor, self._settings)
        universe = self._start_universe()
        crew = enrol_agents(self._settings, universe, self._options.wanted)
        model = ReadModel(crew[0].fleet.engine)
        members = [_Member.of(model, enrolled) for enrolled in crew]
        for member in members:
            self._introduce(model, member)
        flower_port = self._options.flower_port or _free_port()
        self._supervisor.start(*(supervised(process, self._settings, flower_port) for process in _FLEET))
        addresses = {"Flower": f"http://127.0.0.1:{flower_port}", "server": self._server_url(crew[0])}
        self._tell_others(members, addresses)
        end = self._watch(model, members, addresses)
        return self._finish(model, members, end)

    def _start_universe(self) -> SimulatedUniverse | None:
        if self._settings.server_url is not None:
            return None
        universe = simulation.chosen_universe(self._settings.home, self._options.universe)
        factor = self._options.time_scale or simulation.TIME_SCALE
        simulator = SimulatorProcess(home=self._settings.home, universe=universe, factor=factor)
        url = simulator.start(self._supervisor)
        say(f"simulated universe {universe.name} at {url}, {factor:g} game seconds per second")
        return universe

    def _introduce(self, model: ReadModel, member: "_Member") -> None:
        player, baseline = member.enrolled.player, member.baseline
        ships = model.ships(player.id)
        haulers = sum(ship.can_haul for ship in ships)
        say(
            f"agent {player.agent_symbol} in {player.system_symbol}: {credits(baseline.credits)} credits, "
            f"{len(ships)} ships, {haulers} of them with a hold"
        )

    def _server_url(self, enrolled: Enrolled) -> str:
        simulator = simulation.served(self._settings.home / READY_FILE)
        return self._settings.server_url or (simulator.url if simulator is not None else enrolled.player.server_url)

    def _tell_others(self, members: list["_Member"], addresses: dict[str, str]) -> None:
        own = Settings.from_environment()
        first, *others = members
        running.Run.of_this_process(
            player_id=first.player_id,
            database_url=self._settings.database_url if own.database_url is None else None,
            redis_url=self._settings.redis_url if own.redis_url is None else None,
            flower=addresses["Flower"],
            server=addresses["server"],
            baseline=first.baseline.told(),
            others={str(member.player_id): member.baseline.told() for member in others},
        ).write(self._settings.home)
        for name, url in addresses.items():
            say(f"{name}: {url}")

    def _watch(self, model: ReadModel, members: list["_Member"], addresses: dict[str, str]) -> _End:
        clock = members[0].enrolled.fleet.clock
        watches = [Watch(model, clock, member.player_id, member.baseline) for member in members]
        console = out()
        with ExitStack() as stack:
            screen = None
            if console.is_terminal and not self._options.plain:
                screen = stack.enter_context(Screen(console, addresses))
            try:
                return self._look_on(_Onlooker(watches, screen), clock)
            except KeyboardInterrupt:
                return _End.STOPPED

    def _look_on(self, onlooker: "_Onlooker", clock: Clock) -> _End:
        # The time begins when the workers do: on a fast clock their start alone takes many minutes.
        began = clock.now()
        while True:
            snapshots = onlooker.look(self._supervisor, self._news())
            if snapshots and all(snapshot.player.status is PlayerStatus.RESET for snapshot in snapshots):
                return _End.RESET
            if any(state.event is ProcessEvent.GAVE_UP for state in self._supervisor.states() if _is_vital(state.name)):
                return _End.CRIPPLED
            pause = _LOOK
            if self._options.game_time is not None:
                left = clock.wall_seconds(began + self._options.game_time - clock.now())
                if left <= 0:
                    return _End.TIME
                pause = min(_LOOK, left)
            time.sleep(pause)

    def _news(self) -> Iterator[ProcessNotice]:
        while not self._notices.empty():
            yield self._notices.get()

    def _finish(self, model: ReadModel, members: list["_Member"], end: _End) -> int:
        say(f"{end.value}: ending the workers, settling what is open")
        restarts = {state.name: state.restarts for state in self._supervisor.states()}
        self._supervisor.stop_last_group()
        patience = _PATIENCE if end is _End.TIME else _HASTE
        members[0].enrolled.fleet.usage.store()
        reports = [self._closing_report(model, member, restarts, patience) for member in members]
        if self._options.report is not None:
            self._options.report.write_text(to_json(reports[0] if len(reports) == 1 else reports), encoding="utf-8")
        for report in reports:
            out().print(rendered(report))
        if not end.in_order:
            complain(f"This run ended because {end.value}; the logs are in {logs_directory(self._settings)}.")
        if end is _End.RESET:
            names = " and ".join(f"`manufacturing player renew {m.enrolled.player.agent_symbol}`" for m in members)
            complain(f"{names} {'begins' if len(members) == 1 else 'begin'} anew.")
        return 0 if end.in_order else 1

    def _closing_report(self, model: ReadModel, member: "_Member", restarts: dict[str, int], patience: float) -> Report:
        enrolled, fleet = member.enrolled, member.enrolled.fleet
        ended_at = fleet.clock.now()
        try:
            balance_books(enrolled, patience)
            at_server = enrolled.gateway.get_agent().credits
        except GatewayError as error:
            complain(f"The server did not tell the credits in the end, so these are ours: {error}")
            at_server = None
        fleet.usage.store()
        player = _view(model, enrolled)
        return make_report(
            fleet.engine,
            player,
            member.baseline,
            server=simulation.shown_server(player.server_url),
            credits=player.credits if at_server is None else at_server,
            now=ended_at,
            restarts=restarts,
        )


@dataclass(frozen=True, kw_only=True)
class _Member:
    """One agent of a run."""

    enrolled: Enrolled
    baseline: Baseline

    @classmethod
    def of(cls, model: ReadModel, enrolled: Enrolled) -> Self:
        """As the agent is when the run begins."""
        balance_books(enrolled, patience_seconds=0.0)
        credits = enrolled.gateway.get_agent().credits
        now = enrolled.fleet.clock.now()
        return cls(enrolled=enrolled, baseline=Baseline.taken(model, enrolled.player.id, credits, now))

    @property
    def player_id(self) -> PlayerId:
        """Its number."""
        return self.enrolled.player.id


class _Onlooker:
    """Looks at the fleet and tells what happens, on the screen or in lines."""

    def __init__(self, watches: list[Watch], screen: Screen | None) -> None:
        self._watches = watches
        self._screen = screen
        self._events = [Events() for _ in watches]
        self._processes = ProcessNews()
        self._elapsed = timedelta(0)
        self._blind = False

    def look(self, supervisor: Supervisor, notices: Iterator[ProcessNotice]) -> list[Snapshot]:
        """One look, at each agent; nothing when the database does not answer just now."""
        for notice in notices:
            self._tell(self._processes.line(notice))
        try:
            snapshots = [watch.look(supervisor.states()) for watch in self._watches]
        except SQLAlchemyError as error:
            if not self._blind:
                self._tell(f"cannot look: {explained(error) or type(error).__name__}")
            self._blind = True
            return []
        self._blind = False
        self._elapsed = snapshots[0].elapsed
        for snapshot, events in zip(snapshots, self._events, strict=True):
            whose = f"{snapshot.player.agent_symbol}: " if len(snapshots) > 1 else ""
            for line in events.lines(snapshot):
                self._tell(whose + line)
        if self._screen is not None:
            self._screen.draw(snapshots)
        return snapshots

    def _tell(self, line: str | None) -> None:
        if line is None:
            return
        dated = f"{span(self._elapsed)}  {line}"
        if self._screen is not None:
            self._screen.tell(dated)
        else:
            say(dated)


def _view(model: ReadModel, enrolled: Enrolled) -> PlayerView:
    return next(player for player in model.players() if player.id == enrolled.player.id)


def _is_vital(name: str) -> bool:
    return name != Process.FLOWER


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def _traces_removed(home: Path) -> Iterator[None]:
    """What tells of a run is gone before it begins and when it has ended."""
    _remove_traces(home)
    try:
        yield
    finally:
        _remove_traces(home)


def _remove_traces(home: Path) -> None:
    running.forget(home)
    (home / READY_FILE).unlink(missing_ok=True)
    for process in _FLEET:
        ready_mark(process, home).unlink(missing_ok=True)
