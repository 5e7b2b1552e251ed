"""ShipPrePositioningService: lets idle ships wait where work is expected (docs/domain.md, "Pre-positioning")."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from heapq import nsmallest
from typing import Final

from manufacturing.domain.clock import Clock
from manufacturing.domain.decision import DecisionKind
from manufacturing.domain.errors import TaskAlreadyTaken
from manufacturing.domain.ids import IdSource, PlayerId, TaskId
from manufacturing.domain.manufacturing_task import ManufacturingTask, TaskStatus, TaskType
from manufacturing.domain.policy import FleetPolicy
from manufacturing.domain.ports import UnitOfWork, UnitOfWorkFactory
from manufacturing.domain.pre_positioning import (
    HORIZON,
    USUAL_PAST,
    Position,
    Prediction,
    PrePositioning,
    UsualWork,
    best_position,
    predict,
)
from manufacturing.domain.routing import Router
from manufacturing.domain.ship import Ship
from manufacturing.services.due_queue import DueQueue
from manufacturing.services.ship_dispatch_service import ShipDispatchService
from manufacturing.services.system_routes import SystemRoutes

#: How long after the horizon of a prediction it counts as wrong, in game time.
_PATIENCE: Final = timedelta(minutes=5)
_OPEN: Final = [status for status in TaskStatus if not status.is_final]


@dataclass(frozen=True, slots=True)
class _Outlook:
    """What is expected besides predictions, how ships fly that are sent ahead, and how they fly to work."""

    usual: Sequence[UsualWork]
    ahead: Router
    at_work: Router
    work_worth: float
    """Credits that a second of work brings."""


class ShipPrePositioningService:
    """Sends an empty, idle ship ahead when the expected saving exceeds the fuel, and never two for one task."""

    def __init__(
        self,
        uow: UnitOfWorkFactory,
        clock: Clock,
        ids: IdSource,
        policy: FleetPolicy,
        *,
        routes: SystemRoutes,
        dispatch: ShipDispatchService,
        due_queue: DueQueue,
    ) -> None:
        self._uow = uow
        self._clock = clock
        self._ids = ids
        self._policy = policy
        self._routes = routes
        self._dispatch = dispatch
        self._due_queue = due_queue

    def predict_next_task(self, player_id: PlayerId, ship_symbol: str) -> tuple[ManufacturingTask, float] | None:
        """The task the ship will most likely be given next, and how likely that is within the horizon; None when
        nothing is expected. Of tasks as likely, the nearest. UnknownThing when there is no such ship."""
        with self._uow() as uow:
            ship = uow.ships.get(player_id, ship_symbol)
            router = self._routes.router(uow, player_id)
            predictions = self._predictions(uow, player_id)
        if not ship.can_haul or not predictions:
            return None
        likeliest = max(
            predictions,
            key=lambda each: (each.probability, -router.travel_time(ship, each.task.waypoint), each.task.id),
        )
        return likeliest.task, likeliest.probability

    def calculate_optimal_idle_position(
        self, player_id: PlayerId, ship_symbol: str, pending_tasks: Sequence[ManufacturingTask]
    ) -> Position | None:
        """Where the ship would best wait for any of these tasks; None when it had best stay where it is. UnknownThing
        when there is no such ship."""
        with self._uow() as uow:
            ship = uow.ships.get(player_id, ship_symbol)
            outlook = self._outlook(uow, player_id)
            wanted = {task.id for task in pending_tasks}
            predictions = [each for each in self._predictions(uow, player_id) if each.task.id in wanted]
            idle = self._idle_haulers(uow, player_id)
        idle = [ship, *(other for other in idle if other.symbol != ship_symbol)]
        return self._position(ship, predictions, _Reach(outlook, predictions, idle, {}), outlook)

    def pre_position_ship(self, player_id: PlayerId, ship_symbol: str, position: Position) -> TaskId:
        """Sends the ship to wait there; the POSITION task it flies for. TaskAlreadyTaken when the ship is not idle,
        StaleRow when a ship waits for the same task already."""
        with self._uow() as uow:
            ship = uow.ships.get(player_id, ship_symbol)
            if not self._dispatch.is_idle(ship):
                raise TaskAlreadyTaken(f"{ship_symbol} was not sent to {position.waypoint}: it is not idle")
            task = self._send(uow, ship, position)
            uow.commit()
        return task.id

    def get_ship_eta(self, player_id: PlayerId, ship_symbol: str) -> datetime:
        """When the ship arrives where it is flying to; now, for one that is not flying. UnknownThing when there is no
        such ship."""
        with self._uow() as uow:
            ship = uow.ships.get(player_id, ship_symbol)
        now = self._clock.now()
        return ship.arrival_at if ship.arrival_at is not None and ship.is_flying(now) else now

    def send_ahead(self, player_id: PlayerId) -> list[str]:
        """Sends every idle ship for which it pays to where work is expected, those first that gain most by it; which
        ones. Predictions whose time has passed, or that others took, are counted as missed."""
        if not self._policy.pre_positioning:
            return []
        sent: list[str] = []
        with self._uow() as uow:
            idle = self._idle_haulers(uow, player_id)
            if not idle:
                return []
            moves = self._still_waited_for(uow, player_id)
            taken = {move.predicted_task_id for move in moves}
            waiting = {move.ship_symbol: move.waypoint for move in moves}
            left = [each for each in self._predictions(uow, player_id) if each.task.id not in taken]
            free = {ship.symbol: ship for ship in idle if ship.symbol not in waiting}
            left = _not_awaited(left, list(free.values()))
            if free and left:
                outlook = self._outlook(uow, player_id)
                reach = _Reach(outlook, left, idle, waiting)
                while (choice := self._best_choice(free, left, reach, outlook)) is not None:
                    position, ship = choice
                    self._send(uow, ship, position)
                    sent.append(ship.symbol)
                    reach.move(ship, position.waypoint)
                    del free[ship.symbol]
                    left = [each for each in left if each.task.id != position.prediction.task.id]
            uow.commit()
        return sent

    def note_work(self, uow: UnitOfWork, player_id: PlayerId, given: Mapping[str, ManufacturingTask]) -> None:
        """Ships were given work: what was predicted for them came true, or did not."""
        if not self._policy.pre_positioning:
            return
        for move in uow.positionings.open_of_player(player_id):
            if move.ship_symbol in given:
                move.resolve(given[move.ship_symbol].waypoint, self._clock.now())

    def _idle_haulers(self, uow: UnitOfWork, player_id: PlayerId) -> list[Ship]:
        return [ship for ship in self._dispatch.idle_ships(uow, player_id) if ship.can_haul]

    def _still_waited_for(self, uow: UnitOfWork, player_id: PlayerId) -> list[PrePositioning]:
        now = self._clock.now()
        moves = uow.positionings.open_of_player(player_id)
        predicted = uow.tasks.get_all([move.predicted_task_id for move in moves])
        for move in moves:
            waits = predicted[move.predicted_task_id].status in (TaskStatus.PENDING, TaskStatus.READY)
            if now >= move.expires_at or not waits:
                move.resolve(None, now)
        return [move for move in moves if move.ended_at is None]

    def _predictions(self, uow: UnitOfWork, player_id: PlayerId) -> list[Prediction]:
        tasks = uow.tasks.with_status(player_id, *_OPEN)
        pending = [task for task in tasks if task.status is TaskStatus.PENDING and task.type.buys]
        if not pending:
            return []
        unfinished = {task.id for task in tasks}
        dependencies = uow.tasks.dependencies_of([task.id for task in pending])
        blocked = {each.task_id for each in dependencies if each.depends_on in unfinished}
        pending = [task for task in pending if task.id not in blocked]
        estimates = uow.estimates.of_pipelines([task.pipeline_id for task in pending if task.pipeline_id is not None])
        by_factory = {(each.pipeline_id, each.factory_symbol, each.output_good): each for each in estimates}
        return predict(pending, by_factory, self._reliability(uow, player_id), self._clock.now())

    @staticmethod
    def _reliability(uow: UnitOfWork, player_id: PlayerId) -> dict[TaskType, float]:
        """The share of predictions that came true, by what was predicted: two thirds before there are any."""
        record = uow.positionings.record(player_id)
        counts = {type_: record.get(type_, (0, 0)) for type_ in TaskType}
        return {type_: (hits + 2) / (hits + misses + 3) for type_, (hits, misses) in counts.items()}

    def _outlook(self, uow: UnitOfWork, player_id: PlayerId) -> _Outlook:
        return _Outlook(
            usual=UsualWork.of(uow.tasks.begun_for_pipelines(player_id, self._clock.now() - USUAL_PAST)),
            ahead=self._routes.unhurried_router(uow, player_id),
            at_work=self._routes.router(uow, player_id),
            work_worth=self._routes.work_worth(uow, player_id),
        )

    @classmethod
    def _best_choice(
        cls, free: Mapping[str, Ship], left: Sequence[Prediction], reach: "_Reach", outlook: _Outlook
    ) -> tuple[Position, Ship] | None:
        """The move that gains most. To each place only the nearest free ship could go: how many ships there are beside
        it makes no difference to how long it takes to tell."""
        choices = []
        for waypoint in sorted({each.task.waypoint for each in left}) if free else ():
            ship = min(free.values(), key=lambda ship: (reach.ahead[ship.symbol][waypoint], ship.symbol))
            position = cls._position(ship, left, reach, outlook, only=waypoint)
            if position is not None:
                choices.append((position, ship))
        return max(choices, key=lambda choice: (choice[0].gain, choice[1].symbol), default=None)

    @staticmethod
    def _position(
        ship: Ship, predictions: Sequence[Prediction], reach: "_Reach", outlook: _Outlook, *, only: str | None = None
    ) -> Position | None:
        """Where one ship would best wait, of all places of predictions or of one."""
        at_work = outlook.at_work

        def seconds(origin: str, destination: str) -> float:
            if origin == ship.waypoint:
                return at_work.travel_time(ship, destination).total_seconds()
            return at_work.leg_time(ship, origin, destination).total_seconds()

        ahead = reach.ahead[ship.symbol]
        return best_position(
            ship.waypoint,
            predictions,
            outlook.usual,
            seconds=seconds,
            others=reach.others(ship.symbol),
            ahead=ahead if only is None else {only: ahead[only]},
            work_worth=outlook.work_worth,
        )

    def _send(self, uow: UnitOfWork, ship: Ship, position: Position) -> ManufacturingTask:
        now = self._clock.now()
        task = ManufacturingTask(
            id=TaskId(self._ids()),
            player_id=ship.player_id,
            pipeline_id=None,
            type=TaskType.POSITION,
            good=None,
            waypoint=position.waypoint,
            quantity=0,
            created_at=now,
            status=TaskStatus.READY,
            ready_at=now,
        )
        task.assign(ship.symbol, now)
        ship.move_while_idle(task.id)
        uow.tasks.add(task)
        predicted = position.prediction
        uow.positionings.add(
            PrePositioning(
                id=self._ids(),
                player_id=ship.player_id,
                ship_symbol=ship.symbol,
                waypoint=position.waypoint,
                predicted_task_id=predicted.task.id,
                predicted_type=predicted.task.type,
                probability=predicted.probability,
                expected_saving=round(position.saving),
                fuel_cost=round(position.fuel),
                created_at=now,
                expires_at=now + HORIZON + _PATIENCE,
            )
        )
        reason = (
            f"waits at {position.waypoint}: {predicted.task.type} {predicted.task.good} there is expected "
            f"({predicted.probability:.0%}); that saves {position.saving:,.0f} credits for {position.fuel:,.0f} of fuel"
        )
        uow.decisions.note(ship.player_id, DecisionKind.ASSIGN, ship.symbol, reason, now)
        self._due_queue.queue_now(uow, task)
        return task


def _not_awaited(predictions: Sequence[Prediction], ships: Sequence[Ship]) -> list[Prediction]:
    """Those for which no ship stands ready where they are: each ship is ready for one of them."""
    standing = [ship.waypoint for ship in ships]
    left = []
    for prediction in predictions:
        if prediction.task.waypoint in standing:
            standing.remove(prediction.task.waypoint)
        else:
            left.append(prediction)
    return left


class _Reach:
    """How soon idle ships would be where work is expected."""

    def __init__(
        self, outlook: _Outlook, predictions: Sequence[Prediction], idle: Sequence[Ship], waiting: Mapping[str, str]
    ) -> None:
        """``waiting`` are the places that some of the ``idle`` ships were sent to before."""
        places = sorted({each.task.waypoint for each in predictions})
        there = outlook.ahead.ways(idle, places)
        self.ahead: dict[str, dict[str, tuple[float, float]]] = {
            ship.symbol: dict(zip(places, zip(seconds, fuel, strict=True), strict=True))
            for ship, seconds, fuel in zip(idle, there.seconds, there.fuel, strict=True)
        }
        """By ship and place: seconds of the way to wait there, and credits of fuel."""
        self._at_work = outlook.at_work
        self._wanted = sorted({*places, *(each.waypoint for each in outlook.usual)})
        to_work = self._at_work.ways(idle, self._wanted).seconds
        self._seconds = {ship.symbol: list(row) for ship, row in zip(idle, to_work, strict=True)}
        self._nearest: list[list[tuple[float, str]]] | None = None
        for ship in idle:
            if ship.symbol in waiting:
                self.move(ship, waiting[ship.symbol])

    def move(self, ship: Ship, waypoint: str) -> None:
        """The ship will wait there."""
        self._seconds[ship.symbol] = [
            self._at_work.leg_time(ship, waypoint, place).total_seconds() for place in self._wanted
        ]
        self._nearest = None

    def others(self, symbol: str) -> dict[str, float]:
        """By place, how soon the next idle ship but this one would be there to work."""
        if self._nearest is None:
            columns = range(len(self._wanted))
            self._nearest = [
                nsmallest(2, ((row[column], other) for other, row in self._seconds.items())) for column in columns
            ]
        return {
            place: next((seconds for seconds, other in nearest if other != symbol), math.inf)
            for place, nearest in zip(self._wanted, self._nearest, strict=True)
        }
