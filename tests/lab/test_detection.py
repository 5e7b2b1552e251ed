"""How long after an output became plentiful the fleet knew it."""

import pytest

from manufacturing.domain.prices import Supply
from manufacturing.lab.detection import Detection, DetectionProbe
from tests.pocket_universe import trade_volume
from tests.world import World


@pytest.fixture
def world() -> World:
    """A fleet that waits for the ELECTRONICS of the works."""
    world = World()
    world.new_ship("HAULER-1")
    world.stock("ELECTRONICS", "the capital", Supply.SCARCE)
    assert world.fleet.orchestrator.look_for_opportunities(world.player_id, now=True)
    return world


@pytest.fixture
def probe(world: World) -> DetectionProbe:
    """A probe that has looked once."""
    probe = DetectionProbe(world.universe, world.uow, world.player_id, world.clock.now)
    probe.look()
    return probe


def becomes_plentiful(world: World) -> None:
    """The next recalculation brings the output to HIGH."""
    world.clock.advance(minutes=15)
    world.real_listing("ELECTRONICS", "the works").net_supply = 3 * trade_volume("ELECTRONICS")


def test_nothing_has_happened_yet(world: World, probe: DetectionProbe) -> None:
    world.clock.advance(minutes=15)
    probe.look()
    assert probe.detection() == Detection(seen=0, unseen=0, mean_delay=None, longest_delay=None)


def test_the_delay_counts_from_the_recalculation(world: World, probe: DetectionProbe) -> None:
    becomes_plentiful(world)
    world.clock.advance(seconds=10)
    probe.look()
    assert probe.detection() == Detection(seen=0, unseen=1, mean_delay=None, longest_delay=None)
    world.clock.advance(seconds=30)
    world.look_at("the works")
    assert probe.detection() == Detection(seen=1, unseen=0, mean_delay=40.0, longest_delay=40.0)


def test_what_the_fleet_saw_before_the_probe_looked_counts_too(world: World, probe: DetectionProbe) -> None:
    becomes_plentiful(world)
    world.clock.advance(seconds=5)
    world.look_at("the works")
    world.clock.advance(seconds=15)
    probe.look()
    assert probe.detection() == Detection(seen=1, unseen=0, mean_delay=5.0, longest_delay=5.0)


def test_what_was_plentiful_when_the_cycle_began_does_not_count(world: World) -> None:
    world.stock("ELECTRONICS", "the works", Supply.HIGH)
    probe = DetectionProbe(world.universe, world.uow, world.player_id, world.clock.now)
    for _ in range(3):
        probe.look()
        world.clock.advance(minutes=15)
    assert probe.detection().seen == 0


def test_looking_changes_nothing(world: World, probe: DetectionProbe) -> None:
    before = world.universe.state.changes, [list(world.game.requests)]
    becomes_plentiful(world)
    probe.look()
    assert (world.universe.state.changes, [list(world.game.requests)]) == before
