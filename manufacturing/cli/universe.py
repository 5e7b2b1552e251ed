"""`manufacturing universe`: what a deployment by Procfile needs besides the workers. It prepares the database and the
player, then serves the simulator, or watches whether the real game was reset."""

import queue
import time
from typing import Final

from manufacturing.bootstrap import logs_directory
from manufacturing.cli import simulation
from manufacturing.cli.console import CannotDo, complain, say
from manufacturing.cli.enrolling import Enrolled, Wanted, enrol_agents
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
    crew = enrol_agents(settings, universe, Wanted())
    for player in (enrolled.player for enrolled in crew):
        say(f"agent {player.agent_symbol} in {player.system_symbol} is enrolled, {credits(player.credits)} credits")
    say("the workers may begin")
    if universe is None:
        return _watch_reset(crew)
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


def _watch_reset(crew: list[Enrolled]) -> int:
    first = crew[0]
    say(f"the reset date of {first.player.server_url} is looked at once a minute")
    while True:
        time.sleep(_RESET_INTERVAL)
        try:
            now = first.gateway.get_status().reset_date
        except GatewayError as error:
            say(f"the server did not say whether it was reset: {explained(error)}")
            continue
        if now != first.player.reset_date:
            reason = f"the universe of {first.player.reset_date} was reset on {now}"
            for enrolled in crew:
                enrolled.fleet.gateways.stop_player(enrolled.player.id, reason)
            names = [enrolled.player.agent_symbol for enrolled in crew]
            raise CannotDo(
                f"{reason}: {' and '.join(names)} {'is' if len(names) == 1 else 'are'} no more. `manufacturing player "
                f"renew {names[0]} --token-file FILE` begins anew with a new agent's token."
            )
