"""ProfitForecast: what a pipeline is expected to earn. Advisory: it is compared, never obeyed."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from manufacturing.domain.ids import PipelineId, PlayerId


class ConfidenceLevel(StrEnum):
    """How far a forecast's prices can be trusted."""

    HIGH = "HIGH"
    """All prices are younger than 5 minutes."""
    MEDIUM = "MEDIUM"
    LOW = "LOW"
    """A good moved more than 20 % within the hour, or a price is older than 60 minutes."""


@dataclass(kw_only=True, eq=False)
class ProfitForecast:
    """Made before a pipeline starts; its actual is entered when the pipeline ends, and it survives the pipeline."""

    id: str
    player_id: PlayerId
    pipeline_id: PipelineId | None
    target_good: str
    quantity: int
    estimated_cost: int
    estimated_revenue: int
    estimated_profit: int
    confidence_level: ConfidenceLevel
    valid_until: datetime
    created_at: datetime
    profit_margin: float | None = None
    """Profit over revenue; None without revenue."""
    markup: float | None = None
    """Profit over cost; None without cost."""
    low_profit: int | None = None
    high_profit: int | None = None
    estimated_hours: float | None = None
    profit_per_ship_hour: int | None = None
    break_even_quantity: int | None = None
    feeding_value: int = 0
    """Advisory credits, never mixed with real ones."""
    price_snapshots: list[dict[str, Any]] = field(default_factory=list)
    actual_profit: int | None = None
    validated_at: datetime | None = None
    version: int = 1
