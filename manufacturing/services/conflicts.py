"""Two workers, one row: whoever comes second reads again and decides again."""

from collections.abc import Callable
from typing import Final, TypeVar

from manufacturing.domain.errors import StaleRow

_Result = TypeVar("_Result")

#: Tries before the conflict is the caller's. Each time at least one of those that collide gets through: as many suffice
#: as there are ships that trade at one market at the same moment.
_TRIES: Final = 12


def deciding_again(work: Callable[[], _Result]) -> _Result:
    """Does ``work``, a whole unit of work that reads what it changes, again when a row it read was changed by someone
    else meanwhile. Raises StaleRow when that happens every time.
    """
    for _ in range(_TRIES - 1):
        try:
            return work()
        except StaleRow:
            continue
    return work()
