"""KeptFactoryService: which factories the fleet keeps running now (docs/domain.md, "Factories kept running")."""

from statistics import median_low
from typing import Final

from manufacturing.domain.ids import PlayerId
from manufacturing.domain.kept_factories import KeptFactories
from manufacturing.domain.policy import FleetPolicy
from manufacturing.domain.ports import UnitOfWork
from manufacturing.domain.system_markets import SystemMarkets
from manufacturing.services.production_rate_service import ProductionRateService

_NOTHING: Final = SystemMarkets((), (), {})


class KeptFactoryService:
    """Judges them anew for each plan, by the markets as they were last seen."""

    def __init__(self, policy: FleetPolicy, rates: ProductionRateService) -> None:
        self._policy = policy
        self._rates = rates

    def kept(self, uow: UnitOfWork, player_id: PlayerId, seen: SystemMarkets) -> KeptFactories:
        """What the player's ships keep, as the markets were last ``seen``. Factories that pipelines are bringing their
        inputs to are those pipelines' own. Where nobody hauls, or no chain is to be kept, none is."""
        # By the fleet's usual ship, whichever happen to be free: else each would have factories of its own in mind.
        haulers = [ship for ship in uow.ships.of_player(player_id) if ship.is_fleet_hauler]
        keeps = self._policy.hauls and self._policy.kept_chains > 0 and haulers
        return KeptFactories(
            seen if keeps else _NOTHING,
            self._rates.rates(uow, player_id),
            hold=median_low(ship.cargo_capacity for ship in haulers) if haulers else 1,
            speed=median_low(ship.speed for ship in haulers) if haulers else 1,
            at_once=self._policy.kept_chains,
            others={(r.factory_symbol, r.output_good) for r in uow.reservations.active(player_id)},
        )
