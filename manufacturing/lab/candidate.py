"""Candidate: a policy under a name, with the fleet it flies, as a player writes it down (docs/lab.md)."""

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from importlib import resources
from pathlib import Path
from typing import Any, Final, Self

from manufacturing.domain.policy import FleetPolicy
from manufacturing.lab.experiment import Setup
from manufacturing.settings import BadSetting, policy_from
from manufacturing.simulator.universe import Scenario

_NAME: Final = re.compile(r"[\w.+-]{1,40}")
_NUMBERS: Final = ("haulers", "credits")


@dataclass(frozen=True, kw_only=True)
class Candidate:
    """What is compared with others."""

    name: str
    policy: FleetPolicy
    fleet: Mapping[str, Any]
    """``scenario``, ``haulers`` and ``credits`` where it has its own."""

    @classmethod
    def found(cls, what: str) -> Self:
        """The candidate of a TOML file, or the baseline of that name. BadSetting says what is wrong with it."""
        if what in baselines():
            return cls.from_toml(_baseline(what).read_text(encoding="utf-8"), origin=what)
        path = Path(what).expanduser()
        try:
            text = path.read_text(encoding="utf-8")
        except OSError as error:
            known = ", ".join(baselines())
            raise BadSetting(f"{what}: {error.strerror}. It is neither a file nor one of {known}") from error
        return cls.from_toml(text, origin=what)

    @classmethod
    def from_toml(cls, text: str, *, origin: str) -> Self:
        """What ``text`` describes; ``origin`` is named in errors. BadSetting says what is wrong with it."""
        try:
            told = tomllib.loads(text)
        except tomllib.TOMLDecodeError as error:
            raise BadSetting(f"{origin} is no TOML: {error}") from error
        name = told.pop("name", Path(origin).stem)
        settings, fleet = told.pop("policy", {}), told.pop("setup", {})
        if told:
            raise BadSetting(f"{origin}: {', '.join(told)} means nothing here; there are name, [policy] and [setup]")
        if not isinstance(name, str) or not _NAME.fullmatch(name):
            raise BadSetting(f"{origin}: name must be one short word, not {name!r}")
        try:
            return cls(name=name, policy=policy_of(settings), fleet=_checked_fleet(fleet))
        except BadSetting as error:
            raise BadSetting(f"{origin}: {error}") from error

    def setup(self, common: Setup) -> Setup:
        """``common`` with this candidate's policy and fleet."""
        return replace(common, policy=self.policy, **self.fleet)


def policy_of(settings: Mapping[str, Any]) -> FleetPolicy:
    """The default policy with ``settings`` in place of some of it; each a value as TOML has it, or as text as in
    docs/configuration.md. BadSetting names the one that cannot be used."""
    environment: dict[str, str] = {}
    for key, value in settings.items():
        if key.lower() not in FleetPolicy.__dataclass_fields__:
            raise BadSetting(f"{key}: there is no such setting; docs/configuration.md lists them")
        environment[f"MANUFACTURING_{key.upper()}"] = str(int(value) if isinstance(value, bool) else value)
    return policy_from(environment)


def baselines() -> list[str]:
    """The names of the candidates that come with the lab."""
    folder = resources.files("manufacturing.lab").joinpath("baselines")
    return sorted(file.name.removesuffix(".toml") for file in folder.iterdir() if file.name.endswith(".toml"))


def _baseline(name: str) -> Any:
    return resources.files("manufacturing.lab").joinpath("baselines", f"{name}.toml")


def _checked_fleet(fleet: Mapping[str, Any]) -> Mapping[str, Any]:
    for key, value in fleet.items():
        if key == "scenario":
            if value not in list(Scenario):
                raise BadSetting(f"[setup] scenario must be one of {', '.join(Scenario)}, not {value!r}")
        elif key not in _NUMBERS:
            raise BadSetting(f"[setup] {key}: there is no such setting; there are scenario, {', '.join(_NUMBERS)}")
        elif not isinstance(value, int) or isinstance(value, bool) or value < 0:
            raise BadSetting(f"[setup] {key} must be a number, not {value!r}")
    return fleet
