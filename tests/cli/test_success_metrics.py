"""The plan's success metrics: what is wanted, and whether it is so."""

import json
import re
from dataclasses import replace
from pathlib import Path

import pytest

from manufacturing.adapters.postgres.run_figures import Forecasts
from manufacturing.cli import feature_coverage
from manufacturing.cli.feature_coverage import RECORD, SERVICES, CallRecorder, Coverage, coverage, public_methods
from manufacturing.cli.success_metrics import Measured, Metric, Verdict, success_metrics

FEATURES = Path(__file__).parents[2] / "features"

GOOD = Measured(
    supply_polls=40,
    watched_seconds=3_000,
    conflicts=0,
    forecasts=Forecasts(completed=5, with_forecast=5, with_actual=5),
    idle_seconds_with_work=12.0,
    goods_reused=60,
    coverage=Coverage(methods=9, exercised=9, missing=(), not_built=()),
)


def metric(measured: Measured, name: str) -> Metric:
    return next(metric for metric in success_metrics(measured) if metric.name == name)


def test_a_fleet_that_does_what_the_plan_wants_meets_every_target() -> None:
    verdicts = {metric.name: metric.verdict for metric in success_metrics(GOOD)}
    assert verdicts == {
        "orchestrator size": Verdict.MET,
        "supply polls": Verdict.MET,
        "factory conflicts": Verdict.MET,
        "profit forecast and actual": Verdict.MET,
        "idle while work is ready": Verdict.MET,
        "intermediate goods shared": Verdict.TRACKED,
        "feature coverage": Verdict.MET,
    }


@pytest.mark.parametrize(
    ("name", "but"),
    [
        ("supply polls", {"supply_polls": 71}),
        ("factory conflicts", {"conflicts": 1}),
        ("profit forecast and actual", {"forecasts": Forecasts(completed=5, with_forecast=5, with_actual=4)}),
        ("idle while work is ready", {"idle_seconds_with_work": 30.0}),
        ("feature coverage", {"coverage": Coverage(methods=9, exercised=8, missing=("A.b",), not_built=())}),
    ],
)
def test_a_target_is_missed_by_little(name: str, but: dict[str, object]) -> None:
    assert metric(replace(GOOD, **but), name).verdict is Verdict.NOT_MET  # type: ignore[arg-type]


def test_polls_are_told_against_one_every_thirty_seconds() -> None:
    found = metric(GOOD, "supply polls")
    assert (found.value, found.figure) == ("40 instead of 100, 60% fewer", 0.6)
    assert "20% more" in metric(replace(GOOD, supply_polls=120), "supply polls").value


def test_before_anything_has_happened_nothing_is_judged() -> None:
    nothing = replace(
        GOOD,
        supply_polls=0,
        watched_seconds=0,
        forecasts=Forecasts(completed=0, with_forecast=0, with_actual=0),
        idle_seconds_with_work=None,
    )
    unknown = [metric.name for metric in success_metrics(nothing) if metric.verdict is Verdict.UNKNOWN]
    assert unknown == ["supply polls", "profit forecast and actual", "idle while work is ready"]


def test_a_service_that_does_not_exist_is_told_as_not_built(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(SERVICES, "ProfitabilityService", "no_such_module")
    found = coverage()
    assert found.not_built == ("ProfitabilityService",)
    assert found.share < 1
    assert metric(replace(GOOD, coverage=found), "feature coverage").verdict is Verdict.NOT_BUILT
    none = Forecasts(completed=5, with_forecast=0, with_actual=0)
    assert metric(replace(GOOD, forecasts=none), "profit forecast and actual").verdict is Verdict.NOT_BUILT


class Service:
    """Something with a method of every sort."""

    def does(self, what: str) -> str:
        return what

    @staticmethod
    def knows() -> bool:
        return True

    def _hides(self) -> None:
        raise AssertionError


def test_every_method_that_others_may_call_counts() -> None:
    assert public_methods(Service) == ["does", "knows"]


def test_the_recorder_notes_which_scenario_called_a_method(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    class Observed(Service):
        def does(self, what: str) -> str:
            return what.upper()

    monkeypatch.setattr(feature_coverage, "SERVICES", {"Observed": "observed"})
    monkeypatch.setattr(feature_coverage, "find_service", lambda name: Observed)
    monkeypatch.setattr(feature_coverage, "RECORD", tmp_path / "record.json")
    recorder = CallRecorder()
    recorder.install()
    Observed().does("nobody asked for it")
    recorder.begin("features/other.feature: B")
    assert Observed().does("twice") + Observed().does("twice") == "TWICETWICE"
    recorder.begin("features/observed.feature: C")
    Observed().does("once")
    recorder.write()
    told = json.loads((tmp_path / "record.json").read_text())
    # The service's own feature comes first.
    assert told == {"Observed": {"does": ["features/observed.feature: C", "features/other.feature: B"]}}
    assert coverage().missing == ()


def test_the_scenarios_of_the_record_exist() -> None:
    record = json.loads(RECORD.read_text(encoding="utf-8"))
    named = {scenario for methods in record.values() for scenarios in methods.values() for scenario in scenarios}
    assert named
    for scenario in named:
        file, _, name = scenario.partition(": ")
        text = (FEATURES.parent / file).read_text(encoding="utf-8")
        templates = re.findall(r"^ *(?:Scenario|Scenario Outline|Example): (.+)$", text, re.MULTILINE)
        wanted = [re.sub(r"<[^>]+>", ".+", re.sub(r"[.?*+()]", r"\\\g<0>", template)) for template in templates]
        here = any(re.fullmatch(pattern, name.partition(" -- @")[0]) for pattern in wanted)
        assert here, f"{scenario} does not exist any more: run `make features`"


def test_every_method_of_the_plans_services_has_a_scenario() -> None:
    found = coverage()
    assert found.not_built == ()
    assert found.missing == (), "run `make features`, or write the scenario"
