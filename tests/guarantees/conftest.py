"""A fleet that makes ELECTRONICS, for each test that asks for one."""

import pytest

from tests.guarantees.fleet_at_work import FleetAtWork
from tests.world import World


@pytest.fixture
def world() -> World:
    """A fleet in the pocket universe, whose markets only trades move."""
    return World()


@pytest.fixture
def at_work(world: World) -> FleetAtWork:
    """One hauler, and a pipeline for ELECTRONICS that has just begun: two inputs to bring."""
    return FleetAtWork.making_electronics(world)
