"""CaptureService: records a star system as the player sees it, for the simulator to go on from (docs/capture.md)."""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

from manufacturing.domain.capture import (
    CaptureRefused,
    CaptureStore,
    Document,
    Observer,
    market_remembered,
    market_seen,
    offer_of,
    outline_of,
    place_of,
    ship_of,
    written,
)
from manufacturing.domain.clock import Clock
from manufacturing.domain.gateway import Purpose
from manufacturing.domain.market_listing import MarketListing
from manufacturing.domain.universe import MarketState

#: What the player's database knows of a system's markets.
KnownListings = Callable[[str], Sequence[MarketListing]]


class CaptureService:
    """Reads a system place by place and keeps what it has after each, so that it can go on after any interruption."""

    def __init__(
        self,
        clock: Clock,
        store: CaptureStore,
        known: KnownListings,
        tell: Callable[[str], None],
    ) -> None:
        self._clock = clock
        self._store = store
        self._known = known
        self._tell = tell

    def capture(self, game: Observer, system: str, *, with_fleet: bool) -> Document:
        """Records the system, or goes on with it; the finished capture.

        Raises CaptureRefused when the unfinished one is of another system or universe, and GatewayError as the
        gateway does: what was recorded until then is kept.
        """
        document = self._begin(game, system)
        known = self._known_markets(system)
        places = {place["symbol"]: place for place in document["waypoints"]}
        while document["unread"]:
            symbol = document["unread"][0]
            self._read_place(game, document, places[symbol], known.get(symbol, ()))
            del document["unread"][0]
            self._store.keep(document)
        if with_fleet:
            self._read_fleet(game, document)
        del document["unread"]
        self._store.finish(document)
        return document

    def _begin(self, game: Observer, system: str) -> Document:
        reset_date = game.get_status().reset_date
        document = self._store.unfinished()
        if document is not None:
            if (document["system"], document["reset_date"]) != (system, reset_date):
                raise CaptureRefused(
                    f"an unfinished capture of {document['system']} in the universe of {document['reset_date']} is "
                    f"there already: delete it, or name another file for {system} of {reset_date}"
                )
            self._tell(f"going on with {system}: {len(document['unread'])} places are still to be read")
            return document
        facts = game.get_system(system)
        waypoints = game.list_waypoints(system)
        document = {
            "system": facts.symbol,
            "type": facts.type,
            "x": facts.x,
            "y": facts.y,
            "captured_at": written(self._clock.now()),
            "reset_date": reset_date,
            "waypoints": [place_of(facts) for facts in waypoints],
            "notes": [],
            "unread": [facts.symbol for facts in waypoints if facts.has_market or facts.has_shipyard],
        }
        self._store.keep(document)
        self._tell(f"{system}: {len(waypoints)} waypoints, {len(document['unread'])} of them to be read")
        return document

    def _known_markets(self, system: str) -> dict[str, list[MarketListing]]:
        markets: dict[str, list[MarketListing]] = {}
        for listing in self._known(system):
            markets.setdefault(listing.waypoint, []).append(listing)
        return markets

    def _read_place(self, game: Observer, document: Document, place: Document, known: Sequence[MarketListing]) -> None:
        symbol = place["symbol"]
        if "SHIPYARD" in place["traits"]:
            place["shipyard"] = [offer_of(offer) for offer in game.get_shipyard(symbol)]
            if any(offer["price"] is None for offer in place["shipyard"]):
                self._note(document, f"{symbol}: no ship is at the shipyard, so its prices are not known")
        if "MARKETPLACE" in place["traits"]:
            self._read_market(document, place, game.get_market(symbol, Purpose.SCAN), known)

    def _read_market(
        self, document: Document, place: Document, market: MarketState, known: Sequence[MarketListing]
    ) -> None:
        symbol, now = place["symbol"], self._clock.now()
        if market.is_visible:
            place["market"] = market_seen(market, now)
            return
        remembered = market_remembered(market, {listing.good: listing for listing in known})
        if remembered is None:
            place["unseen_market"] = outline_of(market)
            self._note(document, f"{symbol}: no ship is there and not all its prices are known: they are left out")
            return
        place["market"] = remembered
        age = _age(now - datetime.fromisoformat(remembered["observed_at"]))
        self._note(document, f"{symbol}: no ship is there; its prices were seen {age} before")

    def _read_fleet(self, game: Observer, document: Document) -> None:
        ships = game.list_outfits()
        here = [ship for ship in ships if ship.nav.system == document["system"]]
        document["fleet"] = {"credits": game.get_agent().credits, "ships": [ship_of(ship) for ship in here]}
        if len(here) < len(ships):
            self._note(document, f"{len(ships) - len(here)} ships in other systems are left out")

    def _note(self, document: Document, note: str) -> None:
        document["notes"].append(note)
        self._tell(note)


def _age(age: timedelta) -> str:
    minutes = max(0, round(age.total_seconds() / 60))
    return f"{minutes // 60} h {minutes % 60} min" if minutes >= 60 else f"{minutes} min"
