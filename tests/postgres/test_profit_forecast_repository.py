"""Forecasts as the database keeps them, and what they are compared with."""

from datetime import timedelta

import pytest
from sqlalchemy.orm import Session

from manufacturing.domain.errors import UnknownThing
from manufacturing.domain.ledger import EntryKind
from manufacturing.domain.manufacturing_pipeline import PipelineKind, PipelineStatus
from manufacturing.domain.player import Player
from manufacturing.domain.realised_profit import GoodsMovement
from tests.postgres.builders import (
    MINUTE,
    NOW,
    a_forecast,
    a_listing_change,
    a_pipeline,
    a_player,
    an_entry,
    an_id,
)
from tests.postgres.opening import Open


def test_a_forecast_comes_back_as_it_was_stored(uow: Open, player: Player) -> None:
    legs = [{"good": "IRON", "source": "X1-T1-A1", "sink": "X1-T1-B2", "units": 40, "cost": 4_000, "revenue": 7_000}]
    new = a_forecast(
        player, kind=PipelineKind.HAUL, correction=-500, estimated_profit=32_500, legs=legs, ship_hours=0.5
    )
    with uow() as work:
        work.forecasts.create(new)
        work.commit()
    with uow() as work:
        found = work.forecasts.find_by_id(new.id)
        assert (found.kind, found.correction, found.ship_hours, found.legs) == (PipelineKind.HAUL, -500, 0.5, legs)
        assert (found.actual_profit, found.variance, found.outcome) == (None, None, None)
        found.validate(30_000, PipelineStatus.COMPLETED, NOW + MINUTE)
        work.commit()
    with uow() as work:
        found = work.forecasts.find_by_id(new.id)
        assert (found.actual_profit, found.outcome) == (30_000, PipelineStatus.COMPLETED)
        assert found.variance == pytest.approx(-2_500 / 32_500)


def test_an_unknown_forecast_is_said_to_be_unknown(uow: Open) -> None:
    with uow() as work, pytest.raises(UnknownThing, match="nothing"):
        work.forecasts.find_by_id("nothing")


def test_a_pipeline_has_its_latest_forecast(uow: Open, player: Player) -> None:
    pipeline, other = a_pipeline(player), a_pipeline(player)
    early = a_forecast(player, pipeline_id=pipeline.id)
    late = a_forecast(player, pipeline_id=pipeline.id, created_at=NOW + MINUTE)
    with uow() as work:
        for each in (pipeline, other):
            work.pipelines.add(each)
        for forecast in (late, early):
            work.forecasts.create(forecast)
        work.commit()
    with uow() as work:
        found = work.forecasts.find_by_pipeline_id(pipeline.id)
        assert found is not None
        assert found.id == late.id
        assert work.forecasts.find_by_pipeline_id(other.id) is None


def test_forecasts_that_wait_for_their_pipeline_are_found_the_oldest_first(uow: Open, player: Player) -> None:
    early, late = a_forecast(player), a_forecast(player, created_at=NOW + MINUTE)
    done = a_forecast(player)
    done.validate(1, PipelineStatus.FAILED, NOW)
    with uow() as work:
        for forecast in (late, early, done):
            work.forecasts.create(forecast)
        work.commit()
    with uow() as work:
        assert [forecast.id for forecast in work.forecasts.find_unvalidated(player.id)] == [early.id, late.id]


def test_only_completed_pipelines_of_the_player_teach_the_latest_first(uow: Open, player: Player) -> None:
    with uow() as work:
        stranger = a_player()
        work.players.add(stranger)
        for minutes, outcome, owner in (
            (1, PipelineStatus.COMPLETED, player),
            (2, PipelineStatus.FAILED, player),
            (3, PipelineStatus.CANCELLED, player),
            (4, PipelineStatus.COMPLETED, stranger),
            (5, PipelineStatus.COMPLETED, player),
        ):
            forecast = a_forecast(owner, low_profit=20_000, high_profit=40_000)
            forecast.validate(30_000 + minutes, outcome, NOW + minutes * MINUTE)
            work.forecasts.create(forecast)
        work.forecasts.create(a_forecast(player))
        work.commit()
    with uow() as work:
        past = work.forecasts.of_completed(player.id, 10)
        assert [each.actual for each in past] == [30_005, 30_001]
        assert (past[0].good, past[0].kind, past[0].held) == ("MACHINERY", PipelineKind.FABRICATION, True)
        assert [each.actual for each in work.forecasts.of_completed(player.id, 1)] == [30_005]


def test_the_movements_of_a_pipeline_are_added_up_by_kind_good_and_direction(uow: Open, player: Player) -> None:
    pipeline, other = a_pipeline(player), a_pipeline(player)
    with uow() as work:
        for each in (pipeline, other):
            work.pipelines.add(each)
        for kind, units, amount in (
            (EntryKind.PURCHASE, 20, -2_000),
            (EntryKind.PURCHASE, 10, -1_100),
            (EntryKind.SALE, 15, 4_000),
            (EntryKind.TRANSFER, 5, 500),
            (EntryKind.TRANSFER, 3, -330),
        ):
            entry = an_entry(player, kind=kind, units=units, amount=amount, good="IRON", pipeline_id=pipeline.id)
            work.ledger.add(entry)
        work.ledger.add(an_entry(player, pipeline_id=other.id))
        found = {(m.kind, m.units, m.amount) for m in work.ledger.movements_of_pipeline(pipeline.id)}
        assert work.ledger.movements_of_pipeline(a_pipeline(player, id=an_id()).id) == []
        assert GoodsMovement(kind=EntryKind.SALE, good="IRON", units=15, amount=4_000) in (
            work.ledger.movements_of_pipeline(pipeline.id)
        )
    assert found == {
        (EntryKind.PURCHASE, 30, -3_100),
        (EntryKind.SALE, 15, 4_000),
        (EntryKind.TRANSFER, 5, 500),
        (EntryKind.TRANSFER, 3, -330),
    }


def test_goods_whose_ask_moved_much_of_late_are_volatile(uow: Open, session: Session, player: Player) -> None:
    hour = timedelta(hours=1)
    stranger = a_player()
    session.add(stranger)
    session.flush()
    session.add_all(
        [
            a_listing_change(player, good="IRON", ask=100),
            a_listing_change(player, good="IRON", ask=121),
            a_listing_change(player, good="COPPER", ask=100),
            a_listing_change(player, good="COPPER", ask=120),
            a_listing_change(player, good="FOOD", ask=100, recorded_at=NOW - hour),
            a_listing_change(player, good="FOOD", ask=200),
            a_listing_change(stranger, good="DRUGS", ask=100),
            a_listing_change(stranger, good="DRUGS", ask=200),
        ]
    )
    session.commit()
    with uow() as work:
        assert work.markets.volatile(player.id, NOW - MINUTE, 0.2) == {("X1-T1-A1", "IRON")}
        assert work.markets.volatile(player.id, NOW - hour, 0.2) == {("X1-T1-A1", "IRON"), ("X1-T1-A1", "FOOD")}
