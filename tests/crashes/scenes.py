"""What the fleet is about to do when workers begin to die: each scene has a ship or two with work, and a known end.

Markets stand still but for our trades, so that a scene always ends with the same trades, however often a worker died.
"""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

from manufacturing.domain.manufacturing_task import TaskType
from manufacturing.domain.policy import FleetPolicy, PollPolicy
from manufacturing.domain.prices import Supply
from manufacturing.domain.travel import FlightMode
from tests.world import World

#: Factories are looked at seldom, as nothing about them changes here; ships fill up wherever they dock.
POLICY = FleetPolicy(
    hauls=False,
    pre_positioning=False,
    poll_policy=PollPolicy.REACTIVE,
    poll_interval=timedelta(minutes=30),
    max_pipelines=1,
    min_fuel_share=0.95,
)

SHIP = "HAULER-1"
OTHER_SHIP = "HAULER-2"

Scene = Callable[[], World]


def making_machinery() -> World:
    """IRON is bought and delivered, then MACHINERY collected and sold."""
    world = _world_with_ship("the depot")
    world.stock("MACHINERY", "the capital", Supply.SCARCE)
    _start_a_pipeline(world)
    world.stock("MACHINERY", "the foundry", Supply.ABUNDANT)
    return world


def collecting_machinery() -> World:
    """The MACHINERY is there; it is collected and sold."""
    world = _world_with_ship("the depot")
    world.stock("MACHINERY", "the capital", Supply.SCARCE)
    world.stock("MACHINERY", "the foundry", Supply.ABUNDANT)
    _start_a_pipeline(world)
    assert world.tasks(TaskType.ACQUIRE) == [], world.story()
    return world


def making_machinery_from_the_pool() -> World:
    """The IRON is aboard already, and in the pool; the pipeline has been promised all of it."""
    world = _world_with_ship("the smelter", IRON=60)
    world.stock("MACHINERY", "the capital", Supply.SCARCE)
    world.fleet.coordinator.add_to_pool(world.player_id, world.symbol(SHIP), "IRON", 60, None)
    _start_a_pipeline(world)
    assert world.tasks(TaskType.ACQUIRE) == [], world.story()
    world.stock("MACHINERY", "the foundry", Supply.ABUNDANT)
    return world


def handing_over_copper() -> World:
    """A ship has goods of the pool for two factories, and another beside it has nothing to do: it takes some over."""
    world = _world_with_ship("the smelter", policy=replace(POLICY, max_pipelines=2), IRON=60, COPPER=20)
    world.new_ship(OTHER_SHIP, at="the smelter", fuel=150)
    world.real_ship(SHIP).docked = False
    world.fleet.enrolment.refresh_ships(world.gateway, world.player_id)
    world.stock("MACHINERY", "the capital", Supply.SCARCE)
    world.stock("ELECTRONICS", "the capital", Supply.SCARCE)
    world.stock("SILICON_CRYSTALS", "the works", Supply.HIGH)
    for good, units in (("IRON", 60), ("COPPER", 20)):
        world.fleet.coordinator.add_to_pool(world.player_id, world.symbol(SHIP), good, units, None)
    _start_pipelines(world, 2)
    assert world.tasks(TaskType.ACQUIRE) == [], world.story()
    world.stock("MACHINERY", "the foundry", Supply.ABUNDANT)
    world.stock("ELECTRONICS", "the works", Supply.ABUNDANT)
    return world


def selling_strays() -> World:
    """There is cargo aboard that belongs to nobody and that no factory needs."""
    return _world_with_ship("the depot", MACHINERY=50)


def _world_with_ship(at: str, *, policy: FleetPolicy = POLICY, **cargo: int) -> World:
    """The ship is docked, needs fuel, and flew in another mode last: it has all there is to do before it leaves."""
    world = World(policy=policy)
    world.new_ship(SHIP, at=at, cargo=cargo, fuel=150)
    world.real_ship(SHIP).flight_mode = FlightMode.STEALTH
    world.fleet.enrolment.refresh_ships(world.gateway, world.player_id)
    return world


def _start_a_pipeline(world: World) -> None:
    _start_pipelines(world, 1)


def _start_pipelines(world: World, number: int) -> None:
    created = world.fleet.lifecycle.create_pipelines_from_opportunities(world.player_id, world.player.system_symbol)
    assert len(created) == number, world.decisions()


#: Every scene, and the errands in it that no other scene has like this.
SCENES: dict[Scene, tuple[TaskType, ...]] = {
    making_machinery: (TaskType.ACQUIRE, TaskType.DELIVER, TaskType.COLLECT, TaskType.SELL),
    collecting_machinery: (TaskType.COLLECT,),
    making_machinery_from_the_pool: (TaskType.DELIVER,),
    handing_over_copper: (TaskType.DELIVER,),
    selling_strays: (TaskType.LIQUIDATE,),
}
