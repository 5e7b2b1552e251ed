import pytest

from manufacturing.domain.errors import FactoryAlreadyReserved, StaleRow, UnknownThing
from manufacturing.domain.factory_reservation import ReservationStatus
from manufacturing.domain.factory_state import FactoryState
from manufacturing.domain.ids import ReservationId
from manufacturing.domain.manufacturing_pipeline import ManufacturingPipeline
from manufacturing.domain.manufacturing_task import StepState
from manufacturing.domain.player import Player, PlayerStatus
from manufacturing.domain.prices import Activity, Supply
from tests.postgres.builders import MINUTE, NOW, SECOND, a_factory_state, a_pipeline, a_reservation, an_estimate
from tests.postgres.opening import Open

LEASE = NOW + 30 * SECOND


def stored(uow: Open, *states: FactoryState) -> None:
    with uow() as work:
        for state in states:
            work.factories.add(state)
        work.commit()


def test_a_factory_state_comes_back_as_it_was_stored(uow: Open, pipeline: ManufacturingPipeline) -> None:
    state = a_factory_state(pipeline, required_inputs=["IRON", "COPPER"])
    state.record_delivery("IRON", 20, NOW)
    state.observe(Supply.HIGH, Activity.STRONG, NOW + MINUTE)
    stored(uow, state)
    with uow() as work:
        found = work.factories.get(state.id)
        assert found.required_inputs == ["IRON", "COPPER"]
        assert found.inputs_delivered == {"IRON": 20}
        assert found.inputs_delivered_at == {"IRON": NOW.isoformat()}
        assert (found.supply, found.activity, found.ready_at) == (Supply.HIGH, Activity.STRONG, NOW + MINUTE)
        found.record_delivery("IRON", 5, NOW + MINUTE)
        work.commit()
    with uow() as work:
        assert work.factories.get(state.id).inputs_delivered == {"IRON": 25}


def test_an_unknown_factory_state_is_said_to_be_unknown(uow: Open) -> None:
    with uow() as work, pytest.raises(UnknownThing, match="nothing"):
        work.factories.get("nothing")


def test_factory_states_are_found_by_pipeline_player_and_place(
    uow: Open, player: Player, other_player: Player, pipeline: ManufacturingPipeline
) -> None:
    here = a_factory_state(pipeline)
    there = a_factory_state(pipeline, factory_symbol="X1-T1-B2", created_at=NOW + MINUTE)
    done = a_factory_state(pipeline, output_good="GOLD", created_at=NOW + 2 * MINUTE)
    done.stop_watching()
    stored(uow, there, here, done)
    with uow() as work:
        assert [s.id for s in work.factories.of_pipeline(pipeline.id)] == [here.id, there.id, done.id]
        assert [s.id for s in work.factories.watched(player.id)] == [here.id, there.id]
        assert [s.id for s in work.factories.watched_at(player.id, "X1-T1-A1")] == [here.id]
        assert work.factories.watched(other_player.id) == []
        found = work.factories.find(pipeline.id, "X1-T1-A1", "GOLD")
        assert found is not None
        assert found.id == done.id
        assert work.factories.find(pipeline.id, "X1-T1-A1", "SILVER") is None


def test_the_estimate_of_a_cycle_is_found_and_outlives_its_pipeline(
    uow: Open, player: Player, pipeline: ManufacturingPipeline
) -> None:
    estimate = an_estimate(player, pipeline_id=pipeline.id, factory_symbol="X1-T1-A1", output_good="GOLD")
    estimate.record_delivery("IRON", NOW)
    with uow() as work:
        work.estimates.add(estimate)
        work.commit()
    with uow() as work:
        found = work.estimates.find(pipeline.id, "X1-T1-A1", "GOLD")
        assert found is not None
        assert (found.id, found.inputs_delivered_at) == (estimate.id, {"IRON": NOW.isoformat()})
        assert work.estimates.find(pipeline.id, "X1-T1-A1", "SILVER") is None


