"""DemandFinder: markets that pay well for what they lack (docs/domain.md, "Opportunities")."""

from collections.abc import Collection

from manufacturing.domain.opportunity import ManufacturingOpportunity
from manufacturing.domain.policy import FleetPolicy
from manufacturing.domain.prices import Supply
from manufacturing.domain.system_markets import SystemMarkets


class DemandFinder:
    """Finds the opportunities of a system."""

    def __init__(self, policy: FleetPolicy) -> None:
        self._policy = policy

    def find_opportunities(self, markets: SystemMarkets, busy_goods: Collection[str]) -> list[ManufacturingOpportunity]:
        """Imports with a bid of at least the policy's least, SCARCE or LIMITED, of goods that the system makes and
        that no pipeline is at work on; the dearest first."""
        found = [
            ManufacturingOpportunity(good=listing.good, sink=listing)
            for listing in markets.imports()
            if listing.quote.bid >= self._policy.min_bid
            and listing.supply in (Supply.SCARCE, Supply.LIMITED)
            and listing.good not in busy_goods
            and markets.factories(listing.good)
        ]
        return sorted(found, key=lambda o: (-o.sink.quote.bid, o.good, o.sink.waypoint))
