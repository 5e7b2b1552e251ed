"""Which plan is taken first (docs/domain.md, "Ranking")."""

from collections.abc import Sequence
from enum import StrEnum

from manufacturing.domain.opportunity import PipelinePlan


class Ranking(StrEnum):
    """What plans are compared by."""

    PROFIT_PER_SHIP_HOUR = "PROFIT_PER_SHIP_HOUR"
    """What an hour of a ship is worth, feeding value included: ships are what the fleet has fewest of."""
    ROI = "ROI"
    """What a credit is worth: for a fleet that has little money."""


def ranked(plans: Sequence[PipelinePlan], by: Ranking = Ranking.PROFIT_PER_SHIP_HOUR) -> list[PipelinePlan]:
    """The plans, best first; equal ones in the order of their goods and sinks."""
    return sorted(plans, key=lambda plan: (-_value(plan, by), plan.opportunity.good, plan.opportunity.sink.waypoint))


def _value(plan: PipelinePlan, by: Ranking) -> float:
    if by is Ranking.PROFIT_PER_SHIP_HOUR:
        return plan.worth_per_ship_hour
    return (plan.profit + plan.feeding_value) / max(1, plan.cost)
