"""`autotraders`: sessions, ships and places as objects, paced by a rate limiter of its own.

Its base URL is a constructor argument, except for the status, whose address is a literal: the session turns that back.
"""

from typing import Any

import autotraders
from autotraders.agent import Agent
from autotraders.error import SpaceTradersException
from autotraders.faction import Faction
from autotraders.faction.contract import Contract
from autotraders.map.system import System
from autotraders.map.waypoint import Waypoint
from autotraders.map.waypoint_types.construction import Construction
from autotraders.map.waypoint_types.jumpgate import JumpGate
from autotraders.map.waypoint_types.marketplace import Marketplace
from autotraders.map.waypoint_types.shipyard import Shipyard
from autotraders.ship import Ship

from tests.conformance.drivers.game import main

_LIVE = "https://api.spacetraders.io/v2/"


class _Session(autotraders.AutoTradersSession):  # type: ignore[misc]
    def request(self, method: str, url: Any, *arguments: Any, **options: Any) -> Any:
        return super().request(method, str(url).removeprefix(_LIVE), *arguments, **options)


class Driver:
    """Makes the client's objects anew for every step."""

    def __init__(self, url: str) -> None:
        self._url = url + "/"
        self._session = _Session(base_url=self._url)

    def refusal(self, error: Exception) -> int | None:
        """The API's code in the client's exception."""
        return int(error.code) if isinstance(error, SpaceTradersException) else None

    def register(self, symbol: str, faction: str) -> str:
        return str(autotraders.register_agent(symbol, faction, url=self._url))

    def login(self, token: str) -> None:
        self._session = _Session(token, base_url=self._url)

    def status(self) -> str:
        return str(autotraders.get_status(self._session).version)

    def agent(self) -> list[Any]:
        agent = Agent(self._session)
        return [agent.symbol, str(agent.headquarters), agent.credits]

    def agent_again_and_again(self, times: int) -> None:
        for _ in range(times):
            self.agent()

    def agents(self) -> list[str]:
        return [agent.symbol for agent in Agent.all(self._session).all()]

    def agent_named(self, symbol: str) -> int:
        return int(Agent(self._session, symbol).credits)

    def factions(self) -> list[str]:
        return [faction.symbol for faction in Faction.all(self._session).all()]

    def faction(self, symbol: str) -> str:
        return str(Faction(symbol, self._session).json["symbol"])

    def systems(self) -> list[str]:
        return [str(system) for system in System.all(self._session).all()]

    def system(self, symbol: str) -> int:
        return len(System(symbol, self._session).waypoints)

    def waypoints(self, system: str) -> dict[str, list[Any]]:
        places = Waypoint.all(self._session, system).all()
        return {str(p): [p.waypoint_type, p.x, p.y, [trait.symbol for trait in p.traits]] for p in places}

    def waypoints_with(self, system: str, trait: str) -> list[str]:
        return [str(place) for place in Waypoint.all(self._session, system, traits=[trait]).all()]

    def waypoint(self, symbol: str) -> list[Any]:
        place = Waypoint(symbol, self._session)
        return [place.waypoint_type, place.x, place.y]

    def market(self, symbol: str) -> dict[str, list[str]]:
        market = Marketplace(symbol, self._session)
        return {name: getattr(market, name) for name in ("exports", "imports", "exchange")}

    def quotes(self, symbol: str) -> dict[str, list[Any]]:
        goods = Marketplace(symbol, self._session).trade_goods
        return {
            g.symbol: [g.good_type.value, g.trade_volume, g.supply.value, g.purchase_price, g.sell_price] for g in goods
        }

    def gate(self, symbol: str) -> list[str]:
        return [str(connection) for connection in JumpGate(symbol, self._session).connections]

    def construction(self, symbol: str) -> dict[str, list[int]]:
        return {m.symbol: [m.required, m.fulfilled] for m in Construction(symbol, self._session).materials}

    def supply(self, symbol: str, ship: str, good: str, units: int) -> None:
        Construction(symbol, self._session).supply(ship, good, units)

    def yard(self, symbol: str) -> list[str]:
        return sorted(Shipyard(symbol, self._session).ship_types)

    def yard_prices(self, symbol: str) -> dict[str, int]:
        return {ship.ship_type: ship.purchase_price for ship in Shipyard(symbol, self._session).ships}

    def buy_ship(self, ship_type: str, symbol: str) -> str:
        return str(Shipyard(symbol, self._session).purchase(ship_type)[0].symbol)

    def contracts(self) -> dict[str, list[Any]]:
        return {contract.contract_id: _terms(contract) for contract in Contract.all(self._session).all()}

    def contract(self, id_: str) -> list[Any]:
        return _terms(Contract(id_, self._session))

    def accept(self, id_: str) -> None:
        Contract(id_, self._session).accept()

    def deliver(self, id_: str, ship: str, good: str, units: int) -> None:
        Contract(id_, self._session).deliver(ship, good, units)

    def fulfil(self, id_: str) -> None:
        Contract(id_, self._session).fulfill()

    def negotiate(self, ship: str) -> str:
        return str(Contract.negotiate(ship, self._session).contract_id)

    def ships(self) -> list[str]:
        return [ship.symbol for ship in Ship.all(self._session).all()]

    def ship(self, symbol: str) -> list[Any]:
        ship = Ship(symbol, self._session)
        return [str(ship.nav.location), ship.nav.status.value, ship.fuel.current, ship.cargo.capacity]

    def cargo(self, ship: str) -> dict[str, int]:
        return {item.symbol: item.quantity for item in Ship(ship, self._session).cargo}

    def nav(self, ship: str) -> list[str]:
        nav = Ship(ship, self._session).nav
        return [str(nav.location), nav.status.value, nav.flight_mode.value]

    def orbit(self, symbol: str) -> str:
        ship = Ship(symbol, self._session)
        ship.orbit()
        return str(ship.nav.status.value)

    def dock(self, symbol: str) -> str:
        ship = Ship(symbol, self._session)
        ship.dock()
        return str(ship.nav.status.value)

    def navigate(self, symbol: str, target: str) -> str:
        ship = Ship(symbol, self._session)
        ship.navigate(target)
        return str(ship.nav.location)

    def wait(self, ship: str) -> None:
        Ship(ship, self._session).wait_transit()

    def set_mode(self, symbol: str, mode: str) -> str:
        ship = Ship(symbol, self._session)
        ship.patch_navigation(mode)
        return str(ship.nav.flight_mode.value)

    def refuel(self, symbol: str) -> int:
        ship = Ship(symbol, self._session)
        ship.refuel()
        return int(ship.fuel.current)

    def buy(self, ship: str, good: str, units: int) -> int:
        return int(Ship(ship, self._session).buy(good, units).total_price)

    def sell(self, ship: str, good: str, units: int) -> int:
        return int(Ship(ship, self._session).sell(good, units).total_price)

    def transfer(self, ship: str, other: str, good: str, units: int) -> None:
        Ship(ship, self._session).transfer(other, good, units)

    def jettison(self, ship: str, good: str, units: int) -> None:
        Ship(ship, self._session).jettison(good, units)

    def survey(self, ship: str) -> list[Any]:
        return list(Ship(ship, self._session).survey())

    def extract(self, ship: str) -> list[Any]:
        gained = Ship(ship, self._session).extract()
        return [gained.symbol, gained.quantity]

    def extract_with(self, ship: str, survey: Any) -> list[Any]:
        gained = Ship(ship, self._session).extract(survey)
        return [gained.symbol, gained.quantity]

    def siphon(self, ship: str) -> list[Any]:
        gained = Ship(ship, self._session).siphon()
        return [gained.symbol, gained.quantity]

    def cooldown(self, symbol: str) -> int:
        cooldown = Ship(symbol, self._session).cooldown
        cooldown.update()
        return int(cooldown.active)

    def refine(self, ship: str, good: str) -> None:
        Ship(ship, self._session).refine(good)

    def chart(self, ship: str) -> None:
        Ship(ship, self._session).chart()

    def scan_systems(self, ship: str) -> list[str]:
        return [str(system) for system in Ship(ship, self._session).scan_systems()]

    def scan_waypoints(self, ship: str) -> list[str]:
        return [str(place) for place in Ship(ship, self._session).scan_waypoints()]

    def scan_ships(self, ship: str) -> list[str]:
        return list(Ship(ship, self._session).scan_ships())

    def mounts(self, ship: str) -> list[str]:
        return [mount.symbol for mount in Ship(ship, self._session).mounts]

    def remove_mount(self, ship: str, mount: str) -> None:
        Ship(ship, self._session).remove_mount(mount)

    def install_mount(self, ship: str, mount: str) -> None:
        Ship(ship, self._session).install_mount(mount)

    def jump(self, ship: str, symbol: str) -> None:
        Ship(ship, self._session).jump(symbol.rpartition("-")[0])

    def warp(self, ship: str, symbol: str) -> None:
        Ship(ship, self._session).warp(symbol)


def _terms(contract: Any) -> list[Any]:
    wanted = contract.contract_data[0]
    return [
        contract.accepted,
        contract.fulfilled,
        wanted.item.symbol,
        str(wanted.destination_symbol),
        wanted.item.required,
        wanted.item.fulfilled,
    ]


if __name__ == "__main__":
    main("autotraders", Driver)
