"""What is remembered of a listing."""

import pytest

from manufacturing.domain.prices import ListingType, Quote, Supply
from tests.builders import NOW, a_listing, a_trade_good, after, an_unseen_listing


def test_a_listing_no_ship_has_seen_has_no_quote() -> None:
    listing = an_unseen_listing("IRON", at="X1-PX-A1")
    assert not listing.is_known
    with pytest.raises(ValueError, match="no quote of IRON at X1-PX-A1"):
        _ = listing.quote


def test_an_observation_keeps_ask_and_bid_apart() -> None:
    listing = an_unseen_listing("FOOD", ListingType.IMPORT, at="X1-PX-A1")
    assert listing.observe(a_trade_good("FOOD", ListingType.IMPORT, trade_volume=60, margin=9, net_supply=4), NOW)
    assert listing.quote == Quote(ask=4152, bid=1953)
    assert (listing.ask, listing.bid, listing.supply) == (4152, 1953, Supply.MODERATE)


def test_seeing_the_same_again_is_no_change_but_fresh() -> None:
    listing = a_listing("IRON")
    assert not listing.observe(a_trade_good("IRON"), after(minutes=5))
    assert listing.observed_at == after(minutes=5)


def test_seeing_another_supply_is_a_change() -> None:
    listing = a_listing("IRON", supply=Supply.MODERATE)
    assert listing.observe(a_trade_good("IRON", supply=Supply.HIGH), after(minutes=5))
