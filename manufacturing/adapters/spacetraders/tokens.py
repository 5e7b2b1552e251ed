"""Tokens: the keys to agents. They live in the environment or in files only their owner may read."""

import base64
import json
import os
import re
import tempfile
from pathlib import Path
from typing import Final

_AGENT_SYMBOL: Final = re.compile(r"[A-Za-z0-9_-]{1,64}")


def agent_of(token: str) -> str | None:
    """The agent that a token says it is for; None where it does not say. Nobody vouches for it but the server."""
    try:
        claims = json.loads(base64.urlsafe_b64decode(token.split(".")[1] + "=="))
        named = claims["identifier"]
    except (IndexError, ValueError, KeyError, TypeError):
        return None
    return named if isinstance(named, str) else None


class TokenFiles:
    """One file per agent under ``home``, readable by its owner alone."""

    def __init__(self, home: Path) -> None:
        self._directory = home / "tokens"

    def path(self, agent: str) -> Path:
        """Where the token of ``agent`` belongs. Raises ValueError when that is no agent's symbol."""
        if not _AGENT_SYMBOL.fullmatch(agent):
            raise ValueError(f"not an agent's symbol: {agent!r}")
        return self._directory / f"{agent.upper()}.token"

    def read(self, agent: str) -> str | None:
        """The token of ``agent``, None where there is none."""
        try:
            return self.path(agent).read_text(encoding="ascii").strip() or None
        except FileNotFoundError:
            return None

    def write(self, agent: str, token: str) -> None:
        """Keeps the token, at once or not at all."""
        target = self.path(agent)
        self._directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        # mkstemp makes files that nobody else can read, from the first moment on.
        descriptor, name = tempfile.mkstemp(dir=self._directory, prefix=f".{target.name}.")
        try:
            with os.fdopen(descriptor, "w", encoding="ascii") as file:
                file.write(token + "\n")
            Path(name).replace(target)
        except BaseException:
            Path(name).unlink(missing_ok=True)
            raise

    def remove(self, agent: str) -> None:
        """Forgets the token of ``agent``; nothing when there is none."""
        self.path(agent).unlink(missing_ok=True)
