"""Gets a player ready to be played: its token, its rows, and books that agree with the server's."""

import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import count
from typing import Self

from redis import Redis

from manufacturing.adapters.clock import ScaledClock
from manufacturing.adapters.redis.client import connect as connect_redis
from manufacturing.adapters.spacetraders.tokens import TokenFiles, agent_of
from manufacturing.bootstrap import Fleet, build_fleet, make_gateway
from manufacturing.cli import simulation
from manufacturing.cli.console import CannotDo
from manufacturing.cli.simulation import SimulatedUniverse
from manufacturing.domain.clock import TimeScale
from manufacturing.domain.gateway import RequestRejected, SpaceTradersGateway, UniverseReset
from manufacturing.domain.player import Player, PlayerStatus
from manufacturing.domain.universe import ServerStatus
from manufacturing.services.trade_desk import NotSettledYet
from manufacturing.settings import READY_FILE, Settings

#: The API's code for "this agent's symbol is taken".
_SYMBOL_TAKEN = 4111
#: Letters of the longest call sign.
_LONGEST_SYMBOL = 14
_GLANCE_SECONDS = 0.2


@dataclass(frozen=True, kw_only=True)
class Enrolled:
    """A player ready to be played."""

    fleet: Fleet
    player: Player
    gateway: SpaceTradersGateway
    scale: TimeScale


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """Which agents are to be played. Without a word of it: the configured one and all others that were added."""

    names: tuple[str, ...] = ()
    """Just these."""
    number: int | None = None
    """So many: the configured one, then those that were added, then new ones where agents can be registered."""


def enrol(settings: Settings, universe: SimulatedUniverse | None) -> Enrolled:
    """Enrols the configured agent, and with it all others that were added; the first of them."""
    return enrol_agents(settings, universe, Wanted())[0]


def enrol_agents(settings: Settings, universe: SimulatedUniverse | None, wanted: Wanted) -> list[Enrolled]:
    """Enrols the agents that are wanted; in the simulated universe they are registered at the first time. All other
    players rest.

    Raises CannotDo when there is no way to get a token, and GatewayError.
    """
    place = Place.found(settings, universe)
    place.rest_past()
    names = _names(place, wanted)
    place.rest_all_but(names)
    return [place.enrol(name, place.token_of(name)) for name in names]


def _names(place: "Place", wanted: Wanted) -> list[str]:
    if wanted.names:
        return list(dict.fromkeys(wanted.names))
    main, added = place.main_agent(), place.added_agents()
    names = list(dict.fromkeys([main, *added] if main is not None else added))
    if wanted.number is None:
        return names
    if len(names) < wanted.number and place.universe is None:
        raise CannotDo(
            f"{wanted.number} agents are to be played, and there are tokens of {len(names)} here: give those of the "
            "others with `manufacturing player add --token-file FILE`."
        )
    return _filled_up(names, place.settings.agent_symbol, wanted.number)


def _filled_up(names: list[str], base: str, number: int) -> list[str]:
    """The first ``number`` of the names, with numbered ones after them where they are fewer."""
    fresh = (f"{base[: _LONGEST_SYMBOL - len(str(n))]}{n}" for n in count(2))
    while len(names) < number:
        name = next(fresh)
        if name not in names:
            names = [*names, name]
    return names[:number]


