"""ProductionEstimate: when a factory's output is expected to be plentiful."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from manufacturing.domain.ids import PipelineId, PlayerId
from manufacturing.domain.profit_forecast import ConfidenceLevel


@dataclass(kw_only=True, eq=False)
class ProductionEstimate:
    """For (factory, output good) in one pipeline's cycle; it outlives the pipeline, for learning."""

    id: str
    player_id: PlayerId
    factory_symbol: str
    output_good: str
    pipeline_id: PipelineId | None
    confidence_level: ConfidenceLevel
    created_at: datetime
    inputs_delivered_at: dict[str, Any] = field(default_factory=dict)
    all_inputs_at: datetime | None = None
    estimated_ready_at: datetime | None = None
    ready_from: datetime | None = None
    ready_to: datetime | None = None
    production_rate: float | None = None
    """Units per hour."""
    actual_ready_at: datetime | None = None
    version: int = 1
