import pytest

from manufacturing.domain.errors import StaleRow, UnknownThing
from manufacturing.domain.ids import IntentId
from manufacturing.domain.ledger import EntryKind
from manufacturing.domain.manufacturing_pipeline import ManufacturingPipeline, PipelineKind, PipelineStatus
from manufacturing.domain.player import Player
from manufacturing.domain.production_rates import MarketTrade
from manufacturing.domain.trade_intent import IntentKind, IntentStatus
from tests.postgres.builders import MINUTE, NOW, a_pipeline, a_task, an_entry, an_intent
from tests.postgres.opening import Open


def test_an_intent_comes_back_as_it_was_stored(uow: Open, player: Player) -> None:
    intent = an_intent(player, kind=IntentKind.SELL, fencing_token=7, held_before=30)
    with uow() as work:
        work.intents.add(intent)
        work.commit()
    with uow() as work:
        found = work.intents.get(intent.id)
        assert (found.kind, found.status, found.fencing_token) == (IntentKind.SELL, IntentStatus.OPEN, 7)
        assert (found.held_before, found.units) == (30, intent.units)
        found.confirm(NOW + MINUTE, "the answer said so")
        work.commit()
    with uow() as work:
        assert work.intents.get(intent.id).status is IntentStatus.CONFIRMED


def test_an_unknown_intent_is_said_to_be_unknown(uow: Open) -> None:
    with uow() as work, pytest.raises(UnknownThing, match="nothing"):
        work.intents.get(IntentId("nothing"))


def test_open_intents_are_found_by_ship_and_by_player_oldest_first(
    uow: Open, player: Player, other_player: Player
) -> None:
    late, early = an_intent(player, "AGENT-1", created_at=NOW + MINUTE), an_intent(player, "AGENT-2")
    settled = an_intent(player, "AGENT-1")
    settled.refuse(NOW, "it never left")
    with uow() as work:
        for intent in (late, early, settled, an_intent(other_player, "AGENT-1")):
            work.intents.add(intent)
        work.commit()
    with uow() as work:
        assert [intent.id for intent in work.intents.open_of_ship(player.id, "AGENT-1")] == [late.id]
        assert [intent.id for intent in work.intents.open_of_player(player.id)] == [early.id, late.id]


def test_a_ship_has_one_open_intent(uow: Open, player: Player) -> None:
    with uow() as work:
        work.intents.add(an_intent(player, "AGENT-1"))
        work.commit()
    with uow() as work:
        work.intents.add(an_intent(player, "AGENT-1"))
        with pytest.raises(StaleRow, match="open trade intent: settle it first"):
            work.commit()


def test_the_ledger_sums_for_player_and_pipeline(
    uow: Open,
    player: Player,
    other_player: Player,
    pipeline: ManufacturingPipeline,
    other_pipeline: ManufacturingPipeline,
) -> None:
    with uow() as work:
        assert work.ledger.total(player.id) == 0
        work.ledger.add(an_entry(player, amount=-4_000_000_000, pipeline_id=pipeline.id))
        work.ledger.add(an_entry(player, kind=EntryKind.SALE, amount=5_000_000_000, pipeline_id=pipeline.id))
        work.ledger.add(an_entry(player, kind=EntryKind.REFUEL, amount=-70))
        work.ledger.add(an_entry(other_player, amount=-1))
        assert work.ledger.total(player.id) == 999_999_930
        assert work.ledger.profit_of_pipeline(pipeline.id) == 1_000_000_000
        assert work.ledger.profits([pipeline.id, other_pipeline.id]) == {
            pipeline.id: 1_000_000_000,
            other_pipeline.id: 0,
        }
        assert work.ledger.profits([]) == {}


def test_the_marginal_haul_is_one_of_the_poorer_by_what_it_earned_an_hour(
    uow: Open, player: Player, other_player: Player
) -> None:
    done = {"status": PipelineStatus.COMPLETED, "ended_at": NOW + 30 * MINUTE}
    with uow() as work:
        for owner, earned, fields in (
            (player, 900, {}),
            (player, 100, {}),
            (player, -300, {}),
            (player, 5_000, {"ended_at": NOW + MINUTE}),
            (player, 6_000, {"kind": PipelineKind.FABRICATION}),
            (player, 7_000, {"status": PipelineStatus.CANCELLED}),
            (other_player, 8_000, {}),
        ):
            haul = a_pipeline(owner, **({"kind": PipelineKind.HAUL} | done | fields))
            work.pipelines.add(haul)
            work.flush()
            kind = EntryKind.SALE if earned > 0 else EntryKind.PURCHASE
            work.ledger.add(an_entry(owner, amount=earned, kind=kind, pipeline_id=haul.id))
        work.commit()
    with uow() as work:
        assert work.ledger.marginal_haul(player.id, NOW + 10 * MINUTE) == pytest.approx(-200)
        assert work.ledger.marginal_haul(player.id, NOW + 40 * MINUTE) is None


