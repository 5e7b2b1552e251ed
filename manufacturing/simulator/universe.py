"""The simulated universe: its state, and the indexes that keep every call cheap however large it grows.

Nothing here reads a clock: game time comes with every call and never runs backwards. Nothing here is random: every
draw follows from the seed (see ``randomness``). The same calls at the same game times make the same universe.
"""

import random
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum
from typing import Final

from manufacturing.domain.prices import ListingType
from manufacturing.domain.travel import FlightMode
from manufacturing.simulator import catalogue, codec
from manufacturing.simulator.blueprint import ShipPlan, SystemPlan, UniversePlan, WaypointPlan
from manufacturing.simulator.economy import (
    Listing,
    Market,
    draw_pace,
    draw_rest,
    first_momentum,
)
from manufacturing.simulator.economy_parameters import EconomyParameters
from manufacturing.simulator.entities import (
    Agent,
    Component,
    Contract,
    Material,
    Place,
    Ship,
    StarSystem,
    Survey,
    YardListing,
    cargo_capacity,
)
from manufacturing.simulator.randomness import stream
from manufacturing.simulator.shipyards import advance_yard, open_yard

#: The moment every universe begins.
START: Final = datetime(2026, 1, 4, 0, 0, tzinfo=UTC)

#: What a jump gate under construction needs.
GATE_MATERIALS: Final = {"FAB_MATS": 1600, "ADVANCED_CIRCUITRY": 400}


class Scenario(StrEnum):
    """What a new agent starts with."""

    ESTABLISHED = "established"
    """A command ship, haulers, a probe at every factory market and working capital."""
    NEW_AGENT = "new-agent"
    """What the game gives: a command ship, a probe and 175,000 credits."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What makes one universe differ from another. Two universes with equal settings begin alike."""

    seed: int = 1
    scenario: Scenario = Scenario.ESTABLISHED
    haulers: int = 8
    """Light haulers an established agent starts with."""
    credits: int | None = None
    """Credits an agent starts with; None for what the scenario gives."""
    capture: str | None = None
    """A digest of the capture it was built from, None for a generated one."""
    economy: EconomyParameters = field(default_factory=EconomyParameters)


@dataclass(slots=True, kw_only=True)
class State:
    """Everything that is saved."""

    settings: Settings
    plan: UniversePlan
    """What it was built from, and will be built from again after a reset."""
    now: datetime
    reset_date: str
    systems: dict[str, StarSystem]
    places: dict[str, Place]
    headquarters: str
    connections: dict[str, tuple[str, ...]]
    agents: dict[str, Agent] = field(default_factory=dict)
    ships: dict[str, Ship] = field(default_factory=dict)
    contracts: dict[str, Contract] = field(default_factory=dict)
    surveys: dict[str, Survey] = field(default_factory=dict)
    changes: int = 0
    """How many calls have changed it."""


