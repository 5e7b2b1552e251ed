"""`manufacturing universe`: what a deployment by Procfile needs besides the workers. It prepares the database and the
player, then serves the simulator, or watches whether the real game was reset."""

import queue
import time
from typing import Final

from manufacturing.bootstrap import logs_directory
from manufacturing.cli import simulation
from manufacturing.cli.console import CannotDo, complain, say
from manufacturing.cli.enrolling import Enrolled, enrol
from manufacturing.cli.events import ProcessNews
from manufacturing.cli.interrupts import interrupts_by_signal
from manufacturing.cli.servers import SimulatorProcess, prepare_servers
from manufacturing.cli.simulation import SimulatedUniverse, UniverseOptions
from manufacturing.cli.supervisor import ProcessEvent, ProcessNotice, Supervisor
from manufacturing.cli.troubles import explained
from manufacturing.cli.wording import credits
from manufacturing.domain.gateway import GatewayError
from manufacturing.logs import configure_logging
from manufacturing.settings import READY_FILE, BadSetting, Settings

#: Wall seconds.
_GLANCE: Final = 1.0
_RESET_INTERVAL: Final = 60.0


def keep_universe(time_scale: float | None, port: int) -> int:
    """Prepares everything, then stays until it is stopped (exit code 0) or the universe is gone (1)."""
    settings = Settings.from_environment()
    if settings.database_url is None or settings.redis_url is None:
        raise BadSetting(
            "DATABASE_URL and REDIS_URL must be set for `manufacturing universe`; `manufacturing up` brings its own "
            "servers"
        )
    configure_logging()
    notices: queue.SimpleQueue[ProcessNotice] = queue.SimpleQueue()
    with interrupts_by_signal():
        try:
            with Supervisor(settings.home, notices.put) as supervisor:
                return _keep(supervisor, settings, time_scale, port, notices)
        except KeyboardInterrupt:
            say("stopped")
            return 0


def _keep(
    supervisor: Supervisor,
    settings: Settings,
    time_scale: float | None,
    port: int,
    notices: "queue.SimpleQueue[ProcessNotice]",
) -> int:
    prepare_servers(settings)
    universe = None
    if settings.server_url is None:
        universe = _serve(supervisor, settings, time_scale or simulation.TIME_SCALE, port)
    elif time_scale is not None or port:
        raise BadSetting(
            "--time-scale and --port are the simulator's, but SPACETRADERS_TOKEN or SPACETRADERS_URL is set"
        )
    enrolled = enrol(settings, universe)
    say(f"agent {enrolled.player.agent_symbol} in {enrolled.player.system_symbol} is enrolled: the workers may begin")
    say(f"{credits(enrolled.player.credits)} credits")
    if universe is None:
        return _watch_reset(enrolled)
    return _watch_simulator(supervisor, settings, notices)


def _serve(supervisor: Supervisor, settings: Settings, factor: float, port: int) -> SimulatedUniverse:
    universe = simulation.chosen_universe(settings.home, UniverseOptions())
    ready_file = settings.home / READY_FILE
    # Workers that still run have the clock of the simulator they know: a short absence must not change it.
    simulation.drop_old_clock(ready_file, factor)
    simulator = SimulatorProcess(home=settings.home, universe=universe, factor=factor, port=port)
    say(f"simulated universe {universe.name} at {simulator.start(supervisor)}, {factor:g} game seconds per second")
    return universe


def _watch_simulator(supervisor: Supervisor, settings: Settings, notices: "queue.SimpleQueue[ProcessNotice]") -> int:
    news = ProcessNews()
    while not any(state.event is ProcessEvent.GAVE_UP for state in supervisor.states()):
        simulation.keep_clock(settings.home / READY_FILE)
        while not notices.empty():
            if line := news.line(notices.get()):
                say(line)
        time.sleep(_GLANCE)
    complain(f"The simulator failed too often; its log is {logs_directory(settings) / 'simulator.log'}.")
    return 1


def _watch_reset(enrolled: Enrolled) -> int:
    player = enrolled.player
    say(f"the reset date of {player.server_url} is looked at once a minute")
    while True:
        time.sleep(_RESET_INTERVAL)
        try:
            now = enrolled.gateway.get_status().reset_date
        except GatewayError as error:
            say(f"the server did not say whether it was reset: {explained(error)}")
            continue
        if now != player.reset_date:
            reason = f"the universe of {player.reset_date} was reset on {now}"
            enrolled.fleet.gateways.stop_player(player.id, reason)
            raise CannotDo(
                f"{reason}: {player.agent_symbol} is no more. Set SPACETRADERS_TOKEN to a new agent's token."
            )
