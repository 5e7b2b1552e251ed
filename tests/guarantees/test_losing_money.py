"""How fleets lose money, and why this one does not (docs/guarantees.md, "Losing money")."""

from manufacturing.domain.execution import Park, Situation, next_action
from manufacturing.domain.facts import recipes
from manufacturing.domain.ledger import EntryKind
from manufacturing.domain.manufacturing_task import TaskStatus, TaskType
from manufacturing.domain.policy import FleetPolicy
from manufacturing.domain.prices import Supply
from manufacturing.services.system_survey import SystemSurvey
from tests.builders import NOW, SYSTEM, a_ship, a_task_under_way, a_trade_good
from tests.guarantees.fleet_at_work import FleetAtWork
from tests.pocket_universe import PLACES
from tests.world import World


def test_scarce_source_parks(at_work: FleetAtWork) -> None:
    at_work.world.stock("COPPER", "the refinery", Supply.LIMITED, unseen=True)
    acquire = at_work.carry_out(at_work.task(TaskType.ACQUIRE, "COPPER"))
    assert acquire.status is TaskStatus.PENDING
    assert "COPPER is LIMITED" in (acquire.reason or "")
    assert at_work.world.game.count("purchase") == 0


def test_raw_goods_are_gated(at_work: FleetAtWork) -> None:
    at_work.world.stock("SILICON_CRYSTALS", "the mine", Supply.SCARCE, unseen=True)
    acquire = at_work.carry_out(at_work.task(TaskType.ACQUIRE, "SILICON_CRYSTALS"))
    assert acquire.status is TaskStatus.PENDING
    assert "SILICON_CRYSTALS is SCARCE" in (acquire.reason or "")
    assert at_work.world.game.count("purchase") == 0


def test_affordable_part_is_bought(at_work: FleetAtWork) -> None:
    at_work.world.set_credits(30_000)
    at_work.carry_out(at_work.ready(TaskType.ACQUIRE, "COPPER", "the refinery", 60))
    assert 0 < at_work.bought("COPPER") < 60
    assert at_work.world.agent.credits >= at_work.world.policy.credit_floor


def test_own_buying_cannot_raise_own_ceiling(at_work: FleetAtWork) -> None:
    world = at_work.world
    world.change_policy(price_ceiling=1.0)
    world.stock("COPPER", "the old refinery", Supply.HIGH)
    limit = world.real_listing("COPPER", "the old refinery").quote.ask
    # As it is after purchases of ours: MODERATE still, and dear.
    world.stock("COPPER", "the refinery", Supply.MODERATE, units=-100)
    assert world.real_listing("COPPER", "the refinery").quote.ask > limit
    acquire = at_work.carry_out(at_work.ready(TaskType.ACQUIRE, "COPPER", "the refinery", 60))
    assert f"others make the limit {limit}" in (acquire.reason or "")
    assert at_work.bought("COPPER") == 0


def test_second_seller_sees_claimed_depth(at_work: FleetAtWork) -> None:
    world = at_work.world
    survey = SystemSurvey(recipes(), world.policy)
    with world.uow() as uow:
        as_seen = survey.markets(uow, world.player_id, SYSTEM).listing(PLACES["the capital"], "ELECTRONICS")
        assert as_seen is not None
        bid_now = as_seen.quote.bid
        claimed = survey.markets_for_planning(uow, world.player_id, SYSTEM)
        for_the_second = claimed.listing(PLACES["the capital"], "ELECTRONICS")
    assert for_the_second is not None
    assert for_the_second.quote.bid < bid_now
    sell = at_work.task(TaskType.SELL, "ELECTRONICS")
    assert sell.price_limit is not None
    assert sell.quoted_price is not None
    assert sell.price_limit <= sell.quoted_price * (1 - world.policy.sink_slack) + 1


def test_executed_sink_is_planned_sink(at_work: FleetAtWork) -> None:
    world = at_work.world
    # A better bid elsewhere does not move a sale that its own market takes.
    world.stock("ELECTRONICS", "the depot", Supply.SCARCE)
    world.stock("ELECTRONICS", "the works", Supply.ABUNDANT)
    at_work.play_to_the_end()
    sinks = {entry.waypoint for entry in at_work.entries(EntryKind.SALE, "ELECTRONICS")}
    assert sinks == {at_work.pipeline.sell_market}


def test_zero_limit_buys_nothing() -> None:
    policy = FleetPolicy(source_gate=Supply.ABUNDANT)
    assert policy.tranches(Supply.HIGH) == 0
    action = next_action(
        Situation(
            task=a_task_under_way(),
            ship=a_ship(),
            now=NOW,
            hop=None,
            market_seen=True,
            listing=a_trade_good(supply=Supply.HIGH),
            policy=policy,
        )
    )
    assert isinstance(action, Park)


def test_balanced_feeding(world: World) -> None:
    world.stock("COPPER", "the works", Supply.HIGH)
    at_work = FleetAtWork.making_electronics(world)
    assert world.tasks(TaskType.ACQUIRE, "COPPER") == []
    assert at_work.task(TaskType.ACQUIRE, "SILICON_CRYSTALS").quantity > 0
