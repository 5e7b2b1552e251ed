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
from typing import Final

from sqlalchemy.exc import SQLAlchemyError

from manufacturing.adapters.postgres.read_model import PlayerView, ReadModel
from manufacturing.bootstrap import logs_directory
from manufacturing.cli import running, simulation
from manufacturing.cli.console import complain, out, say, to_json
from manufacturing.cli.enrolling import Enrolled, balance_books, enrol
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
        enrolled = enrol(self._settings, universe)
        balance_books(enrolled, patience_seconds=0.0)
        model = ReadModel(enrolled.fleet.engine)
        baseline = Baseline.taken(
            model, enrolled.player.id, enrolled.gateway.get_agent().credits, enrolled.fleet.clock.now()
        )
        self._introduce(model, enrolled, baseline)
        flower_port = self._options.flower_port or _free_port()
        self._supervisor.start(*(supervised(process, self._settings, flower_port) for process in _FLEET))
        addresses = {"Flower": f"http://127.0.0.1:{flower_port}", "server": self._server_url(enrolled)}
        self._tell_others(enrolled, baseline, addresses)
        end = self._watch(model, enrolled, baseline, addresses)
        return self._finish(model, enrolled, baseline, end)

    def _start_universe(self) -> SimulatedUniverse | None:
        if self._settings.server_url is not None:
            return None
        universe = simulation.chosen_universe(self._settings.home, self._options.universe)
        factor = self._options.time_scale or simulation.TIME_SCALE
        simulator = SimulatorProcess(home=self._settings.home, universe=universe, factor=factor)
        url = simulator.start(self._supervisor)
        say(f"simulated universe {universe.name} at {url}, {factor:g} game seconds per second")
        return universe

    def _introduce(self, model: ReadModel, enrolled: Enrolled, baseline: Baseline) -> None:
        player = enrolled.player
        ships = model.ships(player.id)
        haulers = sum(ship.can_haul for ship in ships)
        say(
            f"agent {player.agent_symbol} in {player.system_symbol}: {credits(baseline.credits)} credits, "
            f"{len(ships)} ships, {haulers} of them with a hold"
        )

    def _server_url(self, enrolled: Enrolled) -> str:
        simulator = simulation.served(self._settings.home / READY_FILE)
        return self._settings.server_url or (simulator.url if simulator is not None else enrolled.player.server_url)

    def _tell_others(self, enrolled: Enrolled, baseline: Baseline, addresses: dict[str, str]) -> None:
        own = Settings.from_environment()
        running.Run.of_this_process(
            player_id=enrolled.player.id,
            database_url=self._settings.database_url if own.database_url is None else None,
            redis_url=self._settings.redis_url if own.redis_url is None else None,
            flower=addresses["Flower"],
            server=addresses["server"],
            baseline=baseline.told(),
        ).write(self._settings.home)
        for name, url in addresses.items():
            say(f"{name}: {url}")

    def _watch(self, model: ReadModel, enrolled: Enrolled, baseline: Baseline, addresses: dict[str, str]) -> _End:
        watch = Watch(model, enrolled.fleet.clock, enrolled.player.id, baseline)
        console = out()
        with ExitStack() as stack:
            screen = None
            if console.is_terminal and not self._options.plain:
                screen = stack.enter_context(Screen(console, addresses))
            try:
                return self._look_on(_Onlooker(watch, screen), enrolled.fleet.clock)
            except KeyboardInterrupt:
                return _End.STOPPED

    def _look_on(self, onlooker: "_Onlooker", clock: Clock) -> _End:
        # The time begins when the workers do: on a fast clock their start alone takes many minutes.
        began = clock.now()
        while True:
            snapshot = onlooker.look(self._supervisor, self._news())
            if snapshot is not None and snapshot.player.status is PlayerStatus.RESET:
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

    def _finish(self, model: ReadModel, enrolled: Enrolled, baseline: Baseline, end: _End) -> int:
        say(f"{end.value}: ending the workers, settling what is open")
        restarts = {state.name: state.restarts for state in self._supervisor.states()}
        self._supervisor.stop_last_group()
        report = self._closing_report(model, enrolled, baseline, restarts, _PATIENCE if end is _End.TIME else _HASTE)
        if self._options.report is not None:
            self._options.report.write_text(to_json(report), encoding="utf-8")
        out().print(rendered(report))
        if not end.in_order:
            complain(f"This run ended because {end.value}; the logs are in {logs_directory(self._settings)}.")
        return 0 if end.in_order else 1

    def _closing_report(
        self,
        model: ReadModel,
        enrolled: Enrolled,
        baseline: Baseline,
        restarts: dict[str, int],
        patience: float,
    ) -> Report:
        fleet = enrolled.fleet
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
            baseline,
            server=simulation.shown_server(player.server_url),
            credits=player.credits if at_server is None else at_server,
            now=ended_at,
            restarts=restarts,
        )


class _Onlooker:
    """Looks at the fleet and tells what happens, on the screen or in lines."""

    def __init__(self, watch: Watch, screen: Screen | None) -> None:
        self._watch = watch
        self._screen = screen
        self._events = Events()
        self._processes = ProcessNews()
        self._elapsed = timedelta(0)
        self._blind = False

    def look(self, supervisor: Supervisor, notices: Iterator[ProcessNotice]) -> Snapshot | None:
        """One look; None when the database does not answer just now."""
        for notice in notices:
            self._tell(self._processes.line(notice))
        try:
            snapshot = self._watch.look(supervisor.states())
        except SQLAlchemyError as error:
            if not self._blind:
                self._tell(f"cannot look: {explained(error) or type(error).__name__}")
            self._blind = True
            return None
        self._blind = False
        self._elapsed = snapshot.elapsed
        for line in self._events.lines(snapshot):
            self._tell(line)
        if self._screen is not None:
            self._screen.draw(snapshot)
        return snapshot

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
