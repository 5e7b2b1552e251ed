"""Every guard is there, and nothing goes around it."""

import ast
import dataclasses
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

from manufacturing import services
from manufacturing.bootstrap import Fleet
from manufacturing.domain.policy import FleetPolicy
from tests.world import World


def test_every_part_of_every_service_is_wired_in(world: World) -> None:
    missing = [
        f"{type(part).__name__}.{name}" for part in _parts(world.fleet) for name, value in _own(part) if value is None
    ]
    assert missing == []


def test_every_service_uses_the_same_guards(world: World) -> None:
    fleet = world.fleet
    expected = {
        "_treasury": fleet.treasury,
        "_coordinator": fleet.coordinator,
        "_dispatch": fleet.dispatch,
        "_due_queue": fleet.due_queue,
        "_lifecycle": fleet.lifecycle,
        "_desk": fleet.desk,
        "_locks": world.locks,
        "_gateways": fleet.gateways,
        "_clock": world.clock,
        "_policy": world.policy,
    }
    strangers = [
        f"{type(part).__name__}.{name}"
        for part in _parts(fleet)
        for name, value in _own(part)
        if name in expected and value is not expected[name]
    ]
    assert strangers == []


def test_everything_that_spends_goes_through_the_treasury(world: World) -> None:
    users = {type(part).__name__ for part in _parts(world.fleet) if "_treasury" in vars(part)}
    assert "TradeDesk" in users
    spenders = [
        f"{path.name}:{node.lineno}"
        for path in Path(services.__path__[0]).glob("*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr in ("purchase", "sell", "refuel")
        and path.name != "trade_desk.py"
    ]
    assert spenders == []


def test_no_guard_stands_open_by_default() -> None:
    policy = FleetPolicy()
    assert policy.credit_floor > 0
    assert policy.tranches(policy.source_gate) > 0
    for field in dataclasses.fields(policy):
        value = getattr(policy, field.name)
        if isinstance(value, timedelta):
            assert value > timedelta(0), field.name


def _own(part: object) -> list[tuple[str, Any]]:
    """What a part was given and keeps."""
    return [(name, value) for name, value in vars(part).items() if name.startswith("_")]


def _parts(fleet: Fleet) -> Iterator[object]:
    """Every service of the fleet, and every service that one of them keeps."""
    seen: set[int] = set()
    waiting = [getattr(fleet, field.name) for field in dataclasses.fields(fleet)]
    while waiting:
        part = waiting.pop()
        if id(part) in seen or not type(part).__module__.startswith("manufacturing.services"):
            continue
        seen.add(id(part))
        yield part
        waiting += list(vars(part).values())
