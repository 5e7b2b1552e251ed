"""Finding one's way in a system's listings."""

from manufacturing.domain.prices import ListingType, Supply
from tests.builders import a_factory, a_listing, a_system, an_unseen_listing

PLACES = {"X1-PX-A1": (0, 0), "X1-PX-B2": (30, 40), "X1-PX-B3": (30, 40)}


def test_a_factory_exports_the_good_and_takes_every_input() -> None:
    whole = a_factory("ELECTRONICS", at="X1-PX-A1")
    lacking_copper = [listing for listing in a_factory("ELECTRONICS", at="X1-PX-B2") if listing.good != "COPPER"]
    markets = a_system(PLACES, [*whole, *lacking_copper])
    assert [listing.waypoint for listing in markets.factories("ELECTRONICS")] == ["X1-PX-A1"]


def test_an_input_may_be_an_exchange_good() -> None:
    export, silicon, _ = a_factory("ELECTRONICS", at="X1-PX-A1")
    copper = a_listing("COPPER", ListingType.EXCHANGE, at="X1-PX-A1")
    assert a_system(PLACES, [export, silicon, copper]).factories("ELECTRONICS") == [export]


def test_a_factory_nobody_has_seen_is_none_yet() -> None:
    markets = a_system(PLACES, [an_unseen_listing("IRON", at="X1-PX-A1")])
    assert markets.factories("IRON") == []
    assert markets.sources("IRON") == []


def test_goods_are_bought_at_exports_and_exchanges_and_sold_at_imports_and_exchanges() -> None:
    export = a_listing("IRON", ListingType.EXPORT, at="X1-PX-A1")
    exchange = a_listing("IRON", ListingType.EXCHANGE, at="X1-PX-B2")
    import_ = a_listing("IRON", ListingType.IMPORT, Supply.LIMITED, at="X1-PX-B3")
    markets = a_system(PLACES, [export, exchange, import_])
    assert markets.sources("IRON") == [export, exchange]
    assert markets.sinks("IRON") == [exchange, import_]
    assert markets.imports() == [import_]
    assert markets.listing("X1-PX-A1", "IRON") is export
    assert markets.listing("X1-PX-A1", "GOLD") is None


def test_distance_between_waypoints() -> None:
    markets = a_system(PLACES, [])
    assert markets.distance("X1-PX-A1", "X1-PX-B2") == 50
    assert markets.distance("X1-PX-B2", "X1-PX-B3") == 0
