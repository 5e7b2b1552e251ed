"""Troubles on demand: each kind does what its name says, to the calls it is meant for."""

import time
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import requests

from manufacturing.simulator.faults import BadFaultPlan, Fault, FaultKind, FaultPlan, parse_faults, read_faults
from manufacturing.simulator.universe import START
from tests.simulator.processes import SimulatorProcess

BUY = "/my/ships/TESTER-1/purchase"
FUEL = {"symbol": "FUEL", "units": 1}


def _struck(fault: Fault, calls: int = 200, call: tuple[str, str] = ("GET", "/v2/my/agent")) -> list[int]:
    """The numbers of the calls that a fault hits."""
    plan = FaultPlan(seed=7)
    plan.replace([fault])
    return [i for i in range(calls) if plan.trouble(*call, START).answer is not None]


def _error(**rule: Any) -> Fault:
    return Fault(kind=FaultKind.SERVER_ERROR, **rule)


def test_a_rule_hits_only_the_calls_it_names() -> None:
    rule = _error(calls="POST /my/ships/*/purchase")
    assert _struck(rule, 3, ("POST", "/v2/my/ships/A-1/purchase")) == [0, 1, 2]
    assert _struck(rule, 3, ("POST", "/v2/my/ships/A-1/sell")) == []
    assert _struck(_error(calls="/my/agent"), 3) == [0, 1, 2]


def test_a_rule_can_let_some_pass_and_hit_only_a_few() -> None:
    assert _struck(_error(skip=5, times=3)) == [5, 6, 7]


def test_chance_hits_as_often_as_asked_and_always_the_same_calls() -> None:
    struck = _struck(_error(probability=0.3), 2000)
    assert 500 < len(struck) < 700
    assert struck == _struck(_error(probability=0.3), 2000)


def test_a_rule_holds_only_in_its_time() -> None:
    plan = FaultPlan(seed=7)
    plan.replace([_error(after_seconds=60, until_seconds=120)])
    hit = [plan.trouble("GET", "/", START + timedelta(seconds=s)).answer is not None for s in (0, 59, 60, 119, 120)]
    assert hit == [False, False, True, True, False]


def test_delays_add_up_and_the_first_rule_that_stops_a_call_counts() -> None:
    plan = FaultPlan(seed=7)
    late = Fault(kind=FaultKind.LATENCY, seconds=2)
    plan.replace([late, _error(status=503), Fault(kind=FaultKind.RESET_CONNECTION), late])
    trouble = plan.trouble("GET", "/", START)
    assert trouble.late == 4
    assert trouble.answer is not None
    assert trouble.answer.status == 503
    assert not trouble.reset


@pytest.mark.parametrize(
    ("rules", "complaint"),
    [
        ({}, "expected a list"),
        (["late"], "rule 1 is no object"),
        ([{"kind": "latency"}, {"calls": "*"}], "rule 2 needs a kind"),
        ([{"kind": "earthquake"}], "earthquake"),
        ([{"kind": "latency", "colour": 1}], "colour"),
        ([{"kind": "latency", "probability": 2}], "probability must be from 0 to 1"),
        ([{"kind": "server-error", "status": 404}], "status must be from 500 to 599"),
        ([{"kind": "latency", "seconds": -1}], "must not be negative"),
    ],
)
def test_a_mistake_in_a_plan_is_named(rules: Any, complaint: str) -> None:
    with pytest.raises(BadFaultPlan, match=complaint):
        parse_faults(rules)


def test_plans_come_from_toml_and_json(tmp_path: Path) -> None:
    toml, json = tmp_path / "faults.toml", tmp_path / "faults.json"
    toml.write_text('[[fault]]\nkind = "latency"\nseconds = 3\n')
    json.write_text('[{"kind": "latency", "seconds": 3}]')
    assert read_faults(toml) == read_faults(json) == [Fault(kind=FaultKind.LATENCY, seconds=3.0)]
    with pytest.raises(BadFaultPlan, match="gone"):
        read_faults(tmp_path / "gone.toml")


