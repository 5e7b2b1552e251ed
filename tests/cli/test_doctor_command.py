"""`manufacturing doctor` tells what went wrong while nobody watched."""

import json
from datetime import UTC, datetime, timedelta

from manufacturing.domain.decision import DecisionKind
from manufacturing.domain.player import Player
from tests.cli.conftest import Ask
from tests.postgres.opening import Open

#: What doctor ends with when something is wrong: the player of these tests has no token.
WRONG = 1


def note(uow: Open, player: Player, *errors: str, days_ago: float = 0) -> None:
    with uow() as work:
        for error in errors:
            at = datetime.now(UTC) - timedelta(days=days_ago)
            work.decisions.note(player.id, DecisionKind.ERROR, "manufacturing.tick", error, at)
        work.commit()


def errors_told(ask: Ask) -> dict[str, str]:
    (told,) = [finding for finding in json.loads(ask("doctor", "--json", code=WRONG)) if finding["what"] == "errors"]
    return dict(told)


def test_errors_of_late_are_told_with_the_last_one(ask: Ask, uow: Open, player: Player) -> None:
    note(uow, player, "KeyError: 'FOOD'", "KeyError: 'FOOD'", "ValueError: no")
    told = errors_told(ask)
    assert told["verdict"] == "note"
    assert told["found"].startswith("3 within a day that nobody foresaw")
    assert told["found"].endswith("manufacturing.tick: ValueError: no")
    assert "logs" in told["mend"]


def test_old_errors_are_not_told_for_ever(ask: Ask, uow: Open, player: Player) -> None:
    note(uow, player, "KeyError: 'FOOD'", days_ago=2)
    assert errors_told(ask)["verdict"] == "ok"
