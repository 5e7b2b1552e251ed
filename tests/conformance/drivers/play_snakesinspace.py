"""`SnakesInSpace`: an agent whose ships wait, dock and orbit by themselves, paced by a rate limiter of its own.

The base URL is a literal in the constructor of its HTTP client, so that is given another one right after it is made.
What it keeps on disk goes to the current directory instead of the installed package.
"""

from pathlib import Path
from typing import Any

import snisp
import snisp.client
import snisp.exceptions
import snisp.waypoints
from snisp.shipyards import Shipyard

from tests.conformance.drivers.game import main


def _redirect(url: str) -> None:
    made = snisp.client.SpaceClient.__init__

    def make(self: Any, *arguments: Any, **options: Any) -> None:
        made(self, *arguments, **options)
        self.base_url = url

    snisp.client.SpaceClient.__init__ = make
    snisp.client.__file__ = str(Path("client.py").absolute())
    snisp.database.DATABASE = str(Path("data", "cache.db").absolute())


class Driver:
    """Plays through the client's agent and the objects it leads to, looked up anew each time."""

    def __init__(self, url: str) -> None:
        _redirect(url)
        self._agent: Any = None

    def refusal(self, error: Exception) -> int | None:
        """The API's code: in the class of the client's exception, or in its data."""
        code = getattr(error, "error_code", None)
        if code is None and isinstance(error, snisp.exceptions.ClientError):
            code = error.data.get("code")
        return int(code) if code is not None else None

    def register(self, symbol: str, faction: str) -> str:
        self._agent = snisp.agent.Agent(symbol=symbol, faction=faction)
        return str(self._agent.token)

    def login(self, token: str) -> None:
        self._agent = snisp.agent.Agent(token=token)

    def agent(self) -> list[Any]:
        data = self._agent.data
        return [data.symbol, data.headquarters, data.credits]

    def agent_again_and_again(self, times: int) -> None:
        for _ in range(times):
            self.agent()

    def factions(self) -> list[str]:
        return [faction.symbol for faction in self._agent.factions]

    def faction(self, symbol: str) -> str:
        return str(self._agent.factions(symbol).symbol)

    def systems(self) -> list[str]:
        return [system.symbol for system in self._agent.systems]

    def system(self, symbol: str) -> int:
        return len(self._one().system(symbol).waypoints)

    def waypoints(self, _system: str) -> dict[str, list[Any]]:
        return {p.symbol: [p.type, p.x, p.y, [trait.symbol for trait in p.traits]] for p in self._one().waypoints}

    def waypoints_with(self, system: str, trait: str) -> list[str]:
        return [place.symbol for place in self._one().waypoints(system_symbol=system, traits=trait)]

    def waypoint(self, symbol: str) -> list[Any]:
        place = self._place(symbol)
        return [place.type, place.x, place.y]

    def market(self, symbol: str) -> dict[str, list[str]]:
        market = self._one().markets(waypoint_symbol=symbol)
        return {name: [good.symbol for good in getattr(market, name)] for name in ("exports", "imports", "exchange")}

    def quotes(self, symbol: str) -> dict[str, list[Any]]:
        goods = self._one().markets(waypoint_symbol=symbol).trade_goods
        return {g.symbol: [g.type, g.trade_volume, g.supply, g.purchase_price, g.sell_price] for g in goods}

    def gate(self, symbol: str) -> list[str]:
        return list(self._place(symbol).data.connections)

    def construction(self, symbol: str) -> dict[str, list[int]]:
        return {m.trade_symbol: [m.required, m.fulfilled] for m in self._site(symbol).materials}

    def supply(self, symbol: str, ship: str, good: str, units: int) -> None:
        self._site(symbol).supply(ship=self._ship(ship), trade_symbol=good, units=units)

    def yard(self, symbol: str) -> list[str]:
        return sorted(entry.type for entry in self._yard(symbol).data.ship_types)

    def yard_prices(self, symbol: str) -> dict[str, int]:
        return {ship.type: ship.purchase_price for ship in self._yard(symbol).available_ships()}

    def buy_ship(self, ship_type: str, symbol: str) -> str:
        return str(self._yard(symbol).purchase(ship_type).symbol)

    def repair_price(self, ship: str) -> int:
        return int(self._ship(ship).repair_cost())

    def repair(self, ship: str) -> int:
        return int(self._ship(ship).repair().total_price)

    def scrap_price(self, ship: str) -> int:
        return int(self._ship(ship).scrap_price())

    def scrap(self, ship: str) -> int:
        return int(self._ship(ship).scrap().total_price)

    def contracts(self) -> dict[str, list[Any]]:
        return {contract.id: _terms(contract) for contract in self._agent.contracts}

    def contract(self, id_: str) -> list[Any]:
        return _terms(self._agent.contracts(id_))

    def accept(self, id_: str) -> None:
        self._agent.contracts(id_).accept()

    def deliver(self, id_: str, ship: str, good: str, units: int) -> None:
        self._agent.contracts(id_).deliver(self._ship(ship), good, units)

    def fulfil(self, id_: str) -> None:
        self._agent.contracts(id_).fulfill()

    def negotiate(self, ship: str) -> str:
        return str(self._ship(ship).negotiate_contract().id)

    def ships(self) -> list[str]:
        return [ship.symbol for ship in self._agent.fleet]

    def ship(self, symbol: str) -> list[Any]:
        ship = self._ship(symbol)
        return [ship.nav.waypoint_symbol, ship.nav.status, ship.fuel.current, ship.cargo.capacity]

    def cargo(self, ship: str) -> dict[str, int]:
        return {item.symbol: item.units for item in self._ship(ship).cargo.inventory}

    def nav(self, ship: str) -> list[str]:
        nav = self._ship(ship).nav
        return [nav.waypoint_symbol, nav.status, nav.flight_mode]

    def orbit(self, symbol: str) -> str:
        ship = self._ship(symbol)
        ship.orbit()
        return str(ship.nav.status)

    def dock(self, symbol: str) -> str:
        ship = self._ship(symbol)
        ship.dock()
        return str(ship.nav.status)

    def navigate(self, symbol: str, target: str) -> str:
        ship = self._ship(symbol)
        ship.navigate(self._place(target))
        return str(ship.nav.waypoint_symbol)

    def wait(self, symbol: str) -> None:
        # What it does before any action of a ship in transit; docking shows whether it waited long enough.
        self._ship(symbol).dock()

    def set_mode(self, symbol: str, mode: str) -> str:
        ship = self._ship(symbol)
        ship.update_flight_mode(mode)
        return str(ship.nav.flight_mode)

    def refuel(self, symbol: str) -> int:
        ship = self._ship(symbol)
        ship.refuel()
        return int(ship.fuel.current)

    def buy(self, ship: str, good: str, units: int) -> int:
        return int(self._ship(ship).purchase(good, units).total_price)

    def sell(self, ship: str, good: str, units: int) -> int:
        return int(self._ship(ship).sell(good, units).total_price)

    def transfer(self, ship: str, other: str, good: str, units: int) -> None:
        self._ship(ship).transfer(self._ship(other), symbol=good, units=units)

    def jettison(self, ship: str, good: str, units: int) -> None:
        self._ship(ship).jettison(good, units)

    def survey(self, ship: str) -> list[Any]:
        return list(self._ship(ship).waypoints.survey().surveys)

    def extract(self, ship: str) -> list[Any]:
        gained = self._ship(ship).extract()
        return [gained.symbol, gained.units]

    def extract_with(self, ship: str, survey: Any) -> list[Any]:
        gained = self._ship(ship).extract_with_survey(survey)
        return [gained.symbol, gained.units]

    def siphon(self, ship: str) -> list[Any]:
        gained = self._ship(ship).siphon()
        return [gained.symbol, gained.units]

    def cooldown(self, ship: str) -> int:
        return int(self._ship(ship).cooldown.remaining_seconds)

    def refine(self, ship: str, good: str) -> None:
        self._ship(ship).refine(good)

    def chart(self, ship: str) -> list[str]:
        return list(self._ship(ship).waypoints.chart().to_dict())

    def scan_systems(self, ship: str) -> list[str]:
        return [system.symbol for system in self._ship(ship).system.scan()]

    def scan_waypoints(self, ship: str) -> list[str]:
        return [place.symbol for place in self._ship(ship).waypoints.scan()]

    def scan_ships(self, ship: str) -> list[str]:
        return [other.symbol for other in self._ship(ship).scan()]

    def mounts(self, ship: str) -> list[str]:
        return [mount.symbol for mount in self._ship(ship).mounts]

    def remove_mount(self, ship: str, mount: str) -> None:
        self._ship(ship).remove_mount(mount)

    def install_mount(self, ship: str, mount: str) -> None:
        self._ship(ship).install_mount(mount)

    def jump(self, ship: str, symbol: str) -> None:
        self._ship(ship).jump(snisp.waypoints.Waypoint(self._agent, {"symbol": symbol}))

    def warp(self, ship: str, symbol: str) -> None:
        self._ship(ship).warp(snisp.waypoints.Waypoint(self._agent, {"symbol": symbol}))

    def _one(self) -> Any:
        return next(iter(self._agent.fleet))

    def _ship(self, symbol: str) -> Any:
        return self._agent.fleet(symbol)

    def _place(self, symbol: str) -> Any:
        return self._one().waypoints.get(system_symbol=symbol.rpartition("-")[0], waypoint_symbol=symbol)

    def _yard(self, symbol: str) -> Any:
        return Shipyard(self._agent, self._place(symbol).to_dict())

    def _site(self, symbol: str) -> Any:
        return snisp.waypoints.ConstructionSite.get(self._agent, self._place(symbol))


def _terms(contract: Any) -> list[Any]:
    wanted = contract.terms.deliver[0]
    return [
        contract.accepted,
        contract.fulfilled,
        wanted.trade_symbol,
        wanted.destination_symbol,
        wanted.units_required,
        wanted.units_fulfilled,
    ]


if __name__ == "__main__":
    main("SnakesInSpace", Driver)
