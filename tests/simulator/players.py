"""Builders for tests of the simulated universe: a player with a clock of its own, who calls it without a network."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import orjson

from manufacturing.domain.prices import Activity, ListingType
from manufacturing.simulator.blueprint import ListingPlan, SystemPlan, UniversePlan, WaypointPlan, YardPlan
from manufacturing.simulator.dispatcher import Dispatcher
from manufacturing.simulator.economy import Listing
from manufacturing.simulator.entities import Ship
from manufacturing.simulator.generator import generate_universe
from manufacturing.simulator.messages import Request, Response
from manufacturing.simulator.universe import START, Settings, Universe

SHARED_DATA = Path(__file__).parents[3] / "shared" / "data"
RECORDED_SYSTEM = SHARED_DATA / "system_x1_ad75.json"


@dataclass
class Player:
    """An agent and the game time it lives at."""

    api: Dispatcher
    symbol: str = "TESTER"
    token: str = ""
    now: datetime = START
    registration: dict[str, Any] = field(default_factory=dict)

    @property
    def universe(self) -> Universe:
        return self.api.universe

    def call(self, method: str, path: str, body: Any = None, query: str = "", **headers: str) -> Response:
        """One call; ``body`` goes as JSON unless it is bytes."""
        sent = {"content-type": "application/json", **headers}
        if self.token:
            sent.setdefault("authorization", f"Bearer {self.token}")
        data = b"" if body is None else body if isinstance(body, bytes) else orjson.dumps(body)
        if body is None and "content-type" not in headers:
            del sent["content-type"]
        return self.api.handle(Request(method, "/v2" + path, query, sent, data), self.now)

    def get(self, path: str, query: str = "") -> Any:
        """The ``data`` of an answer that must be a success."""
        response = self.call("GET", path, query=query)
        assert response.status == 200, response.json()
        return response.json()["data"]

    def post(self, path: str, body: Any = None) -> Any:
        """The ``data`` of an answer that must be a success."""
        response = self.call("POST", path, body)
        assert response.status in (200, 201), response.json()
        return response.json()["data"]

    def refused(self, method: str, path: str, body: Any = None) -> tuple[int, int]:
        """HTTP status and error code of an answer that must be a refusal."""
        response = self.call(method, path, body)
        assert response.status >= 400, response.json()
        return response.status, response.json()["error"]["code"]

    def wait(self, **duration: float) -> None:
        """Lets game time pass."""
        self.now += timedelta(**duration)

    def register(self) -> "Player":
        """Registers the agent and keeps its token."""
        self.registration = self.post("/register", {"symbol": self.symbol, "faction": "COSMIC"})
        self.token = self.registration["token"]
        return self

    def ship(self, number: int = 1) -> Ship:
        """One of the agent's ships, as the universe has it."""
        return self.universe.state.ships[f"{self.symbol}-{number:X}"]

    @property
    def me(self) -> str:
        """The path of the first ship."""
        return f"/my/ships/{self.symbol}-1"

    def listing(self, waypoint: str, good: str) -> Listing:
        """A listing, brought up to the player's time."""
        self.universe.advance(self.now)
        market = self.universe.market(self.universe.state.places[waypoint])
        assert market is not None
        return market.listings[good]

    def quoted(self, waypoint: str, good: str) -> dict[str, Any]:
        """A good as the market shows it to the player, who must have a ship there."""
        system = waypoint.rsplit("-", 1)[0]
        market = self.get(f"/systems/{system}/waypoints/{waypoint}/market")
        goods: list[dict[str, Any]] = market["tradeGoods"]
        return next(each for each in goods if each["symbol"] == good)

    def fly(self, waypoint: str, number: int = 1) -> None:
        """Flies a ship to ``waypoint`` and docks it there."""
        path = f"/my/ships/{self.symbol}-{number:X}"
        self.post(path + "/orbit")
        self.post(path + "/navigate", {"waypointSymbol": waypoint})
        self.now = self.ship(number).arrives_at
        self.post(path + "/dock")


def a_player(universe: Universe | None = None, **options: Any) -> Player:
    """A registered player in a universe made from seed 7 unless one is given; ``options`` go to the dispatcher."""
    universe = universe or a_universe()
    return Player(Dispatcher(universe, **options)).register()


def a_universe(**settings: Any) -> Universe:
    """A generated universe, of seed 7 unless told otherwise."""
    made = Settings(**{"seed": 7, **settings})
    return Universe.create(made, generate_universe(made.seed, made.economy))


def a_listing(kind: ListingType, good: str, **other: Any) -> ListingPlan:
    """A listing plan with ordinary figures, except for those given."""
    usual: dict[str, Any] = {
        "base_price": 1000.0,
        "trade_volume": 20,
        "margin": 8,
        "net_supply": 0,
        "activity": None if kind is ListingType.EXCHANGE else Activity.WEAK,
    }
    return ListingPlan(good=good, type=kind, **{**usual, **other})


def a_waypoint(symbol: str = "X1-TT1-A1", *listings: ListingPlan, **other: Any) -> WaypointPlan:
    """A waypoint with a market, at the centre unless told otherwise."""
    usual: dict[str, Any] = {"type": "PLANET", "x": 0, "y": 0, "traits": ("MARKETPLACE",) if listings else ()}
    return WaypointPlan(symbol=symbol, listings=listings, **{**usual, **other})


def a_small_universe(*waypoints: WaypointPlan, **settings: Any) -> Universe:
    """A universe of one system with just these waypoints; the first is the headquarters."""
    system = SystemPlan(symbol="X1-TT1", type="RED_STAR", x=0, y=0, waypoints=waypoints)
    plan = UniversePlan(systems=(system,), headquarters=waypoints[0].symbol)
    return Universe.create(Settings(**{"seed": 7, "haulers": 1, **settings}), plan)


def a_yard(*ship_types: str, price: int = 20_000) -> tuple[YardPlan, ...]:
    """Ships on sale."""
    return tuple(YardPlan(ship_type=ship_type, price=price) for ship_type in ship_types)