def test_entries_come_newest_first_and_by_pipeline_and_kind(
    uow: Open, player: Player, pipeline: ManufacturingPipeline
) -> None:
    entries = [
        an_entry(player, pipeline_id=pipeline.id),
        an_entry(player, kind=EntryKind.SALE, amount=900, pipeline_id=pipeline.id),
        an_entry(player, kind=EntryKind.FEE, amount=-3),
    ]
    with uow() as work:
        for entry in entries:
            work.ledger.add(entry)
            work.flush()
        work.commit()
    bought, sold, fee = entries
    with uow() as work:
        assert [e.id for e in work.ledger.entries(player.id, limit=9)] == [fee.id, sold.id, bought.id]
        assert [e.id for e in work.ledger.entries(player.id, limit=2)] == [fee.id, sold.id]
        assert [e.id for e in work.ledger.entries(player.id, limit=9, pipeline_id=pipeline.id)] == [sold.id, bought.id]
        assert [e.id for e in work.ledger.entries(player.id, limit=9, kind=EntryKind.FEE)] == [fee.id]


def test_what_was_bought_for_a_task_is_counted_from_the_ledger(
    uow: Open, player: Player, pipeline: ManufacturingPipeline
) -> None:
    task = a_task(pipeline)
    with uow() as work:
        work.tasks.add(task)
        work.ledger.add(an_entry(player, task_id=task.id, units=10, amount=-500))
        work.ledger.add(an_entry(player, task_id=task.id, units=5, amount=-260))
        work.ledger.add(an_entry(player, task_id=task.id, kind=EntryKind.REFUEL, units=1, amount=-70))
        assert work.ledger.units_bought(task.id) == (15, 760)
        work.commit()
    with uow() as work:
        assert work.ledger.units_bought(a_task(pipeline).id) == (0, 0)


def test_cargo_costs_what_its_latest_purchase_did(uow: Open, player: Player) -> None:
    with uow() as work:
        for price in (50, 53):
            work.ledger.add(an_entry(player, ship_symbol="AGENT-1", good="IRON", unit_price=price))
            work.flush()
        work.ledger.add(
            an_entry(player, ship_symbol="AGENT-1", good="IRON", unit_price=90, kind=EntryKind.SALE, amount=90)
        )
        work.ledger.add(an_entry(player, ship_symbol="AGENT-2", good="IRON", unit_price=60))
        latest = work.ledger.last_purchase(player.id, "AGENT-1", "IRON")
        assert latest is not None
        assert latest.unit_price == 53
        assert work.ledger.last_purchase(player.id, "AGENT-1", "GOLD") is None


def test_an_intent_stands_in_the_ledger_once(uow: Open, player: Player) -> None:
    intent = an_intent(player)
    with uow() as work:
        work.intents.add(intent)
        work.ledger.add(an_entry(player, intent_id=intent.id))
        work.commit()
    with uow() as work:
        work.ledger.add(an_entry(player, intent_id=intent.id))
        with pytest.raises(StaleRow, match="stands in the ledger already"):
            work.commit()
    with uow() as work:
        assert len(work.ledger.entries(player.id, limit=9)) == 1


def test_a_hold_lasts_until_it_is_ended_once(uow: Open, player: Player, other_player: Player) -> None:
    one, other = an_intent(player, "AGENT-1"), an_intent(player, "AGENT-2")
    with uow() as work:
        for intent, amount in ((one, 600), (other, 3_000_000_000)):
            work.intents.add(intent)
            work.ledger.hold(player.id, intent.id, amount, NOW)
        assert work.ledger.held(player.id) == 3_000_000_600
        assert work.ledger.held(other_player.id) == 0
        work.commit()
    with uow() as work:
        assert work.ledger.end_hold(one.id, NOW + MINUTE) == 600
        assert work.ledger.end_hold(one.id, NOW + MINUTE) == 0
        assert work.ledger.held(player.id) == 3_000_000_000
        assert work.ledger.end_hold(IntentId("nothing"), NOW) == 0


def test_an_intent_holds_credits_once(uow: Open, player: Player) -> None:
    intent = an_intent(player)
    with uow() as work:
        work.intents.add(intent)
        work.ledger.hold(player.id, intent.id, 600, NOW)
        work.flush()
        work.ledger.hold(player.id, intent.id, 600, NOW)
        with pytest.raises(StaleRow, match="unique_spend_reservation_of_intent"):
            work.flush()


def test_trades_with_markets_are_read_on_from_the_last_one_known(uow: Open, player: Player) -> None:
    with uow() as work:
        for entry in (
            an_entry(player, kind=EntryKind.PURCHASE, amount=-100, waypoint="A", good="IRON", units=10, at=NOW),
            an_entry(player, kind=EntryKind.REFUEL, amount=-72, waypoint="A", good="FUEL", units=1, at=NOW),
            an_entry(player, kind=EntryKind.SALE, amount=150, waypoint="B", good="IRON", units=10, at=NOW + MINUTE),
        ):
            work.ledger.add(entry)
            work.flush()
        work.commit()
    with uow() as work:
        trades, last = work.ledger.market_trades_after(player.id, 0, NOW)
        assert trades == [MarketTrade("A", "IRON", -10, NOW), MarketTrade("B", "IRON", 10, NOW + MINUTE)]
        assert work.ledger.market_trades_after(player.id, last, NOW) == ([], last)
