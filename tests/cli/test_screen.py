"""The live screen, at several sizes."""

from datetime import timedelta
from pathlib import Path

import pytest
from rich.console import Console

from manufacturing.cli.screen import picture
from manufacturing.cli.supervisor import ProcessEvent, ProcessState
from manufacturing.domain.manufacturing_pipeline import PipelineStatus
from manufacturing.domain.manufacturing_task import TaskType
from manufacturing.domain.universe import NavStatus
from tests.cli.snapshots import a_pipeline_view, a_ship_view, a_snapshot
from tests.postgres.builders import NOW

FLYING = a_ship_view(
    "FOREMAN-2",
    nav_status=NavStatus.IN_TRANSIT,
    origin="X1-T1-C3",
    arrival_at=NOW + timedelta(minutes=4),
    cargo_items={"IRON": 40},
    task_type=TaskType.DELIVER,
    task_good="IRON",
    task_waypoint="X1-T1-A1",
    product_good="MACHINERY",
    reason="ACQUIRE IRON at X1-T1-C3, priority 40",
)


def process(name: str, event: ProcessEvent, restarts: int = 0) -> ProcessState:
    return ProcessState(name=name, event=event, pid=1, restarts=restarts, log=Path("log"))


def drawn(width: int, height: int, pipelines: int = 3, ships: int = 3) -> list[str]:
    """The screen's lines."""
    snapshot = a_snapshot(
        running=[a_pipeline_view(f"{number:08}-p") for number in range(pipelines)],
        counts={PipelineStatus.COMPLETED: 5},
        ships=[FLYING, *(a_ship_view(f"FOREMAN-{number}") for number in range(3, ships + 2))],
        processes=(process("ships", ProcessEvent.READY, restarts=2), process("beat", ProcessEvent.DIED)),
    )
    console = Console(width=width, height=height, force_terminal=False, record=True, highlight=False)
    with console.capture() as captured:
        console.print(
            picture(snapshot, ["0:10:00  started: something"], {"Flower": "http://f", "server": "http://s"}, height)
        )
    return captured.get().splitlines()


def test_the_screen_shows_money_work_calls_processes_and_addresses() -> None:
    text = "\n".join(drawn(160, 50))
    for part in (
        "FOREMAN in X1-T1   112,000 credits (+12,000)",
        "12 of 150 calls a minute (TRADE 12), 0 answered 429",
        "ships (2× restarted)",
        "beat died",
        "Flower: http://f",
        "3 running, 5 completed",
        "00000000 make 40 MACHINERY A1 → B2",
        "DELIVER IRON at A1 for MACHINERY C3 → A1 40 IRON",
        "4 min",
        "ACQUIRE IRON at X1-T1-C3, priority 40",
        "no task is ready for it",
        "0:10:00  started: something",
    ):
        assert part in text


@pytest.mark.parametrize("width", [60, 80, 200])
@pytest.mark.parametrize("height", [24, 40, 100])
def test_a_big_fleet_fits_on_any_terminal(width: int, height: int) -> None:
    lines = drawn(width, height, pipelines=40, ships=60)
    assert len(lines) <= height
    assert max(len(line) for line in lines) <= width


def test_what_does_not_fit_is_counted() -> None:
    assert any("not shown" in line for line in drawn(120, 24, ships=60))
    assert not any("not shown" in line for line in drawn(120, 60))
