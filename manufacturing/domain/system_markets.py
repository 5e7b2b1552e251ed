"""SystemMarkets: one look at a system's map and listings, for planning."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from functools import cached_property

from manufacturing.domain.intermediate_good_pool import PoolLot
from manufacturing.domain.market_listing import MarketListing, Place
from manufacturing.domain.prices import ListingType
from manufacturing.domain.waypoint import Waypoint


class SystemMarkets:
    """The listings of a system as last seen, found by good, market and recipe."""

    def __init__(
        self,
        waypoints: Sequence[Waypoint],
        listings: Sequence[MarketListing],
        recipes: Mapping[str, tuple[str, ...]],
        lots: Sequence[PoolLot] = (),
        soon: Sequence[MarketListing] = (),
    ) -> None:
        self.waypoints = {waypoint.symbol: waypoint for waypoint in waypoints}
        self.recipes = recipes
        self.lots = [lot for lot in lots if lot.free_units > 0]
        """What the pool has to give."""
        self.listings = listings
        """All of them, known or not."""
        self._by_place = {listing.place: listing for listing in listings}
        self._soon = {listing.place: listing for listing in soon}
        self._by_good: dict[str, list[MarketListing]] = defaultdict(list)
        self._by_market: dict[str, list[MarketListing]] = defaultdict(list)
        for listing in listings:
            self._by_good[listing.good].append(listing)
            self._by_market[listing.waypoint].append(listing)

    def listing(self, waypoint: str, good: str) -> MarketListing | None:
        """The listing of ``good`` at ``waypoint``, known or not."""
        return self._by_place.get((waypoint, good))

    def soon(self, waypoint: str, good: str) -> MarketListing | None:
        """The same as it will be once the work under way is done, but not yet what still waits for its gate."""
        return self._soon.get((waypoint, good)) or self.listing(waypoint, good)

    def imports(self) -> list[MarketListing]:
        """Import listings whose quote is known."""
        return [
            listing for listing in self._by_place.values() if listing.type is ListingType.IMPORT and listing.is_known
        ]

    def sources(self, good: str) -> list[MarketListing]:
        """Where the good can be bought: exports and exchanges whose quote is known."""
        return [
            listing
            for listing in self._by_good.get(good, ())
            if listing.type is not ListingType.IMPORT and listing.is_known
        ]

    def sinks(self, good: str) -> list[MarketListing]:
        """Where the good can be sold for what it is worth: imports and exchanges whose quote is known."""
        return [
            listing
            for listing in self._by_good.get(good, ())
            if listing.type is not ListingType.EXPORT and listing.is_known
        ]

    def factories(self, good: str) -> list[MarketListing]:
        """Export listings, with a known quote, of markets that take every input of the good's recipe."""
        inputs = self.recipes.get(good, ())
        return [
            listing
            for listing in self._by_good.get(good, ())
            if listing.type is ListingType.EXPORT
            and listing.is_known
            and all(self._takes(listing.waypoint, needed) for needed in inputs)
        ]

    def is_ingredient(self, good: str) -> bool:
        """Whether some factory of the system takes the good as an input."""
        return any(self.feeds_a_factory(listing) for listing in self._by_good.get(good, ()))

    def feeds_a_factory(self, listing: MarketListing) -> bool:
        """Whether the listing is an input of a factory at its market."""
        return bool(self.outputs_fed_by(listing))

    def outputs_fed_by(self, listing: MarketListing) -> list[MarketListing]:
        """The exports of its market that take the listing as an input."""
        if listing.type is ListingType.EXPORT:
            return []
        return self._fed.get(listing.place, [])

    @cached_property
    def _fed(self) -> dict[Place, list[MarketListing]]:
        fed: dict[Place, list[MarketListing]] = defaultdict(list)
        for (waypoint, good), listing in self._by_place.items():
            if listing.type is ListingType.EXPORT:
                for needed in self.recipes.get(good, ()):
                    fed[waypoint, needed].append(listing)
        return fed

    def inputs_of(self, output: MarketListing) -> list[MarketListing]:
        """The listings at a factory's market that its output is made from."""
        needed = self.recipes.get(output.good, ())
        return [
            listing
            for good in needed
            if (listing := self.listing(output.waypoint, good)) is not None and listing.type is not ListingType.EXPORT
        ]

    def distance(self, origin: str, destination: str) -> int:
        """The distance between two waypoints of the system, 0 when they share a spot."""
        return self.waypoints[origin].distance_to(self.waypoints[destination])

    def _takes(self, waypoint: str, good: str) -> bool:
        listing = self.listing(waypoint, good)
        return listing is not None and listing.type is not ListingType.EXPORT
