"""Run records with just the figures that a test names."""

from typing import Any

from manufacturing.lab.record import PipelineRecord, RunRecord, Sample, Spell

LEVELS = "04321"


def a_run(candidate: str = "one", seed: int = 1, *, earned: int = 1000, hours: float = 2.0, **but: Any) -> RunRecord:
    """A run that earned so many credits, evenly."""
    report: dict[str, Any] = {
        "credits": {"start": 100_000, "end": 100_000 + earned, "change": earned},
        "api": {"calls": 100, "by_purpose": {"TRADE": 60, "SCAN": 40}, "rejected_429": 0},
        "supply_polls": 12,
        "idle_seconds_mean": None,
        "idle_seconds_with_work": 4.0,
        "pipelines": {"completed": 3, "failed": 0, "cancelled": 0, "running": 1},
        "tasks": {"completed": 9, "failed": 0, "cancelled": 0},
        "conflicts": 0,
        "goods_reused": 20,
        **but,
    }
    quarters = range(int(hours * 4) + 1)
    samples = [
        Sample(
            hours=quarter / 4,
            credits=round(100_000 + earned * quarter / 4 / hours),
            haulers=8,
            busy_haulers=6,
            calls={"TRADE": 6 * quarter, "SCAN": 4 * quarter},
            supply=LEVELS,
        )
        for quarter in quarters
    ]
    spell = Spell(task="COLLECT", ship="FOREMAN-2", began=0.1, ended=0.4)
    pipeline = PipelineRecord(
        id="p1", product="FOOD", kind="COLLECTION", status="COMPLETED", began=0.0, ended=0.5, spells=[spell]
    )
    return RunRecord(
        candidate=candidate,
        seed=seed,
        hours=hours,
        report=report,
        factories=[f"X1-A-{number} FOOD" for number in range(len(LEVELS))],
        samples=samples,
        pipelines=[pipeline],
        wall_seconds=1.5,
    )
