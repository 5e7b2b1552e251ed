"""HaulService: sends ships that would be idle on the trips worth most (docs/domain.md, "Hauls")."""

from manufacturing.domain.ids import PipelineId, PlayerId
from manufacturing.domain.policy import FleetPolicy
from manufacturing.domain.ports import UnitOfWorkFactory
from manufacturing.services.haul_planner import HaulPlanner
from manufacturing.services.kept_factory_service import KeptFactoryService
from manufacturing.services.pipeline_lifecycle_service import PipelineLifecycleService
from manufacturing.services.ship_dispatch_service import ShipDispatchService
from manufacturing.services.system_routes import SystemRoutes
from manufacturing.services.system_survey import SystemSurvey


class HaulService:
    """Plans hauls only for ships that are free at this moment: no plan is older than the prices it was made with."""

    def __init__(
        self,
        uow: UnitOfWorkFactory,
        policy: FleetPolicy,
        *,
        survey: SystemSurvey,
        planner: HaulPlanner,
        routes: SystemRoutes,
        keeping: KeptFactoryService,
        dispatch: ShipDispatchService,
        lifecycle: PipelineLifecycleService,
    ) -> None:
        self._uow = uow
        self._policy = policy
        self._survey = survey
        self._planner = planner
        self._routes = routes
        self._keeping = keeping
        self._dispatch = dispatch
        self._lifecycle = lifecycle

    def start_hauls(self, player_id: PlayerId) -> list[PipelineId]:
        """A haul for each free ship with a hold that finds one worth its time; the new pipelines, whose tasks are ready
        to be assigned."""
        if not self._policy.hauls:
            return []
        with self._uow() as uow:
            ships = [ship for ship in self._dispatch.idle_ships(uow, player_id) if ship.can_haul]
            if not ships:
                return []
            player = uow.players.get(player_id)
            if not player.is_active:
                return []
            seen = self._survey.markets(uow, player_id, player.system_symbol)
            markets = self._survey.markets_for_planning(uow, player_id, player.system_symbol, seen)
            kept = self._keeping.kept(uow, player_id, seen)
            plans = self._planner.plan(markets, ships, self._routes.router(uow, player_id), kept=kept)
        created = (
            self._lifecycle.start_pipeline(player_id, player.system_symbol, plan, markets, ships) for plan in plans
        )
        return [pipeline_id for pipeline_id in created if pipeline_id is not None]
