"""What a running `manufacturing up` tells the commands in other terminals: ``run.json`` in its home; no secrets."""

import json
import os
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Self

from manufacturing.adapters.embedded import locks

_FILE = "run.json"


@dataclass(frozen=True, kw_only=True)
class Run:
    """A run of `manufacturing up`."""

    pid: int
    began: str
    """When that process began, as the system counts it: another process may have its number later."""
    player_id: int
    database_url: str | None
    """Only where it is an embedded server's; one of the player's own may hold a password."""
    redis_url: str | None
    """Likewise."""
    flower: str
    server: str
    """The API's base URL."""
    baseline: dict[str, Any]
    """How things stood at its start, see `manufacturing.cli.report.Baseline`."""
    others: dict[str, dict[str, Any]] = field(default_factory=dict)
    """The same of the other players, by their numbers."""

    @classmethod
    def of_this_process(cls, **told: Any) -> Self:
        """The run of this process."""
        owner = locks.Owner.current()
        return cls(pid=owner.pid, began=owner.began, **told)

    def baseline_of(self, player_id: int) -> dict[str, Any] | None:
        """How things stood for this player at the start; None for one that it did not begin with."""
        return self.baseline if player_id == self.player_id else self.others.get(str(player_id))

    def write(self, home: Path) -> None:
        """Tells it, at once or not at all, readable by its owner alone."""
        beside = home / f".{_FILE}.{self.pid}"
        beside.unlink(missing_ok=True)
        descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            json.dump(asdict(self), file, indent=2)
        beside.replace(home / _FILE)


def find(home: Path) -> Run | None:
    """The run of this home, None when there is none; one that was killed is no more."""
    try:
        run = Run(**json.loads((home / _FILE).read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError):
        return None
    return run if locks.Owner(run.pid, run.began).alive else None


def forget(home: Path) -> None:
    """The run has ended."""
    (home / _FILE).unlink(missing_ok=True)
