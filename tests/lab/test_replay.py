"""Replay: what was decided in a recorded run, and what was known then."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from manufacturing.adapters.postgres.recorded_decisions import DecisionFilter, RecordedDecision, RecordedDecisions
from manufacturing.cli.console import CannotDo
from manufacturing.domain.decision import DecisionKind
from manufacturing.domain.policy import FleetPolicy
from manufacturing.lab.database import LabDatabase, may_be_kept_as
from manufacturing.lab.experiment import Experiment, Setup
from manufacturing.lab.replay import kept_run, moment_of, rendered

KEPT = "a-run_1"


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home in which a short run was kept."""
    home = tmp_path_factory.mktemp("home")
    setup = Setup(policy=FleetPolicy(), seed=3, haulers=2)
    with LabDatabase(home) as databases, Experiment(setup, databases) as experiment:
        experiment.run(0.15)
        experiment.keep_as(KEPT)
    return home


@pytest.fixture(scope="module")
def recorded(home: Path) -> Iterator[RecordedDecisions]:
    with kept_run(home, KEPT) as model:
        yield RecordedDecisions(model.engine, model.players()[0].id)


def find(recorded: RecordedDecisions, **wanted: object) -> list[RecordedDecision]:
    return recorded.find(DecisionFilter(**wanted))  # type: ignore[arg-type]


def test_decisions_come_in_the_order_in_which_they_were_taken(recorded: RecordedDecisions) -> None:
    found = [each.decision for each in find(recorded)]
    assert len(found) > 10
    assert found == sorted(found, key=lambda decision: (decision.first_at, decision.id))
    assert find(recorded, limit=3)[-1].decision == found[2]


def test_an_assignment_tells_the_price_its_ship_was_sent_for(recorded: RecordedDecisions) -> None:
    assignments = [
        each
        for each in find(recorded, kinds=(DecisionKind.ASSIGN,))
        if each.task is not None and each.task["type"] in ("ACQUIRE", "COLLECT")
    ]
    assert assignments
    for each in assignments:
        assert each.task is not None
        (quote,) = each.quotes
        assert (quote.waypoint, quote.good) == (each.task["waypoint"], each.task["good"])
        assert quote.seen_at <= each.decision.last_at
        assert quote.ask > quote.bid > 0


def test_a_plan_tells_the_prices_of_all_its_places(recorded: RecordedDecisions) -> None:
    plans = [each for each in find(recorded, kinds=(DecisionKind.PLAN,)) if each.decision.details]
    assert plans
    for plan in plans:
        assert len(plan.quotes) >= 2
        assert all(quote.seen_at <= plan.decision.last_at for quote in plan.quotes)


def test_the_decisions_about_a_pipeline_are_its_own_and_those_of_its_tasks(recorded: RecordedDecisions) -> None:
    plan = next(each for each in find(recorded, kinds=(DecisionKind.PLAN,)) if each.decision.details)
    pipeline = plan.decision.subject
    found = find(recorded, pipeline=pipeline[:8])
    assert plan.decision in [each.decision for each in found]
    assert {each.task["pipeline_id"] for each in found if each.task is not None} == {pipeline}
    assert DecisionKind.ASSIGN in {each.decision.kind for each in found}


def test_decisions_are_chosen_by_ship_and_time(recorded: RecordedDecisions) -> None:
    every = find(recorded, kinds=(DecisionKind.ASSIGN,))
    ship = every[0].decision.subject
    of_ship = find(recorded, ship=ship)
    assert 0 < len(of_ship) < len(find(recorded))
    assert all(each.decision.subject == ship or each.task for each in of_ship)
    middle = every[len(every) // 2].decision.first_at
    late = find(recorded, since=middle)
    assert min(each.decision.last_at for each in late) >= middle
    early = find(recorded, until=middle)
    assert max(each.decision.first_at for each in early) <= middle


def test_the_table_shows_reasons_and_prices(recorded: RecordedDecisions) -> None:
    table = rendered(find(recorded, limit=5), datetime(2026, 1, 4, tzinfo=UTC))
    assert table.row_count == 5


def test_a_run_that_was_not_kept_is_told_with_those_that_were(home: Path) -> None:
    with pytest.raises(CannotDo, match=f"no kept run other. There are {KEPT}"), kept_run(home, "other"):
        pass
    with pytest.raises(CannotDo, match="lab run --keep NAME"), kept_run(home / "elsewhere", "other"):
        pass


def test_a_kept_run_can_be_read_while_another_lab_is_at_work(home: Path) -> None:
    with LabDatabase(home), kept_run(home, KEPT) as model:
        assert model.players()[0].agent_symbol == "FOREMAN"


@pytest.mark.parametrize(("name", "fine"), [("a-run_1", True), ("", False), ("a run", False), ("x" * 41, False)])
def test_names_of_runs_are_plain(name: str, fine: bool) -> None:
    assert may_be_kept_as(name) is fine


@pytest.mark.parametrize(
    ("text", "after"),
    [("2h30m", 9000), ("45s", 45), ("1.5h", 5400), ("2026-01-04T00:10", 600), ("2026-01-04T00:10+00:00", 600)],
)
def test_moments_are_dates_or_times_since_the_beginning(text: str, after: int) -> None:
    began = datetime(2026, 1, 4, tzinfo=UTC)
    assert moment_of(text, began) == began + timedelta(seconds=after)


@pytest.mark.parametrize("text", ["", "soon", "xh"])
def test_what_is_no_moment_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        moment_of(text, datetime(2026, 1, 4, tzinfo=UTC))
