"""Pipelines, factory reservations and trade intents: every move they have, and no other."""

from collections.abc import Callable
from enum import StrEnum
from typing import Any

import pytest

from manufacturing.domain.errors import IllegalTransition
from manufacturing.domain.factory_reservation import ReservationStatus
from manufacturing.domain.manufacturing_pipeline import PipelineStatus
from manufacturing.domain.trade_intent import IntentStatus
from tests.builders import NOW, a_pipeline, a_reservation, after, an_intent

Moves = dict[str, tuple[Callable[[Any], None], dict[Any, Any]]]

PLANNING, EXECUTING = PipelineStatus.PLANNING, PipelineStatus.EXECUTING

PIPELINE_MOVES: Moves = {
    "start": (lambda p: p.start(NOW), {PLANNING: EXECUTING}),
    "complete": (lambda p: p.complete(NOW), {EXECUTING: PipelineStatus.COMPLETED}),
    "fail": (lambda p: p.fail("no sink", NOW), dict.fromkeys([PLANNING, EXECUTING], PipelineStatus.FAILED)),
    "cancel": (lambda p: p.cancel("expired", NOW), dict.fromkeys([PLANNING, EXECUTING], PipelineStatus.CANCELLED)),
}
RESERVATION_MOVES: Moves = {
    "renew": (lambda r: r.renew(after(hours=2)), {ReservationStatus.ACTIVE: ReservationStatus.ACTIVE}),
    "fulfil": (lambda r: r.fulfil(NOW), {ReservationStatus.ACTIVE: ReservationStatus.FULFILLED}),
    "expire": (lambda r: r.expire(NOW), {ReservationStatus.ACTIVE: ReservationStatus.EXPIRED}),
    "cancel": (lambda r: r.cancel(NOW), {ReservationStatus.ACTIVE: ReservationStatus.CANCELLED}),
}
INTENT_MOVES: Moves = {
    "confirm": (lambda i: i.confirm(NOW, "answered"), {IntentStatus.OPEN: IntentStatus.CONFIRMED}),
    "refuse": (lambda i: i.refuse(NOW, "refused"), {IntentStatus.OPEN: IntentStatus.REFUSED}),
}


def _check(entity: Any, status: StrEnum, name: str, moves: Moves) -> None:
    move, allowed = moves[name]
    if status in allowed:
        move(entity)
        assert entity.status is allowed[status]
    else:
        with pytest.raises(IllegalTransition, match=f"is {status}: it cannot"):
            move(entity)
        assert entity.status is status


@pytest.mark.parametrize("status", PipelineStatus)
@pytest.mark.parametrize("name", PIPELINE_MOVES)
def test_a_pipeline_makes_the_moves_of_its_state_and_no_other(name: str, status: PipelineStatus) -> None:
    _check(a_pipeline(status), status, name, PIPELINE_MOVES)


@pytest.mark.parametrize("status", ReservationStatus)
@pytest.mark.parametrize("name", RESERVATION_MOVES)
def test_a_reservation_makes_the_moves_of_its_state_and_no_other(name: str, status: ReservationStatus) -> None:
    _check(a_reservation(status=status), status, name, RESERVATION_MOVES)


@pytest.mark.parametrize("status", IntentStatus)
@pytest.mark.parametrize("name", INTENT_MOVES)
def test_an_intent_is_settled_once(name: str, status: IntentStatus) -> None:
    _check(an_intent(status=status), status, name, INTENT_MOVES)


@pytest.mark.parametrize("status", PipelineStatus)
def test_a_pipeline_is_active_until_it_has_ended(status: PipelineStatus) -> None:
    assert a_pipeline(status).is_active is (status in (PLANNING, EXECUTING))


def test_a_pipeline_that_ends_says_when_and_why() -> None:
    pipeline = a_pipeline()
    pipeline.fail("its sink is gone", after(hours=1))
    assert (pipeline.reason, pipeline.ended_at) == ("its sink is gone", after(hours=1))


def test_progress_moves_the_end_of_a_reservation_out_and_never_in() -> None:
    reservation = a_reservation(expires_at=after(hours=4))
    reservation.renew(after(hours=2))
    assert reservation.expires_at == after(hours=4)
    reservation.renew(after(hours=6))
    assert reservation.expires_at == after(hours=6)


def test_a_fulfilled_reservation_keeps_the_right_to_collect_for_a_while() -> None:
    reservation = a_reservation()
    reservation.fulfil(NOW, collect_until=after(hours=1))
    assert (reservation.ended_at, reservation.collect_until) == (NOW, after(hours=1))


def test_a_settled_intent_says_how() -> None:
    intent = an_intent()
    intent.confirm(NOW, "found in the market's transactions")
    assert (intent.settled_at, intent.outcome) == (NOW, "found in the market's transactions")