def test_due_polls_are_queued_and_claimed_once(uow: Open, pipeline: ManufacturingPipeline) -> None:
    due = a_factory_state(pipeline, next_poll_at=NOW)
    lost = a_factory_state(pipeline, output_good="LOST", next_poll_at=NOW - MINUTE)
    lost.queue(NOW - SECOND)
    later = a_factory_state(pipeline, output_good="LATER", next_poll_at=NOW + MINUTE)
    never = a_factory_state(pipeline, output_good="NEVER", next_poll_at=None)
    unwatched = a_factory_state(pipeline, output_good="UNWATCHED", next_poll_at=NOW, is_watched=False)
    stored(uow, due, lost, later, never, unwatched)
    with uow() as work:
        claimed = work.factories.claim_due(NOW, NOW, LEASE, 10)
        assert [state.id for state in claimed] == [lost.id, due.id]
        assert work.factories.claim_due(NOW, NOW, LEASE, 10) == []
        work.commit()
    with uow() as work:
        assert work.factories.claim_poll(due.id, 1, LEASE) is None
        polled = work.factories.claim_poll(due.id, 2, LEASE + MINUTE)
        assert polled is not None
        assert (polled.step_state, polled.lease_until, polled.version) == (StepState.QUEUED, LEASE + MINUTE, 3)
        assert work.factories.claim_poll(due.id, 2, LEASE) is None


def test_polls_of_a_universe_that_is_gone_are_left_out(
    uow: Open, player: Player, pipeline: ManufacturingPipeline
) -> None:
    stored(uow, a_factory_state(pipeline, next_poll_at=NOW))
    with uow() as work:
        work.players.get(player.id).status = PlayerStatus.RESET
        work.commit()
    with uow() as work:
        assert work.factories.claim_due(NOW, NOW, LEASE, 10) == []


