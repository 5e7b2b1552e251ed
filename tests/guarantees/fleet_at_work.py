"""What the tests of the guarantees do again and again."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Self

from manufacturing.domain.ledger import EntryKind, LedgerEntry
from manufacturing.domain.manufacturing_pipeline import ManufacturingPipeline
from manufacturing.domain.manufacturing_task import ManufacturingTask, TaskStatus, TaskType
from manufacturing.domain.prices import Supply
from tests.builders import SYSTEM
from tests.world import World

HAULER = "HAULER-1"


@dataclass
class FleetAtWork:
    """A world, and what a player does with it."""

    world: World

    @classmethod
    def making_electronics(cls, world: World) -> Self:
        """The capital lacks ELECTRONICS; one hauler is at the capital, and a pipeline has begun."""
        fleet = cls(world)
        world.new_ship(HAULER)
        world.looks_for_opportunities = False
        world.stock("ELECTRONICS", "the capital", Supply.SCARCE)
        fleet.look_for_opportunities()
        world.fleet.lifecycle.update_readiness(world.player_id)
        return fleet

    def look_for_opportunities(self) -> None:
        """Starts pipelines."""
        self.world.fleet.lifecycle.create_pipelines_from_opportunities(self.world.player_id, SYSTEM)

    @property
    def pipeline(self) -> ManufacturingPipeline:
        """The latest pipeline."""
        return self.world.pipelines()[-1]

    def task(self, type: TaskType, good: str) -> ManufacturingTask:
        """The one task of a type and good."""
        (task,) = self.world.tasks(type, good)
        return task

    def ready(self, type: TaskType, good: str, at: str, units: int, **fields: Any) -> ManufacturingTask:
        """Another pipeline, with one task that waits for nothing but a ship."""
        world = self.world
        fields = {"ready_at": world.clock.now(), **fields}
        task = world.a_task(type, good, at, quantity=units, status=TaskStatus.READY, **fields)
        world.add_pipeline(task, product_good=f"PRODUCT_{len(world.pipelines())}")
        return task

    def carry_out(self, task: ManufacturingTask, ship: str = HAULER) -> ManufacturingTask:
        """The ship does the task, and what it does straight after it; nobody else does anything. The task as it is
        then."""
        world = self.world
        world.holds_work_back = True
        world.fleet.assignment.assign_ship_to_task(world.player_id, world.symbol(ship), task.id)
        return world.fly(task)

    def play(self, minutes: int) -> None:
        """Lets so much time pass, in which everybody works."""
        end = self.world.clock.now() + timedelta(minutes=minutes)
        self.world.play(lambda: self.world.clock.now() >= end, within=timedelta(minutes=minutes + 5))

    def play_to_the_end(self) -> None:
        """Everybody works until the pipeline has ended."""
        self.world.play(lambda: not self.pipeline.is_active, within=timedelta(hours=12))

    def entries(self, kind: EntryKind, good: str) -> list[LedgerEntry]:
        """What the ledger has of a good."""
        return [entry for entry in self.world.ledger() if (entry.kind, entry.good) == (kind, good)]

    def bought(self, good: str) -> int:
        """Units bought, by the ledger."""
        return sum(entry.units for entry in self.entries(EntryKind.PURCHASE, good))

    def sold(self, good: str) -> int:
        """Units sold, by the ledger."""
        return sum(entry.units for entry in self.entries(EntryKind.SALE, good))
