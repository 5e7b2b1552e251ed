"""What is known of a factory at work."""

from manufacturing.domain.manufacturing_task import StepState
from manufacturing.domain.prices import Activity, Supply
from tests.builders import NOW, a_factory_state, after


def test_deliveries_of_an_input_add_up() -> None:
    state = a_factory_state()
    state.record_delivery("IRON", 20, NOW)
    state.record_delivery("IRON", 15, after(minutes=3))
    assert state.inputs_delivered == {"IRON": 35}
    assert state.inputs_delivered_at == {"IRON": after(minutes=3).isoformat()}


def test_the_output_is_ready_from_when_it_is_first_seen_plentiful() -> None:
    state = a_factory_state()
    state.observe(Supply.MODERATE, Activity.WEAK, NOW)
    assert state.ready_at is None
    state.observe(Supply.HIGH, Activity.GROWING, after(minutes=30))
    state.observe(Supply.ABUNDANT, Activity.STRONG, after(minutes=60))
    assert state.ready_at == after(minutes=30)
    assert (state.supply, state.activity, state.observed_at) == (
        Supply.ABUNDANT,
        Activity.STRONG,
        after(minutes=60),
    )


def test_a_factory_nobody_watches_is_never_polled() -> None:
    state = a_factory_state(next_poll_at=NOW)
    state.stop_watching()
    assert (state.is_watched, state.next_poll_at, state.step_state) == (False, None, StepState.IDLE)


def test_a_factory_watched_again_is_polled_at_once() -> None:
    state = a_factory_state()
    state.stop_watching()
    state.watch_again(after(minutes=5))
    assert (state.is_watched, state.next_poll_at, state.step_state) == (True, after(minutes=5), StepState.WAITING)
