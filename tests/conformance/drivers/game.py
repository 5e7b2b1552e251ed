"""The game every client plays: a few days of an established agent's life, each step by the client's own means.

A driver gives the client's abilities the names used here and hands on plain values, read from what the client made of
the answers. Whatever a client says or has done is compared with the server's own account; where a client fails,
the game goes on as if it had not.
"""

import json
import sys
import traceback
from collections.abc import Callable
from importlib.metadata import version
from typing import Any

from tests.conformance.drivers.journal import Journal
from tests.conformance.drivers.truth import Truth

#: Calls made at once: more than the rate limit lets through.
IMPATIENT_CALLS = 45


def main(package: str, make_client: Callable[[str], Any]) -> None:
    """Plays the game the command line asks for, ``GAME URL SYMBOL SPARE-TOKEN``, and prints its summary as JSON.

    ``make_client`` gets the base URL. The spare token is of another agent, for a client that cannot register.
    """
    game, url, symbol, spare = sys.argv[1:]
    try:
        player = _Player(make_client(url), Truth(url), symbol, spare)
        {"long": player.play_long, "real-time": player.play_in_real_time}[game]()
    except Exception:
        traceback.print_exc()
        sys.exit(1)
    summary = {"client": package, "version": version(package), "steps": player.journal.steps}
    print(json.dumps(summary | {"agent": player.truth.get("/my/agent")}))


def _same(wanted: object) -> Callable[[Any], object]:
    """A check that a client's result is what it should be."""

    def check(result: object) -> object:
        plain = json.loads(json.dumps(result))
        if plain == json.loads(json.dumps(wanted)):
            return None
        return f"expected {wanted!r:.120}, got {plain!r:.120}"

    return check