class Universe:
    """A universe at a moment of game time."""

    def __init__(self, state: State) -> None:
        self._take(state)

    def _take(self, state: State) -> None:
        """Makes ``state`` this universe's, and the indexes to go with it."""
        self.state = state
        self.settings = state.settings
        self.economy = state.settings.economy
        self.seed = state.settings.seed
        self.agents_by_token = {agent.token: agent for agent in state.agents.values()}
        self.fleets: dict[str, list[Ship]] = {symbol: [] for symbol in state.agents}
        self.contracts_of: dict[str, list[Contract]] = {symbol: [] for symbol in state.agents}
        self._presence: dict[tuple[str, str], dict[str, Ship]] = {}
        for ship in state.ships.values():
            self.fleets[ship.agent].append(ship)
            self._note_presence(ship)
        for contract in state.contracts.values():
            self.contracts_of[contract.agent].append(contract)
        self._tick_length = timedelta(minutes=self.economy.tick_minutes)
        self._update_tick()

    @classmethod
    def create(cls, settings: Settings, plan: UniversePlan) -> "Universe":
        """A universe at its first moment, without agents."""
        return cls(_first_state(settings, plan, START, START.date()))

    def reset(self) -> None:
        """Ends this universe and begins it anew, now: all agents are gone and their tokens are too old."""
        old = self.state
        today = max(old.now.date(), date.fromisoformat(old.reset_date) + timedelta(days=1))
        state = _first_state(old.settings, old.plan, old.now, today)
        state.changes = old.changes + 1
        self._take(state)

    def save(self) -> bytes:
        """The whole universe as JSON."""
        return codec.encode(self.state)

    @classmethod
    def load(cls, saved: object) -> "Universe":
        """The universe that ``save`` wrote; ``saved`` is the parsed JSON."""
        return cls(codec.decode(State, saved))

    # Time

    @property
    def now(self) -> datetime:
        """The game time of the last call."""
        return self.state.now

    def advance(self, now: datetime) -> datetime:
        """Moves game time on to ``now``, in whole milliseconds as answers show it. It never goes back."""
        beyond = now.microsecond % 1000
        if beyond:
            now -= timedelta(microseconds=beyond)
        if now > self.state.now:
            self.state.now = now
            if now >= self._next_tick_at:
                self._update_tick()
        return self.state.now

    def _update_tick(self) -> None:
        self.tick = (self.state.now - START) // self._tick_length
        self._next_tick_at = START + (self.tick + 1) * self._tick_length

    @property
    def last_market_update(self) -> datetime:
        """When markets were last recalculated."""
        return self._next_tick_at - self._tick_length

    # Places

    def market(self, place: Place) -> Market | None:
        """The market at ``place``, recalculated up to now."""
        market = place.market
        if market is not None and market.tick != self.tick:
            market.advance(self.tick, self.seed, self.economy)
            place._market_view = None
        return market

    def yard(self, place: Place) -> list[YardListing]:
        """The ships on sale at ``place``, up to now."""
        for listing in place.yard:
            advance_yard(listing, self.tick)
        return place.yard

    # Ships

    def is_present(self, agent: str, waypoint: str) -> bool:
        """Whether a ship of ``agent`` is at ``waypoint`` and not flying."""
        return self.present_ship(agent, waypoint) is not None

    def present_ship(self, agent: str, waypoint: str) -> Ship | None:
        """A ship of ``agent`` that is at ``waypoint`` and not flying."""
        now = self.state.now
        for ship in self._presence.get((agent, waypoint), _NO_SHIPS).values():
            if now >= ship.arrives_at:
                return ship
        return None

    def ships_at(self, waypoint: str) -> Iterable[Ship]:
        """Every agent's ships at ``waypoint`` that are not flying."""
        for agent in self.state.agents:
            for ship in self._presence.get((agent, waypoint), _NO_SHIPS).values():
                if not ship.in_transit(self.state.now):
                    yield ship

    def depart(self, ship: Ship, destination: Place, seconds: int) -> None:
        """Sends a ship on its way; its waypoint is the destination from now on."""
        self._forget_presence(ship)
        ship.origin = ship.waypoint
        ship.system = destination.system
        ship.waypoint = destination.symbol
        ship.departed_at = self.state.now
        ship.arrives_at = self.state.now + timedelta(seconds=seconds)
        ship.docked = False
        self._note_presence(ship)

    def build_ship(self, agent: Agent, ship_type: str, place: Place) -> Ship:
        """Gives ``agent`` a new ship, fuelled and docked at ``place``."""
        facts = catalogue.SHIP_TYPES[ship_type]
        plan = ShipPlan(
            role=facts.role,
            frame=facts.frame,
            reactor=facts.reactor,
            engine=facts.engine,
            modules=facts.modules,
            mounts=facts.mounts,
            crew=facts.crew,
            crew_required=facts.crew,
            crew_capacity=facts.crew_capacity,
            fuel=catalogue.FRAMES[facts.frame].fuel_capacity,
            cargo={},
            waypoint=place.symbol,
            docked=True,
            flight_mode=FlightMode.CRUISE,
        )
        return self.rebuild_ship(agent, plan)

    def cool_down(self, ship: Ship, seconds: int) -> None:
        """Makes a ship wait before it may act again."""
        ship.cooldown_seconds = seconds
        ship.cooldown_until = self.state.now + timedelta(seconds=seconds)

    def chance(self, ship: Ship, purpose: str) -> random.Random:
        """What chance decides for a ship this time; the next time differs."""
        ship.draws += 1
        return stream(self.seed, purpose, ship.symbol, ship.draws)

    def rebuild_ship(self, agent: Agent, plan: ShipPlan) -> Ship:
        """Gives ``agent`` a ship as it was recorded. Where its place is unknown, it is at headquarters."""
        place = self.state.places.get(plan.waypoint) or self.state.places[self.state.headquarters]
        agent.ships_built += 1
        tank = catalogue.FRAMES[plan.frame].fuel_capacity
        frame, reactor, engine = (
            Component(symbol=symbol, condition=condition, integrity=integrity)
            for symbol, condition, integrity in zip(
                (plan.frame, plan.reactor, plan.engine), plan.condition, plan.integrity, strict=True
            )
        )
        ship = Ship(
            symbol=f"{agent.symbol}-{agent.ships_built:X}",
            agent=agent.symbol,
            faction=agent.faction,
            role=plan.role,
            frame=frame,
            reactor=reactor,
            engine=engine,
            speed=self.engine_speed(plan.engine),
            modules=list(plan.modules),
            mounts=list(plan.mounts),
            crew=plan.crew,
            crew_required=plan.crew_required,
            crew_capacity=plan.crew_capacity,
            cargo_capacity=cargo_capacity(list(plan.modules)),
            cargo=dict(plan.cargo),
            fuel=min(plan.fuel, tank),
            fuel_capacity=tank,
            fuel_consumed_at=self.state.now,
            system=place.system,
            waypoint=place.symbol,
            origin=place.symbol,
            departed_at=self.state.now,
            arrives_at=self.state.now,
            docked=plan.docked,
            flight_mode=plan.flight_mode,
        )
        self.state.ships[ship.symbol] = ship
        self.fleets[agent.symbol].append(ship)
        self._note_presence(ship)
        return ship

    def remove_ship(self, ship: Ship) -> None:
        """Takes a ship out of the universe."""
        self._forget_presence(ship)
        self.fleets[ship.agent].remove(ship)
        del self.state.ships[ship.symbol]

    def engine_speed(self, engine: str) -> int:
        """How fast an engine flies in this universe."""
        if engine == "ENGINE_ION_DRIVE_II":
            return self.economy.ion_drive_ii_speed
        return catalogue.ENGINES[engine].speed

    def _note_presence(self, ship: Ship) -> None:
        self._presence.setdefault((ship.agent, ship.waypoint), {})[ship.symbol] = ship

    def _forget_presence(self, ship: Ship) -> None:
        here = self._presence[ship.agent, ship.waypoint]
        del here[ship.symbol]
        if not here:
            del self._presence[ship.agent, ship.waypoint]

    # Players

    def add_agent(self, agent: Agent) -> None:
        """Lets a player in."""
        self.state.agents[agent.symbol] = agent
        self.agents_by_token[agent.token] = agent
        self.fleets[agent.symbol] = []
        self.contracts_of[agent.symbol] = []

    def add_contract(self, contract: Contract) -> None:
        """Offers a contract to its agent."""
        self.state.contracts[contract.id] = contract
        self.contracts_of[contract.agent].append(contract)


