"""How a listing's stock moves while nobody of ours trades (docs/game.md, "Production and growth").

Markets are recalculated every quarter of an hour; between that only trades move a stock. All rates are in trade volumes
per game hour and stocks in trade volumes, as the game's own figures are.
"""

import math
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final

from manufacturing.domain.prices import Activity, ListingType, Supply

#: Between two recalculations of the markets.
RECALCULATION: Final = timedelta(minutes=15)

_PRODUCTION: Final = {
    Activity.RESTRICTED: 0.25,
    Activity.WEAK: 0.5,
    Activity.GROWING: 1.0,
    Activity.STRONG: 1.5,
}
#: A WEAK export that is HIGH or better hardly produces.
_PRODUCTION_WEAK_AND_HIGH: Final = 0.17
_CONSUMPTION: Final = {
    Activity.RESTRICTED: 0.25,
    Activity.WEAK: 0.41,
    Activity.GROWING: 1.5,
    Activity.STRONG: 1.6,
}
#: Where listings come to rest when left alone: quiet ones in the middle of the recorded range, busy ones far out.
_REST: Final = {ListingType.EXPORT: 4.0, ListingType.IMPORT: -5.0}
_REST_BUSY: Final = {ListingType.EXPORT: 8.0, ListingType.IMPORT: -8.0}
#: Within this distance of the resting level a rate falls off to nothing.
_TAPER: Final = 0.7
_BUSY: Final = (Activity.GROWING, Activity.STRONG)
#: In which an EXCHANGE stock loses 63 % of its distance from 0.
_EXCHANGE_HOURS: Final = 3.0

#: The rate at which a listing of this type, activity and stock (in trade volumes) moves, in trade volumes an hour;
#: negative where it shrinks.
Rate = Callable[[ListingType, Activity | None, float], float]


def usual_rate(type_: ListingType, activity: Activity | None, s: float) -> float:
    """The rate of a listing of which nothing else is known, in trade volumes an hour."""
    if type_ is ListingType.EXCHANGE:
        return -s / _EXCHANGE_HOURS
    activity = activity or Activity.WEAK
    rest = (_REST_BUSY if activity in _BUSY else _REST)[type_]
    if type_ is ListingType.EXPORT:
        weak_and_high = activity is Activity.WEAK and s >= 2
        rate = _PRODUCTION_WEAK_AND_HIGH if weak_and_high else _PRODUCTION[activity]
        return rate * min(1.0, max(0.0, (rest - s) / _TAPER))
    return -_CONSUMPTION[activity] * min(1.0, max(0.0, (s - rest) / _TAPER))


def recalculations_between(since: datetime, until: datetime) -> int:
    """How many recalculations happen after ``since`` and up to ``until`` where their rhythm is not known: they are
    taken to happen at full quarters of an hour."""
    hour = since.replace(minute=0, second=0, microsecond=0)
    return max(0, math.floor((until - hour) / RECALCULATION) - math.floor((since - hour) / RECALCULATION))


def activity_of_output(worst_input: Supply) -> Activity:
    """How busy a factory becomes whose worst supplied input is at this level."""
    if worst_input is Supply.SCARCE:
        return Activity.RESTRICTED
    return Activity.GROWING if worst_input.at_least(Supply.HIGH) else Activity.WEAK
