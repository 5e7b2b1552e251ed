"""MarketService: takes in what a market showed, from whoever looked (docs/domain.md, "Knowing the markets")."""

from datetime import datetime
from typing import Final

from manufacturing.domain.clock import Clock
from manufacturing.domain.gateway import Purpose, SpaceTradersGateway
from manufacturing.domain.ids import PlayerId
from manufacturing.domain.market_listing import ListingChange, MarketListing, SupplyLevelChange
from manufacturing.domain.ports import UnitOfWork, UnitOfWorkFactory
from manufacturing.domain.price_ladder import after_trades, is_known_after, is_near
from manufacturing.domain.prices import ListingType, Supply
from manufacturing.domain.universe import MarketState, TradeGood
from manufacturing.services.conflicts import deciding_again

#: How far a price may be from what was expected before somebody else must have traded: a trade volume of an export
#: moves its ask by about as much, and more where it matters.
_SURPRISE: Final = 0.05


class MarketService:
    """Reads markets and keeps listings, their history and the factories' supply in step with what was seen."""

    def __init__(self, uow: UnitOfWorkFactory, clock: Clock) -> None:
        self._uow = uow
        self._clock = clock

    def look(self, gateway: SpaceTradersGateway, player_id: PlayerId, waypoint: str, purpose: Purpose) -> MarketState:
        """Reads the market and stores what it showed. GatewayError as the gateway raises it."""
        # It is at least as new as this: what happens while the answer is under way may or may not be in it.
        now = self._clock.now()
        market = gateway.get_market(waypoint, purpose)
        deciding_again(lambda: self._store(player_id, market, now))
        return market

    def _store(self, player_id: PlayerId, market: MarketState, now: datetime) -> None:
        with self._uow() as uow:
            self.record(uow, player_id, market, now)
            uow.commit()

    def record(self, uow: UnitOfWork, player_id: PlayerId, market: MarketState, now: datetime) -> None:
        """Stores what a market showed. Without quotes only its goods are taken over."""
        known = {listing.good: listing for listing in uow.markets.lock_at(player_id, market.waypoint)}
        stored = [known[seen.good] for seen in market.trade_goods if seen.good in known]
        new = self._unknown_goods(uow, player_id, market, known)
        known.update({listing.good: listing for listing in new})
        changes: list[ListingChange] = []
        level_changes: list[SupplyLevelChange] = []
        for seen in market.trade_goods:
            listing = known[seen.good]
            previous_supply, previous_seen = listing.supply, listing.observed_at
            if not listing.observe(seen, now):
                continue
            changes.append(_change(player_id, market.waypoint, seen, now))
            if previous_supply is not None and previous_seen is not None and previous_supply is not seen.supply:
                level_changes.append(
                    _level_change(player_id, market.waypoint, seen, previous_supply, previous_seen, now)
                )
        uow.markets.store(stored)
        uow.markets.add_all(new)
        uow.markets.record_changes(changes, level_changes)
        self._tell_factories(uow, player_id, market, now)

    def note_trade(
        self,
        uow: UnitOfWork,
        player_id: PlayerId,
        waypoint: str,
        good: str,
        *,
        unit_price: int,
        bought: int = 0,
        sold: int = 0,
    ) -> None:
        """A ship of ours traded at ``unit_price``: the listing quotes what follows from that until somebody looks
        again. A price that was not expected is noted: others trade there."""
        listing = uow.markets.listing(player_id, waypoint, good)
        if listing is None or not listing.is_known:
            return
        moved = after_trades(listing, bought=bought, sold=sold)
        expected = listing.quote.ask if bought else listing.quote.bid
        is_surprise = not is_near(unit_price, expected, _SURPRISE)
        if is_surprise and not listing.is_reckoned:
            moved.surprised_at = self._clock.now()
        if is_surprise or not is_known_after(listing, moved, bought=bought, sold=sold):
            moved.is_reckoned = True
        # Listings are locked before factories, here as when a market is recorded.
        uow.markets.store([moved])

    @staticmethod
    def _unknown_goods(
        uow: UnitOfWork, player_id: PlayerId, market: MarketState, known: dict[str, MarketListing]
    ) -> list[MarketListing]:
        sold_fuel = "FUEL" in known and known["FUEL"].type is not ListingType.IMPORT
        sells_fuel = "FUEL" in market.exports + market.exchange
        if market.goods <= known.keys() and sold_fuel is sells_fuel:
            return []
        waypoint = uow.waypoints.get(player_id, market.waypoint)
        offered = (
            (ListingType.EXPORT, market.exports),
            (ListingType.IMPORT, market.imports),
            (ListingType.EXCHANGE, market.exchange),
        )
        if waypoint.sells_fuel is not sells_fuel:
            waypoint.sells_fuel = sells_fuel
        return [
            MarketListing(
                player_id=player_id,
                system_symbol=waypoint.system_symbol,
                waypoint=market.waypoint,
                good=good,
                type=type_,
            )
            for type_, goods in offered
            for good in goods
            if good not in known
        ]

    @staticmethod
    def _tell_factories(uow: UnitOfWork, player_id: PlayerId, market: MarketState, now: datetime) -> None:
        if not market.is_visible:
            return
        for factory in uow.factories.watched_at(player_id, market.waypoint):
            seen = market.listing(factory.output_good)
            if seen is not None:
                factory.observe(seen.supply, seen.activity, now)


def _change(player_id: PlayerId, waypoint: str, seen: TradeGood, now: datetime) -> ListingChange:
    return ListingChange(
        player_id=player_id,
        waypoint=waypoint,
        good=seen.good,
        type=seen.type,
        trade_volume=seen.trade_volume,
        supply=seen.supply,
        activity=seen.activity,
        ask=seen.quote.ask,
        bid=seen.quote.bid,
        recorded_at=now,
    )


def _level_change(
    player_id: PlayerId, waypoint: str, seen: TradeGood, before: Supply, last_seen: datetime, now: datetime
) -> SupplyLevelChange:
    return SupplyLevelChange(
        player_id=player_id,
        waypoint=waypoint,
        good=seen.good,
        from_supply=before,
        to_supply=seen.supply,
        activity=seen.activity,
        seen_from=last_seen,
        recorded_at=now,
    )
