"""Gets a player ready to be played: its token, its rows, and books that agree with the server's."""

import time
from dataclasses import dataclass
from datetime import datetime

from manufacturing.adapters.clock import ScaledClock
from manufacturing.adapters.redis.client import connect as connect_redis
from manufacturing.adapters.spacetraders.tokens import TokenFiles
from manufacturing.bootstrap import Fleet, build_fleet, make_gateway
from manufacturing.cli import simulation
from manufacturing.cli.console import CannotDo
from manufacturing.cli.simulation import SimulatedUniverse
from manufacturing.domain.clock import TimeScale
from manufacturing.domain.gateway import RequestRejected, SpaceTradersGateway
from manufacturing.domain.player import Player, PlayerStatus
from manufacturing.domain.universe import ServerStatus
from manufacturing.services.trade_desk import NotSettledYet
from manufacturing.settings import READY_FILE, Settings

#: The API's code for "this agent's symbol is taken".
_SYMBOL_TAKEN = 4111
_GLANCE_SECONDS = 0.2


@dataclass(frozen=True, kw_only=True)
class Enrolled:
    """A player ready to be played."""

    fleet: Fleet
    player: Player
    gateway: SpaceTradersGateway
    scale: TimeScale


def enrol(settings: Settings, universe: SimulatedUniverse | None) -> Enrolled:
    """Enrols the player of the configured token, or of the simulated universe's agent, which is registered at the first
    time. All other players rest.

    Raises CannotDo when there is no way to get a token, and GatewayError.
    """
    redis = connect_redis(settings.redis_url or "")
    status = make_gateway(settings, redis, ScaledClock(expected_scale(settings)), None, None).get_status()
    scale = TimeScale.parse(status.time_scale) if status.time_scale else TimeScale.real()
    clock = ScaledClock(scale)
    token = _token(settings, universe, make_gateway(settings, redis, clock, None, None))
    gateway = make_gateway(settings, redis, clock, token, None)
    agent = gateway.get_agent().symbol
    _use_token(settings, agent, token)
    fleet = build_fleet(settings, scale=scale)
    server_name = universe.server_name if universe is not None else settings.server_name
    _rest_others(fleet, settings, agent, server_name, status)
    player = fleet.enrolment.enrol(gateway, server_name)
    _wake(fleet, player)
    return Enrolled(fleet=fleet, player=player, gateway=fleet.gateways.of(player), scale=scale)


def expected_scale(settings: Settings) -> TimeScale:
    """How the server's time runs, as far as that is known before it is asked: the budget of calls depends on it."""
    simulator = simulation.served(settings.home / READY_FILE) if settings.server_url is None else None
    return TimeScale.parse(simulator.time_scale) if simulator is not None else TimeScale.real()


def _token(settings: Settings, universe: SimulatedUniverse | None, stranger: SpaceTradersGateway) -> str:
    if settings.token is not None:
        return settings.token.reveal()
    # Agents of the same name in different universes have different tokens.
    files = TokenFiles(universe.directory if universe is not None else settings.home)
    kept = files.read(settings.agent_symbol)
    if kept is not None:
        return kept
    try:
        token = stranger.register(settings.agent_symbol, settings.faction).token
    except RequestRejected as error:
        raise CannotDo(_why_not_registered(settings, error)) from error
    files.write(settings.agent_symbol, token)
    return token


def _why_not_registered(settings: Settings, error: RequestRejected) -> str:
    name = settings.agent_symbol
    if error.code == _SYMBOL_TAKEN:
        return (
            f"There is an agent {name} already, and its token is not kept here. Give it with SPACETRADERS_TOKEN, "
            "choose another name with MANUFACTURING_AGENT, or start anew with `manufacturing reset`."
        )
    return f"The server at {settings.server_url} did not register {name}: set SPACETRADERS_TOKEN. ({error})"


def _use_token(settings: Settings, agent: str, token: str) -> None:
    """Makes the token the one that the workers find for the agent. A token from the environment is not written down."""
    files = TokenFiles(settings.home)
    if settings.token is None:
        if files.read(agent) != token:
            files.write(agent, token)
    elif files.read(agent) not in (None, token):
        files.path(agent).unlink()  # of another universe, where an agent has the same name


def _rest_others(fleet: Fleet, settings: Settings, agent: str, server_name: str, status: ServerStatus) -> None:
    """No work is done for players that this run cannot reach: those of other universes, and those without a token."""
    with fleet.uow() as uow:
        for player in uow.players.all():
            here = (player.server_url, player.reset_date) == (server_name, status.reset_date)
            if player.status is PlayerStatus.RESET or (here and player.agent_symbol == agent):
                continue
            if here and TokenFiles(settings.home).read(player.agent_symbol) is not None:
                continue
            player.status = PlayerStatus.RESET
            player.status_reason = f"{agent} is played in {simulation.shown_server(server_name)} of {status.reset_date}"
        uow.commit()


def _wake(fleet: Fleet, player: Player) -> None:
    """A player of a universe that was left and is played again: the server has just answered with its reset date."""
    with fleet.uow() as uow:
        row = uow.players.get(player.id)
        if row.status is PlayerStatus.RESET:
            row.status = PlayerStatus.ACTIVE
            row.status_reason = None
        uow.commit()


def balance_books(enrolled: Enrolled, patience_seconds: float) -> int | None:
    """Settles every open trade and compares our credits with the server's, for a moment when no worker runs.

    Trades too young to be judged are waited for, at most so many wall seconds; returns the credits that moved without
    us, None when it could not be told.
    """
    fleet, player = enrolled.fleet, enrolled.player
    deadline = time.monotonic() + patience_seconds
    while (judged_at := _settle_open(enrolled)) is not None:
        wait = max(_GLANCE_SECONDS, fleet.clock.wall_seconds(judged_at - fleet.clock.now()))
        if time.monotonic() + wait > deadline:
            return None
        time.sleep(wait)
    return fleet.enrolment.reconcile(enrolled.gateway, player.id)


def _settle_open(enrolled: Enrolled) -> datetime | None:
    """Settles what can be; when the last of the others may be judged, None when all are settled."""
    fleet, player = enrolled.fleet, enrolled.player
    with fleet.uow() as uow:
        ships = {intent.ship_symbol for intent in uow.intents.open_of_player(player.id)}
    waits = []
    for ship in sorted(ships):
        try:
            fleet.desk.settle(enrolled.gateway, player.id, ship)
        except NotSettledYet as wait:
            waits.append(wait.at)
    return max(waits, default=None)
