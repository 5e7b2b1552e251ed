"""FactoryState: what we know of a factory that works for a pipeline, and when to look again."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from manufacturing.domain.ids import PipelineId, PlayerId
from manufacturing.domain.manufacturing_task import StepState
from manufacturing.domain.prices import Activity, Supply


@dataclass(kw_only=True, eq=False)
class FactoryState:
    """(player, factory, output good) during one pipeline's production cycle."""

    id: str
    player_id: PlayerId
    pipeline_id: PipelineId
    factory_symbol: str
    output_good: str
    required_inputs: list[str]
    """Inputs this cycle delivers; empty when it only collects."""
    created_at: datetime
    inputs_delivered: dict[str, Any] = field(default_factory=dict)
    """Units delivered in this cycle, by input."""
    inputs_delivered_at: dict[str, Any] = field(default_factory=dict)
    """When each input was last delivered, ISO format."""
    all_inputs_at: datetime | None = None
    supply: Supply | None = None
    activity: Activity | None = None
    observed_at: datetime | None = None
    ready_at: datetime | None = None
    """When the output was first seen plentiful in this cycle."""
    is_watched: bool = True
    """Whether the supply monitor still cares."""
    next_poll_at: datetime | None = None
    polls: int = 0
    step_state: StepState = StepState.WAITING
    lease_until: datetime | None = None
    version: int = 1

    def record_delivery(self, good: str, units: int, at: datetime) -> None:
        """``units`` of an input were sold to the factory."""
        self.inputs_delivered = {**self.inputs_delivered, good: self.inputs_delivered.get(good, 0) + units}
        self.inputs_delivered_at = {**self.inputs_delivered_at, good: at.isoformat()}

    def record_all_inputs_delivered(self, at: datetime) -> None:
        """Nothing more is to be delivered in this cycle."""
        self.all_inputs_at = at

    def observe(self, supply: Supply, activity: Activity | None, at: datetime) -> None:
        """The output's supply was seen."""
        self.supply = supply
        self.activity = activity
        self.observed_at = at
        if self.ready_at is None and supply.at_least(Supply.HIGH):
            self.ready_at = at

    def stop_watching(self) -> None:
        """Its output was collected, or its pipeline ended."""
        self.is_watched = False
        self.next_poll_at = None
        self.step_state = StepState.IDLE
        self.lease_until = None

    def watch_again(self, now: datetime) -> None:
        """A collection did not come about: the supply monitor cares again."""
        self.is_watched = True
        self.next_poll_at = now
        self.step_state = StepState.WAITING
        self.lease_until = None

    def poll_at(self, due_at: datetime) -> None:
        """The next poll is due at ``due_at``."""
        self.next_poll_at = due_at
        self.step_state = StepState.WAITING
        self.lease_until = None

    def queue(self, lease_until: datetime) -> None:
        """A message for the poll is under way, or a worker is at it, until ``lease_until``."""
        self.step_state = StepState.QUEUED
        self.lease_until = lease_until
