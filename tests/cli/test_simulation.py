"""Universes of a home: named by what makes them different, and gone on with as they are."""

import json
import os
import time
from pathlib import Path

import pytest

from manufacturing.cli import simulation
from manufacturing.cli.console import CannotDo
from manufacturing.cli.simulation import UniverseOptions, chosen_universe, simulator_command


@pytest.mark.parametrize(
    ("options", "name"),
    [
        (UniverseOptions(), "seed-1"),
        (UniverseOptions(seed=1, scenario="established", haulers=8), "seed-1"),
        (UniverseOptions(seed=7), "seed-7"),
        (UniverseOptions(seed=7, scenario="new-agent"), "seed-7-new-agent"),
        (UniverseOptions(haulers=3, credits=900), "seed-1-haulers-3-credits-900"),
    ],
)
def test_a_universe_is_named_by_what_makes_it_different(options: UniverseOptions, name: str) -> None:
    assert options.name() == name


def test_a_capture_is_named_by_its_content(tmp_path: Path) -> None:
    one, same, other = tmp_path / "my system.json", tmp_path / "b" / "my system.json", tmp_path / "c" / "my system.json"
    for file, text in ((one, "{}"), (same, "{}"), (other, "[]")):
        file.parent.mkdir(exist_ok=True)
        file.write_text(text)

    assert UniverseOptions(capture=one).name() == UniverseOptions(capture=same).name()
    assert UniverseOptions(capture=one).name() != UniverseOptions(capture=other).name()
    assert UniverseOptions(capture=one).name().startswith("capture-my_system_")


def test_a_capture_that_cannot_be_read_is_told(tmp_path: Path) -> None:
    with pytest.raises(CannotDo, match=r"--capture: cannot read .*absent\.json"):
        UniverseOptions(capture=tmp_path / "absent.json").name()


def test_without_options_the_universe_played_last_goes_on(tmp_path: Path) -> None:
    assert chosen_universe(tmp_path, UniverseOptions()).name == "seed-1"
    chosen_universe(tmp_path, UniverseOptions(seed=7)).begin()
    chosen_universe(tmp_path, UniverseOptions(seed=9))  # never came into being

    assert chosen_universe(tmp_path, UniverseOptions()).name == "seed-7"
    assert chosen_universe(tmp_path, UniverseOptions(seed=1)).name == "seed-1"


def test_a_universe_that_exists_is_not_told_again_how_to_begin(tmp_path: Path) -> None:
    new = chosen_universe(tmp_path, UniverseOptions(seed=7, haulers=3))
    assert "--seed 7 --haulers 3" in " ".join(simulator_command(new, tmp_path / "ready", 60, 0))

    new.begin()
    again = chosen_universe(tmp_path, UniverseOptions(seed=7, haulers=3))
    assert again.id == new.id
    assert "--seed" not in simulator_command(again, tmp_path / "ready", 60, 0)


def test_a_universe_made_anew_is_another_one(tmp_path: Path) -> None:
    first = chosen_universe(tmp_path, UniverseOptions())
    simulation.delete_universes(tmp_path)

    second = chosen_universe(tmp_path, UniverseOptions())
    assert first.name == second.name
    assert first.server_name != second.server_name
    assert simulation.is_simulated(second.server_name)
    assert simulation.shown_server(second.server_name) == "simulated universe seed-1"
    assert simulation.shown_server("https://api.spacetraders.io/v2") == "https://api.spacetraders.io/v2"


def ready_file(directory: Path, scale: str = "60@2031-01-01T00:00:00+00:00>2026-01-04T00:00:00+00:00") -> Path:
    file = directory / "simulator.json"
    file.write_text(json.dumps({"url": "http://127.0.0.1:9/v2", "pid": 1, "time_scale": scale}))
    return file


@pytest.mark.parametrize(
    ("age_seconds", "factor", "kept"),
    [(5, 60.0, True), (600, 60.0, False), (5, 120.0, False)],
)
def test_the_clock_of_a_simulator_outlasts_a_short_absence_only(
    tmp_path: Path, age_seconds: float, factor: float, kept: bool
) -> None:
    file = ready_file(tmp_path)
    long_ago = time.time() - age_seconds
    os.utime(file, (long_ago, long_ago))

    simulation.drop_old_clock(file, factor)

    assert file.exists() is kept


def test_a_clock_in_use_does_not_become_old(tmp_path: Path) -> None:
    file = ready_file(tmp_path)
    os.utime(file, (1, 1))

    simulation.keep_clock(file)
    simulation.drop_old_clock(file, 60.0)

    assert file.exists()


def test_a_file_that_tells_no_address_is_no_simulator(tmp_path: Path) -> None:
    file = tmp_path / "simulator.json"
    assert simulation.served(file) is None
    file.write_text("{")
    assert simulation.served(file) is None
    assert not simulation.answers(file)
    assert not simulation.answers(ready_file(tmp_path)), "nobody listens at port 9"


def test_a_simulator_that_is_started_again_keeps_its_clock_and_address(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    became: list[list[str]] = []
    monkeypatch.setattr(os, "execv", lambda _, command: became.append(command))
    file = ready_file(tmp_path)

    simulation._become_simulator(file, ["--time-scale", "60"])
    file.unlink()
    simulation._become_simulator(file, ["--time-scale", "60"])

    again, first = became
    assert "--time-anchor 60@2031-01-01T00:00:00+00:00>2026-01-04T00:00:00+00:00 --port 9" in " ".join(again)
    assert "--time-anchor" not in first
    assert "--port" not in first
