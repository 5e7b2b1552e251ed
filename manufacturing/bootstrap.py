"""The one place that wires adapters into services."""

import json
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Final

from redis import Redis
from sqlalchemy import Engine

from manufacturing.adapters.assignment.linear import LinearAssignment
from manufacturing.adapters.clock import ScaledClock
from manufacturing.adapters.postgres import database
from manufacturing.adapters.postgres.unit_of_work import PostgresUnitOfWork
from manufacturing.adapters.redis.api_budget import BudgetUnreachable, RedisApiBudget, budget_key
from manufacturing.adapters.redis.client import connect as connect_redis
from manufacturing.adapters.redis.locks import RedisLocks
from manufacturing.adapters.routing.fuel_graph import FuelGraph
from manufacturing.adapters.spacetraders.gateway import HttpGateway
from manufacturing.adapters.spacetraders.player_gateways import PlayerGateways
from manufacturing.adapters.spacetraders.tokens import TokenFiles, agent_of
from manufacturing.adapters.spacetraders.transport import HttpTransport
from manufacturing.domain.assignment import GreedyAssignment
from manufacturing.domain.clock import Clock, TimeScale
from manufacturing.domain.events import Event, EventPublisher
from manufacturing.domain.facts import recipes
from manufacturing.domain.ids import IdSource, PlayerId
from manufacturing.domain.kept_factories import KeptFactories
from manufacturing.domain.player import Player
from manufacturing.domain.policy import AssignmentMethod
from manufacturing.domain.ports import Locks, UnitOfWorkFactory
from manufacturing.services.cargo_handover_service import CargoHandoverService
from manufacturing.services.demand_finder import DemandFinder
from manufacturing.services.due_queue import DueQueue
from manufacturing.services.enrolment_service import EnrolmentService
from manufacturing.services.factory_state_tracker import FactoryStateTracker
from manufacturing.services.fault_service import FaultService
from manufacturing.services.gateways import Gateways
from manufacturing.services.haul_planner import HaulPlanner
from manufacturing.services.haul_service import HaulService
from manufacturing.services.kept_factory_service import KeptFactoryService
from manufacturing.services.manufacturing_orchestrator import ManufacturingOrchestrator
from manufacturing.services.market_scan_service import MarketScanService
from manufacturing.services.market_service import MarketService
from manufacturing.services.observer_service import ObserverService
from manufacturing.services.pipeline_lifecycle_service import PipelineLifecycleService
from manufacturing.services.pipeline_planner import PipelinePlanner
from manufacturing.services.predictive_supply_monitor import PredictiveSupplyMonitor
from manufacturing.services.production_rate_service import ProductionRateService
from manufacturing.services.profitability_service import ProfitabilityService
from manufacturing.services.recalculation_watch import RecalculationWatch
from manufacturing.services.sale_redirection import SaleRedirection
from manufacturing.services.shared_resource_coordinator import SharedResourceCoordinator
from manufacturing.services.ship_dispatch_service import ShipDispatchService
from manufacturing.services.ship_prepositioning_service import ShipPrePositioningService
from manufacturing.services.ship_tasks import ShipTasks
from manufacturing.services.standing_quotes import StandingQuotes
from manufacturing.services.system_routes import SystemRoutes
from manufacturing.services.system_survey import SystemSurvey
from manufacturing.services.task_assignment_service import TaskAssignmentService
from manufacturing.services.task_readiness import TaskReadiness
from manufacturing.services.trade_desk import TradeDesk
from manufacturing.services.treasury import Treasury
from manufacturing.services.unreserved_factories import UnreservedFactories
from manufacturing.services.usage_service import CountedCalls, UsageService
from manufacturing.settings import READY_FILE, BadSetting, Settings

#: Connections of one process: its threads, and some for what runs beside them.
_POOL_SIZE: Final = 24


@dataclass(frozen=True, kw_only=True)
class Fleet:
    """All services of one process."""

    settings: Settings
    clock: Clock
    uow: UnitOfWorkFactory
    gateways: Gateways
    due_queue: DueQueue
    lifecycle: PipelineLifecycleService
    assignment: TaskAssignmentService
    handovers: CargoHandoverService
    positioning: ShipPrePositioningService
    dispatch: ShipDispatchService
    profitability: ProfitabilityService
    coordinator: SharedResourceCoordinator
    supply_monitor: PredictiveSupplyMonitor
    production_rates: ProductionRateService
    ship_tasks: ShipTasks
    desk: TradeDesk
    redirection: SaleRedirection
    scans: MarketScanService
    observers: ObserverService
    enrolment: EnrolmentService
    orchestrator: ManufacturingOrchestrator
    usage: UsageService
    faults: FaultService
    treasury: Treasury
    engine: Engine

    def dispose_after_fork(self) -> None:
        """Call this first thing in a forked child."""
        database.dispose_after_fork(self.engine)


class SilentPublisher:
    """Publishes nothing: for commands that only read, or whose events the sweeps may find."""

    def publish(self, events: list[Event]) -> None:
        """Drops the events."""


