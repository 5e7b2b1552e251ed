"""`spacetraders`: generated from an API description, every answer a model. Its base URL is a constructor argument."""

import time
from typing import Any

from spacetraders import AuthenticatedClient, Client
from spacetraders.models.waypoint_trait_symbol import WaypointTraitSymbol
from spacetraders.types import ApiError

from tests.conformance.drivers.game import main


class Driver:
    """Calls the endpoint modules through the client, with errors raised."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._client: Any = Client(url, raise_on_error=True)

    def refusal(self, error: Exception) -> int | None:
        """The API's code in what the client raised."""
        if not isinstance(error, ApiError):
            return None
        code = error.args[0].code
        return int(code) if code is not None else int(error.args[0].status_code)

    def register(self, symbol: str, faction: str) -> str:
        token = str(self._client.default.register(symbol=symbol, faction=faction).token)
        self.login(token)
        return token

    def login(self, token: str) -> None:
        self._client = AuthenticatedClient(self._url, token=token, raise_on_error=True)

    def status(self) -> str:
        # Its success is not wrapped in "data", so the client has to be asked for the whole response.
        return str(self._client.default.get_status(raise_on_error=False).parsed.version)

    def agent(self) -> list[Any]:
        agent = self._client.agents.get_my_agent()
        return [agent.symbol, agent.headquarters, agent.credits_]

    def agent_again_and_again(self, times: int) -> None:
        for _ in range(times):
            try:
                self.agent()
            except ApiError as error:
                if self.refusal(error) != 429:
                    raise
                time.sleep(error.args[0].data["retryAfter"])

    def agents(self) -> list[str]:
        return [agent.symbol for agent in self._all(self._client.agents.get_agents)]

    def agent_named(self, symbol: str) -> int:
        return int(self._client.agents.get_agent(symbol).credits_)

    def factions(self) -> list[str]:
        return [faction.symbol for faction in self._all(self._client.factions.get_factions)]

    def faction(self, symbol: str) -> str:
        return str(self._client.factions.get_faction(symbol).symbol.value)

    def systems(self) -> list[str]:
        return [system.symbol for system in self._all(self._client.systems.get_systems)]

    def system(self, symbol: str) -> int:
        return len(self._client.systems.get_system(symbol).waypoints)

    def waypoints(self, system: str) -> dict[str, list[Any]]:
        places = self._all(self._client.systems.get_system_waypoints, system)
        return {p.symbol: [p.type.value, p.x, p.y, [trait.symbol.value for trait in p.traits]] for p in places}

    def waypoints_with(self, system: str, trait: str) -> list[str]:
        wanted = WaypointTraitSymbol(trait)
        return [place.symbol for place in self._all(self._client.systems.get_system_waypoints, system, traits=wanted)]

    def waypoint(self, symbol: str) -> list[Any]:
        place = self._client.systems.get_waypoint(*_address(symbol))
        return [place.type.value, place.x, place.y]

    def market(self, symbol: str) -> dict[str, list[str]]:
        market = self._client.systems.get_market(*_address(symbol))
        return {
            name: [good.symbol.value for good in getattr(market, name)] for name in ("exports", "imports", "exchange")
        }

    def quotes(self, symbol: str) -> dict[str, list[Any]]:
        market = self._client.systems.get_market(*_address(symbol))
        return {
            good.symbol.value: [
                good.type.value,
                good.trade_volume,
                good.supply.value,
                good.purchase_price,
                good.sell_price,
            ]
            for good in market.trade_goods
        }

    def gate(self, symbol: str) -> list[str]:
        return list(self._client.systems.get_jump_gate(*_address(symbol)).connections)

    def construction(self, symbol: str) -> dict[str, list[int]]:
        site = self._client.systems.get_construction(*_address(symbol))
        return {m.trade_symbol.value: [m.required, m.fulfilled] for m in site.materials}

    def supply(self, symbol: str, ship: str, good: str, units: int) -> None:
        self._client.systems.supply_construction(*_address(symbol), shipSymbol=ship, tradeSymbol=good, units=units)

    def yard(self, symbol: str) -> list[str]:
        return sorted(entry.type.value for entry in self._client.systems.get_shipyard(*_address(symbol)).ship_types)

    def yard_prices(self, symbol: str) -> dict[str, int]:
        yard = self._client.systems.get_shipyard(*_address(symbol))
        return {ship.type.value: ship.purchase_price for ship in yard.ships}

    def buy_ship(self, ship_type: str, symbol: str) -> str:
        return str(self._client.fleet.purchase_ship(shipType=ship_type, waypointSymbol=symbol).ship.symbol)

    def contracts(self) -> dict[str, list[Any]]:
        return {contract.id: _terms(contract) for contract in self._all(self._client.contracts.get_contracts)}

    def contract(self, id_: str) -> list[Any]:
        return _terms(self._client.contracts.get_contract(id_))

    def accept(self, id_: str) -> None:
        self._client.contracts.accept_contract(id_)

    def deliver(self, id_: str, ship: str, good: str, units: int) -> None:
        self._client.contracts.deliver_contract(id_, shipSymbol=ship, tradeSymbol=good, units=units)

    def fulfil(self, id_: str) -> None:
        self._client.contracts.fulfill_contract(id_)

    def negotiate(self, ship: str) -> str:
        return str(self._client.fleet.negotiate_contract(ship).contract.id)

    def ships(self) -> list[str]:
        return [ship.symbol for ship in self._all(self._client.fleet.get_my_ships)]

    def ship(self, symbol: str) -> list[Any]:
        ship = self._client.fleet.get_my_ship(symbol)
        return [ship.nav.waypoint_symbol, ship.nav.status.value, ship.fuel.current, ship.cargo.capacity]

    def cargo(self, ship: str) -> dict[str, int]:
        return {item.symbol.value: item.units for item in self._client.fleet.get_my_ship_cargo(ship).inventory}

    def nav(self, ship: str) -> list[str]:
        nav = self._client.fleet.get_ship_nav(ship)
        return [nav.waypoint_symbol, nav.status.value, nav.flight_mode.value]

    def orbit(self, ship: str) -> str:
        return str(self._client.fleet.orbit_ship(ship).nav.status.value)

    def dock(self, ship: str) -> str:
        return str(self._client.fleet.dock_ship(ship).nav.status.value)

    def navigate(self, ship: str, symbol: str) -> str:
        return str(self._client.fleet.navigate_ship(ship, waypointSymbol=symbol).nav.waypoint_symbol)

    def set_mode(self, ship: str, mode: str) -> str:
        return str(self._client.fleet.patch_ship_nav(ship, flightMode=mode).flight_mode.value)

    def refuel(self, ship: str) -> int:
        return int(self._client.fleet.refuel_ship(ship).fuel.current)

    def buy(self, ship: str, good: str, units: int) -> int:
        return int(self._client.fleet.purchase_cargo(ship, symbol=good, units=units).transaction.total_price)

    def sell(self, ship: str, good: str, units: int) -> int:
        return int(self._client.fleet.sell_cargo(ship, symbol=good, units=units).transaction.total_price)

    def transfer(self, ship: str, other: str, good: str, units: int) -> None:
        self._client.fleet.transfer_cargo(ship, shipSymbol=other, tradeSymbol=good, units=units)

    def jettison(self, ship: str, good: str, units: int) -> None:
        self._client.fleet.jettison(ship, symbol=good, units=units)

    def survey(self, ship: str) -> list[Any]:
        return list(self._client.fleet.create_survey(ship).surveys)

    def extract(self, ship: str) -> list[Any]:
        return _yield(self._client.fleet.extract_resources(ship).extraction)

    def extract_with(self, ship: str, survey: Any) -> list[Any]:
        fields = survey.dict(by_alias=True)
        return _yield(self._client.fleet.extract_resources_with_survey(ship, **fields).extraction)

    def siphon(self, ship: str) -> list[Any]:
        return _yield(self._client.fleet.siphon_resources(ship).siphon)

    def cooldown(self, ship: str) -> int:
        answer = self._client.fleet.get_ship_cooldown(ship, raise_on_error=False)
        return int(answer.parsed.data.remaining_seconds) if answer.parsed is not None else 0

    def refine(self, ship: str, good: str) -> None:
        self._client.fleet.ship_refine(ship, produce=good)

    def chart(self, ship: str) -> None:
        self._client.fleet.create_chart(ship)

    def scan_systems(self, ship: str) -> list[str]:
        return [system.symbol for system in self._client.fleet.create_ship_system_scan(ship).systems]

    def scan_waypoints(self, ship: str) -> list[str]:
        return [place.symbol for place in self._client.fleet.create_ship_waypoint_scan(ship).waypoints]

    def scan_ships(self, ship: str) -> list[str]:
        return [other.symbol for other in self._client.fleet.create_ship_ship_scan(ship).ships]

    def mounts(self, ship: str) -> list[str]:
        return [mount.symbol.value for mount in self._client.fleet.get_mounts(ship)]

    def remove_mount(self, ship: str, mount: str) -> None:
        self._client.fleet.remove_mount(ship, symbol=mount)

    def install_mount(self, ship: str, mount: str) -> None:
        self._client.fleet.install_mount(ship, symbol=mount)

    def jump(self, ship: str, symbol: str) -> None:
        self._client.fleet.jump_ship(ship, waypointSymbol=symbol)

    def warp(self, ship: str, symbol: str) -> None:
        self._client.fleet.warp_ship(ship, waypointSymbol=symbol)

    def _all(self, endpoint: Any, *arguments: Any, **options: Any) -> list[Any]:
        entries: list[Any] = []
        page = 1
        while True:
            answer = endpoint(*arguments, page=page, limit=20, raise_on_error=False, **options)
            if answer.parsed is None:
                raise ApiError(answer)
            entries += answer.parsed.data
            if page * 20 >= answer.parsed.meta.total:
                return entries
            page += 1


def _address(symbol: str) -> tuple[str, str]:
    return symbol.rpartition("-")[0], symbol


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


def _yield(extraction: Any) -> list[Any]:
    yielded = extraction.yield_
    return [yielded.symbol.value, yielded.units]


if __name__ == "__main__":
    main("spacetraders", Driver)
