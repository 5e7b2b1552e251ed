"""Candidates: policies as players write them down."""

from datetime import timedelta
from pathlib import Path

import pytest

from manufacturing.domain.policy import AssignmentMethod, FleetPolicy, PollPolicy
from manufacturing.lab.candidate import Candidate, baselines
from manufacturing.lab.experiment import Setup
from manufacturing.settings import BadSetting


def told(text: str) -> Candidate:
    return Candidate.from_toml(text, origin="idea.toml")


def test_settings_are_written_as_toml_has_them_or_as_in_the_configuration() -> None:
    candidate = told(
        'name = "careful"\n[policy]\npool = false\npoll_interval = "2m"\nmin_margin = 0.2\ncredit_floor = "10%"\n'
        'assignment = "greedy"\n[setup]\nhaulers = 4\n'
    )
    assert candidate.name == "careful"
    assert candidate.policy == FleetPolicy(
        pool=False,
        poll_interval=timedelta(minutes=2),
        min_margin=0.2,
        credit_floor=0,
        credit_floor_share=0.1,
        assignment=AssignmentMethod.GREEDY,
    )
    assert candidate.setup(Setup(policy=FleetPolicy(), seed=9, haulers=8)) == Setup(
        policy=candidate.policy, seed=9, haulers=4
    )


def test_a_file_without_a_name_is_called_as_the_file(tmp_path: Path) -> None:
    file = tmp_path / "no-pool.toml"
    file.write_text("[policy]\npool = false\n")
    assert Candidate.found(str(file)).name == "no-pool"


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("name = ", "idea.toml is no TOML"),
        ('colour = "red"', "idea.toml: colour means nothing here"),
        ("[policy]\nnonsense = 1", "idea.toml: nonsense: there is no such setting"),
        ('[policy]\nmax_depth = "many"', "idea.toml: MANUFACTURING_MAX_DEPTH: cannot use 'many'"),
        ('[policy]\npoll_policy = "often"', "MANUFACTURING_POLL_POLICY: cannot use 'often'"),
        ("[setup]\nseed = 4", r"idea.toml: \[setup\] seed: there is no such setting"),
        ("[setup]\nhaulers = true", r"\[setup\] haulers must be a number"),
        ('[setup]\nscenario = "rich"', r"\[setup\] scenario must be one of established, new-agent"),
        ('name = "two words"', "name must be one short word"),
    ],
)
def test_what_cannot_be_used_is_named_with_its_file(text: str, complaint: str) -> None:
    with pytest.raises(BadSetting, match=complaint):
        told(text)


def test_a_candidate_that_is_neither_a_file_nor_a_baseline_says_which_baselines_there_are() -> None:
    with pytest.raises(BadSetting, match="neither a file nor one of full, reactive, trader"):
        Candidate.found("nowhere.toml")


def test_the_baselines_are_what_they_are_called() -> None:
    assert baselines() == ["full", "reactive", "trader"]
    full, reactive, trader = (Candidate.found(name).policy for name in baselines())
    assert full == FleetPolicy()
    assert (reactive.poll_policy, reactive.poll_interval) == (PollPolicy.REACTIVE, timedelta(seconds=30))
    assert reactive.fabrication
    off = (reactive.factory_reservations, reactive.pool, reactive.pre_positioning, reactive.hauls)
    assert off == (False, False, False, False)
    assert trader.hauls
    assert (reactive.look_before_trades, trader.look_before_trades, trader.scan_every) == (True, True, 1)
    off = (trader.fabrication, trader.pool, trader.pre_positioning)
    assert (off, trader.feeding_weight) == ((False, False, False), 0)
