"""`manufacturing player`: the agents of a home, what each may spend and call, and a new one after a reset."""

import getpass
import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Final

from sqlalchemy import Engine

from manufacturing.adapters.postgres import database
from manufacturing.adapters.postgres.read_model import PlayerView
from manufacturing.adapters.postgres.unit_of_work import PostgresUnitOfWork
from manufacturing.adapters.spacetraders.tokens import TokenFiles
from manufacturing.bootstrap import SilentPublisher, logs_directory
from manufacturing.cli import running, simulation, tables
from manufacturing.cli.console import CannotDo, out, print_json, say
from manufacturing.cli.enrolling import Enrolled, Place
from manufacturing.cli.interrupts import interrupts_by_signal
from manufacturing.cli.reading import known_settings, named_player, opened_database
from manufacturing.cli.running import Run
from manufacturing.cli.servers import SimulatorProcess, start_servers
from manufacturing.cli.simulation import SimulatedUniverse, UniverseOptions
from manufacturing.cli.supervisor import HomeInUse, Supervisor
from manufacturing.cli.wording import credits
from manufacturing.domain.credit_floor import CreditFloor
from manufacturing.domain.player import Player, PlayerStatus
from manufacturing.domain.ports import UnitOfWorkFactory
from manufacturing.logs import configure_logging
from manufacturing.services.conflicts import deciding_again
from manufacturing.settings import READY_FILE, REAL_SERVER, Secret, Settings

#: What tokens are made of. Anything else would not even arrive in a header.
_TOKEN: Final = re.compile(r"[\x21-\x7e]{8,}")
#: The floor that takes the player's own away.
_NO_FLOOR: Final = "default"


@dataclass(frozen=True, kw_only=True)
class Terms:
    """What an agent may spend and call. None: as it is."""

    floor: CreditFloor | None = None
    weight: int | None = None

    @classmethod
    def of(cls, player: Player) -> "Terms":
        """Those of a player."""
        return cls(floor=player.own_floor, weight=player.budget_weight)


@dataclass(frozen=True, kw_only=True)
class TokenSource:
    """Where a token comes from: never from an argument, which others on the machine could read."""

    file: Path | None = None
    ask: bool = False
    """Whether it is asked for at the terminal, unseen."""

    @property
    def given(self) -> bool:
        """Whether one of the two was chosen."""
        return self.file is not None or self.ask

    def read(self, settings: Settings) -> Secret | None:
        """The token, else the one in the settings; None without any. CannotDo when it cannot be read."""
        if self.file is not None:
            return _checked(_file_text(self.file), str(self.file))
        if self.ask:
            return _checked(_asked(), "what was typed")
        return settings.token


def _file_text(file: Path) -> str:
    try:
        return file.expanduser().read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise CannotDo(f"--token-file: cannot read {file}: {getattr(error, 'strerror', 'it is no text')}") from error


def _asked() -> str:
    if not sys.stdin.isatty():
        raise CannotDo(
            "--ask-token needs a terminal to ask at: give the token with --token-file FILE or SPACETRADERS_TOKEN_FILE."
        )
    return getpass.getpass("Token of the agent (not shown): ").strip()


def _checked(text: str, where: str) -> Secret:
    if not _TOKEN.fullmatch(text):
        raise CannotDo(f"There is no token in {where}: a token is one word of letters, digits, dots and dashes.")
    return Secret(text)


def parsed_floor(text: str | None) -> CreditFloor | None:
    """The floor that was asked for; None when nothing was, or the policy's. CannotDo when it is none."""
    if text is None or text.strip().lower() == _NO_FLOOR:
        return None
    try:
        return CreditFloor.parse(text)
    except ValueError as error:
        raise CannotDo(f"{error}; `{_NO_FLOOR}` takes it away.") from error


def list_players(as_json: bool) -> None:
    """Every player there ever was, with its terms."""
    settings, _ = known_settings()
    with opened_database(settings) as model:
        found = model.players()
    kept = {player.id: TokenFiles(settings.home).read(player.agent_symbol) is not None for player in found}
    if as_json:
        print_json([{**_shown(player), "token_kept": kept[player.id]} for player in found])
    elif found:
        out().print(tables.players(found, kept))
    else:
        out().print("No player is enrolled yet: `manufacturing up` or `manufacturing player add` does that.")


