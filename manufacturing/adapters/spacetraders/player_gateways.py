"""PlayerGateways: a gateway for each player, made of its token and its share of the API budget."""

import logging
import threading
from collections.abc import Callable

from manufacturing.adapters.spacetraders.gateway import HttpGateway
from manufacturing.domain.clock import Clock
from manufacturing.domain.gateway import NotAuthorized, SpaceTradersGateway
from manufacturing.domain.ids import PlayerId
from manufacturing.domain.player import Player, PlayerStatus
from manufacturing.domain.ports import UnitOfWorkFactory

log = logging.getLogger(__name__)

#: Makes the gateway of a token for one player.
GatewayFactory = Callable[[str, Player], HttpGateway]


class PlayerGateways:
    """Gateways for threads to share; see services.gateways."""

    def __init__(
        self,
        uow: UnitOfWorkFactory,
        clock: Clock,
        *,
        token_of: Callable[[str], str | None],
        make: GatewayFactory,
    ) -> None:
        self._uow = uow
        self._clock = clock
        self._token_of = token_of
        self._make = make
        self._gateways: dict[PlayerId, tuple[int, SpaceTradersGateway]] = {}
        self._making = threading.Lock()

    def of(self, player: Player) -> SpaceTradersGateway:
        """The player's gateway. NotAuthorized when there is no token for it."""
        with self._making:
            weight, gateway = self._gateways.get(player.id, (0, None))
            if gateway is None or weight != player.budget_weight:
                token = self._token_of(player.agent_symbol)
                if token is None:
                    raise NotAuthorized(
                        f"there is no token for {player.agent_symbol}: give it with `manufacturing player add "
                        "--token-file FILE`, or run this in the home where it was registered"
                    )
                gateway = self._make(token, player)
                self._gateways[player.id] = player.budget_weight, gateway
            return gateway

    def stop_player(self, player_id: PlayerId, reason: str) -> None:
        """The player's universe is gone: nothing is done for it any more, its rows stay readable."""
        with self._uow() as uow:
            player = uow.players.get(player_id)
            if player.status is not PlayerStatus.RESET:
                player.status = PlayerStatus.RESET
                player.status_reason = reason
                log.error("the universe of %s was reset: its work has stopped (%s)", player.agent_symbol, reason)
            uow.commit()
