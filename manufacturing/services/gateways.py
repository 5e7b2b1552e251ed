"""Gateways: each player's access to the game, and its end when the universe is reset."""

from typing import Protocol

from manufacturing.domain.gateway import SpaceTradersGateway
from manufacturing.domain.ids import PlayerId
from manufacturing.domain.player import Player


class Gateways(Protocol):
    """Hands out gateways; a player's token never leaves them."""

    def of(self, player: Player) -> SpaceTradersGateway:
        """The player's gateway. NotAuthorized when there is no token for it."""
        ...

    def stop_player(self, player_id: PlayerId, reason: str) -> None:
        """The player's universe is gone: its work stops, its rows stay readable."""
        ...