def _shown(player: PlayerView) -> dict[str, object]:
    told: dict[str, object] = {name: getattr(player, name) for name in PlayerView.__slots__}
    return {**told, "server": simulation.shown_server(player.server_url)}


def add(name: str | None, source: TokenSource, terms: Terms) -> None:
    """Makes an agent one of this home's players: the agent of a token, or in the simulated universe a new one.

    Raises CannotDo when there is neither a token nor a name to register.
    """
    token = source.read(Settings.from_environment())
    if token is None and name is None:
        raise CannotDo(
            "Which agent? Give a call sign to register, or the token of one that exists with --token-file FILE or "
            "--ask-token."
        )
    with _servers(source) as (settings, universe):
        place = Place.found(replace(settings, token=None), universe)
        agent = name or ""
        if token is not None:
            agent = place.agent_of(token.reveal(), "the agent")
            if name is not None and agent != name:
                raise CannotDo(f"The token is that of {agent}, not of {name}.")
            place.keep_token(agent, token.reveal())
        known = agent in place.added_agents()
        enrolled = place.enrol(agent, place.token_of(agent))
        _set_terms(place.fleet.uow, enrolled.player, terms)
        _introduce(place, enrolled, "is known already" if known else "was added")


def renew(name: str, source: TokenSource) -> None:
    """After a reset of the universe: registers the agent anew, or takes a new token; what was, stays readable.

    The new player has the old one's floor and part of the calls. Raises CannotDo when there was no reset, or no token.
    """
    token = source.read(Settings.from_environment())
    with _servers(source) as (settings, universe):
        place = Place.found(replace(settings, token=None), universe)
        old = _past_player(place, name)
        place.rest_past()
        if token is None and universe is not None:
            token = Secret(place.token_after_reset(name))
        if token is None:
            raise CannotDo(
                f"The agent {name} is no more. Get a token for a new one, and give it with --token-file FILE or "
                "--ask-token."
            )
        agent = place.agent_of(token.reveal(), "the new agent")
        place.keep_token(agent, token.reveal())
        enrolled = place.enrol(agent, token.reveal())
        _set_terms(place.fleet.uow, enrolled.player, Terms.of(old))
        _introduce(place, enrolled, f"begins anew; {name} of {old.reset_date} can still be read with --player {old.id}")


def _past_player(place: Place, name: str) -> Player:
    """The newest player of this name, whose universe is gone. CannotDo when there is none, or when it is not gone."""
    with place.fleet.uow() as uow:
        played = [player for player in uow.players.all() if player.agent_symbol == name]
    if not played:
        raise CannotDo(f"No player {name} was ever enrolled here: `manufacturing player list` names them.")
    if any(place.is_here(player) for player in played):
        raise CannotDo(
            f"The universe of {name} was not reset: it is still that of {place.status.reset_date}. A token that was "
            "lost is replaced with `manufacturing player add --token-file FILE`."
        )
    here = [player for player in played if player.server_url == place.server_name]
    if not here:
        others = ", ".join(sorted({simulation.shown_server(player.server_url) for player in played}))
        raise CannotDo(
            f"{name} was played in {others}, which is not what is played now: `manufacturing player add` adds an agent."
        )
    return here[-1]


def set_floor(name: str, text: str) -> None:
    """Changes what a player's purchases never touch. It holds from the next purchase on."""
    floor = parsed_floor(text)
    with _rows(name) as (uow, player):
        _change(uow, player, floor, player.budget_weight)
    shown = f"{floor} credits" if floor is not None else "the policy's (MANUFACTURING_CREDIT_FLOOR)"
    say(f"{player.agent_symbol}: the floor is {str(shown).replace('% credits', '% of the credits')} from now on.")


