"""What idle ships wait for, and where: only when it saves more than the fuel costs."""

import math
from collections.abc import Mapping, Sequence
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from manufacturing.domain.ids import PipelineId, TaskId
from manufacturing.domain.manufacturing_task import ManufacturingTask, TaskStatus, TaskType
from manufacturing.domain.pre_positioning import (
    HORIZON,
    Position,
    Prediction,
    PrePositioning,
    PrePositioningStatus,
    UsualWork,
    best_position,
    predict,
)
from manufacturing.domain.production_estimate import ProductionEstimate
from manufacturing.domain.profit_forecast import ConfidenceLevel
from tests.builders import NOW, PLAYER, a_task, after

COORDINATES = {"A": (0, 0), "B": (300, 0), "C": (0, 400), "D": (300, 400)}


def seconds(origin: str, destination: str) -> float:
    """A ship that flies one unit of distance a second."""
    return math.dist(COORDINATES[origin], COORDINATES[destination])


def a_prediction(
    waypoint: str = "B", probability: float = 0.5, opens_in: float = 600, name: str = "task"
) -> Prediction:
    """A collection that may become ready."""
    task = a_task(TaskType.COLLECT, id=TaskId(name), waypoint=waypoint)
    return Prediction(task=task, probability=probability, opens_in=opens_in)


def position(
    *predictions: Prediction,
    here: str = "A",
    price: float = 0.1,
    worth: float = 3.0,
    usual: Sequence[UsualWork] = (),
    others: Mapping[str, float] | None = None,
) -> Position | None:
    """Where a ship would best wait, with fuel at so many credits a unit of distance."""
    places = {prediction.task.waypoint for prediction in predictions}
    ahead = {place: (seconds(here, place), price * seconds(here, place)) for place in places}
    return best_position(here, predictions, usual, seconds=seconds, others=others or {}, ahead=ahead, work_worth=worth)


def an_estimate(minutes: float, **fields: object) -> ProductionEstimate:
    """An output that is expected to be plentiful in so many minutes."""
    expected = after(minutes=minutes)
    defaults: dict[str, object] = {
        "as_of": NOW,
        "ready_from": NOW + (expected - NOW) / 1.2,
        "estimated_ready_at": expected,
        "ready_to": NOW + (expected - NOW) * 1.2,
    }
    return ProductionEstimate(
        id="estimate",
        player_id=PLAYER,
        factory_symbol="X1-PX-A1",
        output_good="IRON",
        pipeline_id=PipelineId("pipeline"),
        confidence_level=ConfidenceLevel.HIGH,
        created_at=NOW,
        **(defaults | fields),  # type: ignore[arg-type]
    )


def predicted(task: ManufacturingTask, *estimates: ProductionEstimate, **reliability: float) -> Prediction | None:
    """What is predicted of one waiting task."""
    by_factory = {(each.pipeline_id, each.factory_symbol, each.output_good): each for each in estimates}
    learned = {TaskType(name): share for name, share in reliability.items()}
    found = predict([task], by_factory, learned, NOW)
    return found[0] if found else None


def a_waiting(type_: TaskType = TaskType.COLLECT, **fields: object) -> ManufacturingTask:
    """A task whose gate is closed."""
    return a_task(type_, status=TaskStatus.PENDING, **fields)


def test_a_collection_is_as_likely_as_its_factory_is_to_be_ready() -> None:
    soon = predicted(a_waiting(), an_estimate(5))
    later = predicted(a_waiting(), an_estimate(60))
    assert soon is not None
    assert soon.probability > 0.95
    assert soon.opens_in == pytest.approx(300)
    assert later is None or later.probability < 0.05


def test_without_an_estimate_a_gate_may_open_at_any_time() -> None:
    found = predicted(a_waiting(TaskType.ACQUIRE))
    assert found is not None
    assert found.probability == pytest.approx(1 - math.exp(-0.25))


def test_a_collection_is_not_waited_for_while_nothing_is_known_of_its_factory() -> None:
    assert predicted(a_waiting()) is None
    assert predicted(a_waiting(), an_estimate(5, estimated_ready_at=None)) is None


def test_nor_when_the_output_is_plentiful_and_it_waits_for_something_else() -> None:
    assert predicted(a_waiting(), an_estimate(5, actual_ready_at=NOW)) is None


def test_a_parked_task_is_expected_when_its_time_has_come() -> None:
    soon = predicted(a_waiting(TaskType.ACQUIRE, parked_until=after(minutes=4)))
    assert soon is not None
    assert (soon.probability, soon.opens_in) == (0.5, 240)
    assert predicted(a_waiting(TaskType.ACQUIRE, parked_until=NOW + HORIZON + timedelta(seconds=1))) is None


@pytest.mark.parametrize("type_", [TaskType.DELIVER, TaskType.SELL])
def test_the_second_half_of_a_haul_is_not_waited_for(type_: TaskType) -> None:
    assert predicted(a_waiting(type_)) is None


def test_nor_is_what_only_one_ship_may_do() -> None:
    assert predicted(a_waiting(bound_ship="HAULER-7"), an_estimate(5)) is None


