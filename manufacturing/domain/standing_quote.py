"""Whether a quote still stands without looking again (docs/domain.md, "Quotes that still stand").

Between two recalculations nothing but trades changes a market. So what a listing quotes is known, to the credit, as
long as none came since it was seen, and only we traded since.
"""

from datetime import datetime, timedelta
from typing import Final

from manufacturing.domain.market_listing import MarketListing
from manufacturing.domain.recalculation_rhythm import RecalculationRhythm

#: How long a listing is read before each trade after somebody else turned out to trade there.
WARY: Final = timedelta(hours=6)
#: How far our clock and the game's may be apart: less than is waited before a look after a recalculation.
_SKEW: Final = timedelta(seconds=1)
#: Periods after which the last recalculation known is too long ago to go by.
_LATELY: Final = 2
#: Ships fill their tanks with it, and that is not followed.
_NOT_FOLLOWED: Final = "FUEL"


def still_stands(listing: MarketListing, rhythm: RecalculationRhythm, until: datetime) -> bool:
    """Whether the market quotes up to ``until`` what our row says. Never where the rhythm of recalculations is not
    known."""
    if listing.observed_at is None or listing.is_reckoned or listing.good == _NOT_FOLLOWED:
        return False
    if listing.surprised_at is not None and until < listing.surprised_at + WARY:
        return False
    # Where nobody was told of recalculations lately, they may have another rhythm by now.
    if rhythm.last is None or until > rhythm.last + _LATELY * rhythm.period:
        return False
    return rhythm.count_between(listing.observed_at - _SKEW, until) == 0
