"""A universe outlives its process, however that ends."""

import os
import signal
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import orjson
import pytest

from manufacturing.domain.clock import TimeScale
from manufacturing.simulator import durability
from manufacturing.simulator.dispatcher import Change, Dispatcher
from manufacturing.simulator.durability import BadState, StateDirectory
from manufacturing.simulator.universe import START, Universe
from tests.simulator.players import Player, a_player, a_universe
from tests.simulator.processes import SimulatorProcess


def _kept(directory: StateDirectory, universe: Universe) -> Player:
    """A player whose universe is kept in ``directory``."""
    directory.open(universe)
    return a_player(universe, on_change=lambda change: directory.note(universe, change))


def _trade(player: Player, times: int) -> None:
    for _ in range(times):
        player.wait(minutes=3)
        player.post(player.me + "/purchase", {"symbol": "FUEL", "units": 2})
        player.post(player.me + "/sell", {"symbol": "FUEL", "units": 1})
        player.post(player.me + "/jettison", {"symbol": "FUEL", "units": 1})


def _die(directory: StateDirectory) -> None:
    """Lets go of the files as the end of the process would, without a last snapshot."""
    for file in (directory._file, directory._clock_file):
        assert file is not None
        os.close(file)


def _same(one: Universe, other: Universe) -> bool:
    for universe in (one, other):
        universe.advance(max(one.now, other.now))
        for place in universe.state.places.values():
            universe.market(place)
    return one.save() == other.save()


def test_what_was_answered_is_there_after_a_sudden_end(tmp_path: Path) -> None:
    player = _kept(StateDirectory(tmp_path), a_universe())
    _trade(player, 30)
    assert _same(StateDirectory(tmp_path).load(), player.universe)


def test_a_torn_last_line_is_a_call_that_was_never_answered(tmp_path: Path) -> None:
    directory = StateDirectory(tmp_path)
    player = _kept(directory, a_universe())
    _trade(player, 3)
    _die(directory)
    journal = tmp_path / "journal.jsonl"
    whole = journal.read_bytes()
    before = orjson.loads(whole.splitlines()[-2])[0]
    for cut in (1, 20, 60):
        journal.write_bytes(whole[:-cut])
        universe = StateDirectory(tmp_path).load()
        assert universe.state.changes == before
    again = StateDirectory(tmp_path)
    player = _kept_again(again)
    _trade(player, 1)
    assert _same(StateDirectory(tmp_path).load(), player.universe)


def _kept_again(directory: StateDirectory) -> Player:
    universe = directory.load()
    directory.open(universe)
    api = Dispatcher(universe, on_change=lambda change: directory.note(universe, change))
    return Player(api, token=universe.state.agents["TESTER"].token, now=universe.now)


def test_a_line_spoiled_in_the_middle_is_said_with_its_number(tmp_path: Path) -> None:
    player = _kept(StateDirectory(tmp_path), a_universe())
    _trade(player, 3)
    lines = (tmp_path / "journal.jsonl").read_bytes().splitlines(keepends=True)
    lines[4] = b"#" + lines[4][1:]
    (tmp_path / "journal.jsonl").write_bytes(b"".join(lines))
    with pytest.raises(BadState, match="line 5 cannot be read"):
        StateDirectory(tmp_path).load()


