"""The port to the game, and its errors by meaning (docs/game.md, "Errors")."""

from datetime import datetime
from enum import IntEnum, StrEnum
from typing import Protocol

from manufacturing.domain.travel import FlightMode
from manufacturing.domain.universe import (
    AgentState,
    Cargo,
    Departure,
    MarketState,
    Nav,
    RefuelReceipt,
    Registration,
    ServerStatus,
    ShipState,
    TradeReceipt,
    WaypointFacts,
)


class Purpose(StrEnum):
    """What an API call is for: every call is counted under its purpose."""

    TRADE = "TRADE"
    """Purchases, sales, transfers."""
    NAVIGATE = "NAVIGATE"
    """Navigate, dock, orbit, refuel, flight mode."""
    STATE = "STATE"
    """Ships, cargo and agent, read to decide or to settle."""
    OBSERVE = "OBSERVE"
    """A market read by a ship about to trade there."""
    SUPPLY_POLL = "SUPPLY_POLL"
    """A factory watched for its output."""
    SCAN = "SCAN"
    """Markets and waypoints read to find opportunities."""
    SETUP = "SETUP"
    """Status, registration, the map: what a start needs."""


class Priority(IntEnum):
    """Who goes first when calls are scarce; a lower number goes first, and waiting raises it."""

    ACT = 0
    """Trades and navigation."""
    STATE = 1
    """Reads that a trade or a decision waits for."""
    SCAN = 2
    """Polls and scans: they have a share of their own that they cannot exceed."""


PRIORITY_OF: dict[Purpose, Priority] = {
    Purpose.TRADE: Priority.ACT,
    Purpose.NAVIGATE: Priority.ACT,
    Purpose.STATE: Priority.STATE,
    Purpose.OBSERVE: Priority.STATE,
    Purpose.SETUP: Priority.STATE,
    Purpose.SUPPLY_POLL: Priority.SCAN,
    Purpose.SCAN: Priority.SCAN,
}


class GatewayError(Exception):
    """The game did not do what was asked. ``code`` is the API's error code, None where there was none."""

    def __init__(self, message: str, *, code: int | None = None) -> None:
        super().__init__(message)
        self.code = code


class ServerUnavailable(GatewayError):
    """No usable answer (connection, timeout, 5xx, maintenance, rate limit). A write may or may not have taken effect:
    settle it before it is issued again."""


class RequestNotSent(ServerUnavailable):
    """The request never left (no budget in time, or the connection was refused): it took no effect."""


class UniverseReset(GatewayError):
    """The token belongs to an older universe: this player's work must stop (4113)."""


class NotAuthorized(GatewayError):
    """The token is wrong or missing (401, other than a reset)."""


class ShipInTransit(GatewayError):
    """The ship is flying (4214, or 4200 for a navigate). ``arrival_at`` tells until when, where the server said so."""

    def __init__(self, message: str, *, code: int | None = None, arrival_at: datetime | None = None) -> None:
        super().__init__(message, code=code)
        self.arrival_at = arrival_at


class ShipStateChanged(GatewayError):
    """The ship is not in the state we thought (not docked, not in orbit, already there): observe and derive again
    (4204, 4236, 4244)."""


class NotEnoughFuel(GatewayError):
    """The tank does not reach that far (4203)."""


class OnCooldown(GatewayError):
    """The ship must wait before this action (4000)."""


class CargoMismatch(GatewayError):
    """The hold is not as we thought: full, or without the goods (4217, 4218, 4219, 4228)."""


class TradeTooLarge(GatewayError):
    """More units than one transaction allows (4604): shrink."""


class CannotAfford(GatewayError):
    """Not enough credits for this purchase (4600, 4216): shrink."""


class NotTraded(GatewayError):
    """The market does not deal in that good that way, or is none (4601, 4602, 4603): plan anew."""


class RequestRejected(GatewayError):
    """The server refused the request for a reason none of the others names."""


class SpaceTradersGateway(Protocol):
    """One player's access to the game. Every call goes through the API budget and is counted under its purpose.

    All methods raise a ``GatewayError``. Reads are retried within their deadline; writes are not: after a
    ``ServerUnavailable`` that is not a ``RequestNotSent`` the caller must settle what happened.
    """

    def get_status(self, purpose: Purpose = Purpose.SETUP) -> ServerStatus: ...
    def register(self, symbol: str, faction: str) -> Registration: ...
    def get_agent(self) -> AgentState: ...
    def list_waypoints(self, system: str) -> list[WaypointFacts]: ...
    def get_supply_chain(self) -> dict[str, tuple[str, ...]]: ...
    def list_ships(self) -> list[ShipState]: ...
    def get_ship(self, ship: str) -> ShipState: ...
    def get_cargo(self, ship: str) -> Cargo: ...
    def get_market(self, waypoint: str, purpose: Purpose) -> MarketState: ...
    def navigate(self, ship: str, waypoint: str) -> Departure: ...
    def set_flight_mode(self, ship: str, mode: FlightMode) -> Nav: ...
    def dock(self, ship: str) -> Nav: ...
    def orbit(self, ship: str) -> Nav: ...
    def refuel(self, ship: str, units: int) -> RefuelReceipt:
        """Buys fuel: ``units`` are ship fuel units."""
        ...

    def purchase(self, ship: str, good: str, units: int) -> TradeReceipt: ...
    def sell(self, ship: str, good: str, units: int) -> TradeReceipt: ...
    def transfer(self, ship: str, good: str, units: int, to_ship: str) -> Cargo: ...
    def jettison(self, ship: str, good: str, units: int) -> Cargo: ...
