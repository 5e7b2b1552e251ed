"""`spacetraders-sdk`: a class with a method for each operation that hands on the server's response as it is.

Its base URL is a constructor argument; it waits between calls by itself. What is in a response is for the player to
read: the data classes in the package are of an older API and used by nothing in it but the registration.
"""

from typing import Any

from requests import Response
from spacetraders_sdk.spacetraders_api import SpaceTradersApi

from tests.conformance.drivers.game import main


class Refused(Exception):
    """The client hands on a refusal like any other response; this is what a player would make of it."""

    def __init__(self, error: Any) -> None:
        super().__init__(error["message"])
        self.code = int(error["code"])


class Driver:
    """Calls the client's methods and reads the responses."""

    def __init__(self, url: str) -> None:
        self._api = SpaceTradersApi(url, log=False)

    def refusal(self, error: Exception) -> int | None:
        """The API's code in the response."""
        return error.code if isinstance(error, Refused) else None

    def register(self, symbol: str, faction: str) -> str:
        return str(_data(self._api.register(symbol, faction))["token"])

    def login(self, token: str) -> None:
        self._api.Login(token)

    def status(self) -> str:
        return str(self._api.status().json()["version"])

    def agent(self) -> list[Any]:
        agent = _data(self._api.get_my_agent())
        return [agent["symbol"], agent["headquarters"], agent["credits"]]

    def agent_again_and_again(self, times: int) -> None:
        for _ in range(times):
            self.agent()

    def agents(self) -> list[str]:
        return [agent["symbol"] for agent in self._all(self._api.get_agents)]

    def agent_named(self, symbol: str) -> int:
        return int(_data(self._api.get_agent(symbol))["credits"])

    def factions(self) -> list[str]:
        return [faction["symbol"] for faction in self._all(self._api.get_factions)]

    def faction(self, symbol: str) -> str:
        return str(_data(self._api.get_faction(symbol))["symbol"])

    def systems(self) -> list[str]:
        return [system["symbol"] for system in self._all(self._api.get_systems)]

    def system(self, symbol: str) -> int:
        return len(_data(self._api.get_system(symbol))["waypoints"])

    def waypoints(self, system: str) -> dict[str, list[Any]]:
        places = self._all(self._api.get_waypoints, system)
        return {p["symbol"]: [p["type"], p["x"], p["y"], _symbols(p["traits"])] for p in places}

    def waypoint(self, symbol: str) -> list[Any]:
        place = _data(self._api.get_waypoint(symbol))
        return [place["type"], place["x"], place["y"]]

    def market(self, symbol: str) -> dict[str, list[str]]:
        market = _data(self._api.get_market(symbol))
        return {name: _symbols(market[name]) for name in ("exports", "imports", "exchange")}

    def quotes(self, symbol: str) -> dict[str, list[Any]]:
        names = ("type", "tradeVolume", "supply", "purchasePrice", "sellPrice")
        goods = _data(self._api.get_market(symbol))["tradeGoods"]
        return {good["symbol"]: [good[name] for name in names] for good in goods}

    def gate(self, symbol: str) -> list[str]:
        return list(_data(self._api.get_jumpgate(symbol))["connections"])

    def yard(self, symbol: str) -> list[str]:
        return sorted(entry["type"] for entry in _data(self._api.get_shipyard(symbol))["shipTypes"])

    def yard_prices(self, symbol: str) -> dict[str, int]:
        return {ship["type"]: ship["purchasePrice"] for ship in _data(self._api.get_shipyard(symbol))["ships"]}

    def buy_ship(self, ship_type: str, symbol: str) -> str:
        return str(_data(self._api.purchase_ship(ship_type, symbol))["ship"]["symbol"])

    def contracts(self) -> dict[str, list[Any]]:
        return {contract["id"]: _terms(contract) for contract in self._all(self._api.get_contracts)}

    def contract(self, id_: str) -> list[Any]:
        return _terms(_data(self._api.get_contract(id_)))

    def accept(self, id_: str) -> None:
        _data(self._api.accept_contract(id_))

    def deliver(self, id_: str, ship: str, good: str, units: int) -> None:
        _data(self._api.deliver_contract(id_, ship, good, units))

    def fulfil(self, id_: str) -> None:
        _data(self._api.fulfill_contract(id_))

    def negotiate(self, ship: str) -> str:
        return str(_data(self._api.negotiate_contract(ship))["contract"]["id"])

    def ships(self) -> list[str]:
        return _symbols(self._all(self._api.get_ships))

    def ship(self, symbol: str) -> list[Any]:
        ship = _data(self._api.get_ship(symbol))
        return [
            ship["nav"]["waypointSymbol"],
            ship["nav"]["status"],
            ship["fuel"]["current"],
            ship["cargo"]["capacity"],
        ]

    def cargo(self, ship: str) -> dict[str, int]:
        return {item["symbol"]: item["units"] for item in _data(self._api.get_cargo(ship))["inventory"]}

    def nav(self, ship: str) -> list[str]:
        nav = _data(self._api.get_nav(ship))
        return [nav["waypointSymbol"], nav["status"], nav["flightMode"]]

    def orbit(self, ship: str) -> str:
        return str(_data(self._api.orbit(ship))["nav"]["status"])

    def dock(self, ship: str) -> str:
        return str(_data(self._api.dock(ship))["nav"]["status"])

    def navigate(self, ship: str, symbol: str) -> str:
        return str(_data(self._api.navigate(ship, symbol))["nav"]["waypointSymbol"])

    def set_mode(self, ship: str, mode: str) -> str:
        return str(_data(self._api.patch_nav(ship, mode))["nav"]["flightMode"])

    def refuel(self, ship: str) -> int:
        return int(_data(self._api.refuel(ship, 100_000))["fuel"]["current"])

    def buy(self, ship: str, good: str, units: int) -> int:
        return int(_data(self._api.purchase(ship, good, units))["transaction"]["totalPrice"])

    def sell(self, ship: str, good: str, units: int) -> int:
        return int(_data(self._api.sell(ship, good, units))["transaction"]["totalPrice"])

    def transfer(self, ship: str, other: str, good: str, units: int) -> None:
        _data(self._api.transfer(ship, good, units, other))

    def jettison(self, ship: str, good: str, units: int) -> None:
        _data(self._api.jettison(ship, good, units))

    def survey(self, ship: str) -> list[Any]:
        return list(_data(self._api.create_survey(ship))["surveys"])

    def extract(self, ship: str) -> list[Any]:
        return _yield(_data(self._api.extract(ship, {}))["extraction"])

    def extract_with(self, ship: str, survey: Any) -> list[Any]:
        return _yield(_data(self._api.extract(ship, survey))["extraction"])

    def cooldown(self, ship: str) -> int:
        answer = self._api.get_cooldown(ship)
        return 0 if answer.status_code == 204 else int(_data(answer)["remainingSeconds"])

    def refine(self, ship: str, good: str) -> None:
        _data(self._api.refine(ship, good))

    def chart(self, ship: str) -> None:
        _data(self._api.chart(ship))

    def scan_systems(self, ship: str) -> list[str]:
        return [system["symbol"] for system in _data(self._api.scan_systems(ship))["systems"]]

    def scan_waypoints(self, ship: str) -> list[str]:
        return [place["symbol"] for place in _data(self._api.scan_waypoints(ship))["waypoints"]]

    def scan_ships(self, ship: str) -> list[str]:
        return [other["symbol"] for other in _data(self._api.scan_shipss(ship))["ships"]]

    def mounts(self, ship: str) -> list[str]:
        return [mount["symbol"] for mount in _data(self._api.get_mounts(ship))]

    def remove_mount(self, ship: str, mount: str) -> None:
        _data(self._api.remove_mount(ship, mount))

    def install_mount(self, ship: str, mount: str) -> None:
        _data(self._api.install_mount(ship, mount))

    def jump(self, ship: str, symbol: str) -> None:
        _data(self._api.jump(ship, symbol.rpartition("-")[0]))

    def warp(self, ship: str, symbol: str) -> None:
        _data(self._api.warp(ship, symbol))

    def _all(self, endpoint: Any, *arguments: Any) -> list[Any]:
        entries: list[Any] = []
        page = 1
        while True:
            answer = endpoint(*arguments, page=page, limit=20)
            entries += _data(answer)
            if page * 20 >= answer.json()["meta"]["total"]:
                return entries
            page += 1


def _data(answer: Response) -> Any:
    said = answer.json()
    if "error" in said:
        raise Refused(said["error"])
    return said["data"]


def _symbols(entries: list[Any]) -> list[str]:
    return [entry["symbol"] for entry in entries]


def _terms(contract: Any) -> list[Any]:
    names = ("tradeSymbol", "destinationSymbol", "unitsRequired", "unitsFulfilled")
    return [contract["accepted"], contract["fulfilled"], *(contract["terms"]["deliver"][0][name] for name in names)]


def _yield(extraction: Any) -> list[Any]:
    return [extraction["yield"]["symbol"], extraction["yield"]["units"]]


if __name__ == "__main__":
    main("spacetraders-sdk", Driver)