def _first_state(settings: Settings, plan: UniversePlan, now: datetime, today: date) -> State:
    tick = (now - START) // timedelta(minutes=settings.economy.tick_minutes)
    places: dict[str, Place] = {}
    systems: dict[str, StarSystem] = {}
    for system in plan.systems:
        systems[system.symbol] = StarSystem(
            symbol=system.symbol,
            type=system.type,
            x=system.x,
            y=system.y,
            waypoints=[waypoint.symbol for waypoint in system.waypoints],
        )
        places.update((place.symbol, place) for place in _places(system, settings))
    for place in places.values():
        if place.market is not None:
            place.market.tick = tick
        for listing in place.yard:
            listing.tick = tick
    return State(
        settings=settings,
        plan=plan,
        now=now,
        reset_date=today.isoformat(),
        systems=systems,
        places=places,
        headquarters=plan.headquarters,
        connections=dict(plan.connections),
    )


_NO_SHIPS: Final[dict[str, Ship]] = {}


def _places(system: SystemPlan, settings: Settings) -> list[Place]:
    orbitals: dict[str, list[str]] = {}
    for waypoint in system.waypoints:
        if waypoint.orbits:
            orbitals.setdefault(waypoint.orbits, []).append(waypoint.symbol)
    return [_place(w, system.symbol, orbitals.get(w.symbol, []), settings) for w in system.waypoints]


def _place(plan: WaypointPlan, system: str, orbitals: list[str], settings: Settings) -> Place:
    charted = plan.charted
    return Place(
        symbol=plan.symbol,
        system=system,
        type=plan.type,
        x=plan.x,
        y=plan.y,
        orbits=plan.orbits,
        orbitals=orbitals,
        traits=list(plan.traits),
        modifiers=list(plan.modifiers),
        under_construction=plan.under_construction,
        materials=(
            [Material(good=good, required=units) for good, units in GATE_MATERIALS.items()]
            if plan.under_construction
            else []
        ),
        charted_by="COSMIC" if charted else None,
        charted_at=START - timedelta(days=1) if charted else None,
        market=_market(plan, settings),
        yard=open_yard(plan, settings.seed),
    )


def _market(plan: WaypointPlan, settings: Settings) -> Market | None:
    if not plan.listings:
        return None
    seed, parameters = settings.seed, settings.economy
    market = Market(waypoint=plan.symbol, listings={})
    unsettled = False
    for each in plan.listings:
        rest = each.rest
        if rest is None:
            rest = draw_rest(seed, plan.symbol, each.good, each.type, each.trade_volume, parameters)
        unsettled |= each.activity is None and each.type is not ListingType.EXCHANGE
        market.listings[each.good] = Listing(
            good=each.good,
            type=each.type,
            base_price=float(each.base_price),
            margin=each.margin,
            net_supply=each.net_supply,
            trade_volume=each.trade_volume,
            first_volume=each.trade_volume,
            activity=each.activity,
            rest=rest,
            pace=draw_pace(seed, plan.symbol, each.good, parameters),
            momentum=first_momentum(each.activity, parameters),
        )
    if unsettled:
        market.settle_activities(seed, parameters)
    return market
