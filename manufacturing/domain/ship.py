"""Ship: our row of a ship, with what the server last said of it and whom it works for."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from manufacturing.domain.ids import PlayerId
from manufacturing.domain.travel import FlightMode
from manufacturing.domain.universe import Cargo, CargoItem, Fuel, Nav, NavStatus, ShipState


@dataclass(kw_only=True, eq=False)
class Ship:
    """A ship of the player. What the server said is a cache: ``needs_observation`` says when not to trust it."""

    player_id: PlayerId
    symbol: str
    role: str
    frame: str
    speed: int
    fuel_current: int
    fuel_capacity: int
    """0 for a ship without a tank."""
    cargo_capacity: int
    cargo_items: dict[str, Any] = field(default_factory=dict)
    """Units aboard by good."""
    system_symbol: str
    waypoint: str
    """Where it is; in transit, where it is going."""
    origin: str
    nav_status: NavStatus
    flight_mode: FlightMode
    departure_at: datetime | None = None
    arrival_at: datetime | None = None
    observed_at: datetime
    needs_observation: bool = False
    """The row may be wrong: ask the server before acting on it."""
    reserved_by_player: bool = False
    """The player keeps it for their own use."""
    container_id: str | None = None
    """The task it works for (the plan's ship-to-container assignment)."""
    idle_since: datetime | None = None
    """Since when it has had no task."""
    version: int = 1

    @property
    def can_haul(self) -> bool:
        """Whether it has a hold."""
        return self.cargo_capacity > 0

    @property
    def is_fleet_hauler(self) -> bool:
        """Whether it hauls for the fleet: it has a hold, and the player does not keep it."""
        return self.can_haul and not self.reserved_by_player

    @property
    def cargo_units(self) -> int:
        """Units aboard, of all goods."""
        return sum(self.cargo_items.values())

    @property
    def cargo_free(self) -> int:
        """How many more units fit."""
        return self.cargo_capacity - self.cargo_units

    def units_of(self, good: str) -> int:
        """Units of ``good`` aboard."""
        return int(self.cargo_items.get(good, 0))

    def is_flying(self, now: datetime) -> bool:
        """Whether it is still in transit at ``now``."""
        return self.nav_status is NavStatus.IN_TRANSIT and self.arrival_at is not None and now < self.arrival_at

    def observe(self, state: ShipState, now: datetime) -> None:
        """Takes over what the server says of the whole ship."""
        self.role = state.role
        self.frame = state.frame
        self.speed = state.speed
        self.take_nav(state.nav)
        self.take_fuel(state.fuel)
        self.take_cargo(state.cargo)
        self.observed_at = now
        self.needs_observation = False

    def take_nav(self, nav: Nav) -> None:
        """Takes over the server's navigation state."""
        self.system_symbol = nav.system
        self.waypoint = nav.waypoint
        self.origin = nav.origin
        self.nav_status = nav.status
        self.flight_mode = nav.flight_mode
        self.departure_at = nav.departure_at
        self.arrival_at = nav.arrival_at

    def take_fuel(self, fuel: Fuel) -> None:
        """Takes over the server's fuel state."""
        self.fuel_current = fuel.current
        self.fuel_capacity = fuel.capacity

    def take_cargo(self, cargo: Cargo) -> None:
        """Takes over the server's cargo state."""
        self.cargo_capacity = cargo.capacity
        self.cargo_items = {item.good: item.units for item in cargo.items}

    def receive(self, good: str, units: int) -> None:
        """Another ship has handed it goods."""
        self.cargo_items = {**self.cargo_items, good: self.units_of(good) + units}

    def cargo(self) -> Cargo:
        """The hold as a value."""
        items = tuple(CargoItem(good=good, units=units) for good, units in sorted(self.cargo_items.items()))
        return Cargo(capacity=self.cargo_capacity, units=self.cargo_units, items=items)

    def work_for(self, container_id: str) -> None:
        """It has a task now."""
        self.container_id = container_id
        self.idle_since = None

    def move_while_idle(self, container_id: str) -> None:
        """It goes to wait elsewhere for a task: that is no work, so it stays idle."""
        self.container_id = container_id

    def stand_idle(self, now: datetime) -> None:
        """It has no task any more."""
        self.container_id = None
        self.idle_since = self.idle_since or now
