"""A fleet for each test that asks for one."""

import pytest

from tests.world import World


@pytest.fixture
def world() -> World:
    """A fleet in the pocket universe, whose markets only trades move."""
    return World()
