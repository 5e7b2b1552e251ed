"""Every number of the simulated economy, in one place (docs/game.md, "Production and growth").

All rates are in trade volumes per game hour and all stocks in trade volumes (s = net supply / trade volume), so a
parameter means the same for a market that trades 6 units at a time and for one that trades 180.
"""

import json
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

from manufacturing.domain.prices import Activity


class BadEconomyFile(ValueError):
    """The economy file cannot be used; the message says where it is wrong."""


def _by_activity(restricted: float, weak: float, growing: float, strong: float) -> dict[Activity, float]:
    return {
        Activity.RESTRICTED: restricted,
        Activity.WEAK: weak,
        Activity.GROWING: growing,
        Activity.STRONG: strong,
    }


@dataclass(frozen=True, slots=True, kw_only=True)
class EconomyParameters:
    """How markets live. An economy file overrides any field by its name."""

    tick_minutes: int = 15
    """Markets are recalculated every so many game minutes."""

    production: Mapping[Activity, float] = field(default_factory=lambda: _by_activity(0.25, 0.5, 1.0, 1.5))
    """What an export produces per hour, by its activity."""
    weak_production_when_high: float = 0.17
    """What a WEAK export produces per hour once its supply is HIGH."""
    consumption: Mapping[Activity, float] = field(default_factory=lambda: _by_activity(0.25, 0.41, 1.5, 1.6))
    """What an import consumes per hour, by its activity."""
    rate_spread: float = 0.5
    """How far single recalculations stray from the rate, as a share of it either way."""
    pace_spread: float = 0.4
    """How far a listing's own pace strays from the usual (standard deviation of its logarithm)."""

    taper: float = 0.7
    """Within this distance of the resting level, rates fall off linearly to nothing."""
    export_rest: tuple[float, float] = (2.5, 5.6)
    """Where a quiet export comes to rest: each listing has its own level in this range."""
    export_rest_busy: float = 8.3
    """Where a GROWING or STRONG export comes to rest."""
    small_export_rest: tuple[float, float] = (15.0, 17.0)
    """Where an export with a small trade volume comes to rest."""
    import_rest: tuple[float, float] = (-7.0, -2.8)
    """Where a quiet import comes to rest: each listing has its own level in this range."""
    import_rest_busy: float = -8.2
    """Where a GROWING or STRONG import comes to rest."""
    small_import_rest: tuple[float, float] = (-16.5, -3.0)
    """Where an import with a small trade volume comes to rest."""
    overshoot_return: float = 0.05
    """How fast a stock beyond its resting level comes back to it."""
    exchange_return_hours: float = 3.0
    """The time in which an EXCHANGE stock loses 63 % of its distance from 0."""

    factory_momentum: Mapping[str, float] = field(
        default_factory=lambda: {"LIMITED": -1.0, "HIGH": 0.8, "ABUNDANT": 1.2}
    )
    """How an export's momentum changes per hour, by the supply of its worst input. (SCARCE ends it at once.)"""
    import_momentum: Mapping[str, float] = field(
        default_factory=lambda: {"SCARCE": -1.5, "LIMITED": -0.6, "MODERATE": 0.4, "HIGH": 0.55, "ABUNDANT": 0.7}
    )
    """How an import's momentum changes per hour, by its own supply."""
    moderate_momentum: float = 0.4
    """Where an export's momentum settles while its worst input is MODERATE …"""
    moderate_momentum_spread: float = 0.3
    """… give or take this much, so that it is GROWING now and then …"""
    moderate_momentum_per_hour: float = 0.7
    """… and how much of the way there it goes in an hour."""
    growing_at: float = 0.5
    """Momentum from which a listing is GROWING."""
    strong_at: float = 1.25
    """Momentum from which a listing is STRONG."""
    momentum_limit: float = 1.75
    """Momentum never exceeds this."""

    growth: float = 1.1
    """A trade volume grows by this factor, rounded up …"""
    growth_hours: float = 0.6
    """… every so many hours of being STRONG with the export drained or the import filled …"""
    growth_limit: float = 3.0
    """… up to so many times its first value."""
    import_to_export_limit: float = 3.0
    """A factory's import never trades more than this many times the volume of the largest export it feeds."""
    shrink_hours: float = 6.0
    """A grown trade volume loses a step every so many hours of being WEAK or RESTRICTED."""

    margin_mean: float = 8.0
    """Mean of a listing's margin, drawn anew whenever its trade volume changes."""
    small_margin_mean: float = 10.0
    """The same for small trade volumes."""
    margin_deviation: float = 1.0
    """Standard deviation of the margin."""
    small_volume: int = 11
    """Trade volumes up to this one are small."""

    ion_drive_ii_speed: int = 36
    """Speed of the ion drive II, which the game has changed before."""
    wear: float = 0.0
    """What an hour of flight, or an extraction, takes off the condition of a ship's parts (1 is as new)."""

    def __post_init__(self) -> None:
        if self.tick_minutes < 1:
            raise BadEconomyFile("tick_minutes must be at least 1")
        for name in ("taper", "exchange_return_hours", "growth_hours", "shrink_hours"):
            if getattr(self, name) <= 0:
                raise BadEconomyFile(f"{name} must be greater than 0")
        if self.growth < 1 or self.growth_limit < 1:
            raise BadEconomyFile("growth and growth_limit must be at least 1")

    @property
    def tick_hours(self) -> float:
        """Length of one recalculation step, in hours."""
        return self.tick_minutes / 60

    @classmethod
    def from_file(cls, path: Path) -> "EconomyParameters":
        """The parameters with those of a TOML or JSON file in place of the defaults.

        Raises BadEconomyFile when the file cannot be read, names an unknown parameter or gives one a wrong type.
        """
        try:
            text = path.read_text(encoding="utf-8")
            given = json.loads(text) if path.suffix == ".json" else tomllib.loads(text)
        except (OSError, ValueError) as error:
            raise BadEconomyFile(f"{path}: {error}") from error
        return cls.from_mapping(given, where=str(path))

    @classmethod
    def from_mapping(cls, given: Mapping[str, Any], where: str = "economy") -> "EconomyParameters":
        """The parameters with those of ``given`` in place of the defaults; raises BadEconomyFile as from_file does."""
        defaults = cls()
        known = {f.name for f in fields(cls)}
        values: dict[str, Any] = {}
        for name, value in given.items():
            if name not in known:
                raise BadEconomyFile(f"{where}: unknown parameter {name!r}; known are {', '.join(sorted(known))}")
            values[name] = _fitted(where, name, value, getattr(defaults, name))
        return cls(**values)


def _fitted(where: str, name: str, value: Any, default: Any) -> Any:
    """``value`` in the type of ``default``; a mapping only needs the entries that differ."""
    if isinstance(default, Mapping):
        if not isinstance(value, Mapping) or not set(value) <= set(default):
            raise BadEconomyFile(f"{where}: {name} must map some of {', '.join(default)} to numbers")
        return dict(default) | {k: _fitted(where, f"{name}.{k}", v, 0.0) for k, v in value.items()}
    if isinstance(default, tuple):
        if not isinstance(value, list | tuple) or len(value) != 2:
            raise BadEconomyFile(f"{where}: {name} must be a pair of numbers")
        low, high = (_fitted(where, name, v, 0.0) for v in value)
        if low > high:
            raise BadEconomyFile(f"{where}: {name} must be (low, high)")
        return (low, high)
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise BadEconomyFile(f"{where}: {name} must be a number, not {value!r}")
    if isinstance(default, int) and not isinstance(value, int):
        raise BadEconomyFile(f"{where}: {name} must be a whole number, not {value!r}")
    return value if isinstance(default, int) else float(value)