@dataclass(frozen=True, kw_only=True)
class Place:
    """A server as it is now, and what is needed to play agents there."""

    settings: Settings
    universe: SimulatedUniverse | None
    redis: Redis
    clock: ScaledClock
    status: ServerStatus
    fleet: Fleet
    _agents: dict[str, str] = field(default_factory=dict, repr=False)
    """Agents by their tokens, as the server said."""

    @classmethod
    def found(cls, settings: Settings, universe: SimulatedUniverse | None) -> Self:
        """The server that the settings name. GatewayError when it does not answer."""
        redis = connect_redis(settings.redis_url or "")
        status = make_gateway(settings, redis, ScaledClock(expected_scale(settings)), None, None).get_status()
        scale = TimeScale.parse(status.time_scale) if status.time_scale else TimeScale.real()
        fleet = build_fleet(settings, scale=scale)
        return cls(
            settings=settings,
            universe=universe,
            redis=redis,
            clock=ScaledClock(scale),
            status=status,
            fleet=fleet,
        )

    @property
    def server_name(self) -> str:
        """What the players' rows say of it."""
        return self.universe.server_name if self.universe is not None else self.settings.server_name

    def is_here(self, player: Player) -> bool:
        """Whether the player lives in the universe that is played now."""
        return (player.server_url, player.reset_date) == (self.server_name, self.status.reset_date)

    def main_agent(self) -> str | None:
        """The agent of the settings; None when others were added and it is unknown here."""
        if self.settings.token is not None:
            return self.agent_of(self.settings.token.reveal(), "the configured agent")
        name = self.settings.agent_symbol
        known = self._kept_token(name) is not None or self.universe is not None or not self.added_agents()
        return name if known else None

    def added_agents(self) -> list[str]:
        """The agents played here before whose tokens are kept, in the order in which they were added."""
        with self.fleet.uow() as uow:
            here = [player.agent_symbol for player in uow.players.all() if self.is_here(player)]
        return [name for name in here if self._kept_token(name) is not None]

    def agent_of(self, token: str, whose: str) -> str:
        """The agent of a token, as the server says; it may play from now on. CannotDo when the token is too old."""
        if token in self._agents:
            return self._agents[token]
        try:
            return self._agents.setdefault(token, self._gateway(token).get_agent().symbol)
        except UniverseReset as error:
            raise CannotDo(
                f"The universe was reset on {self.status.reset_date}, and the token of {whose} is of an older one: "
                f"`manufacturing player renew {agent_of(token) or 'AGENT'}` begins anew. ({error})"
            ) from error

    def token_of(self, name: str) -> str:
        """The agent's token: the configured or the kept one, else that of its registration. CannotDo without any."""
        configured = self.settings.token
        if configured is not None and self.agent_of(configured.reveal(), name) == name:
            return configured.reveal()
        return self._kept_token(name) or self.register(name)

    def _kept_token(self, name: str) -> str | None:
        # Agents of the same name in different universes have different tokens.
        files = TokenFiles(self.universe.directory if self.universe is not None else self.settings.home)
        return files.read(name)

    def register(self, name: str) -> str:
        """Registers an agent of this name; its token, which is kept. CannotDo when the server does not want it."""
        stranger = make_gateway(self.settings, self.redis, self.clock, None, None)
        try:
            token = stranger.register(name, self.settings.faction).token
        except RequestRejected as error:
            raise CannotDo(_why_not_registered(self.settings, name, error)) from error
        self.keep_token(name, token)
        return token

    def token_after_reset(self, name: str) -> str:
        """The token of a new registration, or the kept one if it was made since the reset. CannotDo as `register`."""
        kept = self._kept_token(name)
        try:
            return kept if kept is not None and self._gateway(kept).get_agent().symbol == name else self.register(name)
        except UniverseReset:
            return self.register(name)

    def keep_token(self, name: str, token: str) -> None:
        """Writes the token down, for its owner's eyes alone."""
        if self.universe is not None:
            TokenFiles(self.universe.directory).write(name, token)
        TokenFiles(self.settings.home).write(name, token)

    def enrol(self, name: str, token: str) -> Enrolled:
        """Brings the rows of the token's agent up to date, new ones or known ones. CannotDo when it is not ``name``."""
        agent = self.agent_of(token, name)
        if agent != name:
            raise CannotDo(
                f"The token kept for {name} is that of {agent}: `manufacturing player add --token-file FILE` gives "
                "the right one."
            )
        self._use_token(name, token)
        player = self.fleet.enrolment.enrol(self._gateway(token), self.server_name)
        self._wake(player)
        gateway = self.fleet.gateways.of(player)
        return Enrolled(fleet=self.fleet, player=player, gateway=gateway, scale=self.clock.scale)

    def _gateway(self, token: str) -> SpaceTradersGateway:
        return make_gateway(self.settings, self.redis, self.clock, token, None)

    def _use_token(self, name: str, token: str) -> None:
        """Makes the token the one that the workers find. A token from the environment is not written down."""
        files = TokenFiles(self.settings.home)
        configured = self.settings.token
        if configured is None or configured.reveal() != token:
            if files.read(name) != token:
                files.write(name, token)
        elif files.read(name) not in (None, token):
            files.remove(name)  # of another universe, where an agent has the same name

    def rest_past(self) -> None:
        """No work is done for players of this server's earlier universes: their rows stay readable."""
        with self.fleet.uow() as uow:
            for player in uow.players.all():
                past = player.server_url == self.server_name and player.reset_date != self.status.reset_date
                if past and player.status is not PlayerStatus.RESET:
                    player.status = PlayerStatus.RESET
                    player.status_reason = (
                        f"the universe of {player.reset_date} was reset: now it is that of {self.status.reset_date}"
                    )
            uow.commit()

    def rest_all_but(self, names: Sequence[str]) -> None:
        """No work is done for players that are not played now: those of other universes, and those not named."""
        played = f"{' and '.join(names)} {'is' if len(names) == 1 else 'are'} played"
        where = f"in {simulation.shown_server(self.server_name)} of {self.status.reset_date}"
        with self.fleet.uow() as uow:
            for player in uow.players.all():
                if player.status is PlayerStatus.RESET or (self.is_here(player) and player.agent_symbol in names):
                    continue
                player.status = PlayerStatus.RESET
                player.status_reason = f"{played} {where}"
            uow.commit()

    def _wake(self, player: Player) -> None:
        """A player that rested and is played again: the server has just answered with its reset date."""
        with self.fleet.uow() as uow:
            row = uow.players.get(player.id)
            if row.status is PlayerStatus.RESET:
                row.status = PlayerStatus.ACTIVE
                row.status_reason = None
            uow.commit()


def expected_scale(settings: Settings) -> TimeScale:
    """How the server's time runs, as far as that is known before it is asked: the budget of calls depends on it."""
    simulator = simulation.served(settings.home / READY_FILE) if settings.server_url is None else None
    return TimeScale.parse(simulator.time_scale) if simulator is not None else TimeScale.real()


def _why_not_registered(settings: Settings, name: str, error: RequestRejected) -> str:
    if error.code == _SYMBOL_TAKEN:
        return (
            f"There is an agent {name} already, and its token is not kept here. Give it with SPACETRADERS_TOKEN or "
            "`manufacturing player add --token-file FILE`, choose another name with MANUFACTURING_AGENT, or start anew "
            "with `manufacturing reset`."
        )
    return (
        f"The server at {settings.server_url or 'this address'} did not register {name}: give the token of an agent "
        f"with SPACETRADERS_TOKEN or `manufacturing player add --token-file FILE`. ({error})"
    )


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
