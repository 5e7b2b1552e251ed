"""Calls are counted by purpose and kept by the hour."""

from manufacturing.services.usage_service import CountedCalls, UsageService
from tests.world import World


def test_what_was_counted_is_added_up_by_purpose(world: World) -> None:
    counted = [
        [_calls(world, "TRADE", 3), _calls(world, "SCAN", 5, rejected=1)],
        [],
        [_calls(world, "TRADE", 4)],
    ]
    service = UsageService(world.uow, world.clock, lambda: counted.pop(0))
    assert [service.store() for _ in range(3)] == [8, 0, 4]
    with world.uow() as uow:
        assert uow.usage.by_purpose(world.player_id) == {"TRADE": 7, "SCAN": 5}
        assert uow.usage.totals(world.player_id) == (12, 1)


def _calls(world: World, purpose: str, calls: int, rejected: int = 0) -> CountedCalls:
    return CountedCalls(
        player_id=world.player_id, purpose=purpose, endpoint="POST /x", calls=calls, rejected_429=rejected
    )
