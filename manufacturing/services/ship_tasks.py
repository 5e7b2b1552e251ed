"""ShipTasks: flies a ship through its task, one step at a time (docs/architecture.md, "Flying a ship")."""

import logging
from dataclasses import dataclass
from datetime import datetime, timedelta

from manufacturing.domain.clock import Clock
from manufacturing.domain.decision import DecisionKind
from manufacturing.domain.errors import BelowFloor, StaleFencingToken, StaleRow
from manufacturing.domain.events import WorkChanged
from manufacturing.domain.execution import (
    Action,
    Complete,
    Dock,
    DockGiver,
    Fail,
    HandBack,
    LookAtMarket,
    Navigate,
    Orbit,
    Park,
    Refuel,
    SetFlightMode,
    Situation,
    TakeOver,
    Trade,
    WaitUntil,
    next_action,
)
from manufacturing.domain.gateway import (
    CannotAfford,
    GatewayError,
    NotTraded,
    Purpose,
    ServerUnavailable,
    ShipInTransit,
    SpaceTradersGateway,
    UniverseReset,
)
from manufacturing.domain.ids import PlayerId, TaskId
from manufacturing.domain.manufacturing_task import ManufacturingTask, StepState, TaskStatus, TaskType
from manufacturing.domain.masking import in_a_line
from manufacturing.domain.policy import FleetPolicy
from manufacturing.domain.ports import LockHeld, Locks, UnitOfWork, UnitOfWorkFactory
from manufacturing.domain.prices import ListingType
from manufacturing.domain.ship import Ship
from manufacturing.domain.trade_intent import IntentKind
from manufacturing.domain.universe import Fuel, MarketState, Nav, NavStatus, TradeGood
from manufacturing.services.conflicts import deciding_again
from manufacturing.services.due_queue import LEASE, DueQueue
from manufacturing.services.gateways import Gateways
from manufacturing.services.market_service import MarketService
from manufacturing.services.pipeline_lifecycle_service import PipelineLifecycleService
from manufacturing.services.sale_redirection import SaleRedirection
from manufacturing.services.ship_dispatch_service import ShipDispatchService
from manufacturing.services.standing_quotes import StandingQuotes
from manufacturing.services.system_routes import SystemRoutes
from manufacturing.services.trade_desk import Executed, NotSettledYet, Order, TradeDesk

log = logging.getLogger(__name__)

#: Actions in one step before it hands back: enough for any visit, too few to loop for ever.
_MOST_ACTIONS = 60
#: Steps in a row that may end in an unforeseen error before the task is given up.
_MOST_ATTEMPTS = 8
#: Refusals in one step before the ship waits a little.
_MOST_REFUSALS = 3
_SOON = timedelta(seconds=2)
_LATER = timedelta(seconds=5)


@dataclass
class _Flight:
    """One step under way."""

    player_id: PlayerId
    ship_symbol: str
    task_id: TaskId
    version: int
    gateway: SpaceTradersGateway
    must_observe: bool
    task: ManufacturingTask
    """As stored; read again at every write."""
    ship: Ship
    """As the server last said, ahead of its row by ``nav`` and ``fuel``."""
    unsettled: bool
    """Whether a trade of the ship is still to be settled."""
    as_stored: Executed | None
    """The task and the ship to go on with at the next write; None when they have to be read again: one write may try
    it, and whether it succeeded is seen when it says what came of it."""
    nav: Nav | None = None
    """What the server said since the ship's row was last written …"""
    fuel: Fuel | None = None
    """… of its place and its tank. After a crash the ship is observed anyway: the row can wait for the step's end."""
    market: MarketState | None = None
    """What the market showed since the ship's last trade or arrival …"""
    standing: TradeGood | None = None
    """… or what it must quote, where nobody needs to look."""
    must_look: bool = False
    """Whether something was refused in this step: the world is not as we thought."""
    price_ceiling: int | None = None
    """The most to pay for the task's good: found once for a visit."""
    giver: Ship | None = None
    """The ship that is to hand over the task's cargo, as the server last said."""
    refusals: int = 0

    def go_on_with(self, task: ManufacturingTask, ship: Ship) -> None:
        """The task and the ship, as they are stored now, are what the flight goes on with."""
        self.task, self.task_id, self.version, self.ship = task, task.id, task.version, ship
        self.as_stored = Executed(task=task, ship=ship)

    def take_stored(self) -> Executed | None:
        """The task and the ship as they were last stored, once: after a write that failed they are read again."""
        stored, self.as_stored = self.as_stored, None
        return stored

    def take_nav(self, nav: Nav) -> None:
        """The server said where the ship is."""
        self.nav = nav
        self.ship.take_nav(nav)


