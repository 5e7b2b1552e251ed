"""`manufacturing capture`: records the player's system in a file that a simulated universe can go on from."""

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from functools import partial
from pathlib import Path

from manufacturing.adapters.capture_file import CaptureFile
from manufacturing.adapters.clock import ScaledClock
from manufacturing.adapters.embedded import ServerInUse
from manufacturing.adapters.postgres import database
from manufacturing.adapters.postgres.read_model import ReadModel
from manufacturing.adapters.postgres.unit_of_work import PostgresUnitOfWork
from manufacturing.adapters.redis.client import connect as connect_redis
from manufacturing.adapters.spacetraders.gateway import HttpGateway
from manufacturing.adapters.spacetraders.tokens import TokenFiles
from manufacturing.bootstrap import SilentPublisher, make_gateway
from manufacturing.cli.console import CannotDo, say
from manufacturing.cli.enrolling import expected_scale
from manufacturing.cli.interrupts import interrupts_by_signal
from manufacturing.cli.reading import chosen_player, known_settings, opened_database
from manufacturing.cli.servers import embedded_valkey
from manufacturing.domain.clock import TimeScale
from manufacturing.domain.gateway import ServerUnavailable
from manufacturing.domain.ids import PlayerId
from manufacturing.domain.market_listing import MarketListing
from manufacturing.domain.player import Player
from manufacturing.domain.ports import UnitOfWorkFactory
from manufacturing.services.capture_service import CaptureService
from manufacturing.settings import Settings


def capture(system: str | None, out: Path, with_fleet: bool) -> None:
    """Records the system, the one of the agent's headquarters when it is None, in the file ``out``.

    Raises CannotDo when it was interrupted or the server could not be reached: the same again goes on with it.
    """
    if not out.absolute().parent.is_dir():
        raise CannotDo(f"--out: there is no directory {out.absolute().parent}")
    try:
        with interrupts_by_signal():
            _record(system, out, with_fleet)
    except KeyboardInterrupt as error:
        raise CannotDo(_unfinished(out, "interrupted")) from error
    except ServerUnavailable as error:
        raise CannotDo(_unfinished(out, str(error))) from error


def _unfinished(out: Path, why: str) -> str:
    return f"The capture is not finished ({why}). The same command goes on with it: so far it is kept beside {out}."


def _record(system: str | None, out: Path, with_fleet: bool) -> None:
    settings, run = known_settings()
    with ExitStack() as stack:
        redis_url = settings.redis_url or stack.enter_context(_embedded_broker(settings))
        model = stack.enter_context(opened_database(settings)) if _has_database(settings) else None
        agent = chosen_player(model, run).agent_symbol if model is not None and model.players() else None
        redis = connect_redis(redis_url)
        stack.callback(redis.close)
        stranger = make_gateway(settings, redis, ScaledClock(expected_scale(settings)), None, None)
        status = stranger.get_status()
        clock = ScaledClock(TimeScale.parse(status.time_scale) if status.time_scale else TimeScale.real())
        token = _token(settings, agent or settings.agent_symbol)
        gateway = make_gateway(settings, redis, clock, token, None)
        own = gateway.get_agent()
        uow: UnitOfWorkFactory | None = None
        player_id: PlayerId | None = None
        if model is not None:
            uow = _units_of_work(model)
            player = _player(uow, own.symbol, status.reset_date)
            player_id = player.id if player is not None else None
            gateway = make_gateway(settings, redis, clock, token, player)
        _capture(gateway, clock, uow, player_id, system or own.headquarters.rpartition("-")[0], out, with_fleet)


def _capture(
    gateway: HttpGateway,
    clock: ScaledClock,
    uow: UnitOfWorkFactory | None,
    player_id: PlayerId | None,
    system: str,
    out: Path,
    with_fleet: bool,
) -> None:
    service = CaptureService(clock, CaptureFile(out), partial(_known, uow, player_id), say)
    document = service.capture(gateway, system.upper(), with_fleet=with_fleet)
    markets = [place["market"] for place in document["waypoints"] if "market" in place]
    say(f"{out}: {len(document['waypoints'])} waypoints, {len(markets)} markets with prices")
    say(f"manufacturing up --capture {out}   plays in it")


def _known(uow: UnitOfWorkFactory | None, player_id: PlayerId | None, system: str) -> Sequence[MarketListing]:
    if uow is None or player_id is None:
        return ()
    with uow() as work:
        return work.markets.in_system(player_id, system)


def _player(uow: UnitOfWorkFactory, agent: str, reset_date: str) -> Player | None:
    """The player as which the agent is played here; None when it never was."""
    with uow() as work:
        played = [p for p in work.players.active() if (p.agent_symbol, p.reset_date) == (agent, reset_date)]
    return played[-1] if played else None


def _units_of_work(model: ReadModel) -> UnitOfWorkFactory:
    return partial(PostgresUnitOfWork, database.session_factory(model.engine), SilentPublisher())


def _has_database(settings: Settings) -> bool:
    return settings.database_url is not None or (settings.home / "postgres").exists()


def _token(settings: Settings, agent: str) -> str:
    token = settings.token.reveal() if settings.token is not None else TokenFiles(settings.home).read(agent)
    if token is None:
        raise CannotDo(f"There is no token of {agent} here: set SPACETRADERS_TOKEN, or MANUFACTURING_AGENT.")
    return token


@contextmanager
def _embedded_broker(settings: Settings) -> Iterator[str]:
    """The API budget is shared through it, and kept between commands."""
    try:
        with embedded_valkey(settings.home) as server:
            yield server.url()
    except ServerInUse as error:
        raise CannotDo(f"The fleet is starting or ending just now: try again in a moment. ({error})") from error
