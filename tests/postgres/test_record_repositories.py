from datetime import timedelta

from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from manufacturing.domain.decision import ApiUsage, Decision, DecisionKind
from manufacturing.domain.player import Player
from tests.postgres.builders import MINUTE, NOW
from tests.postgres.opening import Open
from tests.postgres.statements import recorded

HOUR = timedelta(hours=1)


def told(decisions: list[Decision]) -> list[tuple[str, int]]:
    return [(decision.reason, decision.times) for decision in decisions]


def test_a_decision_comes_back_as_it_was_noted(uow: Open, player: Player) -> None:
    with uow() as work:
        work.decisions.note(player.id, DecisionKind.PARK, "task-1", "too dear", NOW, {"ask": 70, "limit": 60})
        work.commit()
    with uow() as work:
        (decision,) = work.decisions.about(player.id, "task-1", 5)
        assert (decision.kind, decision.reason, decision.times) == (DecisionKind.PARK, "too dear", 1)
        assert (decision.first_at, decision.last_at) == (NOW, NOW)
        assert decision.details == {"ask": 70, "limit": 60}


def test_the_same_decision_again_is_counted_with_its_latest_figures(uow: Open, player: Player) -> None:
    with uow() as work:
        work.decisions.note(player.id, DecisionKind.SKIP, "GOLD", "too dear", NOW, {"ask": 70})
        work.decisions.note(player.id, DecisionKind.SKIP, "GOLD", "too dear", NOW + MINUTE, {"ask": 75})
        work.commit()
    with uow() as work:
        work.decisions.note(player.id, DecisionKind.SKIP, "GOLD", "too dear", NOW + 2 * MINUTE)
        (decision,) = work.decisions.about(player.id, "GOLD", 5)
        assert (decision.times, decision.first_at, decision.last_at) == (3, NOW, NOW + 2 * MINUTE)
        assert decision.details == {}


def test_a_decision_is_counted_only_on_the_last_of_its_kind_about_its_subject(
    uow: Open, player: Player, other_player: Player
) -> None:
    with uow() as work:
        for minute, (kind, subject, reason) in enumerate(
            [
                (DecisionKind.SKIP, "GOLD", "a"),
                (DecisionKind.PLAN, "GOLD", "b"),  # of another kind: SKIP "a" is still the last SKIP
                (DecisionKind.SKIP, "IRON", "c"),  # about something else
                (DecisionKind.SKIP, "GOLD", "a"),
                (DecisionKind.SKIP, "GOLD", "d"),
                (DecisionKind.SKIP, "GOLD", "a"),  # something came in between: told anew
            ]
        ):
            work.decisions.note(player.id, kind, subject, reason, NOW + minute * MINUTE)
        work.decisions.note(other_player.id, DecisionKind.SKIP, "GOLD", "a", NOW)
        work.commit()
    with uow() as work:
        assert told(work.decisions.about(player.id, "GOLD", 9)) == [("a", 1), ("d", 1), ("a", 2), ("b", 1)]
        assert told(work.decisions.about(player.id, "GOLD", 2)) == [("a", 1), ("d", 1)]
        assert told(work.decisions.about(other_player.id, "GOLD", 9)) == [("a", 1)]


def test_recent_decisions_come_newest_first_and_by_kind(uow: Open, player: Player) -> None:
    with uow() as work:
        work.decisions.note(player.id, DecisionKind.SKIP, "GOLD", "often", NOW)
        work.decisions.note(player.id, DecisionKind.END, "p-1", "completed", NOW + MINUTE)
        work.decisions.note(player.id, DecisionKind.SKIP, "GOLD", "often", NOW + 2 * MINUTE)
        assert told(work.decisions.recent(player.id, 9)) == [("often", 2), ("completed", 1)]
        assert told(work.decisions.recent(player.id, 1)) == [("often", 2)]
        assert told(work.decisions.recent(player.id, 9, DecisionKind.END)) == [("completed", 1)]


def test_a_note_is_one_statement(uow: Open, engine: Engine, player: Player) -> None:
    with uow() as work:
        work.decisions.note(player.id, DecisionKind.SKIP, "GOLD", "first", NOW)
        with recorded(engine) as statements:
            work.decisions.note(player.id, DecisionKind.SKIP, "GOLD", "first", NOW)
            work.decisions.note(player.id, DecisionKind.SKIP, "GOLD", "second", NOW)
        assert len(statements) == 2


def test_a_note_never_waits_for_another_transaction_that_counts_on_the_same_row(uow: Open, player: Player) -> None:
    with uow() as work:
        work.decisions.note(player.id, DecisionKind.SKIP, "GOLD", "too dear", NOW)
        work.commit()
    with uow() as slow, uow() as quick:
        slow.decisions.note(player.id, DecisionKind.SKIP, "GOLD", "too dear", NOW)
        quick.decisions.note(player.id, DecisionKind.SKIP, "GOLD", "too dear", NOW + MINUTE)
        quick.commit()
        slow.commit()
    with uow() as work:
        assert told(work.decisions.about(player.id, "GOLD", 9)) == [("too dear", 1), ("too dear", 2)]


def test_a_note_that_was_not_committed_was_not_taken(uow: Open, player: Player) -> None:
    with uow() as work:
        work.decisions.note(player.id, DecisionKind.SKIP, "GOLD", "too dear", NOW)
    with uow() as work:
        assert work.decisions.recent(player.id, 9) == []


def some_calls(player: Player, calls: int, rejected: int = 0, **but: object) -> ApiUsage:
    where = {"hour": NOW, "purpose": "TRADE", "endpoint": "purchase"} | but
    return ApiUsage(player_id=player.id, calls=calls, rejected_429=rejected, **where)  # type: ignore[arg-type]


def test_calls_add_up_within_and_across_reports(
    uow: Open, session: Session, player: Player, other_player: Player
) -> None:
    with uow() as work:
        work.usage.add([some_calls(player, 2), some_calls(player, 3, 1), some_calls(player, 1, endpoint="sell")])
        work.usage.add([])
        work.commit()
    with uow() as work:
        work.usage.add(
            [
                some_calls(player, 10, hour=NOW + HOUR),
                some_calls(player, 4, 1),
                some_calls(player, 7, purpose="SCAN"),
                some_calls(other_player, 100),
            ]
        )
        work.commit()
    with uow() as work:
        assert work.usage.by_purpose(player.id) == {"SCAN": 7, "TRADE": 20}
        assert work.usage.totals(player.id) == (27, 2)
    its_rows = select(ApiUsage).filter_by(player_id=player.id, purpose="TRADE", endpoint="purchase")
    assert {row.hour: row.calls for row in session.scalars(its_rows)} == {NOW: 9, NOW + HOUR: 10}


def test_a_player_that_never_called_has_no_calls(uow: Open, player: Player) -> None:
    with uow() as work:
        assert work.usage.by_purpose(player.id) == {}
        assert work.usage.totals(player.id) == (0, 0)
