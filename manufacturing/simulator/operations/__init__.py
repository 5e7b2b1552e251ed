"""The operations of the API, one module per area. Importing the package registers them all."""

from manufacturing.simulator.operations import (
    agents,
    cargo,
    navigation,
    places,
    shipyards,
    status,
    trading,
)

__all__ = ["agents", "cargo", "navigation", "places", "shipyards", "status", "trading"]
