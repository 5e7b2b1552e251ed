"""Which plan is taken first."""

from manufacturing.domain.manufacturing_pipeline import PipelineKind
from manufacturing.domain.opportunity import ManufacturingOpportunity, PipelinePlan
from manufacturing.domain.opportunity_ranking import Ranking, ranked
from manufacturing.domain.prices import ListingType
from tests.builders import a_listing


def a_plan(good: str, *, cost: int, profit: int, minutes: float, feeding_value: int = 0) -> PipelinePlan:
    return PipelinePlan(
        opportunity=ManufacturingOpportunity(good=good, sink=a_listing(good, ListingType.IMPORT)),
        kind=PipelineKind.COLLECTION,
        factory_symbol="X1-PX-B2",
        quantity=20,
        tasks=[],
        cycles={},
        cost=cost,
        revenue=cost + profit,
        ship_seconds=minutes * 60,
        feeding_value=feeding_value,
    )


SLOW_AND_CHEAP = a_plan("FOOD", cost=1_000, profit=4_000, minutes=60)
QUICK_AND_DEAR = a_plan("SHIP_PARTS", cost=100_000, profit=20_000, minutes=10)
FEEDING = a_plan("IRON", cost=4_000, profit=500, minutes=10, feeding_value=10_000)
PLANS = [SLOW_AND_CHEAP, FEEDING, QUICK_AND_DEAR]


def test_by_default_what_an_hour_of_a_ship_is_worth_decides() -> None:
    assert ranked(PLANS) == [QUICK_AND_DEAR, FEEDING, SLOW_AND_CHEAP]


def test_by_roi_what_a_credit_is_worth_decides() -> None:
    assert ranked(PLANS, Ranking.ROI) == [SLOW_AND_CHEAP, FEEDING, QUICK_AND_DEAR]


def test_equal_plans_come_in_the_order_of_their_goods() -> None:
    twins = [a_plan(good, cost=1_000, profit=1_000, minutes=10) for good in ("IRON", "COPPER")]
    assert [plan.opportunity.good for plan in ranked(twins)] == ["COPPER", "IRON"]
