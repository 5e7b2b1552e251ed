"""When to look at a factory again: the poll policies (docs/domain.md, "Supply polls").

Pure functions from what is known to the moment of the next poll. Whoever looks meanwhile, for whatever reason, has
looked for the supply monitor too: asked again, they then give a later moment.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from manufacturing.domain.production_estimate import ProductionEstimate
from manufacturing.domain.recalculation_rhythm import RecalculationRhythm

#: The interval table of the PLAN policy.
WITHOUT_ESTIMATE: Final = timedelta(seconds=60)
FAR_FROM_ESTIMATE: Final = timedelta(seconds=120)
NEAR_ESTIMATE: Final = timedelta(seconds=10)
OVERDUE: Final = timedelta(seconds=5)
#: How near is near, on either side.
NEAR: Final = timedelta(minutes=5)
#: Polls at the OVERDUE interval, before it doubles with each up to the longest.
MOST_URGENT_POLLS: Final = 12
LONGEST: Final = timedelta(seconds=120)

#: A recalculation takes the server a moment.
SETTLING: Final = timedelta(seconds=2)
#: A call is worth it when it is expected to spare this much delay.
WORTH_A_CALL: Final = timedelta(seconds=30)
#: However unlikely a change is, a factory is looked at this often.
SELDOM: Final = timedelta(hours=1)
#: What a ship does between its arrival and its look at the market.
_LOOKS_ROUND: Final = timedelta(seconds=10)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sight:
    """What is known of a watched output."""

    looked_at: datetime
    """When it was last seen; the beginning of its cycle when it never was."""
    is_ready: bool
    """Whether it was plentiful then."""
    estimate: ProductionEstimate | None


def plan_interval(ready_at: datetime | None, now: datetime, overdue_polls: int) -> timedelta:
    """The time until the next poll by the table of intervals; ``ready_at`` is the estimate, None without one."""
    if ready_at is None:
        return WITHOUT_ESTIMATE
    if overdue_polls >= MOST_URGENT_POLLS:
        return min(LONGEST, OVERDUE * (2 << min(10, overdue_polls - MOST_URGENT_POLLS)))
    if now < ready_at - NEAR:
        return FAR_FROM_ESTIMATE
    return NEAR_ESTIMATE if now <= ready_at + NEAR else OVERDUE


def is_overdue(ready_at: datetime | None, now: datetime) -> bool:
    """Whether a poll now counts as one after the estimate had passed."""
    return ready_at is not None and now > ready_at + NEAR


def next_planned_poll(sight: Sight) -> datetime:
    """The PLAN policy: the nearer the estimated moment, the more often. An output that is ready waits to be collected,
    and is looked at as one that is far from it."""
    estimate = sight.estimate
    if sight.is_ready:
        return sight.looked_at + FAR_FROM_ESTIMATE
    ready_at = estimate.estimated_ready_at if estimate is not None else None
    overdue_polls = estimate.overdue_polls if estimate is not None else 0
    return sight.looked_at + plan_interval(ready_at, sight.looked_at, overdue_polls)


def next_recalculation_poll(
    sight: Sight, rhythm: RecalculationRhythm, arrivals: tuple[datetime, ...] = ()
) -> datetime | None:
    """The RECALCULATION policy: shortly after the first recalculation since the last look after which a poll is
    expected to spare enough delay; None while no recalculation is known. A ship of ours that is there soon after it
    (one of ``arrivals``) looks for us.
    """
    at = rhythm.next_after(sight.looked_at)
    if at is None:
        return None
    latest = sight.looked_at + SELDOM
    while at < latest and not _is_worth_a_call(sight, at, rhythm.period):
        at += rhythm.period
    poll = at + SETTLING
    if at < latest and sight.estimate is not None:
        for arrival in sorted(arrivals):
            look = arrival + _LOOKS_ROUND
            delay = (look - poll) * sight.estimate.chance_ready_by(at, not_at=sight.looked_at)
            if poll < look and delay <= WORTH_A_CALL:
                return look
    return poll


def _is_worth_a_call(sight: Sight, at: datetime, period: timedelta) -> bool:
    """Whether a look after the recalculation ``at`` spares enough: what it would miss is seen a period later."""
    if sight.is_ready:
        return False
    if sight.estimate is None:
        return True
    return sight.estimate.chance_ready_by(at, not_at=sight.looked_at) * period >= WORTH_A_CALL
