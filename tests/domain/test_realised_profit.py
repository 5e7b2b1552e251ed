"""What a pipeline has earned when it ends."""

from manufacturing.domain.ledger import EntryKind
from manufacturing.domain.realised_profit import GoodsMovement, realised_profit


def moved(kind: EntryKind, good: str | None, units: int, amount: int) -> GoodsMovement:
    return GoodsMovement(kind=kind, good=good, units=units, amount=amount)


def test_it_is_the_sum_of_the_ledger_when_everything_is_sold() -> None:
    assert realised_profit([]) == 0
    assert (
        realised_profit(
            [
                moved(EntryKind.PURCHASE, "IRON", 40, -4_000),
                moved(EntryKind.SALE, "IRON", 40, 7_000),
                moved(EntryKind.REFUEL, "FUEL", 3, -216),
            ]
        )
        == 2_784
    )


def test_goods_that_are_left_count_at_what_they_cost() -> None:
    bought, sold = moved(EntryKind.PURCHASE, "IRON", 40, -4_000), moved(EntryKind.SALE, "IRON", 30, 6_000)
    assert realised_profit([bought, sold]) == 6_000 - 3_000


def test_goods_from_the_pool_cost_what_was_paid_for_them_there() -> None:
    taken, sold = moved(EntryKind.TRANSFER, "IRON", 20, -2_000), moved(EntryKind.SALE, "IRON", 20, 3_000)
    assert realised_profit([taken, sold]) == 1_000


def test_goods_that_others_used_are_not_left_any_more() -> None:
    bought = moved(EntryKind.PURCHASE, "IRON", 40, -4_000)
    sold, given = moved(EntryKind.SALE, "IRON", 20, 3_000), moved(EntryKind.TRANSFER, "IRON", 20, 2_000)
    assert realised_profit([bought, sold, given]) == 1_000
