"""Each thing worth knowing is told once."""

from datetime import timedelta

from manufacturing.cli.events import Events, ProcessNews
from manufacturing.cli.supervisor import ProcessEvent, ProcessNotice
from manufacturing.domain.decision import DecisionKind
from manufacturing.domain.manufacturing_pipeline import PipelineStatus
from manufacturing.domain.player import PlayerStatus
from tests.cli.snapshots import a_decision, a_failed_task, a_pipeline_view, a_player_view, a_ship_view, a_snapshot
from tests.postgres.builders import NOW


def test_a_pipeline_is_told_when_it_starts_and_when_it_ends_and_never_again() -> None:
    events = Events()
    assert events.lines(a_snapshot()) == []

    running = a_pipeline_view()
    assert events.lines(a_snapshot(running=[running])) == [
        "started: FABRICATION of 40 MACHINERY at X1-T1-A1 for X1-T1-B2 (01234567), +9,000 expected"
    ]
    assert events.lines(a_snapshot(running=[running])) == []

    ended = a_pipeline_view(status=PipelineStatus.COMPLETED, profit=8_500, ended_at=NOW + timedelta(minutes=12))
    assert events.lines(a_snapshot(ended=[ended])) == [
        "completed: MACHINERY (01234567) with +8,500 credits after 12 min"
    ]
    assert events.lines(a_snapshot(ended=[ended])) == []


def test_a_pipeline_that_was_there_before_goes_on() -> None:
    (line,) = Events().lines(a_snapshot(running=[a_pipeline_view()]))
    assert line.startswith("goes on: ")


def test_a_failure_is_told_with_its_reason() -> None:
    failed = a_pipeline_view(status=PipelineStatus.FAILED, reason="no sink", ended_at=NOW + timedelta(hours=2))
    first, second = Events().lines(a_snapshot(ended=[failed], failed_tasks=[a_failed_task()]))
    assert first == "failed: MACHINERY (01234567) with -500 credits after 2 h: no sink"
    assert second == "failed: SELL MACHINERY at X1-T1-B2 by FOREMAN-1: the market does not buy it"


def test_a_recovery_that_happens_again_is_told_again() -> None:
    events = Events()
    once = [a_decision(1, DecisionKind.RECOVER, "freed")]
    twice = [a_decision(1, DecisionKind.RECOVER, "freed", times=2)]
    told = [events.lines(a_snapshot(decisions=found)) for found in (once, once, twice, twice)]
    assert told == [["recovered: FOREMAN-1: freed"], [], ["recovered: FOREMAN-1: freed"], []]


def test_an_error_nobody_foresaw_is_told_as_often_as_it_happens() -> None:
    events = Events()
    once = [a_decision(1, DecisionKind.ERROR, "KeyError: 'FOOD'")]
    twice = [a_decision(1, DecisionKind.ERROR, "KeyError: 'FOOD'", times=2)]
    told = [events.lines(a_snapshot(decisions=found)) for found in (once, once, twice)]
    assert told == [["error: FOREMAN-1: KeyError: 'FOOD'"], [], ["error: FOREMAN-1: KeyError: 'FOOD'"]]


def test_things_that_wait_are_told_sparingly() -> None:
    events = Events()
    parks = [a_decision(number, DecisionKind.PARK, "too dear") for number in range(20)]
    told = [len(events.lines(a_snapshot(minutes, decisions=parks))) for minutes in (0, 1, 10, 29, 31, 32)]
    assert told == [1, 0, 0, 0, 1, 0]


def test_a_run_is_summed_up_every_hour() -> None:
    events = Events()
    ships = [a_ship_view(), a_ship_view("FOREMAN-2")]
    counts = {PipelineStatus.COMPLETED: 3}
    told = [events.lines(a_snapshot(minutes, ships=ships, counts=counts)) for minutes in (0, 59, 61, 65, 190)]
    assert [len(lines) for lines in told] == [0, 0, 1, 0, 1]
    assert told[2] == [
        "== 112,000 credits (+12,000), 3 pipelines completed, 0 running, 0 of 2 ships at work, "
        "12 of 150 calls a minute, 0 answered 429"
    ]


def test_a_player_whose_work_stops_is_told() -> None:
    events = Events()
    assert events.lines(a_snapshot()) == []
    stopped = a_player_view(status=PlayerStatus.RESET, status_reason="4113")
    assert events.lines(a_snapshot(player=stopped)) == ["FOREMAN is RESET: 4113"]
    assert events.lines(a_snapshot(player=stopped)) == []


def test_only_the_troubles_of_processes_are_news() -> None:
    news = ProcessNews()

    def told(event: ProcessEvent, reason: str = "") -> str | None:
        return news.line(ProcessNotice(name="ships", event=event, reason=reason))

    assert told(ProcessEvent.STARTED) is None
    assert told(ProcessEvent.READY) is None
    assert told(ProcessEvent.DIED, "signal SIGKILL") == "process ships died: signal SIGKILL"
    assert told(ProcessEvent.RESTARTING) is None
    assert told(ProcessEvent.READY) == "process ships runs again"
    assert told(ProcessEvent.READY) is None
    assert told(ProcessEvent.GAVE_UP, "exit code 1") == "process ships failed too often and stays down: exit code 1"
    assert told(ProcessEvent.STOPPED) is None