class ShipTasks:
    """Runs the steps of tasks. A step ends as soon as there is something to wait for."""

    def __init__(
        self,
        uow: UnitOfWorkFactory,
        clock: Clock,
        policy: FleetPolicy,
        *,
        gateways: Gateways,
        locks: Locks,
        due_queue: DueQueue,
        desk: TradeDesk,
        markets: MarketService,
        standing_quotes: StandingQuotes,
        routes: SystemRoutes,
        lifecycle: PipelineLifecycleService,
        dispatch: ShipDispatchService,
        redirection: SaleRedirection,
    ) -> None:
        self._uow = uow
        self._clock = clock
        self._policy = policy
        self._gateways = gateways
        self._locks = locks
        self._due_queue = due_queue
        self._desk = desk
        self._markets = markets
        self._standing_quotes = standing_quotes
        self._routes = routes
        self._lifecycle = lifecycle
        self._dispatch = dispatch
        self._redirection = redirection

    def run_step(self, task_id: TaskId, version: int) -> None:
        """Flies the task's ship until there is something to wait for. A message that is late or repeated finds that
        the row has moved on, and does nothing."""
        flight = self._claim(task_id, version)
        if flight is None:
            return
        try:
            with self._locks.lock(f"ship:{flight.player_id}:{flight.ship_symbol}", LEASE * 2):
                self._fly(flight)
        except LockHeld:
            self._come_back(flight, _SOON, "another worker is flying the ship")
        except NotSettledYet as wait:
            self._come_back(flight, self._until(wait.at), str(wait))
        except StaleRow as error:
            self._come_back(flight, _SOON, str(error))
        except UniverseReset as error:
            self._gateways.stop_player(flight.player_id, str(error))
        except ServerUnavailable as error:
            self._come_back(flight, _LATER, f"the server did not answer: {error}")
        except Exception as error:
            log.exception("step of task %s (%s) ended in an unforeseen error", flight.task_id, flight.ship_symbol)
            self._note_fault(flight, error)
            self._count_attempt(flight, in_a_line(error))

    def _claim(self, task_id: TaskId, version: int) -> _Flight | None:
        now = self._clock.now()
        with self._uow() as uow:
            claimed = uow.tasks.claim_step(task_id, version, self._due_queue.lease_from(now))
            if claimed is None:
                return None
            task = claimed.task
            if task.ship_symbol is None:
                return None
            ship = uow.ships.get(task.player_id, task.ship_symbol)
            must_observe = ship.needs_observation
            # Until this step ends in order the row may be wrong: whoever comes after a crash asks the server first.
            ship.needs_observation = True
            if not claimed.unsettled and task.status is TaskStatus.ASSIGNED:
                task.start(now)
            gateway = self._gateways.of(uow.players.get(task.player_id))
            uow.commit()
        return _Flight(
            player_id=task.player_id,
            ship_symbol=task.ship_symbol,
            task_id=task.id,
            version=task.version,
            gateway=gateway,
            must_observe=must_observe,
            task=task,
            ship=ship,
            unsettled=claimed.unsettled,
            as_stored=Executed(task=task, ship=ship),
        )

    def _fly(self, flight: _Flight) -> None:
        if flight.unsettled:
            self._desk.settle(flight.gateway, flight.player_id, flight.ship_symbol)
            self._resume(flight)
        if flight.must_observe:
            self._observe(flight)
        for _ in range(_MOST_ACTIONS):
            here = self._situation(flight)
            if here is None or self._perform(flight, here, next_action(here)):
                return
        self._come_back(flight, _SOON, "the step took too many actions")

    def _resume(self, flight: _Flight) -> None:
        """Settling may have moved the task on: it is taken anew."""
        with self._uow() as uow:
            task = uow.tasks.get(flight.task_id)
            if not task.has_ship or task.ship_symbol != flight.ship_symbol:
                raise StaleRow(f"task {task.id} was taken from {flight.ship_symbol}")
            if task.status is TaskStatus.ASSIGNED:
                task.start(self._clock.now())
            ship = uow.ships.get(flight.player_id, flight.ship_symbol)
            uow.commit()
        flight.go_on_with(task, ship)

    def _observe(self, flight: _Flight) -> None:
        state = flight.gateway.get_ship(flight.ship_symbol)
        with self._uow() as uow:
            ship = uow.ships.get(flight.player_id, flight.ship_symbol)
            ship.observe(state, self._clock.now())
            ship.needs_observation = True
            uow.commit()
        flight.ship, flight.as_stored = ship, None
        flight.nav = flight.fuel = flight.market = flight.standing = flight.giver = None
        flight.must_observe = False

    def _situation(self, flight: _Flight) -> Situation | None:
        task, ship, now = flight.task, flight.ship, self._clock.now()
        if not task.has_ship:
            return None
        listing = self._listing(flight, task, ship)
        seen = listing is not None or (flight.market is not None and flight.market.waypoint == task.waypoint)
        giver = self._giver(flight, task.giver_ship) if task.giver_ship is not None else None
        if ship.waypoint != task.waypoint and not ship.is_flying(now):
            with self._uow() as uow:
                find = self._routes.unhurried_router if task.type is TaskType.POSITION else self._routes.router
                hop = find(uow, flight.player_id).next_hop(ship, task.waypoint)
        else:
            hop = None
        if seen and task.type.buys and flight.price_ceiling is None:
            with self._uow() as uow:
                flight.price_ceiling = self._price_ceiling(uow, task)
        return Situation(
            task=task,
            ship=ship,
            now=now,
            hop=hop,
            market_seen=seen,
            listing=listing,
            policy=self._policy,
            giver=giver,
            price_ceiling=flight.price_ceiling,
        )

    def _listing(self, flight: _Flight, task: ManufacturingTask, ship: Ship) -> TradeGood | None:
        """The task's good where the ship is docked: as just seen, or as it must be quoted still."""
        if task.good is None or ship.waypoint != task.waypoint or ship.nav_status is not NavStatus.DOCKED:
            return None
        if flight.market is not None:
            return flight.market.listing(task.good)
        if flight.standing is None and not flight.must_look:
            with self._uow() as uow:
                flight.standing = self._standing_quotes.of_task(uow, task)
        return flight.standing

    def _giver(self, flight: _Flight, symbol: str) -> Ship:
        if flight.giver is None:
            state = flight.gateway.get_ship(symbol)
            with self._uow() as uow:
                flight.giver = uow.ships.get(flight.player_id, symbol)
                flight.giver.observe(state, self._clock.now())
                uow.commit()
        return flight.giver

    def _dock_giver(self, flight: _Flight, symbol: str) -> None:
        nav = flight.gateway.dock(symbol)
        with self._uow() as uow:
            flight.giver = uow.ships.get(flight.player_id, symbol)
            flight.giver.take_nav(nav)
            uow.commit()

    def _price_ceiling(self, uow: UnitOfWork, task: ManufacturingTask) -> int | None:
        """From the markets that we are not buying at now: our own purchases cannot raise it."""
        others = uow.markets.of_good(task.player_id, task.good or "")
        asks = [
            listing.quote.ask
            for listing in others
            if listing.waypoint != task.waypoint
            and listing.is_known
            and listing.type is not ListingType.IMPORT
            and listing.supply is not None
            and listing.supply.at_least(self._policy.source_gate)
        ]
        return self._policy.ceiling(asks)

    def _perform(self, flight: _Flight, here: Situation, action: Action) -> bool:
        """Does it; whether the step has ended."""
        try:
            return self._do(flight, here, action)
        except (ServerUnavailable, UniverseReset):
            raise
        except ShipInTransit as error:
            if error.arrival_at is None:
                return self._refused(flight, error)
            flight.must_observe = False
            self._observe(flight)
            return False
        except NotTraded as error:
            if flight.standing is not None:
                return self._refused(flight, error)
            self._fail(flight, str(error))
            return True
        except CannotAfford as error:
            self._park(flight, Park(f"the server says we cannot afford it: {error}", self._park_end()))
            return True
        except GatewayError as error:
            return self._refused(flight, error)

    def _do(self, flight: _Flight, here: Situation, action: Action) -> bool:
        gateway, ship = flight.gateway, flight.ship_symbol
        match action:
            case WaitUntil(at):
                self._wait(flight, at)
                return True
            case Dock():
                flight.take_nav(gateway.dock(ship))
            case Orbit():
                flight.take_nav(gateway.orbit(ship))
            case SetFlightMode(mode):
                flight.take_nav(gateway.set_flight_mode(ship, mode))
            case Navigate(waypoint):
                self._depart(flight, waypoint)
            case LookAtMarket():
                flight.market = self._markets.look(gateway, flight.player_id, here.ship.waypoint, Purpose.OBSERVE)
            case Refuel(units):
                self._refuel(flight, here, units)
            case Trade(kind, good, units, unit_price):
                return self._trade(flight, kind, good, units, unit_price)
            case DockGiver(giver):
                self._dock_giver(flight, giver)
            case TakeOver(giver, good, units):
                return self._trade(flight, IntentKind.TRANSFER, good, units, 0, giver)
            case HandBack(reason):
                self._hand_back(flight, reason)
                return True
            case Complete():
                return deciding_again(lambda: self._complete(flight))
            case Park():
                self._park(flight, action)
                return True
            case Fail(reason):
                self._fail(flight, reason)
                return True
        return False

    def _depart(self, flight: _Flight, waypoint: str) -> None:
        departure = flight.gateway.navigate(flight.ship_symbol, waypoint)
        flight.market = flight.standing = flight.price_ceiling = None
        flight.take_nav(departure.nav)
        flight.fuel = departure.fuel
        flight.ship.take_fuel(departure.fuel)

    def _refuel(self, flight: _Flight, here: Situation, units: int) -> None:
        with self._uow() as uow:
            listing = uow.markets.listing(flight.player_id, here.ship.waypoint, "FUEL")
        price = listing.ask if listing is not None and listing.ask is not None else 0
        self._execute(flight, IntentKind.REFUEL, "FUEL", units, price)

    def _trade(
        self, flight: _Flight, kind: IntentKind, good: str, units: int, unit_price: int, from_ship: str | None = None
    ) -> bool:
        try:
            self._execute(flight, kind, good, units, unit_price, from_ship)
        except BelowFloor as error:
            self._park(flight, Park(str(error), self._park_end()))
            return True
        except StaleFencingToken as error:
            self._fail(flight, str(error))
            return True
        flight.market = flight.standing = None
        return False

    def _execute(
        self, flight: _Flight, kind: IntentKind, good: str, units: int, unit_price: int, from_ship: str | None = None
    ) -> None:
        done = self._desk.execute(
            flight.gateway,
            Order(
                task_id=flight.task_id,
                version=flight.version,
                kind=kind,
                good=good,
                units=units,
                unit_price=unit_price,
                nav=flight.nav,
                fuel=flight.fuel,
                from_ship=from_ship,
                as_stored=flight.take_stored(),
            ),
        )
        flight.nav = flight.fuel = None
        flight.go_on_with(done.task, done.ship)

    def _refused(self, flight: _Flight, error: GatewayError) -> bool:
        """The world is not as we thought: look again, and after a few times wait a little."""
        flight.refusals += 1
        flight.must_look = True
        log.info("%s: %s", flight.ship_symbol, error)
        if flight.refusals > _MOST_REFUSALS:
            self._count_attempt(flight, f"refused: {error}")
            return True
        self._observe(flight)
        return False

    def _complete(self, flight: _Flight) -> bool:
        """Ends the task; the ship goes straight on where the second half of a haul is next."""
        now = self._clock.now()
        with self._uow() as uow:
            task = self._current(uow, flight)
            ship = uow.ships.get(flight.player_id, flight.ship_symbol)
            task.complete(now)
            uow.flush()
            following = self._second_half(uow, task)
            if following is None:
                self._set_tidy(uow, flight)
                self._dispatch.release(uow, flight.player_id, flight.ship_symbol, f"{task.type} completed")
            else:
                self._go_on(uow, flight, following, now)
            uow.flush()
            # Cargo that travels on frees nothing and opens nothing, but a collection lets the next in line collect.
            if following is None or task.type is TaskType.COLLECT:
                self._lifecycle.task_ended(uow, task)
            if following is None:
                uow.emit(WorkChanged(player_id=flight.player_id))
            uow.commit()
        if following is None:
            return True
        flight.go_on_with(following, ship)
        flight.standing = flight.price_ceiling = None
        return False

    @staticmethod
    def _second_half(uow: UnitOfWork, task: ManufacturingTask) -> ManufacturingTask | None:
        if not task.type.buys:
            return None
        for dependency in uow.tasks.dependents_of(task.id):
            if dependency.same_ship:
                following = uow.tasks.get(dependency.task_id)
                if following.status is TaskStatus.PENDING:
                    return following
        return None

    def _go_on(self, uow: UnitOfWork, flight: _Flight, following: ManufacturingTask, now: datetime) -> None:
        following.bound_ship = flight.ship_symbol
        following.make_ready(now)
        following.assign(flight.ship_symbol, now)
        following.start(now)
        following.queue(self._due_queue.lease_from(now))
        uow.ships.get(flight.player_id, flight.ship_symbol).work_for(following.id)

    def _park(self, flight: _Flight, park: Park) -> None:
        """Waits, without that being a failure. A ship that sells looks for another sink, or waits laden; an empty one
        is free for other work."""
        with self._uow() as uow:
            task = self._current(uow, flight)
            uow.decisions.note(flight.player_id, DecisionKind.PARK, task.id, park.reason, self._clock.now())
            self._set_tidy(uow, flight)
            task.reason = park.reason
            if task.type.sells:
                may_go_elsewhere = task.type is not TaskType.DELIVER or task.is_hauled
                if may_go_elsewhere and self._redirection.redirect(uow, task):
                    self._due_queue.wait(uow, task, self._clock.now())
                else:
                    if task.is_hauled:
                        # Others have filled the sink: a ship's time is worth more than what waiting on would bring.
                        task.price_limit = None
                    self._due_queue.wait(uow, task, park.until)
            elif task.units_moved:
                task.quantity = task.units_moved
                self._due_queue.wait(uow, task, self._clock.now())
            else:
                task.interrupt(park.reason)
                task.unready(park.reason, park.until)
                self._dispatch.release(uow, flight.player_id, flight.ship_symbol, park.reason)
            uow.commit()

    def _hand_back(self, flight: _Flight, reason: str) -> None:
        """The cargo stays with its holder, who delivers it in a while; both ships are free until then."""
        with self._uow() as uow:
            task = self._current(uow, flight)
            self._set_tidy(uow, flight)
            self._release_giver(uow, task, reason)
            task.hand_back(reason, self._park_end())
            uow.decisions.note(flight.player_id, DecisionKind.PARK, task.id, reason, self._clock.now())
            self._dispatch.release(uow, flight.player_id, flight.ship_symbol, reason)
            uow.commit()

    def _release_giver(self, uow: UnitOfWork, task: ManufacturingTask, reason: str) -> None:
        if task.giver_ship is not None:
            self._dispatch.release(uow, task.player_id, task.giver_ship, reason)

    def _fail(self, flight: _Flight, reason: str) -> None:
        with self._uow() as uow:
            task = self._current(uow, flight)
            self._store_ship(uow, flight)
            self._release_giver(uow, task, reason)
            task.fail(reason, self._clock.now())
            uow.decisions.note(flight.player_id, DecisionKind.END, task.id, f"failed: {reason}", self._clock.now())
            self._dispatch.release(uow, flight.player_id, flight.ship_symbol, reason)
            uow.commit()
        log.warning("task %s of %s failed: %s", flight.task_id, flight.ship_symbol, reason)
        self._lifecycle.handle_task_completion(flight.task_id, success=False)

    def _wait(self, flight: _Flight, at: datetime) -> None:
        with self._uow() as uow:
            task = self._current(uow, flight)
            self._set_tidy(uow, flight)
            self._due_queue.wait(uow, task, at)
            uow.commit()

    def _come_back(self, flight: _Flight, wall: timedelta, reason: str) -> None:
        """Tries again in a while; the ship is observed then."""
        log.info("%s comes back in %.1f s: %s", flight.ship_symbol, wall.total_seconds(), reason)
        try:
            with self._uow() as uow:
                task = uow.tasks.get(flight.task_id)
                if task.has_ship and task.ship_symbol == flight.ship_symbol and task.step_state is StepState.QUEUED:
                    self._due_queue.wait(uow, task, self._clock.now() + self._clock.game_time(wall))
                uow.commit()
        except StaleRow:
            # Whoever changed it has taken it over; if not, its lease ends and the sweep brings it back.
            log.info("task %s was taken over", flight.task_id)

    def _note_fault(self, flight: _Flight, error: Exception) -> None:
        with self._uow() as uow:
            now = self._clock.now()
            uow.decisions.note(flight.player_id, DecisionKind.ERROR, flight.task_id, in_a_line(error), now)
            uow.commit()

    def _count_attempt(self, flight: _Flight, reason: str) -> None:
        with self._uow() as uow:
            task = uow.tasks.get(flight.task_id)
            if not task.has_ship:
                return
            task.attempts += 1
            attempts = task.attempts
            uow.commit()
        flight.version, flight.as_stored = task.version, None
        if attempts >= _MOST_ATTEMPTS:
            self._fail(flight, f"gave up after {attempts} attempts: {reason}")
        else:
            self._come_back(flight, _LATER * attempts, reason)

    @staticmethod
    def _current(uow: UnitOfWork, flight: _Flight) -> ManufacturingTask:
        stored = flight.take_stored()
        if stored is not None:
            uow.tasks.resume(stored.task)
            uow.resume(stored.ship)
        task = uow.tasks.get(flight.task_id)
        if task.version != flight.version:
            raise StaleRow(f"task {task.id} was changed while {flight.ship_symbol} was at it")
        return task

    @staticmethod
    def _set_tidy(uow: UnitOfWork, flight: _Flight) -> None:
        """The step ends in order: the ship's row is what the server last said, and errors on the way are forgiven."""
        ShipTasks._store_ship(uow, flight)
        uow.ships.get(flight.player_id, flight.ship_symbol).needs_observation = False
        uow.tasks.get(flight.task_id).attempts = 0

    @staticmethod
    def _store_ship(uow: UnitOfWork, flight: _Flight) -> None:
        ship = uow.ships.get(flight.player_id, flight.ship_symbol)
        if flight.nav is not None:
            ship.take_nav(flight.nav)
        if flight.fuel is not None:
            ship.take_fuel(flight.fuel)

    def _park_end(self) -> datetime:
        return self._clock.now() + self._policy.park_time

    def _until(self, at: datetime) -> timedelta:
        return timedelta(seconds=max(0.2, self._clock.wall_seconds(at - self._clock.now())))
