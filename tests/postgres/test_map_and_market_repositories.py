import pytest
from sqlalchemy.orm import Session

from manufacturing.domain.errors import StaleRow, UnknownThing
from manufacturing.domain.market_listing import ListingChange, SupplyLevelChange
from manufacturing.domain.player import Player
from manufacturing.domain.prices import Activity, ListingType, Quote, Supply
from manufacturing.domain.universe import TradeGood
from tests.postgres.builders import MINUTE, NOW, a_level_change, a_listing, a_listing_change, a_waypoint
from tests.postgres.opening import Open


def seen(good: str, ask: int, bid: int) -> TradeGood:
    return TradeGood(
        good=good,
        type=ListingType.EXPORT,
        trade_volume=60,
        supply=Supply.HIGH,
        activity=Activity.STRONG,
        quote=Quote(ask=ask, bid=bid),
    )


def test_waypoints_come_back_as_they_were_stored_in_the_order_of_symbols(uow: Open, player: Player) -> None:
    with uow() as work:
        work.waypoints.add_all([a_waypoint(player, "X1-T1-B2"), a_waypoint(player, "X1-T1-A10", sells_fuel=True)])
        work.waypoints.add_all([a_waypoint(player, "X1-Z9-A1", system_symbol="X1-Z9")])
        work.commit()
    with uow() as work:
        first, second = work.waypoints.in_system(player.id, "X1-T1")
        assert [first.symbol, second.symbol] == ["X1-T1-A10", "X1-T1-B2"]
        assert (first.sells_fuel, first.traits, first.x, first.y) == (True, ["MARKETPLACE"], 3, -4)
        assert work.waypoints.get(player.id, "X1-T1-A10") is first


def test_a_player_sees_its_own_map_only(uow: Open, player: Player, other_player: Player) -> None:
    with uow() as work:
        work.waypoints.add_all([a_waypoint(player)])
        work.markets.add_all([a_listing(player)])
        work.commit()
    with uow() as work:
        assert work.waypoints.in_system(other_player.id, "X1-T1") == []
        assert work.markets.in_system(other_player.id, "X1-T1") == []
        assert work.markets.at(other_player.id, "X1-T1-A1") == []
        with pytest.raises(UnknownThing, match="X1-T1-A1"):
            work.waypoints.get(other_player.id, "X1-T1-A1")


def test_listings_come_in_the_order_of_waypoint_and_good(uow: Open, player: Player) -> None:
    with uow() as work:
        for waypoint, good in (("X1-T1-B2", "GOLD"), ("X1-T1-A1", "IRON_ORE"), ("X1-T1-A1", "IRON")):
            work.markets.add_all([a_listing(player, waypoint, good)])
        work.markets.add_all([a_listing(player, "X1-Z9-A1", "GOLD", system_symbol="X1-Z9")])
        work.commit()
    with uow() as work:
        assert [(listing.waypoint, listing.good) for listing in work.markets.in_system(player.id, "X1-T1")] == [
            ("X1-T1-A1", "IRON"),
            ("X1-T1-A1", "IRON_ORE"),
            ("X1-T1-B2", "GOLD"),
        ]
        assert [listing.good for listing in work.markets.at(player.id, "X1-T1-A1")] == ["IRON", "IRON_ORE"]
        assert [listing.good for listing in work.markets.lock_at(player.id, "X1-T1-A1")] == ["IRON", "IRON_ORE"]


def test_an_observed_listing_is_stored_and_found(uow: Open, player: Player) -> None:
    with uow() as work:
        work.markets.add_all(
            [a_listing(player, ask=None, bid=None, observed_at=None, supply=None, activity=None, trade_volume=None)]
        )
        work.commit()
    with uow() as work:
        listing = work.markets.listing(player.id, "X1-T1-A1", "IRON")
        assert listing is not None
        assert not listing.is_known
        assert listing.observe(seen("IRON", 61, 59), NOW)
        work.markets.store([listing])
        work.commit()
    with uow() as work:
        listing = work.markets.listing(player.id, "X1-T1-A1", "IRON")
        assert listing is not None
        assert listing.quote == Quote(ask=61, bid=59)
        assert (listing.supply, listing.activity, listing.observed_at) == (Supply.HIGH, Activity.STRONG, NOW)
        assert work.markets.listing(player.id, "X1-T1-A1", "GOLD") is None


