"""What a pipeline has earned when it ends (docs/domain.md, "Forecasts"): a sum over its ledger entries.

Goods it paid for and has not sold yet are still there: in a hold, or in the pool. They count at what they cost, so that
neither it nor whoever uses them later is credited with the other's profit.
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from manufacturing.domain.ledger import EntryKind


@dataclass(frozen=True, slots=True, kw_only=True)
class GoodsMovement:
    """A pipeline's entries of one kind, good and direction together."""

    kind: EntryKind
    good: str | None
    units: int
    amount: int
    """Credits, positive when earned."""


_GOODS = (EntryKind.PURCHASE, EntryKind.SALE, EntryKind.TRANSFER)


def realised_profit(movements: Iterable[GoodsMovement]) -> int:
    """The sum of the movements, in credits, with what is left of the goods at cost."""
    profit = 0
    came: dict[str, int] = defaultdict(int)
    paid: dict[str, int] = defaultdict(int)
    went: dict[str, int] = defaultdict(int)
    for each in movements:
        profit += each.amount
        if each.good is None or each.kind not in _GOODS:
            continue
        if each.amount < 0:
            came[each.good] += each.units
            paid[each.good] -= each.amount
        else:
            went[each.good] += each.units
    for good, units in came.items():
        left = units - went[good]
        if left > 0:
            profit += round(paid[good] * left / units)
    return profit
