"""ObserverService: stations ships at the factories that must be seen (docs/domain.md, "Observers").

Only a ship that is present sees what a factory has made. Which observer goes to which factory is decided for all of
them at once, by travel and by what each would leave unseen.
"""

from collections import Counter, defaultdict
from datetime import datetime
from typing import Final

from manufacturing.domain.assignment import SECONDS_PER_POINT, AssignmentProblem, AssignmentSolver, Errand, Taker
from manufacturing.domain.clock import Clock
from manufacturing.domain.decision import DecisionKind
from manufacturing.domain.events import WorkChanged
from manufacturing.domain.factory_state import FactoryState
from manufacturing.domain.ids import IdSource, PlayerId, TaskId
from manufacturing.domain.manufacturing_task import ManufacturingTask, TaskStatus, TaskType
from manufacturing.domain.ports import UnitOfWork, UnitOfWorkFactory
from manufacturing.domain.prices import ListingType, Supply
from manufacturing.domain.ship import Ship
from manufacturing.services.ship_dispatch_service import ShipDispatchService
from manufacturing.services.system_routes import SystemRoutes

#: Points for seeing an output that a pipeline waits for, once its inputs are in, and before.
_MADE_NOW: Final = 100.0
_MADE_LATER: Final = 50.0
#: Points for seeing a market where goods are made, and any other.
_FACTORY: Final = 15.0
_MARKET: Final = 5.0


class ObserverService:
    """Sends free ships without a hold to watched factories where no ship of ours is."""

    def __init__(
        self,
        uow: UnitOfWorkFactory,
        clock: Clock,
        ids: IdSource,
        *,
        dispatch: ShipDispatchService,
        routes: SystemRoutes,
        solver: AssignmentSolver,
    ) -> None:
        self._uow = uow
        self._clock = clock
        self._ids = ids
        self._dispatch = dispatch
        self._routes = routes
        self._solver = solver

    def station_observers(self, player_id: PlayerId) -> int:
        """An OBSERVE task, bound to the ship that is to go, for each watched factory that an observer can be spared
        for; how many. Notes at which factories there will be none."""
        now = self._clock.now()
        with self._uow() as uow:
            worth = _worth_of_seeing(uow.factories.watched(player_id))
            ships = uow.ships.of_player(player_id) if worth else []
            unseen = sorted(worth.keys() - {ship.waypoint for ship in ships})
            if not unseen:
                return 0
            under_way = self._under_way(uow, player_id)
            wanted = [place for place in unseen if place not in under_way]
            observers = self._free_observers(uow, player_id, under_way)
            chosen = self._chosen(uow, player_id, wanted, observers, worth) if wanted and observers else {}
            for place in wanted:
                observer = chosen.get(place)
                if observer is None:
                    reason = "no observer can be spared to see what the factory makes"
                    uow.decisions.note(player_id, DecisionKind.POLL, place, reason, now)
                else:
                    uow.tasks.add(self._observe_task(player_id, place, observer, now))
            if chosen:
                uow.emit(WorkChanged(player_id=player_id))
            uow.commit()
        return len(chosen)

    @staticmethod
    def _under_way(uow: UnitOfWork, player_id: PlayerId) -> dict[str, str | None]:
        """The places somebody is to look at, each with the ship it is bound to."""
        open_statuses = [status for status in TaskStatus if not status.is_final]
        tasks = uow.tasks.with_status(player_id, *open_statuses)
        return {task.waypoint: task.bound_ship for task in tasks if task.type is TaskType.OBSERVE}

    def _free_observers(self, uow: UnitOfWork, player_id: PlayerId, under_way: dict[str, str | None]) -> list[Ship]:
        promised = set(under_way.values())
        idle = self._dispatch.idle_ships(uow, player_id)
        return [ship for ship in idle if not ship.can_haul and ship.symbol not in promised]

    def _chosen(
        self, uow: UnitOfWork, player_id: PlayerId, wanted: list[str], observers: list[Ship], worth: dict[str, float]
    ) -> dict[str, Ship]:
        """Who goes where: of all observers and places at once, those whose going gains more than it costs."""
        router = self._routes.router(uow, player_id)
        posts = self._posts(uow, player_id, worth)
        problem = AssignmentProblem(
            takers=[
                # What a ship leaves unseen counts as a longer way.
                Taker(ship=ship.symbol, wait=posts[ship.symbol] * SECONDS_PER_POINT, hold=0, hauls=False, looks=True)
                for ship in observers
            ],
            errands=[
                Errand(task_id=TaskId(place), place=column, priority=worth[place], looks=True)
                for column, place in enumerate(wanted)
            ],
            ways=router.ways(observers, wanted),
            ship_second_worth=router.ship_second_worth,
            room=len(wanted),
        )
        pairs = self._solver.solve(problem)
        return {wanted[errand]: observers[taker] for taker, errand in pairs if problem.cost(taker, errand) < 0}

    @staticmethod
    def _posts(uow: UnitOfWork, player_id: PlayerId, worth: dict[str, float]) -> dict[str, float]:
        """What each ship sees where it is, in points; nothing where another one of ours sees it too."""
        system = uow.players.get(player_id).system_symbol
        made = {
            listing.waypoint
            for listing in uow.markets.in_system(player_id, system)
            if listing.type is ListingType.EXPORT
        }
        ships = uow.ships.of_player(player_id)
        stay = Counter(ship.waypoint for ship in ships if not ship.can_haul)
        return {
            ship.symbol: 0.0
            if stay[ship.waypoint] > 1
            else max(worth.get(ship.waypoint, 0.0), _FACTORY if ship.waypoint in made else _MARKET)
            for ship in ships
        }

    def _observe_task(self, player_id: PlayerId, place: str, observer: Ship, now: datetime) -> ManufacturingTask:
        return ManufacturingTask(
            id=TaskId(self._ids()),
            player_id=player_id,
            pipeline_id=None,
            type=TaskType.OBSERVE,
            good=None,
            waypoint=place,
            quantity=0,
            bound_ship=observer.symbol,
            created_at=now,
            status=TaskStatus.READY,
            ready_at=now,
        )


def _worth_of_seeing(watched: list[FactoryState]) -> dict[str, float]:
    """What it is worth to see each factory whose output is awaited, in points."""
    worth: defaultdict[str, float] = defaultdict(float)
    for state in watched:
        if state.supply is None or not state.supply.at_least(Supply.HIGH):
            worth[state.factory_symbol] += _MADE_NOW if state.all_inputs_at is not None else _MADE_LATER
    return dict(worth)
