"""Errors that nobody foresaw are noted where the player sees them."""

import logging

import pytest

from manufacturing.domain.decision import DecisionKind
from manufacturing.domain.errors import StaleRow
from manufacturing.domain.gateway import ServerUnavailable
from manufacturing.domain.player import PlayerStatus
from tests.world import World


def noted(world: World) -> list[str]:
    return [d.reason for d in world.decisions("manufacturing.tick") if d.kind is DecisionKind.ERROR]


def test_an_error_is_noted_in_a_line(world: World) -> None:
    world.fleet.faults.note("manufacturing.tick", ValueError("first line\nsecond line"))
    assert noted(world) == ["ValueError: first line"]


def test_no_secret_is_noted(world: World) -> None:
    world.fleet.faults.note("manufacturing.tick", OSError("no way to postgresql://me:geheim@host/x"))
    assert noted(world) == ["OSError: no way to postgresql://me:***@host/x"]


@pytest.mark.parametrize("error", [StaleRow("the task was changed"), ServerUnavailable("no route")])
def test_what_is_refused_or_not_there_is_no_fault(world: World, error: Exception) -> None:
    world.fleet.faults.note("manufacturing.tick", error)
    assert noted(world) == []


def test_a_player_who_rests_is_not_told(world: World) -> None:
    with world.uow() as uow:
        uow.players.get(world.player_id).status = PlayerStatus.RESET
        uow.commit()
    world.fleet.faults.note("manufacturing.tick", KeyError("FOOD"))
    assert noted(world) == []


def test_where_it_cannot_be_noted_the_log_has_it(
    world: World, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fail() -> None:
        raise OSError("the disk is full")

    monkeypatch.setattr(world.clock, "now", fail)
    with caplog.at_level(logging.ERROR):
        world.fleet.faults.note("manufacturing.tick", KeyError("FOOD"))
    assert "the fault of manufacturing.tick could not be noted" in caplog.text