def set_weight(name: str, weight: int) -> None:
    """Changes a player's part of the API calls. It holds from the next call on."""
    with _rows(name) as (uow, player):
        _change(uow, player, player.own_floor, weight)
    say(
        f"{player.agent_symbol}: {weight} {'part' if weight == 1 else 'parts'} of the calls from now on, while others "
        "want some of the same."
    )


def _set_terms(uow: UnitOfWorkFactory, player: Player, terms: Terms) -> None:
    if terms != Terms():
        floor = terms.floor if terms.floor is not None else player.own_floor
        _change(uow, player, floor, terms.weight or player.budget_weight)


def _change(uow: UnitOfWorkFactory, player: Player, floor: CreditFloor | None, weight: int) -> None:
    def change() -> None:
        with uow() as work:
            row = work.players.get(player.id)
            row.own_floor = floor
            row.budget_weight = weight
            work.commit()

    # Its workers change the row as well, with every trade.
    deciding_again(change)


@contextmanager
def _rows(name: str) -> Iterator[tuple[UnitOfWorkFactory, Player]]:
    settings, _ = known_settings()
    with opened_database(settings) as model:
        uow = _units_of_work(model.engine)
        view = named_player(model.players(), name)
        if view.status is PlayerStatus.RESET and view.status_reason is not None:
            say(f"note: {view.agent_symbol} rests: {view.status_reason}")
        with uow() as work:
            player = work.players.get(view.id)
        yield uow, player


def _units_of_work(engine: Engine) -> UnitOfWorkFactory:
    return partial(PostgresUnitOfWork, database.session_factory(engine), SilentPublisher())


def _introduce(place: Place, enrolled: Enrolled, what: str) -> None:
    player = enrolled.player
    with place.fleet.uow() as uow:
        ships = uow.ships.of_player(player.id)
    say(
        f"agent {player.agent_symbol} in {player.system_symbol}, {simulation.shown_server(player.server_url)}: "
        f"{credits(player.credits)} credits, {len(ships)} ships; it {what}"
    )
    if running.find(place.settings.home) is not None:
        say("The running fleet plays it from now on.")
        return
    real = place.universe is None and Settings.from_environment().server_url is None
    say(f"`{f'SPACETRADERS_URL={place.settings.server_url} ' if real else ''}manufacturing up` plays it.")


@contextmanager
def _servers(source: TokenSource) -> Iterator[tuple[Settings, SimulatedUniverse | None]]:
    """The servers of a running fleet, else those that are configured, else ours for as long as this takes."""
    settings, run = known_settings()
    settings = _with_server(settings, run, source)
    universe = simulation.chosen_universe(settings.home, UniverseOptions()) if settings.server_url is None else None
    if _all_there(settings):
        yield settings, universe
        return
    if run is not None:
        raise CannotDo("The running fleet uses servers of its own: set DATABASE_URL and REDIS_URL as where that runs.")
    configure_logging(logs_directory(settings) / "player.log")
    try:
        with interrupts_by_signal(), Supervisor(settings.home) as supervisor:
            settings = start_servers(supervisor, settings)
            if universe is not None:
                # As fast as the wall clock: game time that passes meanwhile would be lost to the fleet.
                SimulatorProcess(home=settings.home, universe=universe, factor=1.0).start(supervisor)
            try:
                yield settings, universe
            finally:
                supervisor.stop()
                (settings.home / READY_FILE).unlink(missing_ok=True)
    except HomeInUse as error:
        raise CannotDo(f"The fleet is starting or ending just now: try again in a moment. ({error})") from error


def _with_server(settings: Settings, run: Run | None, source: TokenSource) -> Settings:
    """A token is for the game that is played here; where nothing runs, for the real one."""
    if settings.server_url is not None or simulation.answers(settings.home / READY_FILE):
        return settings
    if run is not None:
        return replace(settings, server_url=run.server)
    return replace(settings, server_url=REAL_SERVER) if source.given else settings


def _all_there(settings: Settings) -> bool:
    if settings.database_url is None or settings.redis_url is None:
        return False
    return settings.server_url is not None or simulation.answers(settings.home / READY_FILE)
