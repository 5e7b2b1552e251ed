"""Settings: what the environment says, checked once at start (docs/configuration.md)."""

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import timedelta
from enum import StrEnum
from pathlib import Path
from typing import Any, Final

from manufacturing.domain.policy import FleetPolicy

REAL_SERVER: Final = "https://api.spacetraders.io/v2"
#: The name under which a player of the simulator is kept: its address may change, its universe does not.
SIMULATOR: Final = "simulator"
#: Where the simulator of a home writes its address once it listens.
READY_FILE: Final = "simulator.json"
#: Names the file that a worker makes once it takes messages; for its supervisor.
READY_VARIABLE: Final = "MANUFACTURING_READY_FILE"
_DURATION: Final = re.compile(r"(\d+(?:\.\d+)?)\s*(s|m|h|d)?")
_UNIT_SECONDS: Final = {None: 1, "s": 1, "m": 60, "h": 3600, "d": 86400}


class BadSetting(ValueError):
    """A setting cannot be used; the message says which, why, and what would do."""


@dataclass(frozen=True, kw_only=True)
class Settings:
    """Everything that is configured. Secrets are kept out of its repr."""

    home: Path
    """Where the player's data lies."""
    database_url: str | None
    """None: the embedded PostgreSQL is used."""
    redis_url: str | None
    """None: the embedded Valkey is used."""
    server_url: str | None
    """The game's API; None: the simulator is used."""
    token: "Secret | None"
    """The player's agent token, when one is given."""
    agent_symbol: str
    """The call sign to register in the simulator."""
    faction: str
    policy: FleetPolicy

    @property
    def server_name(self) -> str:
        """What the player's rows say of where it plays."""
        return self.server_url or SIMULATOR

    @classmethod
    def from_environment(cls, environ: Mapping[str, str] | None = None) -> "Settings":
        """Reads the environment. BadSetting names the variable that cannot be used."""
        env = os.environ if environ is None else environ
        token = _token(env)
        server_url = env.get("SPACETRADERS_URL", "").rstrip("/") or (REAL_SERVER if token else None)
        if server_url is not None and not server_url.startswith(("http://", "https://")):
            raise BadSetting(f"SPACETRADERS_URL must begin with http:// or https://, not {server_url!r}")
        return cls(
            home=Path(env.get("MANUFACTURING_HOME") or ".manufacturing").absolute(),
            database_url=env.get("DATABASE_URL") or None,
            redis_url=_redis_url(env.get("REDIS_URL") or None),
            server_url=server_url,
            token=token,
            agent_symbol=agent_symbol(env.get("MANUFACTURING_AGENT") or "FOREMAN", "MANUFACTURING_AGENT"),
            faction=env.get("MANUFACTURING_FACTION") or "COSMIC",
            policy=policy_from(env),
        )


class Secret:
    """Text that is not printed."""

    def __init__(self, text: str) -> None:
        self._text = text

    def reveal(self) -> str:
        """The text itself."""
        return self._text

    def __repr__(self) -> str:
        return "Secret(…)"


def _token(env: Mapping[str, str]) -> Secret | None:
    text = env.get("SPACETRADERS_TOKEN", "").strip()
    if text:
        return Secret(text)
    path = env.get("SPACETRADERS_TOKEN_FILE")
    if not path:
        return None
    try:
        text = Path(path).expanduser().read_text(encoding="utf-8").strip()
    except OSError as error:
        raise BadSetting(f"SPACETRADERS_TOKEN_FILE: cannot read {path}: {error.strerror}") from error
    if not text:
        raise BadSetting(f"SPACETRADERS_TOKEN_FILE: {path} is empty")
    return Secret(text)


def _redis_url(url: str | None) -> str | None:
    if url is not None and not url.startswith(("redis://", "rediss://", "unix://")):
        raise BadSetting(f"REDIS_URL must begin with redis://, rediss:// or unix://, not {url.partition(':')[0]}:")
    return url


def agent_symbol(symbol: str, what: str = "a call sign") -> str:
    """The call sign as the game writes it. BadSetting when it is none."""
    if not re.fullmatch(r"[A-Za-z0-9_-]{3,14}", symbol):
        raise BadSetting(f"{what} must be 3 to 14 letters, digits, '-' or '_', not {symbol!r}")
    return symbol.upper()


def policy_from(env: Mapping[str, str]) -> FleetPolicy:
    """The fleet's policy: its defaults, with each ``MANUFACTURING_<FIELD>`` of the environment in their place."""
    chosen: dict[str, Any] = {}
    for field in fields(FleetPolicy):
        variable = f"MANUFACTURING_{field.name.upper()}"
        text = env.get(variable, "").strip()
        if field.name == "credit_floor" and text.endswith("%"):
            chosen |= {"credit_floor": 0, "credit_floor_share": _share(variable, text)}
        elif text:
            chosen[field.name] = _parse(variable, text, field.default)
    return FleetPolicy(**chosen)


def _share(variable: str, text: str) -> float:
    try:
        share = float(text.removesuffix("%")) / 100
    except ValueError as error:
        raise BadSetting(f"{variable}: {text!r} is neither a number of credits nor a share such as 10%") from error
    if not 0 <= share < 1:
        raise BadSetting(f"{variable}: a share must be from 0% to under 100%, not {text}")
    return share


def _parse(variable: str, text: str, default: object) -> object:
    try:
        if isinstance(default, timedelta):
            return duration(text)
        if isinstance(default, StrEnum):
            return type(default)(text.upper())
        number = float(text.replace("_", ""))
    except ValueError as error:
        raise BadSetting(f"{variable}: cannot use {text!r} (it is {default} unless set): {error}") from error
    if number < 0:
        raise BadSetting(f"{variable} must not be negative, but is {text}")
    if isinstance(default, bool):
        return bool(number)
    if isinstance(default, float):
        return number
    if number != int(number):
        raise BadSetting(f"{variable} must be a whole number, not {text}")
    return int(number)


def duration(text: str) -> timedelta:
    """A stretch of time as people write it: ``90``, ``90s``, ``15m``, ``2h``, ``1d``. ValueError for anything else."""
    match = _DURATION.fullmatch(text.strip().lower())
    if match is None:
        raise ValueError("a duration is a number with s, m, h or d, such as 90s or 2h")
    return timedelta(seconds=float(match[1]) * _UNIT_SECONDS[match[2]])
