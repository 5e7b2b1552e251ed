"""Waypoint: a place on the player's map."""

from dataclasses import dataclass, field

from manufacturing.domain.ids import PlayerId
from manufacturing.domain.travel import distance


@dataclass(kw_only=True, eq=False)
class Waypoint:
    """A place. ``sells_fuel`` is known once its market's listings are."""

    player_id: PlayerId
    symbol: str
    system_symbol: str
    type: str
    x: int
    y: int
    traits: list[str] = field(default_factory=list)
    has_market: bool = False
    has_shipyard: bool = False
    sells_fuel: bool = False

    def distance_to(self, other: "Waypoint") -> int:
        """The game's distance; places on one spot are 0 apart for comparing, though a flight there counts as 1."""
        if (self.x, self.y) == (other.x, other.y):
            return 0
        return distance(self.x, self.y, other.x, other.y)