class _Player:
    def __init__(self, client: Any, truth: Truth, symbol: str, spare: str) -> None:
        self.client = client
        self.truth = truth
        self.symbol = symbol
        self.spare = spare
        self.journal = Journal(client)
        self.attempt = self.journal.attempt

    # The games

    def play_long(self) -> None:
        """Everything a client may be able to do."""
        self._enter()
        self._look_around()
        self._look_at_markets()
        self._trade()
        self._fulfil_contract()
        self._move_goods()
        self._buy_ship()
        self._mine()
        self._scan_and_refit()
        self._build()
        self._be_refused()

    def play_in_real_time(self) -> None:
        """A flight that the client waits for by its own clock, and more calls than the rate limit allows."""
        self._enter()
        ship = f"{self.symbol}-2"
        neighbour = self._neighbour_of(self.home)
        self.attempt("orbit", "orbit", ship, check=_same("IN_ORBIT"))
        self.attempt("navigate", "navigate", ship, neighbour, check=_same(neighbour))
        self.attempt("wait for arrival", "wait", ship, otherwise=lambda: self.truth.wait(ship))
        self.attempt("dock", "dock", ship, check=_same("DOCKED"))
        self.attempt("too many calls", "agent_again_and_again", IMPATIENT_CALLS)

    # Its parts

    def _enter(self) -> None:
        token = self.attempt("register", "register", self.symbol, "COSMIC")
        if token is None:
            token = self.spare
        self.truth.token = token
        self.attempt("log in", "login", token, check=lambda _: None if self.client.agent() else "no agent")
        agent = self.truth.get("/my/agent")
        self.symbol = agent["symbol"]
        self.home = agent["headquarters"]
        self.system = self.home.rpartition("-")[0]
        self.attempt("own agent", "agent", check=_same([self.symbol, self.home, agent["credits"]]))

    def _look_around(self) -> None:
        truth = self.truth
        self.attempt("status", "status", check=_same("v2.3.0"))
        agents = {agent["symbol"] for agent in truth.get_all("/agents")}
        self.attempt("list agents", "agents", check=lambda got: None if agents <= {*got} else f"got {got}")
        self.attempt("an agent", "agent_named", self.symbol, check=_same(truth.credits()))
        factions = [faction["symbol"] for faction in truth.get_all("/factions")]
        self.attempt("list factions", "factions", check=_same(factions))
        self.attempt("a faction", "faction", "COSMIC", check=_same("COSMIC"))
        systems = [system["symbol"] for system in truth.get_all("/systems")]
        self.attempt("list systems", "systems", check=_same(systems))
        self.places = {place["symbol"]: place for place in truth.get_all(f"/systems/{self.system}/waypoints")}
        self.attempt("a system", "system", self.system, check=_same(len(self.places)))
        map_ = {symbol: [p["type"], p["x"], p["y"], _symbols(p["traits"])] for symbol, p in self.places.items()}
        self.attempt("list waypoints, all pages", "waypoints", self.system, check=_same(map_))
        yards = [symbol for symbol, place in self.places.items() if "SHIPYARD" in _symbols(place["traits"])]
        self.attempt("waypoints with a trait", "waypoints_with", self.system, "SHIPYARD", check=_same(yards))
        self.attempt("a waypoint", "waypoint", self.home, check=_same(map_[self.home][:3]))
        self.fleet = [ship["symbol"] for ship in truth.get_all("/my/ships")]
        self.attempt("list ships, all pages", "ships", check=_same(self.fleet))
        one = truth.ship(self.fleet[0])
        seen = [self.home, "DOCKED", one["fuel"]["current"], one["cargo"]["capacity"]]
        self.attempt("a ship", "ship", self.fleet[0], check=_same(seen))
        self.attempt("a ship's cargo", "cargo", self.fleet[0], check=_same({}))
        self.attempt("a ship's navigation", "nav", self.fleet[0], check=_same([self.home, "DOCKED", "CRUISE"]))

    def _look_at_markets(self) -> None:
        truth = self.truth
        self.markets = {
            symbol: truth.get(f"/systems/{self.system}/waypoints/{symbol}/market")
            for symbol, place in self.places.items()
            if "MARKETPLACE" in _symbols(place["traits"])
        }
        far = next(symbol for symbol, market in self.markets.items() if "tradeGoods" not in market)
        outline = {name: _symbols(self.markets[far][name]) for name in ("exports", "imports", "exchange")}
        self.attempt("a market far away", "market", far, check=_same(outline))
        near = next(symbol for symbol, market in self.markets.items() if market["exports"])
        self.attempt("a market with quotes", "quotes", near, check=self._quotes_are_those_of(near))
        self.gate = next(symbol for symbol, place in self.places.items() if place["type"] == "JUMP_GATE")
        connections = truth.get(f"/systems/{self.system}/waypoints/{self.gate}/jump-gate")["connections"]
        self.attempt("a jump gate", "gate", self.gate, check=_same(connections))
        site = truth.get(f"/systems/{self.system}/waypoints/{self.gate}/construction")
        needs = {m["tradeSymbol"]: [m["required"], m["fulfilled"]] for m in site["materials"]}
        self.attempt("a construction site", "construction", self.gate, check=_same(needs))
        chain = truth.get("/market/supply-chain")["exportToImportMap"]
        self.attempt("the supply chain", "supply_chain", check=_same(chain))

    def _trade(self) -> None:
        truth, ship = self.truth, self.fleet[1]
        source, good, target = self._best_trade()
        self.attempt("orbit", "orbit", ship, check=_same("IN_ORBIT"), otherwise=lambda: truth.be_in_orbit(ship))
        self.attempt("set the flight mode", "set_mode", ship, "BURN", check=_same("BURN"))
        mode = truth.ship(ship)["nav"]["flightMode"]
        self._expect(mode == "BURN", "set the flight mode", f"the ship flies in {mode}")
        truth.patch(f"/my/ships/{ship}/nav", flightMode="CRUISE")
        self._fly(ship, source, "navigate")
        self.attempt("dock", "dock", ship, check=_same("DOCKED"), otherwise=lambda: truth.be_docked(ship))
        tank = truth.ship(ship)["fuel"]["capacity"]
        self.attempt(
            "refuel", "refuel", ship, check=_same(tank), otherwise=lambda: truth.post(f"/my/ships/{ship}/refuel")
        )
        units = min(10, self._quote(source, good)["tradeVolume"])
        before, price = truth.credits(), self._quote(source, good)["purchasePrice"]
        self.attempt("buy", "buy", ship, good, units, check=_same(units * price), otherwise=lambda: truth.post(
            f"/my/ships/{ship}/purchase", symbol=good, units=units))  # fmt: skip
        self._expect(truth.credits() == before - units * price, "buy", "the agent paid something else")
        self._expect(truth.carried(ship) == {good: units}, "buy", "the ship carries something else")
        truth.be_in_orbit(ship)
        self._fly(ship, target, "navigate with cargo")
        truth.be_docked(ship)
        before, price = truth.credits(), self._quote(target, good)["sellPrice"]
        self.attempt("sell", "sell", ship, good, units, check=_same(units * price), otherwise=lambda: truth.post(
            f"/my/ships/{ship}/sell", symbol=good, units=units))  # fmt: skip
        self._expect(truth.credits() == before + units * price, "sell", "the agent was paid something else")
        self.attempt("a market with trades", "quotes", target, check=self._quotes_are_those_of(target))

    def _fulfil_contract(self) -> None:
        truth, ship = self.truth, self.fleet[2]
        contract = truth.get("/my/contracts")[0]
        id_ = contract["id"]
        self.attempt("list contracts", "contracts", check=_same({id_: _terms(contract)}))
        self.attempt("a contract", "contract", id_, check=_same(_terms(contract)))
        before = truth.credits()
        self.attempt("accept a contract", "accept", id_, otherwise=lambda: truth.post(f"/my/contracts/{id_}/accept"))
        paid = contract["terms"]["payment"]["onAccepted"]
        self._expect(truth.credits() == before + paid, "accept a contract", "the advance was not paid")
        wanted = contract["terms"]["deliver"][0]
        good, target = wanted["tradeSymbol"], wanted["destinationSymbol"]
        source = min(
            (symbol for symbol in self.markets if self._sells(symbol, good)),
            key=lambda symbol: self._distance(self.home, symbol) + self._distance(symbol, target),
        )
        missing = wanted["unitsRequired"]
        while missing:
            load = min(missing, truth.ship(ship)["cargo"]["capacity"])
            self._fetch(ship, source, good, load)
            truth.be_at(ship, target)
            truth.post(f"/my/ships/{ship}/refuel")
            deliver = lambda: truth.post(  # noqa: E731
                f"/my/contracts/{id_}/deliver", shipSymbol=ship, tradeSymbol=good, units=load  # noqa: B023
            )  # fmt: skip
            if missing == wanted["unitsRequired"]:
                self.attempt("deliver", "deliver", id_, ship, good, load, otherwise=deliver)
                delivered = truth.get(f"/my/contracts/{id_}")["terms"]["deliver"][0]["unitsFulfilled"]
                self._expect(delivered == load, "deliver", f"{delivered} units were delivered instead of {load}")
            else:
                deliver()
            missing -= load
        before = truth.credits()
        self.attempt("fulfil a contract", "fulfil", id_, otherwise=lambda: truth.post(f"/my/contracts/{id_}/fulfill"))
        paid = contract["terms"]["payment"]["onFulfilled"]
        self._expect(truth.credits() == before + paid, "fulfil a contract", "its reward was not paid")
        truth.be_at(ship, self.home)
        new = self.attempt("negotiate a contract", "negotiate", ship)
        offered = [contract["id"] for contract in truth.get_all("/my/contracts")]
        self._expect(new is None or new == offered[-1] != id_, "negotiate a contract", f"{new} is not of {offered}")

    def _move_goods(self) -> None:
        truth, giver, taker = self.truth, self.fleet[3], self.fleet[4]
        for ship in (giver, taker):
            truth.be_docked(ship)
        truth.post(f"/my/ships/{giver}/purchase", symbol="FUEL", units=9)
        self.attempt("transfer cargo", "transfer", giver, taker, "FUEL", 4, otherwise=lambda: truth.post(
            f"/my/ships/{giver}/transfer", tradeSymbol="FUEL", units=4, shipSymbol=taker))  # fmt: skip
        self._expect(truth.carried(taker) == {"FUEL": 4}, "transfer cargo", "it did not arrive")
        self.attempt("jettison", "jettison", giver, "FUEL", 2)
        left = truth.carried(giver)
        self._expect(left == {"FUEL": 3}, "jettison", f"{left} is left instead of 3 FUEL")

    def _buy_ship(self) -> None:
        truth = self.truth
        yards = {
            symbol: truth.get(f"/systems/{self.system}/waypoints/{symbol}/shipyard")
            for symbol, place in self.places.items()
            if "SHIPYARD" in _symbols(place["traits"])
        }
        self.yard = next(symbol for symbol, yard in yards.items() if {"type": "SHIP_PROBE"} in yard["shipTypes"])
        types = sorted(entry["type"] for entry in yards[self.yard]["shipTypes"])
        self.attempt("a shipyard", "yard", self.yard, check=_same(types))
        truth.be_at(self.fleet[0], self.yard)
        shown = truth.get(f"/systems/{self.system}/waypoints/{self.yard}/shipyard")["ships"]
        prices = {ship["type"]: ship["purchasePrice"] for ship in shown}
        self.attempt("a shipyard with prices", "yard_prices", self.yard, check=_same(prices))
        before = truth.credits()
        bought = self.attempt("buy a ship", "buy_ship", "SHIP_PROBE", self.yard)
        now = [ship["symbol"] for ship in truth.get_all("/my/ships")]
        if bought is not None:
            self._expect(now == [*self.fleet, bought], "buy a ship", f"the fleet is {now}")
            self._expect(truth.credits() == before - prices["SHIP_PROBE"], "buy a ship", "its price was not paid")
        if now == self.fleet:
            truth.post("/my/ships", shipType="SHIP_PROBE", waypointSymbol=self.yard)
            now = [ship["symbol"] for ship in truth.get_all("/my/ships")]
        probe = now[-1]
        price = truth.get(f"/my/ships/{probe}/repair")["transaction"]["totalPrice"]
        self.attempt("the price of a repair", "repair_price", probe, check=_same(price))
        self.attempt("repair", "repair", probe, check=_same(price))
        price = truth.get(f"/my/ships/{probe}/scrap")["transaction"]["totalPrice"]
        self.attempt("the price of scrap", "scrap_price", probe, check=_same(price))
        if self.attempt("scrap", "scrap", probe, check=_same(price)) is not None:
            ships = [ship["symbol"] for ship in truth.get_all("/my/ships")]
            self._expect(probe not in ships, "scrap", "the ship is still there")

    def _mine(self) -> None:
        truth, ship = self.truth, self.fleet[0]
        rock = next(symbol for symbol, place in self.places.items() if place["type"] == "ENGINEERED_ASTEROID")
        self._be_in_orbit_at(ship, rock)
        surveys = self.attempt("survey", "survey", ship, check=lambda got: None if got else "no surveys")
        truth.wait(ship)
        survey = surveys[0] if surveys else None
        for step, method, arguments in (
            ("extract with a survey", "extract_with", (ship, survey)),
            ("extract", "extract", (ship,)),
        ):
            self._be_in_orbit_at(ship, rock)
            before = truth.carried(ship)
            got = self.attempt(step, method, *arguments)
            self._expect_gain(step, before, truth.carried(ship), got)
            truth.wait(ship)
        self.attempt("cooldown", "cooldown", ship, check=_same(0))
        giant = next(symbol for symbol, place in self.places.items() if place["type"] == "GAS_GIANT")
        self._be_in_orbit_at(ship, giant)
        before = truth.carried(ship)
        got = self.attempt("siphon", "siphon", ship)
        self._expect_gain("siphon", before, truth.carried(ship), got)
        truth.wait(ship)

    def _scan_and_refit(self) -> None:
        truth, ship = self.truth, self.fleet[0]
        for step, method, symbol in (
            ("scan for systems", "scan_systems", "X1-"),
            ("scan for waypoints", "scan_waypoints", self.system),
            ("scan for ships", "scan_ships", ""),
        ):
            truth.be_in_orbit(ship)
            self.attempt(step, method, ship, check=lambda got, symbol=symbol: (
                None if got and all(name.startswith(symbol) for name in got) else f"got {got}"))  # fmt: skip
        truth.wait(ship)
        truth.be_at(ship, self.yard)
        fitted = [mount["symbol"] for mount in truth.get(f"/my/ships/{ship}/mounts")]
        self.attempt("a ship's mounts", "mounts", ship, check=_same(fitted))
        for good, units in truth.carried(ship).items():
            truth.post(f"/my/ships/{ship}/jettison", symbol=good, units=units)
        turret = "MOUNT_TURRET_I"
        self.attempt("remove a mount", "remove_mount", ship, turret, otherwise=lambda: truth.post(
            f"/my/ships/{ship}/mounts/remove", symbol=turret))  # fmt: skip
        self._expect(turret in truth.carried(ship), "remove a mount", "it is not in the hold")
        self.attempt("install a mount", "install_mount", ship, turret)
        self._expect(turret not in truth.carried(ship), "install a mount", "it is still in the hold")

    def _build(self) -> None:
        truth, ship = self.truth, self.fleet[2]
        source = next(symbol for symbol in self.markets if self._sells(symbol, "FAB_MATS"))
        self._fetch(ship, source, "FAB_MATS", 5)
        truth.be_at(ship, self.gate)
        self.attempt("supply a construction site", "supply", self.gate, ship, "FAB_MATS", 5)
        site = truth.get(f"/systems/{self.system}/waypoints/{self.gate}/construction")
        done = next(m["fulfilled"] for m in site["materials"] if m["tradeSymbol"] == "FAB_MATS")
        self._expect(done == 5, "supply a construction site", f"{done} units arrived instead of 5")
        truth.post(f"/my/ships/{ship}/refuel")
        truth.be_in_orbit(ship)
        other = truth.get(f"/systems/{self.system}/waypoints/{self.gate}/jump-gate")["connections"][0]
        self.journal.expect_refusal("jump (refused: the gate is being built)", 4256, "jump", ship, other)
        self.journal.expect_refusal("warp (refused: no warp drive)", 4241, "warp", ship, other)

    def _be_refused(self) -> None:
        truth, ship = self.truth, self.fleet[5]
        refused = self.journal.expect_refusal
        truth.be_docked(ship)
        refused("chart (refused: charted already)", 4230, "chart", ship)
        refused("buy what is not sold (refused)", 4601, "buy", ship, "SHIP_PLATING", 1)
        refused("sell what is not aboard (refused)", 4218, "sell", ship, "FUEL", 1)
        truth.be_in_orbit(ship)
        refused("refine (refused: no refinery)", 4239, "refine", ship, "IRON")
        refused("navigate to where the ship is (refused)", 4204, "navigate", ship, self.home)

    # What the steps are made of

    def _fly(self, ship: str, target: str, step: str) -> None:
        here = self.truth.ship(ship)["nav"]["waypointSymbol"]
        if here == target:
            self._be_in_orbit_at(ship, self._neighbour_of(target))
        self.attempt(step, "navigate", ship, target, check=_same(target))
        now = self.truth.ship(ship)["nav"]["waypointSymbol"]
        self._expect(now == target, step, f"the ship flies to {now} instead of {target}")
        if now != target:
            self.truth.post(f"/my/ships/{ship}/navigate", waypointSymbol=target)
        self.truth.wait(ship)

    def _fetch(self, ship: str, source: str, good: str, units: int) -> None:
        truth = self.truth
        truth.be_at(ship, source)
        truth.post(f"/my/ships/{ship}/refuel")
        while units:
            part = min(units, self._quote(source, good)["tradeVolume"])
            truth.post(f"/my/ships/{ship}/purchase", symbol=good, units=part)
            units -= part

    def _be_in_orbit_at(self, ship: str, waypoint: str) -> None:
        if self.truth.ship(ship)["nav"]["waypointSymbol"] != waypoint:
            self.truth.be_at(ship, waypoint)
        self.truth.be_in_orbit(ship)

    def _expect(self, good: bool, step: str, complaint: str) -> None:
        """Marks a step that the client thinks it has done as broken, when the server thinks otherwise."""
        noted = next(entry for entry in reversed(self.journal.steps) if entry["step"] == step)
        if not good and noted["outcome"] == "works":
            noted |= {"outcome": "broken", "detail": complaint}

    def _expect_gain(self, step: str, before: dict[str, int], now: dict[str, int], got: Any) -> None:
        if got is None:
            return
        gained = [[good, units - before.get(good, 0)] for good, units in now.items() if units != before.get(good, 0)]
        self._expect(gained == [list(got)], step, f"the client says {got}, the hold gained {gained}")

    def _quotes_are_those_of(self, symbol: str) -> Callable[[Any], object]:
        def check(got: Any) -> object:
            market = self.truth.get(f"/systems/{self.system}/waypoints/{symbol}/market")
            names = ("type", "tradeVolume", "supply", "purchasePrice", "sellPrice")
            return _same({good["symbol"]: [good[name] for name in names] for good in market["tradeGoods"]})(got)

        return check

    def _quote(self, waypoint: str, good: str) -> Any:
        market = self.truth.get(f"/systems/{self.system}/waypoints/{waypoint}/market")
        return next(listing for listing in market["tradeGoods"] if listing["symbol"] == good)

    def _sells(self, waypoint: str, good: str) -> bool:
        return good in _symbols(self.markets[waypoint]["exports"]) + _symbols(self.markets[waypoint]["exchange"])

    def _best_trade(self) -> tuple[str, str, str]:
        """A source, a good and a market that pays more for it, all within a tank's reach."""
        best: tuple[float, str, str, str] | None = None
        for source, market in self.markets.items():
            for listing in market.get("tradeGoods", ()):
                for target, other in self.markets.items():
                    for bid in other.get("tradeGoods", ()):
                        if (listing["type"], bid["type"]) != ("EXPORT", "IMPORT") or listing["symbol"] != bid["symbol"]:
                            continue
                        way = self._distance(self.home, source), self._distance(source, target)
                        margin = bid["sellPrice"] / listing["purchasePrice"]
                        if max(way) < 300 and way[0] > 0 < way[1] and (best is None or margin > best[0]):
                            best = margin, source, listing["symbol"], target
        assert best is not None, "nothing to trade"
        return best[1:]

    def _distance(self, a: str, b: str) -> float:
        one, other = self.places[a], self.places[b]
        return float(((one["x"] - other["x"]) ** 2 + (one["y"] - other["y"]) ** 2) ** 0.5)

    def _neighbour_of(self, symbol: str) -> str:
        place = self.truth.get(f"/systems/{self.system}/waypoints/{symbol}")
        return str(place["orbitals"][0]["symbol"] if place["orbitals"] else place["orbits"])


def _symbols(entries: list[Any]) -> list[str]:
    return [entry["symbol"] for entry in entries]


def _terms(contract: Any) -> list[Any]:
    wanted = contract["terms"]["deliver"][0]
    return [
        contract["accepted"],
        contract["fulfilled"],
        wanted["tradeSymbol"],
        wanted["destinationSymbol"],
        wanted["unitsRequired"],
        wanted["unitsFulfilled"],
    ]