def build_fleet(
    settings: Settings,
    *,
    make_publisher: Callable[[Clock], EventPublisher] | None = None,
    scale: TimeScale | None = None,
) -> Fleet:
    """The fleet of this process, on the servers the settings name. BadSetting when one of them is missing.

    ``scale`` is how the server's time runs, for whoever has just asked it; None: as the player's row says.
    """
    if settings.database_url is None or settings.redis_url is None:
        raise BadSetting("DATABASE_URL and REDIS_URL must be set; `manufacturing up` brings its own servers")
    engine = database.connect(settings.database_url, pool_size=_POOL_SIZE)
    sessions = database.session_factory(engine)
    clock = ScaledClock(scale or _time_scale(partial(PostgresUnitOfWork, sessions, SilentPublisher())))
    publisher = make_publisher(clock) if make_publisher else SilentPublisher()
    uow: UnitOfWorkFactory = partial(PostgresUnitOfWork, sessions, publisher)
    redis = connect_redis(settings.redis_url)
    gateways = PlayerGateways(
        uow,
        clock,
        token_of=partial(token_of, settings),
        make=lambda token, player: make_gateway(settings, redis, clock, token, player),
    )
    return wire(
        settings,
        engine=engine,
        clock=clock,
        uow=uow,
        gateways=gateways,
        locks=RedisLocks(redis),
        ids=lambda: str(uuid.uuid4()),
        drain_usage=partial(_drain_usage, settings, redis, uow),
    )


def wire(
    settings: Settings,
    *,
    engine: Engine,
    clock: Clock,
    uow: UnitOfWorkFactory,
    gateways: Gateways,
    locks: Locks,
    ids: IdSource,
    drain_usage: Callable[[], list[CountedCalls]],
) -> Fleet:
    """Builds every service on the given adapters."""
    policy = settings.policy
    survey = SystemSurvey(recipes(), policy)
    planner = PipelinePlanner(policy)
    routes = SystemRoutes(FuelGraph, clock, policy)
    markets = MarketService(uow, clock)
    treasury = Treasury(policy)
    due_queue = DueQueue(uow, clock)
    handovers = CargoHandoverService(uow, clock, policy, due_queue=due_queue)
    tracker = FactoryStateTracker(ids, policy)
    recalculations = RecalculationWatch(uow, clock)
    production_rates = ProductionRateService(clock, recalculations)
    keeping = KeptFactoryService(policy, production_rates)
    supply_monitor = PredictiveSupplyMonitor(
        uow,
        clock,
        ids,
        policy,
        gateways=gateways,
        markets=markets,
        due_queue=due_queue,
        tracker=tracker,
        rates=production_rates,
        recalculations=recalculations,
    )
    make_coordinator = SharedResourceCoordinator if policy.factory_reservations else UnreservedFactories
    coordinator = make_coordinator(uow, clock, ids, policy, locks)
    dispatch = ShipDispatchService(uow, clock)
    redirection = SaleRedirection(uow, clock, ids, policy, survey, coordinator.goods)
    profitability = ProfitabilityService(clock, ids, policy, routes=routes, rates=production_rates)
    lifecycle = PipelineLifecycleService(
        uow,
        clock,
        ids,
        policy,
        survey=survey,
        demand=DemandFinder(policy),
        planner=planner,
        coordinator=coordinator,
        tracker=tracker,
        supply_monitor=supply_monitor,
        dispatch=dispatch,
        profitability=profitability,
        keeping=keeping,
        readiness=TaskReadiness(clock, policy, survey=survey, planner=planner, coordinator=coordinator),
    )
    desk = TradeDesk(
        uow,
        clock,
        ids,
        treasury=treasury,
        markets=markets,
        coordinator=coordinator,
        supply_monitor=supply_monitor,
    )
    positioning = ShipPrePositioningService(
        uow, clock, ids, policy, routes=routes, dispatch=dispatch, due_queue=due_queue
    )
    assignment = TaskAssignmentService(
        uow,
        clock,
        policy,
        solver=GreedyAssignment() if policy.assignment is AssignmentMethod.GREEDY else LinearAssignment(),
        dispatch=dispatch,
        routes=routes,
        due_queue=due_queue,
        positioning=positioning,
    )
    scans = MarketScanService(uow, clock, ids, policy, markets, recalculations)
    observers = ObserverService(uow, clock, ids, dispatch=dispatch, routes=routes, solver=LinearAssignment())
    enrolment = EnrolmentService(uow, clock, markets, treasury)
    return Fleet(
        settings=settings,
        clock=clock,
        uow=uow,
        gateways=gateways,
        due_queue=due_queue,
        lifecycle=lifecycle,
        assignment=assignment,
        handovers=handovers,
        positioning=positioning,
        dispatch=dispatch,
        profitability=profitability,
        coordinator=coordinator,
        supply_monitor=supply_monitor,
        production_rates=production_rates,
        ship_tasks=ShipTasks(
            uow,
            clock,
            policy,
            gateways=gateways,
            locks=locks,
            due_queue=due_queue,
            desk=desk,
            markets=markets,
            standing_quotes=StandingQuotes(clock, policy, recalculations, treasury),
            routes=routes,
            lifecycle=lifecycle,
            dispatch=dispatch,
            redirection=redirection,
        ),
        desk=desk,
        redirection=redirection,
        scans=scans,
        observers=observers,
        enrolment=enrolment,
        orchestrator=ManufacturingOrchestrator(
            uow,
            clock,
            policy,
            gateways=gateways,
            locks=locks,
            lifecycle=lifecycle,
            assignment=assignment,
            handovers=handovers,
            hauls=HaulService(
                uow,
                policy,
                survey=survey,
                planner=HaulPlanner(policy),
                routes=routes,
                keeping=keeping,
                dispatch=dispatch,
                lifecycle=lifecycle,
            ),
            scans=scans,
            observers=observers,
            redirection=redirection,
            enrolment=enrolment,
            desk=desk,
        ),
        usage=UsageService(uow, clock, drain_usage),
        faults=FaultService(uow, clock),
        treasury=treasury,
        engine=engine,
    )


