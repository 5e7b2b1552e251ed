"""How moments, durations, money and places are written for people."""

from datetime import datetime, timedelta


def span(duration: timedelta) -> str:
    """A stretch of time as ``2:05:09``, hours first; negative ones as 0."""
    seconds = max(0, round(duration.total_seconds()))
    return f"{seconds // 3600}:{seconds // 60 % 60:02}:{seconds % 60:02}"


def short_span(duration: timedelta) -> str:
    """The same in the two largest units: ``45 s``, ``12 min``, ``2 h 5 min``."""
    seconds = max(0, round(duration.total_seconds()))
    if seconds < 60:
        return f"{seconds} s"
    minutes = seconds // 60
    if minutes < 60:
        return f"{minutes} min"
    return f"{minutes // 60} h {minutes % 60} min" if minutes % 60 else f"{minutes // 60} h"


def moment(at: datetime | None) -> str:
    """A moment to the second, UTC."""
    return "" if at is None else f"{at:%Y-%m-%d %H:%M:%S}"


def credits(amount: int | None) -> str:
    """An amount of money, nothing for an unknown one."""
    return "" if amount is None else f"{amount:,}"


def change(amount: int) -> str:
    """A change of an amount, with its sign."""
    return f"{amount:+,}"


def share(part: float | None) -> str:
    """A part of a whole, in percent."""
    return "not known" if part is None else f"{part:.1%}"


def signed_share(part: float | None) -> str:
    """The same with its sign, for what may be more or less."""
    return "not known" if part is None else f"{part:+.1%}"


def short_id(ident: str | None) -> str:
    """The beginning of an id of ours: enough to name it in a command."""
    return "" if ident is None else ident[:8]


def cargo(items: dict[str, int]) -> str:
    """What is in a hold."""
    return ", ".join(f"{units} {good}" for good, units in sorted(items.items()) if units)


def place(waypoint: str) -> str:
    """A waypoint without the system it lies in: ``A1`` for ``X1-KD71-A1``."""
    return waypoint.rpartition("-")[2]
