"""What happened in a game: every step, whether the client could do it, and if not, what it met.

The drivers run in the clients' own environments, so they and what they share use the standard library only.
"""

from collections.abc import Callable
from typing import Any

WORKS, REFUSED, BROKEN, MISSING = "works", "refused", "broken", "missing"


class Journal:
    """Notes the steps of one client's game."""

    def __init__(self, client: object) -> None:
        self._client = client
        self.steps: list[dict[str, str]] = []

    def attempt(
        self,
        step: str,
        method: str,
        *arguments: Any,
        check: Callable[[Any], object] | None = None,
        otherwise: Callable[[], Any] | None = None,
    ) -> Any:
        """Has the client do something and looks at what comes of it.

        ``method`` is one of its driver's. ``check`` gets what it returned and says what is wrong with it, nothing when
        all is well. ``otherwise`` brings the game to where it would be, when the client could not.
        """
        action = getattr(self._client, method, None)
        if action is None:
            self._note(step, MISSING, "")
            return otherwise() if otherwise else None
        try:
            result = action(*arguments)
        except Exception as error:
            code = self._client.refusal(error)  # type: ignore[attr-defined]
            self._note(step, REFUSED if code is not None else BROKEN, _told(error, code))
            return otherwise() if otherwise else None
        complaint = check(result) if check else None
        if complaint:
            self._note(step, BROKEN, str(complaint))
            return otherwise() if otherwise else result
        self._note(step, WORKS, "")
        return result

    def expect_refusal(self, step: str, code: int, method: str, *arguments: Any) -> None:
        """Has the client do what the game refuses: the reason must reach the player as the API's code."""
        action = getattr(self._client, method, None)
        if action is None:
            self._note(step, MISSING, "")
            return
        try:
            result = action(*arguments)
        except Exception as error:
            met = self._client.refusal(error)  # type: ignore[attr-defined]
            self._note(step, WORKS if met == code else BROKEN, "" if met == code else _told(error, met))
            return
        self._note(step, BROKEN, f"expected a refusal with {code}, got {result!r:.80}")

    def _note(self, step: str, outcome: str, detail: str) -> None:
        self.steps.append({"step": step, "outcome": outcome, "detail": detail})


def _told(error: Exception, code: int | None) -> str:
    text = " ".join(str(error).split())
    return f"{type(error).__name__}{f' {code}' if code is not None else ''}: {text[:300]}"