def test_a_long_journal_becomes_a_snapshot(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(durability, "SNAPSHOT_AFTER", 10)
    player = _kept(StateDirectory(tmp_path), a_universe())
    _trade(player, 30)
    assert len((tmp_path / "journal.jsonl").read_bytes().splitlines()) < 10
    assert _same(StateDirectory(tmp_path).load(), player.universe)


def test_an_end_between_snapshot_and_new_journal_repeats_nothing(tmp_path: Path) -> None:
    directory = StateDirectory(tmp_path)
    player = _kept(directory, a_universe())
    _trade(player, 5)
    journal = (tmp_path / "journal.jsonl").read_bytes()
    directory.snapshot(player.universe)
    (tmp_path / "journal.jsonl").write_bytes(journal)  # as if the process had ended before emptying it
    assert _same(StateDirectory(tmp_path).load(), player.universe)


def test_game_time_stands_still_while_nobody_serves(tmp_path: Path) -> None:
    directory = StateDirectory(tmp_path)
    player = _kept(directory, a_universe())
    directory.note_time(START + timedelta(hours=5))
    assert StateDirectory(tmp_path).load().now == START + timedelta(hours=5)
    assert player.universe.now == START


def test_two_processes_cannot_keep_one_universe(tmp_path: Path) -> None:
    first = StateDirectory(tmp_path)
    universe = a_universe()
    first.open(universe)
    with pytest.raises(BadState, match="another simulator"):
        StateDirectory(tmp_path).open(a_universe())
    first.close(universe)
    StateDirectory(tmp_path).open(universe)


def test_a_change_that_cannot_be_made_again_is_an_error() -> None:
    api = a_player().api
    gone = Change(START, "TESTER", "POST /my/ships/{}/teleport", ("TESTER-1",), {})
    with pytest.raises(ValueError, match="there is no operation"):
        api.apply(gone)
    refused = Change(START, "TESTER", "POST /my/ships/{}/sell", ("TESTER-1",), {"symbol": "FUEL", "units": 3})
    with pytest.raises(ValueError, match="is refused"):
        api.apply(refused)


def test_a_killed_simulator_goes_on_where_it_was(tmp_path: Path) -> None:
    kept = ("--state", str(tmp_path / "state"), "--no-rate-limit", "--time-scale", "60")
    with SimulatorProcess(tmp_path, (*kept, "--seed", "11")) as simulator:
        data = simulator.register()
        ship = "/my/ships/TESTER-1"
        for _ in range(25):
            assert simulator.call("POST", ship + "/purchase", {"symbol": "FUEL", "units": 1}).status_code == 201
            assert simulator.call("POST", ship + "/jettison", {"symbol": "FUEL", "units": 1}).status_code == 200
        simulator.call("POST", ship + "/purchase", {"symbol": "FUEL", "units": 7})
        agent = simulator.call("GET", "/my/agent").json()
        cargo = simulator.call("GET", ship + "/cargo").json()
        anchor = simulator.ready["time_scale"]
        os.kill(simulator.process.pid, signal.SIGKILL)
        simulator.process.wait(timeout=10)

    with SimulatorProcess(tmp_path, (*kept, "--time-anchor", anchor)) as simulator:
        simulator.use(data["token"])
        assert simulator.call("GET", "/my/agent").json() == agent
        assert simulator.call("GET", ship + "/cargo").json() == cargo
        assert simulator.ready["time_scale"] == anchor
        trade = simulator.call("POST", ship + "/sell", {"symbol": "FUEL", "units": 7}).json()["data"]["transaction"]
        now = TimeScale.parse(anchor).game_at(_wall_now())
        sold_at = _moment(trade["timestamp"])
        assert timedelta(0) <= now - sold_at < timedelta(minutes=5)

    with SimulatorProcess(tmp_path, kept) as simulator:
        simulator.use(data["token"])
        resumed = TimeScale.parse(simulator.ready["time_scale"]).game_anchor
        assert timedelta(0) <= resumed - sold_at < timedelta(minutes=5)
        assert simulator.call("GET", ship + "/cargo").json()["data"]["units"] == 0


def test_another_universe_than_the_kept_one_is_refused(tmp_path: Path) -> None:
    kept = ("--state", str(tmp_path / "state"))
    with SimulatorProcess(tmp_path, (*kept, "--seed", "11", "--scenario", "new-agent")):
        pass
    for option, value in (("--seed", "12"), ("--scenario", "established"), ("--credits", "5")):
        with pytest.raises(AssertionError, match=f"keeps a universe with {option}.*manufacturing reset"):
            SimulatorProcess(tmp_path, (*kept, option, value)).__enter__()
    with SimulatorProcess(tmp_path, (*kept, "--seed", "11")) as simulator:
        assert len(simulator.register()["ships"]) == 2


def _wall_now() -> datetime:
    return datetime.fromtimestamp(time.time(), UTC)


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text)
