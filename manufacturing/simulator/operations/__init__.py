"""The operations of the API, one module per area. Importing the package registers them all."""

from manufacturing.simulator.operations import (
    agents,
    cargo,
    construction,
    contracts,
    interstellar,
    mining,
    navigation,
    outfitting,
    places,
    scanning,
    shipyards,
    status,
    trading,
    upkeep,
)

__all__ = [
    "agents",
    "cargo",
    "construction",
    "contracts",
    "interstellar",
    "mining",
    "navigation",
    "outfitting",
    "places",
    "scanning",
    "shipyards",
    "status",
    "trading",
    "upkeep",
]
