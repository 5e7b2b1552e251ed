"""A player made ready against a real simulator, database and broker."""

from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from manufacturing.adapters.spacetraders.tokens import TokenFiles
from manufacturing.cli.console import CannotDo
from manufacturing.cli.enrolling import balance_books, enrol
from manufacturing.cli.simulation import SimulatedUniverse, UniverseOptions, chosen_universe
from manufacturing.domain.ledger import EntryKind
from manufacturing.domain.player import PlayerStatus
from manufacturing.settings import READY_FILE, Secret, Settings
from tests.simulator.processes import SimulatorProcess


@dataclass
class Home:
    """A home in which one universe at a time is served."""

    settings: Settings

    def universe(self, seed: int) -> SimulatedUniverse:
        return chosen_universe(self.settings.home, UniverseOptions(seed=seed, haulers=2))

    def serve(self, universe: SimulatedUniverse) -> "Served":
        return Served(self, universe)


class Served:
    """A universe served while the ``with`` block runs."""

    def __init__(self, home: Home, universe: SimulatedUniverse) -> None:
        options = ("--state", str(universe.state), "--time-scale", "600", *universe.arguments)
        self._simulator = SimulatorProcess(universe.directory, options)
        self._ready_file = home.settings.home / READY_FILE

    def __enter__(self) -> str:
        self._simulator.__enter__()
        self._ready_file.write_bytes(self._simulator.ready_file.read_bytes())
        return str(self._simulator.ready["url"])

    def __exit__(self, *_: object) -> None:
        self._simulator.__exit__(None, None, None)
        self._ready_file.unlink()


@pytest.fixture
def home(tmp_path: Path, database_url: str, redis_url: str) -> Home:
    settings = Settings.from_environment({})
    return Home(replace(settings, home=tmp_path, database_url=database_url, redis_url=redis_url))


def test_an_agent_is_registered_once_and_its_token_kept_for_its_owner_alone(home: Home) -> None:
    universe = home.universe(7)
    with home.serve(universe):
        first = enrol(home.settings, universe)
        again = enrol(home.settings, universe)

    assert first.player.id == again.player.id
    assert first.player.agent_symbol == "FOREMAN"
    token_file = TokenFiles(home.settings.home).path("FOREMAN")
    assert token_file.stat().st_mode & 0o777 == 0o600
    with again.fleet.uow() as work:
        ships = work.ships.of_player(again.player.id)
        market = work.markets.in_system(again.player.id, again.player.system_symbol)
    assert sum(ship.can_haul for ship in ships) == 3
    assert any(listing.ask is not None for listing in market)


def test_the_fleet_takes_the_time_the_server_has_now(home: Home) -> None:
    universe = home.universe(7)
    with home.serve(universe):
        before = enrol(home.settings, universe)
    with home.serve(universe):
        now = enrol(home.settings, universe)

    assert now.scale != before.scale
    assert str(now.scale) == now.player.time_scale
    assert now.fleet.clock.now() < before.fleet.clock.now(), "the universe stood still in between"


def test_a_player_rests_while_another_universe_is_played_and_wakes_when_its_own_is(home: Home) -> None:
    seven, eight = home.universe(7), home.universe(8)

    def statuses() -> dict[str, PlayerStatus]:
        with home_fleet.uow() as work:
            return {player.server_url: player.status for player in work.players.all()}

    with home.serve(seven):
        home_fleet = enrol(home.settings, seven).fleet
    with home.serve(eight):
        other = enrol(home.settings, eight)
    assert statuses() == {seven.server_name: PlayerStatus.RESET, eight.server_name: PlayerStatus.ACTIVE}

    with home.serve(seven):
        back = enrol(home.settings, seven)
    assert statuses() == {seven.server_name: PlayerStatus.ACTIVE, eight.server_name: PlayerStatus.RESET}
    assert back.player.id != other.player.id


def test_a_token_of_the_environment_is_used_and_not_written_down(home: Home) -> None:
    universe = home.universe(7)
    with home.serve(universe) as url:
        enrol(home.settings, universe)
        token = TokenFiles(universe.directory).read("FOREMAN") or ""
        TokenFiles(home.settings.home).write("FOREMAN", "of-another-universe")

        enrolled = enrol(replace(home.settings, server_url=url, token=Secret(token)), None)

    assert enrolled.player.server_url == url
    assert TokenFiles(home.settings.home).read("FOREMAN") is None


def test_an_agent_that_exists_and_whose_token_is_lost_is_told(home: Home) -> None:
    universe = home.universe(7)
    with home.serve(universe):
        enrol(home.settings, universe)
        TokenFiles(universe.directory).path("FOREMAN").unlink()
        with pytest.raises(CannotDo, match=r"an agent FOREMAN already.*MANUFACTURING_AGENT"):
            enrol(home.settings, universe)


def test_books_that_differ_from_the_servers_are_put_right_and_told(home: Home) -> None:
    universe = home.universe(7)
    with home.serve(universe):
        enrolled = enrol(home.settings, universe)
        assert balance_books(enrolled, patience_seconds=0) == 0
        with enrolled.fleet.uow() as work:
            work.players.move_credits(enrolled.player.id, amount=-7, released=0)
            work.commit()
        assert balance_books(enrolled, patience_seconds=0) == 7

    with enrolled.fleet.uow() as work:
        (entry,) = work.ledger.entries(enrolled.player.id, limit=5)
    assert (entry.kind, entry.amount) == (EntryKind.RECONCILIATION, 7)
