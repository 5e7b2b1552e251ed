"""The game's rate limit as plainly as it can be written down (docs/game.md, "Rate limit")."""


class GameLimiter:
    """Two pools in order; each is a fixed window that opens with the first call that uses it. Times in game seconds."""

    def __init__(self) -> None:
        self._pools = [[2, 1.0], [30, 60.0]]
        self._windows: list[tuple[float, int]] = [(-1e9, 0), (-1e9, 0)]

    def admits(self, at: float) -> bool:
        """Counts a call that arrives at ``at``; False is a 429."""
        for index, (tokens, seconds) in enumerate(self._pools):
            opened, used = self._windows[index]
            # A microsecond of tolerance: the budget counts in whole microseconds, this in fractions of seconds.
            if at >= opened + seconds - 1e-6:
                opened, used = at, 0
            if used < tokens:
                self._windows[index] = (opened, used + 1)
                return True
        return False


def refused(arrivals: list[float], *, used_up_at: float | None = None) -> list[float]:
    """The calls that the game would answer 429; ``used_up_at`` says when somebody else had just used both pools up."""
    limiter = GameLimiter()
    if used_up_at is not None:
        while limiter.admits(used_up_at):
            pass
    return [at for at in sorted(arrivals) if not limiter.admits(at)]
