"""Two workers, one row: whoever comes second reads again and decides again."""

from collections.abc import Callable
from typing import Final, TypeVar

from manufacturing.domain.errors import StaleRow

_Result = TypeVar("_Result")

#: Tries before the conflict is the caller's: more than ever collide at one row at once.
_TRIES: Final = 4


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