def _set(simulator: SimulatorProcess, *rules: dict[str, Any]) -> None:
    url = simulator.ready["url"].removesuffix("/v2") + "/admin/faults"
    assert requests.put(url, json=list(rules), timeout=10).status_code == 200


def _holds(simulator: SimulatorProcess) -> int:
    units: int = simulator.call("GET", "/my/ships/TESTER-1/cargo").json()["data"]["units"]
    return units


def test_every_kind_of_trouble_reaches_the_client_as_it_should(tmp_path: Path) -> None:
    with SimulatorProcess(tmp_path, ("--admin", "--no-rate-limit")) as simulator:
        simulator.register()

        _set(simulator, {"kind": "lost-response", "calls": f"POST {BUY}", "times": 1})
        with pytest.raises(requests.ConnectionError):
            simulator.call("POST", BUY, FUEL)
        assert _holds(simulator) == 1  # the purchase took place

        _set(simulator, {"kind": "reset-connection", "calls": f"POST {BUY}", "times": 1})
        with pytest.raises(requests.ConnectionError):
            simulator.call("POST", BUY, FUEL)
        assert _holds(simulator) == 1  # it did not

        for rule, status in (
            ({"kind": "server-error", "status": 502}, 502),
            ({"kind": "maintenance"}, 503),
            ({"kind": "resetting"}, 503),
            ({"kind": "rate-limit", "seconds": 7}, 429),
        ):
            _set(simulator, {**rule, "calls": f"POST {BUY}", "times": 1})
            assert simulator.call("POST", BUY, FUEL).status_code == status
            assert _holds(simulator) == 1
        assert simulator.call("POST", BUY, FUEL).status_code == 201

        _set(simulator, {"kind": "latency", "seconds": 30, "times": 1})
        begun = time.monotonic()
        assert simulator.call("GET", "/my/agent").status_code == 200
        assert time.monotonic() - begun >= 0.5  # 30 game seconds at 60 game seconds per second

        report = requests.get(simulator.ready["url"].removesuffix("/v2") + "/admin/faults", timeout=10).json()
        assert report["data"][0]["hit"] == 1


def test_a_reset_makes_every_token_too_old_and_outlives_the_process(tmp_path: Path) -> None:
    kept = ("--admin", "--no-rate-limit", "--state", str(tmp_path / "state"))
    with SimulatorProcess(tmp_path, kept) as simulator:
        token = simulator.register()["token"]
        admin = simulator.ready["url"].removesuffix("/v2") + "/admin"
        answer = requests.post(admin + "/reset", timeout=10).json()["data"]
        assert answer["resetDate"] == simulator.call("GET", "/").json()["resetDate"] == "2026-01-05"
        refused = simulator.call("GET", "/my/agent")
        assert (refused.status_code, refused.json()["error"]["code"]) == (401, 4113)
        simulator.process.kill()
        simulator.process.wait(timeout=10)
    with SimulatorProcess(tmp_path, kept) as simulator:
        simulator.use(token)
        assert simulator.call("GET", "/my/agent").json()["error"]["code"] == 4113
        again = simulator.register()
        assert again["token"] != token
        assert simulator.call("GET", "/my/agent").status_code == 200


def test_without_the_switch_there_is_no_admin(tmp_path: Path) -> None:
    with SimulatorProcess(tmp_path) as simulator:
        admin = simulator.ready["url"].removesuffix("/v2") + "/admin"
        assert requests.get(admin + "/faults", timeout=10).status_code == 404
        assert requests.post(admin + "/reset", timeout=10).status_code == 404


def test_a_plan_from_a_file_is_in_force_from_the_start(tmp_path: Path) -> None:
    plan = tmp_path / "faults.toml"
    plan.write_text('[[fault]]\nkind = "server-error"\nstatus = 504\ntimes = 2\n')
    with SimulatorProcess(tmp_path, ("--faults", str(plan), "--no-rate-limit")) as simulator:
        assert [simulator.call("GET", "/systems").status_code for _ in range(3)] == [504, 504, 200]
