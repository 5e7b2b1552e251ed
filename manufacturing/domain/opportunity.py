"""ManufacturingOpportunity, and the plan that would take it."""

from dataclasses import dataclass, field

from manufacturing.domain.manufacturing_pipeline import PipelineKind
from manufacturing.domain.manufacturing_task import TaskType
from manufacturing.domain.market_listing import MarketListing


@dataclass(frozen=True, slots=True, kw_only=True)
class ManufacturingOpportunity:
    """A market that pays well for a good it lacks."""

    good: str
    sink: MarketListing


@dataclass(slots=True, kw_only=True)
class TaskDraft:
    """A task of a plan, before it has an id."""

    type: TaskType
    good: str
    waypoint: str
    quantity: int
    quoted_price: int
    price_limit: int | None
    factory_symbol: str | None = None
    output_good: str | None = None
    source_bonus: int = 0
    lot_id: int | None = None
    """DELIVER from the pool: the lot that is taken …"""
    bound_ship: str | None = None
    """… and the ship that holds it."""
    is_ready: bool = False
    """Whether a ship may take it at once, without its gates being looked at again."""
    depends_on: list[int] = field(default_factory=list)
    """Positions, in the plan's list, of the drafts that must be done first."""
    same_ship_as: int | None = None
    """The one of them whose ship carries its cargo on into this."""

    @property
    def is_hauled(self) -> bool:
        """Whether it buys for a haul and not for a factory's production."""
        return self.type is TaskType.ACQUIRE and self.factory_symbol is None


@dataclass(slots=True, kw_only=True)
class PipelinePlan:
    """How an opportunity would be taken, and what it would earn."""

    opportunity: ManufacturingOpportunity
    kind: PipelineKind
    factory_symbol: str
    quantity: int
    tasks: list[TaskDraft]
    cycles: dict[tuple[str, str], list[str]]
    """The inputs to deliver for each (factory, output good) that the plan runs."""
    cost: int
    revenue: int
    ship_seconds: float
    """Game seconds of ship time it takes."""
    feeding_value: int = 0
    """Advisory credits: what its deliveries are worth to the factories they feed, beyond their price."""
    stock_cost: int = 0
    """Advisory credits: what later trades at its source and its sink lose by it."""
    notes: list[str] = field(default_factory=list)
    """What was left out, and why."""

    @property
    def profit(self) -> int:
        """Expected revenue less cost, in credits."""
        return self.revenue - self.cost

    @property
    def worth_per_ship_hour(self) -> float:
        """Expected profit and feeding value, less what it costs later trades, for each hour of ship time: what plans
        are ranked by."""
        return (self.profit + self.feeding_value - self.stock_cost) * 3600 / max(60.0, self.ship_seconds)

    @property
    def profit_per_ship_hour(self) -> float:
        """Expected profit for each hour of ship time."""
        return self.profit * 3600 / max(60.0, self.ship_seconds)