def test_what_is_known_of_a_quote_is_stored_with_the_listing(uow: Open, player: Player) -> None:
    known = {"margins": frozenset({4, 7, 14}), "is_reckoned": True, "surprised_at": NOW}
    with uow() as work:
        work.markets.add_all([a_listing(player, **known), a_listing(player, good="GOLD")])
        work.commit()
    with uow() as work:
        gold, iron = work.markets.at(player.id, "X1-T1-A1")
        assert {name: getattr(iron, name) for name in known} == known
        assert (gold.margins, gold.is_reckoned, gold.surprised_at) == (frozenset(), False, None)
        gold.margins, gold.is_reckoned, gold.surprised_at = frozenset({8, 9}), True, NOW + MINUTE
        iron.margins, iron.is_reckoned, iron.surprised_at = frozenset(), False, None
        work.markets.store([gold, iron])
        work.commit()
    with uow() as work:
        gold, iron = work.markets.at(player.id, "X1-T1-A1")
        assert (gold.margins, gold.is_reckoned, gold.surprised_at) == (frozenset({8, 9}), True, NOW + MINUTE)
        assert (iron.margins, iron.is_reckoned, iron.surprised_at) == (frozenset(), False, None)


def test_a_locked_market_is_seen_as_it_is_now(uow: Open, player: Player) -> None:
    with uow() as work:
        work.markets.add_all([a_listing(player)])
        work.commit()
    with uow() as work:
        (read,) = work.markets.at(player.id, "X1-T1-A1")
        with uow() as other:
            (locked,) = other.markets.lock_at(player.id, "X1-T1-A1")
            locked.observe(seen("IRON", 99, 97), NOW + MINUTE)
            other.markets.store([locked])
            other.commit()
        assert read.ask == 50
        assert [listing.ask for listing in work.markets.lock_at(player.id, "X1-T1-A1")] == [99]


def test_a_listing_that_someone_else_stored_meanwhile_is_a_stale_row(uow: Open, player: Player) -> None:
    with uow() as work:
        work.markets.add_all([a_listing(player), a_listing(player, good="GOLD")])
        work.commit()
    with uow() as work:
        read = work.markets.at(player.id, "X1-T1-A1")
        with uow() as other:
            other.markets.store(other.markets.at(player.id, "X1-T1-A1")[:1])
            other.commit()
        with pytest.raises(StaleRow, match="X1-T1-A1"):
            work.markets.store(read)
    with uow() as work:
        again = work.markets.at(player.id, "X1-T1-A1")
        work.markets.store(again)
        work.markets.store(again)
        work.commit()


def test_a_listing_stored_by_someone_else_first_is_a_stale_row(uow: Open, player: Player) -> None:
    with uow() as work:
        work.markets.add_all([a_listing(player)])
        work.commit()
    with uow() as work, pytest.raises(StaleRow, match="someone else stored it first"):
        work.markets.add_all([a_listing(player)])


def test_changes_are_recorded_for_learning(uow: Open, session: Session, player: Player) -> None:
    changes = [a_listing_change(player), a_listing_change(player, ask=52, activity=Activity.GROWING)]
    level_change = a_level_change(player)
    with uow() as work:
        work.markets.record_changes(changes, [level_change])
        work.commit()
    assert 0 < changes[0].id < changes[1].id
    stored = session.get(ListingChange, changes[1].id)
    assert stored is not None
    assert (stored.ask, stored.activity, stored.recorded_at) == (52, Activity.GROWING, NOW)
    level = session.get(SupplyLevelChange, level_change.id)
    assert level is not None
    assert (level.from_supply, level.to_supply, level.seen_from) == (Supply.MODERATE, Supply.HIGH, NOW - MINUTE)