class TestReservations:
    def test_a_reservation_gets_a_token_that_grows(self, uow: Open, pipeline: ManufacturingPipeline) -> None:
        first, second = a_reservation(pipeline), a_reservation(pipeline, output_good="GOLD")
        with uow() as work:
            work.reservations.create(first)
            work.reservations.create(second)
            work.commit()
        assert 0 < first.fencing_token < second.fencing_token
        with uow() as work:
            found = work.reservations.find_by_id(first.id)
            assert found is not first
            assert (found.fencing_token, found.status, found.expires_at) == (
                first.fencing_token,
                ReservationStatus.ACTIVE,
                first.expires_at,
            )

    def test_a_taken_factory_is_refused_with_its_holder_and_the_transaction_goes_on(
        self, uow: Open, pipeline: ManufacturingPipeline, other_pipeline: ManufacturingPipeline
    ) -> None:
        held = a_reservation(pipeline)
        with uow() as work:
            work.reservations.create(held)
            work.commit()
        with uow() as work:
            with pytest.raises(FactoryAlreadyReserved, match=pipeline.id) as refusal:
                work.reservations.create(a_reservation(other_pipeline))
            assert (refusal.value.holder, refusal.value.until) == (pipeline.id, held.expires_at)
            work.reservations.create(a_reservation(other_pipeline, output_good="GOLD"))
            work.commit()
        with uow() as work:
            assert [r.output_good for r in work.reservations.find_by_pipeline_id(other_pipeline.id)] == ["GOLD"]

    def test_a_new_reservation_is_followed_like_any_other_row(self, uow: Open, pipeline: ManufacturingPipeline) -> None:
        new = a_reservation(pipeline, delivery_slots=[{"input_good": "IRON", "units": 20}])
        with uow() as work:
            work.reservations.create(new)
            assert work.reservations.find_by_id(new.id) is new
            new.delivery_slots = [{"input_good": "IRON", "units": 40}]
            work.commit()
        with uow() as work:
            found = work.reservations.find_by_id(new.id)
            assert (found.delivery_slots, found.version) == ([{"input_good": "IRON", "units": 40}], 2)

    def test_it_may_be_made_before_its_pipeline_is_stored(self, uow: Open, player: Player) -> None:
        pipeline = a_pipeline(player)
        with uow() as work:
            work.reservations.create(a_reservation(pipeline))
            work.pipelines.add(pipeline)
            work.commit()

    def test_another_player_may_have_a_factory_of_the_same_name(
        self, uow: Open, pipeline: ManufacturingPipeline, other_player: Player
    ) -> None:
        theirs = a_pipeline(other_player)
        with uow() as work:
            work.pipelines.add(theirs)
            work.reservations.create(a_reservation(pipeline))
            work.reservations.create(a_reservation(theirs))
            work.commit()
        with uow() as work:
            held = work.reservations.find_active_by_factory(other_player.id, "X1-T1-A1", "MACHINERY")
            assert held is not None
            assert held.pipeline_id == theirs.id

    def test_reservations_are_found_active_and_by_pipeline(
        self, uow: Open, player: Player, pipeline: ManufacturingPipeline, other_pipeline: ManufacturingPipeline
    ) -> None:
        over, held = a_reservation(pipeline), a_reservation(pipeline, output_good="GOLD")
        with uow() as work:
            for reservation in (over, held, a_reservation(other_pipeline, output_good="SILVER")):
                work.reservations.create(reservation)
            over.cancel(NOW)
            work.commit()
        with uow() as work:
            assert [r.output_good for r in work.reservations.active(player.id)] == ["GOLD", "SILVER"]
            assert [r.id for r in work.reservations.find_by_pipeline_id(pipeline.id)] == [over.id, held.id]
            assert [r.id for r in work.reservations.find_by_pipeline_ids([pipeline.id])] == [over.id, held.id]
            assert work.reservations.find_by_pipeline_ids([]) == []
            assert work.reservations.find_active_by_factory(player.id, "X1-T1-A1", "MACHINERY") is None
            with pytest.raises(UnknownThing, match="nothing"):
                work.reservations.find_by_id(ReservationId("nothing"))

    def test_who_fulfilled_first_collects_first_until_it_has_or_its_time_is_over(
        self, uow: Open, player: Player, pipeline: ManufacturingPipeline
    ) -> None:
        late, early, over, collected, held = (a_reservation(pipeline) for _ in range(5))
        until = NOW + 30 * MINUTE
        with uow() as work:
            for reservation, minute in ((late, 9), (early, 2), (over, 1), (collected, 3)):
                work.reservations.create(reservation)
                reservation.fulfil(NOW + minute * MINUTE, collect_until=until)
                work.flush()
            over.collect_until = NOW + 10 * MINUTE
            collected.collected_at = NOW + 5 * MINUTE
            work.reservations.create(held)
            now = NOW + 10 * MINUTE
            entitled = work.reservations.entitled_to_collect(player.id, "X1-T1-A1", "MACHINERY", now)
            assert entitled == [early, late]
            assert work.reservations.entitled_to_collect(player.id, "X1-T1-A1", "GOLD", now) == []

    def test_it_ends_once(self, uow: Open, pipeline: ManufacturingPipeline) -> None:
        held = a_reservation(pipeline)
        with uow() as work:
            work.reservations.create(held)
            assert work.reservations.end(held.id, ReservationStatus.FULFILLED, NOW + MINUTE)
            assert (held.status, held.ended_at, held.version) == (ReservationStatus.FULFILLED, NOW + MINUTE, 2)
            assert not work.reservations.end(held.id, ReservationStatus.CANCELLED, NOW)
            assert held.status is ReservationStatus.FULFILLED

    def test_what_ran_out_expires_and_nothing_else(self, uow: Open, pipeline: ManufacturingPipeline) -> None:
        stale = a_reservation(pipeline, expires_at=NOW)
        fresh = a_reservation(pipeline, expires_at=NOW + SECOND, output_good="GOLD")
        with uow() as work:
            work.reservations.create(stale)
            work.reservations.create(fresh)
            assert work.reservations.expire_stale(NOW) == [stale]
            assert (stale.status, stale.ended_at) == (ReservationStatus.EXPIRED, NOW)
            assert fresh.status is ReservationStatus.ACTIVE
            assert work.reservations.expire_stale(NOW) == []

    def test_progress_moves_the_expiry_out_and_never_in(self, uow: Open, pipeline: ManufacturingPipeline) -> None:
        soon = a_reservation(pipeline, expires_at=NOW + MINUTE)
        late = a_reservation(pipeline, expires_at=NOW + 60 * MINUTE, output_good="GOLD")
        over = a_reservation(pipeline, output_good="SILVER")
        with uow() as work:
            for reservation in (soon, late, over):
                work.reservations.create(reservation)
            work.reservations.end(over.id, ReservationStatus.CANCELLED, NOW)
            assert work.reservations.renew_of_pipeline(pipeline.id, NOW + 30 * MINUTE) == 2
            assert soon.expires_at == NOW + 30 * MINUTE
            assert late.expires_at == NOW + 60 * MINUTE
            assert over.status is ReservationStatus.CANCELLED
            work.commit()
        with uow() as work:
            assert work.reservations.find_by_id(soon.id).expires_at == NOW + 30 * MINUTE

    def test_a_pipeline_that_renews_what_expired_meanwhile_is_refused(
        self, uow: Open, pipeline: ManufacturingPipeline
    ) -> None:
        held = a_reservation(pipeline, expires_at=NOW)
        with uow() as work:
            work.reservations.create(held)
            work.commit()
        with uow() as slow:
            read = slow.reservations.find_by_id(held.id)
            with uow() as sweep:
                assert len(sweep.reservations.expire_stale(NOW)) == 1
                sweep.commit()
            read.renew(NOW + MINUTE)
            with pytest.raises(StaleRow):
                slow.commit()