def kept_factories(settings: Settings, engine: Engine, now: datetime, player_id: PlayerId) -> KeptFactories:
    """What a player's fleet keeps running by the listings as last seen, judged as its workers do, at the game time
    ``now``. Changes nothing, and needs the database alone."""
    uow: UnitOfWorkFactory = partial(PostgresUnitOfWork, database.session_factory(engine), SilentPublisher())
    clock = ScaledClock(TimeScale(factor=1.0, wall_anchor=datetime.now(UTC), game_anchor=now))
    keeping = KeptFactoryService(settings.policy, ProductionRateService(clock, RecalculationWatch(uow, clock)))
    with uow() as work:
        seen = SystemSurvey(recipes(), settings.policy).home_markets(work, player_id)
        return keeping.kept(work, player_id, seen)


def server_address(settings: Settings) -> str:
    """The base URL of the game's API: the configured one, or that of this home's simulator. BadSetting when neither is
    there."""
    if settings.server_url is not None:
        return settings.server_url
    ready = settings.home / READY_FILE
    try:
        return str(json.loads(ready.read_text(encoding="utf-8"))["url"])
    except (OSError, ValueError, KeyError) as error:
        raise BadSetting(
            f"no simulator is running here ({ready} is missing): start it with `manufacturing universe`, or set "
            "SPACETRADERS_TOKEN to play the real game"
        ) from error


def make_gateway(
    settings: Settings, redis: Redis, clock: ScaledClock, token: str | None, player: Player | None
) -> HttpGateway:
    """A gateway to the configured server, on the budget that the token's calls count against."""
    url = server_address(settings)
    budget = RedisApiBudget(
        redis,
        _budget_key(settings, token),
        factor=clock.scale.factor,
        player_id=player.id if player is not None else None,
        weight=player.budget_weight if player is not None else 1,
    )
    return HttpGateway(HttpTransport(url), token, budget)


def _budget_key(settings: Settings, token: str | None) -> str:
    """Who shares the calls (docs/architecture.md, "The API budget"): the real game counts an address's calls together,
    whoever's they are, and our simulator those of each token apart."""
    return budget_key(settings.server_name, token if settings.server_url is None else None)


def token_of(settings: Settings, agent_symbol: str) -> str | None:
    """The agent's token: from its file, else the configured one, unless that is for another agent."""
    kept = TokenFiles(settings.home).read(agent_symbol)
    if kept is not None or settings.token is None:
        return kept
    configured = settings.token.reveal()
    return configured if agent_of(configured) in (None, agent_symbol) else None


def _time_scale(uow: UnitOfWorkFactory) -> TimeScale:
    """How time runs for the players of this database; BadSetting when they live in universes of different speed."""
    with uow() as unit:
        scales = {player.time_scale for player in unit.players.active()}
    if len(scales) > 1:
        raise BadSetting("the players of this database live in universes of different time: give each its own database")
    text = scales.pop() if scales else None
    return TimeScale.parse(text) if text else TimeScale.real()


def _drain_usage(settings: Settings, redis: Redis, uow: UnitOfWorkFactory) -> list[CountedCalls]:
    with uow() as unit:
        players = unit.players.active()
    counted: list[CountedCalls] = []
    for player in players:
        token = token_of(settings, player.agent_symbol)
        budget = RedisApiBudget(redis, _budget_key(settings, token))
        try:
            usage = budget.drain_usage()
        except BudgetUnreachable:
            continue
        counted += [
            CountedCalls(
                player_id=u.player_id or player.id,
                purpose=u.purpose,
                endpoint=u.endpoint,
                calls=u.calls,
                rejected_429=u.rejected_429,
            )
            for u in usage
        ]
    return counted


def logs_directory(settings: Settings) -> Path:
    """Where the processes of this home write their logs."""
    return settings.home / "logs"