def test_a_place_stored_by_someone_else_first_is_a_stale_row(uow: Open, player: Player) -> None:
    with uow() as work:
        work.waypoints.add_all([a_waypoint(player)])
        work.commit()
    with uow() as work:
        work.waypoints.add_all([a_waypoint(player)])
        with pytest.raises(StaleRow, match="someone else stored it first"):
            work.commit()


def test_a_market_was_seen_when_every_listing_but_fuel_was(uow: Open, player: Player) -> None:
    with uow() as work:
        work.markets.add_all(
            [
                a_listing(player, "X1-T1-A1", "IRON", observed_at=NOW),
                a_listing(player, "X1-T1-A1", "GOLD", observed_at=NOW - MINUTE),
                a_listing(player, "X1-T1-B2", "IRON", observed_at=NOW),
                a_listing(
                    player,
                    "X1-T1-B2",
                    "GOLD",
                    observed_at=None,
                    ask=None,
                    bid=None,
                ),
                a_listing(player, "X1-T1-C3", "FUEL", observed_at=NOW),
            ]
        )
        work.commit()
    with uow() as work:
        assert work.markets.unseen_since(player.id, NOW - MINUTE) == ["X1-T1-A1", "X1-T1-B2"]
        assert work.markets.unseen_since(player.id, NOW - 2 * MINUTE) == ["X1-T1-B2"]


def test_changes_are_read_on_from_the_last_one_known(uow: Open, player: Player, other_player: Player) -> None:
    with uow() as work:
        for minutes in (0, 1, 2):
            work.markets.record_changes([a_listing_change(player, recorded_at=NOW + minutes * MINUTE)], [])
            work.flush()
        work.markets.record_changes([a_listing_change(other_player, recorded_at=NOW)], [])
        work.commit()
    with uow() as work:
        every = work.markets.changes_after(player.id, 0, NOW)
        assert [change.recorded_at for change in every] == [NOW, NOW + MINUTE, NOW + 2 * MINUTE]
        later = work.markets.changes_after(player.id, every[1].id, NOW)
        recent = work.markets.changes_after(player.id, 0, NOW + MINUTE)
    # They stay readable after the unit of work was given up.
    assert [change.id for change in later] == [change.id for change in every[2:]]
    assert [change.id for change in recent] == [change.id for change in every[1:]]


def test_a_recalculation_is_kept_once_and_the_latest_are_found(uow: Open, player: Player, other_player: Player) -> None:
    with uow() as work:
        for minutes in (0, 15, 15, 30):
            work.markets.record_recalculation(player.id, NOW + minutes * MINUTE)
        work.markets.record_recalculation(other_player.id, NOW + 90 * MINUTE)
        work.commit()
    with uow() as work:
        assert work.markets.recalculations(player.id, 2) == [NOW + 30 * MINUTE, NOW + 15 * MINUTE]
        assert len(work.markets.recalculations(player.id, 10)) == 3


def test_the_revision_is_another_one_whenever_a_listing_was_stored(
    uow: Open, player: Player, other_player: Player
) -> None:
    revisions = []

    def look() -> None:
        with uow() as work:
            revisions.append(work.markets.revision(player.id, "X1-T1"))

    look()
    with uow() as work:
        work.markets.add_all([a_listing(player), a_listing(other_player)])
        work.commit()
    look()
    with uow() as work:
        work.markets.store(work.markets.in_system(player.id, "X1-T1"))
        work.commit()
    look()
    assert len(set(revisions)) == 3
    with uow() as work:
        work.markets.store(work.markets.in_system(other_player.id, "X1-T1"))
        work.commit()
    look()
    assert revisions[-1] == revisions[-2]
