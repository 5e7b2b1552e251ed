"""Plain facts of the game: base prices and recipes (docs/game.md, "Prices" and "Recipes")."""

import json
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from types import MappingProxyType
from typing import Any


def _load(name: str) -> Any:
    return json.loads(files(__name__).joinpath(name).read_text(encoding="utf-8"))


@cache
def base_prices() -> Mapping[str, int]:
    """The base price B of each good, in credits per unit.

    Most are fitted from recorded quotes to the credit; the rest are estimates (``is_base_price_certain``).
    """
    data = _load("base_prices.json")
    return MappingProxyType({**data["uncertain"], **data["fitted"]})


def is_base_price_certain(good: str) -> bool:
    """Whether the base price of ``good`` reproduces recorded quotes exactly."""
    return good in _certain_goods()


@cache
def _certain_goods() -> frozenset[str]:
    return frozenset(_load("base_prices.json")["fitted"])


@cache
def recipes() -> Mapping[str, tuple[str, ...]]:
    """The inputs of every output good, as the game's supply-chain endpoint lists them."""
    mapping = _load("supply_chain.json")["export_to_import_map"]
    return MappingProxyType({output: tuple(inputs) for output, inputs in mapping.items()})


@cache
def raw_goods() -> frozenset[str]:
    """Goods that are mined or bought, never manufactured: they end the recursion of a recipe."""
    return frozenset(_load("supply_chain.json")["raw_goods"])