def test_what_seldom_came_true_is_less_likely() -> None:
    sure, unsure = predicted(a_waiting(), an_estimate(5)), predicted(a_waiting(), an_estimate(5), COLLECT=0.1)
    assert sure is not None
    assert unsure is not None
    assert unsure.probability == pytest.approx(0.1 * sure.probability)


def test_the_likeliest_comes_first() -> None:
    waiting = [a_waiting(TaskType.ACQUIRE, id=TaskId("vague")), a_waiting(id=TaskId("sure"))]
    estimate = an_estimate(5)
    found = predict(waiting, {(estimate.pipeline_id, estimate.factory_symbol, "IRON"): estimate}, {}, NOW)
    assert [each.task.id for each in found] == ["sure", "vague"]


def test_a_ship_goes_where_the_work_will_be() -> None:
    best = position(a_prediction("B"))
    assert best is not None
    assert (best.waypoint, best.prediction.task.id) == ("B", "task")
    assert best.saving == pytest.approx(0.5 * 300 * 3.0)
    assert best.fuel == pytest.approx(30)


def test_a_ship_that_is_there_stays() -> None:
    assert position(a_prediction("A")) is None


def test_a_ship_stays_when_the_fuel_costs_more_than_is_saved() -> None:
    assert position(a_prediction("B", probability=0.1), price=0.35) is None
    assert position(a_prediction("B", probability=0.1), price=0.2) is not None


def test_nor_does_it_move_for_a_trifle() -> None:
    assert position(a_prediction("B", probability=0.02), price=0.0) is None


def test_nothing_is_saved_on_a_task_that_is_ready_before_the_ship_could_leave() -> None:
    assert position(a_prediction("B", opens_in=0)) is None


def test_no_more_is_saved_than_the_time_until_the_task_is_ready() -> None:
    best = position(a_prediction("B", opens_in=100))
    assert best is not None
    assert best.saving == pytest.approx(0.5 * 100 * 3.0)


def test_of_two_the_ship_waits_for_the_one_that_saves_more() -> None:
    best = position(a_prediction("B", name="near"), a_prediction("D", probability=0.9, name="far"))
    assert best is not None
    assert best.prediction.task.id == "far"


def test_only_what_no_other_idle_ship_would_save_counts() -> None:
    alone, helped = position(a_prediction("B")), position(a_prediction("B"), others={"B": 100})
    assert alone is not None
    assert helped is not None
    assert helped.saving == pytest.approx(0.5 * 100 * 3.0)
    assert helped.saving < alone.saving
    assert position(a_prediction("B"), others={"B": 0}) is None


def test_a_ship_stays_where_more_work_usually_begins() -> None:
    busy, quiet = (UsualWork.of({"A": times}) for times in (30, 1))
    assert position(a_prediction("B", probability=0.3), usual=quiet) is not None
    assert position(a_prediction("B", probability=0.3), usual=busy) is None


def test_of_two_places_that_are_as_likely_the_one_is_best_where_more_work_begins() -> None:
    best = position(a_prediction("B", name="b"), a_prediction("C", name="c"), usual=UsualWork.of({"C": 6}))
    assert best is not None
    assert best.waypoint == "C"


def test_the_more_often_work_began_the_likelier_it_is_to_begin() -> None:
    once, often = UsualWork.of({"A": 1, "B": 24})
    assert 0 < once.probability < 0.1
    assert 0.8 < often.probability < 1


probabilities = st.floats(0.01, 1)
several = st.lists(st.builds(a_prediction, st.sampled_from("ABCD"), probabilities, st.floats(0, 900)), max_size=5)


@given(several, st.sampled_from("ABCD"), st.floats(0, 3), st.floats(0.1, 10))
def test_no_ship_moves_for_less_than_its_fuel(
    predictions: list[Prediction], here: str, price: float, worth: float
) -> None:
    best = position(*predictions, here=here, price=price, worth=worth)
    if best is not None:
        assert best.saving > best.fuel
        assert best.waypoint != here
        # One task is all it gets: no more than the longest way can be saved.
        assert best.saving <= 500 * worth + 1e-6


@pytest.mark.parametrize(
    ("begins_at", "outcome"),
    [("B", PrePositioningStatus.HIT), ("C", PrePositioningStatus.MISS), (None, PrePositioningStatus.MISS)],
)
def test_it_was_a_hit_when_the_next_work_began_where_the_ship_waited(
    begins_at: str | None, outcome: PrePositioningStatus
) -> None:
    move = PrePositioning(
        id="move",
        player_id=PLAYER,
        ship_symbol="HAULER-1",
        waypoint="B",
        predicted_task_id=TaskId("task"),
        predicted_type=TaskType.COLLECT,
        probability=0.5,
        expected_saving=100,
        fuel_cost=30,
        created_at=NOW,
        expires_at=after(minutes=15),
    )
    move.resolve(begins_at, after(minutes=9))
    assert (move.status, move.ended_at) == (outcome, after(minutes=9))
