"""FleetPolicy: every figure a player may set, with its default, in one place (docs/configuration.md)."""

import math
import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

from manufacturing.domain.prices import ListingType, Supply


class PollPolicy(StrEnum):
    """When the supply monitor looks at a factory (docs/domain.md, "Supply polls")."""

    REACTIVE = "REACTIVE"
    """Every ``poll_interval``, whatever is known."""
    PLAN = "PLAN"
    """The nearer the estimated moment of readiness, the more often."""
    RECALCULATION = "RECALCULATION"
    """At most once after each recalculation of the markets, and only when the output may have become plentiful."""


class AssignmentMethod(StrEnum):
    """How ready tasks are given to ships (docs/domain.md, "Assignment")."""

    GREEDY = "GREEDY"
    """The most urgent task first, to the ship that gets there first."""
    OPTIMAL = "OPTIMAL"
    """All ready tasks and all free ships at once, at the least cost in total."""


@dataclass(frozen=True, kw_only=True)
class FleetPolicy:
    """How the fleet decides. Durations are game time."""

    credit_floor: int = 25_000
    """Credits that purchases never touch …"""
    credit_floor_share: float = 0.0
    """… or this share of the credits, whichever is more."""
    max_pipelines: int = 0
    """Pipelines at a time; 0 lets the number follow from the fleet: two for each ship that can haul."""
    fabrication: bool = True
    """Whether pipelines feed factories, wait for their output and sell it, as the plan has it."""
    hauls: bool = True
    """Whether a ship that would be idle takes goods from where they are made to where they are wanted."""
    feeding_weight: float = 0.6
    """How much of the worth that an input has for the factory it feeds counts when work is ranked; 0: none."""
    kept_chains: int = 4
    """How many chains of factories are brought up at a time, to be kept running from then on; 0: none is kept."""
    kept_input_worth: float = 4.0
    """What a unit of an input that a kept factory lacks is worth beyond its bid, as a multiple of its base price."""
    stock_horizon: timedelta = timedelta(hours=8)
    """How far ahead a haul looks to what draining its source and filling its sink cost later trades; 0: not at all."""
    min_worth_per_ship_hour: int = 3_000
    """What an hour of a ship must be worth, in credits, before it sets out on a haul."""
    kept_load: float = 0.8
    """The least share of its hold that a ship brings to a kept factory; 0: whatever there is."""
    call_worth: int = 900
    """Credits that a haul must bring for each call to the game that it takes, or half of it on the way to a kept
    factory; 0: none."""
    look_before_trades: bool = False
    """Whether a ship reads the market before every trade, even where nothing can have changed since it was seen."""
    max_depth: int = 3
    """Levels of manufacturing in one pipeline."""
    min_bid: int = 1_000
    """Products below this bid are not worth a pipeline."""
    min_margin: float = 0.05
    """Least profit over revenue of a plan."""
    source_gate: Supply = Supply.MODERATE
    """Least supply at which an input is bought. SCARCE and LIMITED sources park the leg."""
    collect_gate: Supply = Supply.HIGH
    """Least supply at which an output is collected."""
    price_slack: float = 0.10
    """How much dearer than planned (or cheaper, when selling an input) a trade may become before it stops."""
    price_ceiling: float = 1.75
    """The most to pay, as a multiple of the median ask of the other markets that sell the good."""
    sink_slack: float = 0.20
    """How far a product's bid may fall below the quote of the plan before selling stops."""
    min_feeding_ships: int = 3
    """Ships that ACQUIRE and DELIVER keep while there is such work."""
    min_yield_ships: int = 3
    """Ships that COLLECT, SELL and LIQUIDATE keep while there is such work."""
    assignment: AssignmentMethod = AssignmentMethod.OPTIMAL
    """How ready tasks are given to ships."""
    pre_positioning: bool = True
    """Whether idle ships wait where work is expected."""
    ship_hour_worth: int = 2_500
    """Credits that an hour of a hauler's time is worth until the fleet's own trips tell: what is paid for speed."""
    factory_reservations: bool = True
    """Whether a factory belongs to one pipeline at a time. Off only to see in the lab what it is worth."""
    reservation_time: timedelta = timedelta(hours=4)
    """How long a factory stays reserved without progress."""
    collect_time: timedelta = timedelta(hours=8)
    """How long after the last delivery a pipeline keeps the first right to collect."""
    pool: bool = True
    """Whether surplus goods go into the pool and are used from it."""
    pool_reservation_time: timedelta = timedelta(hours=1)
    """How long goods of the pool stay promised to a pipeline that makes no progress."""
    pool_idle_time: timedelta = timedelta(minutes=15)
    """How long goods of the pool wait for somebody to want them before they are sold."""
    poll_policy: PollPolicy = PollPolicy.RECALCULATION
    """When the supply monitor looks at a factory."""
    poll_interval: timedelta = timedelta(seconds=30)
    """How often the reactive supply monitor looks at a factory."""
    scan_every: int = 2
    """After how many recalculations a market with a ship of ours at rest is read again; 0 or 1: after each …"""
    scan_interval: timedelta = timedelta(minutes=5)
    """… or after how long, where recalculations are not followed."""
    scout_after: timedelta = timedelta(hours=3)
    """How old a market's prices may be before a ship is sent to look."""
    opportunity_interval: timedelta = timedelta(minutes=5)
    """How often opportunities are looked for when nothing calls for it."""
    park_time: timedelta = timedelta(minutes=5)
    """How long a task waits for a gate before it is tried again."""
    leg_patience: timedelta = timedelta(hours=1)
    """How long an input may stay without a source before its leg is given up."""
    sale_patience: timedelta = timedelta(hours=1)
    """How long a sale may take, travel included, before it takes the price there is."""
    min_fuel_share: float = 0.0
    """A docked ship whose next flight leaves less than this share of its tank refuels; 0: only when it has to."""

    def floor(self, credits: int) -> int:
        """The floor for a player with this many credits."""
        return max(self.credit_floor, math.ceil(credits * self.credit_floor_share))

    def ceiling(self, other_asks: Sequence[int]) -> int | None:
        """The most to pay where other markets ask this much: never taken from the market itself, whose ask rises with
        every purchase of ours. None without another market."""
        return round(statistics.median(other_asks) * self.price_ceiling) if other_asks else None

    def counted_supply(self, type_: ListingType, supply: Supply, *, hauled: bool) -> Supply:
        """The supply that gates and tranches are judged by. An EXCHANGE good comes back by itself within hours, and its
        price hardly follows its stock: a haul, which has prices of its own to go by, may draw on it at any supply."""
        free = hauled and type_ is ListingType.EXCHANGE and not supply.at_least(self.source_gate)
        return self.source_gate if free else supply

    def tranches(self, supply: Supply) -> int:
        """How many tranches of a trade volume may be bought in one visit at this supply; 0 means none."""
        if not supply.at_least(self.source_gate):
            return 0
        return 3 if supply.at_least(Supply.HIGH) else 2
