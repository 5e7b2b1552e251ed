"""Repository and unit-of-work ports: what services need of the database, and no more.

Every method that takes a ``player_id`` sees that player's rows only. Objects returned are tracked by the unit of work:
changes to them are stored at its commit, and a row that someone else changed meanwhile makes the commit raise
StaleRow. Listings are plain values: what becomes of them is stored by ``store``. ``claim_…`` methods are single atomic
statements or row locks: of several callers one wins.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from types import TracebackType
from typing import Any, Protocol, Self

from manufacturing.domain.decision import ApiUsage, Decision, DecisionKind
from manufacturing.domain.events import Event
from manufacturing.domain.factory_reservation import FactoryReservation
from manufacturing.domain.factory_state import FactoryState
from manufacturing.domain.forecast_learning import PastForecast
from manufacturing.domain.ids import IntentId, PipelineId, PlayerId, ReservationId, TaskId
from manufacturing.domain.intermediate_good_pool import IntermediateGoodPool, PoolLot, PoolReservation
from manufacturing.domain.ledger import EntryKind, LedgerEntry
from manufacturing.domain.manufacturing_pipeline import ManufacturingPipeline
from manufacturing.domain.manufacturing_task import ManufacturingTask, TaskDependency, TaskStatus, TaskType
from manufacturing.domain.market_listing import ListingChange, MarketListing, SupplyLevelChange
from manufacturing.domain.player import Player
from manufacturing.domain.pre_positioning import PrePositioning
from manufacturing.domain.production_estimate import ProductionEstimate
from manufacturing.domain.production_rates import MarketTrade
from manufacturing.domain.profit_forecast import ProfitForecast
from manufacturing.domain.realised_profit import GoodsMovement
from manufacturing.domain.ship import Ship
from manufacturing.domain.trade_intent import TradeIntent
from manufacturing.domain.waypoint import Waypoint


class PlayerRepository(Protocol):
    """Players, and their money as our bookkeeping has it."""

    def add(self, player: Player) -> None:
        """Stores a new player and gives it its id."""
        ...

    def get(self, player_id: PlayerId) -> Player:
        """UnknownThing when there is none."""
        ...

    def find(self, agent_symbol: str, server_url: str, reset_date: str) -> Player | None: ...
    def all(self) -> list[Player]:
        """Every player ever, newest last."""
        ...

    def active(self) -> list[Player]:
        """Players with status ACTIVE."""
        ...

    def claim_credits(self, player_id: PlayerId, amount: int, floor: int) -> bool:
        """Reserves ``amount`` in one statement that holds credits − reserved − amount ≥ floor; else False."""
        ...

    def spendable(self, player_id: PlayerId, floor: int) -> int:
        """Credits − reserved − floor at this moment, at least 0."""
        ...

    def move_credits(self, player_id: PlayerId, *, amount: int, released: int) -> None:
        """Adds ``amount`` to the credits and takes ``released`` off the reserved, in one statement that also keeps the
        most credits there were."""
        ...


class WaypointRepository(Protocol):
    """The map."""

    def add_all(self, waypoints: Sequence[Waypoint]) -> None: ...
    def in_system(self, player_id: PlayerId, system_symbol: str) -> list[Waypoint]: ...
    def fuel_stops(self, player_id: PlayerId, system_symbol: str) -> tuple[int, tuple[str, ...]]:
        """How many waypoints there are, and the symbols of those that sell fuel: what ways depend on."""
        ...

    def get(self, player_id: PlayerId, symbol: str) -> Waypoint: ...


class MarketRepository(Protocol):
    """Listings and their history."""

    def add_all(self, listings: Sequence[MarketListing]) -> None: ...
    def in_system(self, player_id: PlayerId, system_symbol: str) -> list[MarketListing]:
        """Every listing of the system, in the order of waypoint and good."""
        ...

    def revision(self, player_id: PlayerId, system_symbol: str) -> tuple[int, int]:
        """Another value whenever a listing of the system was stored: while it is the same, so are all of them."""
        ...

    def exporters(self, player_id: PlayerId) -> frozenset[str]:
        """The waypoints of the markets where something is made."""
        ...

    def at(self, player_id: PlayerId, waypoint: str) -> list[MarketListing]: ...
    def lock_at(self, player_id: PlayerId, waypoint: str) -> list[MarketListing]:
        """The same with row locks, so that two observations of one market are stored one after the other."""
        ...

    def of_good(self, player_id: PlayerId, good: str) -> list[MarketListing]:
        """Every market that deals in the good, by waypoint."""
        ...

    def listing(self, player_id: PlayerId, waypoint: str, good: str) -> MarketListing | None: ...
    def store(self, listings: Sequence[MarketListing]) -> None:
        """Stores what has become of listings since they were read; StaleRow when someone else has stored one of them
        meanwhile."""
        ...

    def record_changes(self, changes: Sequence[ListingChange], level_changes: Sequence[SupplyLevelChange]) -> None: ...
    def unseen_since(self, player_id: PlayerId, moment: datetime) -> list[str]:
        """The markets of the player's system, in order, that deal in more than fuel and were not seen whole after the
        moment."""
        ...

    def changes_after(self, player_id: PlayerId, last_id: int, since: datetime) -> list[ListingChange]:
        """What changed since, and was recorded after the entry ``last_id``, in the order of recording."""
        ...

    def record_recalculation(self, player_id: PlayerId, at: datetime) -> None:
        """Keeps that all markets were recalculated ``at``; what is known already stays as it is."""
        ...

    def recalculations(self, player_id: PlayerId, limit: int) -> list[datetime]:
        """The latest moments at which all markets were recalculated, newest first."""
        ...

    def volatile(self, player_id: PlayerId, since: datetime, move: float) -> frozenset[tuple[str, str]]:
        """The (waypoint, good) whose highest ask recorded since is more than the share ``move`` above the lowest."""
        ...


class ShipRepository(Protocol):
    """Ships."""

    def add(self, ship: Ship) -> None: ...
    def get(self, player_id: PlayerId, symbol: str) -> Ship:
        """UnknownThing when there is none."""
        ...

    def at(self, player_id: PlayerId, waypoint: str) -> list[Ship]:
        """Ships that are at the waypoint or on their way to it."""
        ...

    def of_player(self, player_id: PlayerId) -> list[Ship]:
        """In the order of their symbols as the game counts them (AGENT-2 before AGENT-10)."""
        ...

    def free(self, player_id: PlayerId) -> list[Ship]:
        """Those that work for nobody and that the player does not keep, in the same order."""
        ...

    def lock_assignable(self, player_id: PlayerId) -> list[Ship]:
        """The same, with row locks, of those in the player's system that work for nobody or merely move to wait
        elsewhere, and that the player does not keep. Ships that somebody else has locked are left out."""
        ...


class PipelineRepository(Protocol):
    """Pipelines."""

    def add(self, pipeline: ManufacturingPipeline) -> None: ...
    def get(self, pipeline_id: PipelineId) -> ManufacturingPipeline:
        """UnknownThing when there is none."""
        ...

    def active(self, player_id: PlayerId) -> list[ManufacturingPipeline]: ...
    def recent(self, player_id: PlayerId, limit: int) -> list[ManufacturingPipeline]:
        """Newest first, of any status."""
        ...

    def lock(self, pipeline_id: PipelineId) -> ManufacturingPipeline:
        """With a row lock and as it is now: whoever decides about the pipeline as a whole takes this first."""
        ...


@dataclass(frozen=True, slots=True)
class ClaimedStep:
    """A step that is ours."""

    task: ManufacturingTask
    unsettled: bool
    """Whether a trade of its ship was not settled yet."""


class TaskRepository(Protocol):
    """Tasks, their dependencies and the due queue."""

    def add(self, task: ManufacturingTask) -> None: ...
    def add_dependencies(self, dependencies: Sequence[TaskDependency]) -> None: ...
    def get(self, task_id: TaskId) -> ManufacturingTask:
        """UnknownThing when there is none."""
        ...

    def get_all(self, task_ids: Sequence[TaskId]) -> dict[TaskId, ManufacturingTask]:
        """These tasks by their ids, in one question."""
        ...

    def of_pipeline(self, pipeline_id: PipelineId) -> list[ManufacturingTask]:
        """In their sequence."""
        ...

    def with_status(self, player_id: PlayerId, *statuses: TaskStatus) -> list[ManufacturingTask]:
        """In the order of creation and sequence."""
        ...

    def ready_from_pool(self, player_id: PlayerId) -> list[ManufacturingTask]:
        """READY ones whose goods come from the pool, none of them delivered yet, in the order of creation."""
        ...

    def begun_for_pipelines(self, player_id: PlayerId, since: datetime) -> dict[str, int]:
        """How often a purchase that pipelines waited for, hauls apart, became ready at ``since`` or later, by
        waypoint."""
        ...

    def open_of_ship(self, player_id: PlayerId, ship_symbol: str) -> list[ManufacturingTask]:
        """Tasks not final that the ship has or that are bound to it."""
        ...

    def dependencies_of(self, task_ids: Sequence[TaskId]) -> list[TaskDependency]: ...
    def needs_of(self, task_ids: Sequence[TaskId]) -> list[tuple[TaskDependency, TaskStatus]]:
        """What these tasks wait for, each with the status of that other task."""
        ...

    def dependents_of(self, task_id: TaskId) -> list[TaskDependency]: ...
    def claim(self, task_id: TaskId, ship_symbol: str, now: datetime) -> bool:
        """READY → ASSIGNED for this ship with its first step due now, in one conditional UPDATE that also holds
        that the task is not bound to another ship and that the ship has no other task; False when someone else
        was first."""
        ...

    def claim_due(self, until: datetime, now: datetime, lease_until: datetime, limit: int) -> list[ManufacturingTask]:
        """Queues up to ``limit`` steps that are WAITING and due by ``until``, or QUEUED with a lease that ended before
        ``now``, skipping rows others hold; returns them as they are after it, earliest due first. Players that are
        RESET are left out."""
        ...

    def claim_step(self, task_id: TaskId, version: int, lease_until: datetime) -> ClaimedStep | None:
        """The queued step with this version is ours until ``lease_until`` (its version grows), or None: it was taken,
        or something changed since the message was sent."""
        ...

    def resume(self, task: ManufacturingTask) -> None:
        """Goes on with a task that an earlier unit of work left behind; StaleRow when it was changed since. For the
        others of that unit there is ``UnitOfWork.resume``."""
        ...


class FactoryStateRepository(Protocol):
    """Factories at work for pipelines, and the poll queue."""

    def add(self, state: FactoryState) -> None: ...
    def get(self, state_id: str) -> FactoryState: ...
    def of_pipeline(self, pipeline_id: PipelineId) -> list[FactoryState]: ...
    def find(self, pipeline_id: PipelineId, factory_symbol: str, output_good: str) -> FactoryState | None: ...
    def watched(self, player_id: PlayerId) -> list[FactoryState]: ...
    def watched_at(self, player_id: PlayerId, factory_symbol: str) -> list[FactoryState]: ...
    def claim_due(self, until: datetime, now: datetime, lease_until: datetime, limit: int) -> list[FactoryState]:
        """As TaskRepository.claim_due, by ``next_poll_at``."""
        ...

    def claim_poll(self, state_id: str, version: int, lease_until: datetime) -> FactoryState | None:
        """As TaskRepository.claim_step."""
        ...


class ProductionEstimateRepository(Protocol):
    """Production estimates; they outlive their pipelines."""

    def add(self, estimate: ProductionEstimate) -> None: ...
    def find(self, pipeline_id: PipelineId, factory_symbol: str, output_good: str) -> ProductionEstimate | None:
        """The estimate of this factory output in the pipeline's cycle."""
        ...

    def of_pipelines(self, pipeline_ids: Sequence[PipelineId]) -> list[ProductionEstimate]: ...


class PrePositioningRepository(Protocol):
    """Idle ships that wait where work is expected; one at a time for a ship, and for a predicted task."""

    def add(self, move: PrePositioning) -> None: ...
    def open_of_player(self, player_id: PlayerId) -> list[PrePositioning]:
        """Those whose ship still waits, or is on its way, the oldest first."""
        ...

    def record(self, player_id: PlayerId) -> dict[TaskType, tuple[int, int]]:
        """Hits and misses so far, by what was predicted."""
        ...


class FactoryReservationRepository(Protocol):
    """Factory reservations; the partial unique index on ACTIVE ones is what keeps a factory to one pipeline."""

    def create(self, reservation: FactoryReservation) -> None:
        """Stores it and gives it its fencing token; FactoryAlreadyReserved when the factory is taken."""
        ...

    def find_by_id(self, reservation_id: ReservationId) -> FactoryReservation: ...
    def find_active_by_factory(
        self, player_id: PlayerId, factory_symbol: str, output_good: str
    ) -> FactoryReservation | None: ...
    def active(self, player_id: PlayerId) -> list[FactoryReservation]: ...
    def find_by_pipeline_id(self, pipeline_id: PipelineId) -> list[FactoryReservation]: ...
    def find_by_pipeline_ids(self, pipeline_ids: Sequence[PipelineId]) -> list[FactoryReservation]:
        """The same for several pipelines, in one question."""
        ...

    def expire_stale(self, now: datetime) -> list[FactoryReservation]:
        """ACTIVE → EXPIRED where ``expires_at`` has passed, in one conditional UPDATE; the ones this call expired."""
        ...

    def end(self, reservation_id: ReservationId, to: str, now: datetime) -> bool:
        """ACTIVE → ``to`` in one conditional UPDATE; False when it had ended already."""
        ...

    def entitled_to_collect(
        self, player_id: PlayerId, factory_symbol: str, output_good: str, now: datetime
    ) -> list[FactoryReservation]:
        """FULFILLED ones that have not collected yet and still may, in the order of their fulfilment."""
        ...

    def renew_of_pipeline(self, pipeline_id: PipelineId, expires_at: datetime) -> int:
        """Moves out the expiry of the pipeline's ACTIVE reservations; how many."""
        ...


class PoolRepository(Protocol):
    """The pool of intermediate goods. Whoever changes a pool takes ``lock`` first, so that they come one by one."""

    def lock(self, player_id: PlayerId, system_symbol: str, good: str, now: datetime) -> IntermediateGoodPool:
        """The pool with a row lock and as it is now; made when there is none yet."""
        ...

    def pools(self, player_id: PlayerId) -> list[IntermediateGoodPool]: ...
    def find(self, player_id: PlayerId, system_symbol: str, good: str) -> IntermediateGoodPool | None: ...
    def add_lot(self, lot: PoolLot) -> None: ...
    def lot(self, lot_id: int) -> PoolLot:
        """UnknownThing when there is none."""
        ...

    def open_lots(self, pool_id: int) -> list[PoolLot]:
        """Lots that can be reserved, oldest first, as they are now."""
        ...

    def lots_aboard(self, player_id: PlayerId, ship_symbol: str | None = None) -> list[PoolLot]:
        """Lots that are not closed, of one ship or of all, oldest first."""
        ...

    def add_reservation(self, reservation: PoolReservation) -> None: ...
    def reservation(self, reservation_id: str) -> PoolReservation:
        """UnknownThing when there is none."""
        ...

    def reserved_by(self, pipeline_id: PipelineId) -> list[PoolReservation]:
        """The pipeline's promises that have not ended."""
        ...

    def stale(self, now: datetime) -> list[PoolReservation]:
        """Promises that have not ended though their time has passed."""
        ...


class IntentRepository(Protocol):
    """Trade intents."""

    def add(self, intent: TradeIntent) -> None: ...
    def get(self, intent_id: IntentId) -> TradeIntent: ...
    def open_of_ship(self, player_id: PlayerId, ship_symbol: str) -> list[TradeIntent]:
        """What the ship trades, hands over or is handed, oldest first."""
        ...

    def open_of_player(self, player_id: PlayerId) -> list[TradeIntent]: ...


class LedgerRepository(Protocol):
    """The ledger, and the credits reserved for purchases under way."""

    def add(self, entry: LedgerEntry) -> None: ...
    def total(self, player_id: PlayerId) -> int:
        """Sum of all amounts."""
        ...

    def earned_since(self, player_id: PlayerId, since: datetime) -> int:
        """Sum of the amounts entered from ``since`` on, but for what moved without us."""
        ...

    def marginal_haul(self, player_id: PlayerId, since: datetime) -> float | None:
        """Credits an hour, by the ledger, that every fourth of the hauls that ended from ``since`` on earned less than;
        None without any."""
        ...

    def profit_of_pipeline(self, pipeline_id: PipelineId) -> int:
        """Sum of its amounts."""
        ...

    def profits(self, pipeline_ids: Sequence[PipelineId]) -> dict[PipelineId, int]: ...
    def movements_of_pipeline(self, pipeline_id: PipelineId) -> list[GoodsMovement]:
        """Its entries, those of one kind, good and direction added up."""
        ...

    def entries(
        self,
        player_id: PlayerId,
        *,
        limit: int,
        pipeline_id: PipelineId | None = None,
        kind: EntryKind | None = None,
    ) -> list[LedgerEntry]:
        """Newest first."""
        ...

    def market_trades_after(self, player_id: PlayerId, last_id: int, since: datetime) -> tuple[list[MarketTrade], int]:
        """What was bought from markets and sold to them since, as entered after ``last_id``; and the newest entry."""
        ...

    def units_bought(self, task_id: TaskId) -> tuple[int, int]:
        """Units purchased for the task, and what they cost."""
        ...

    def last_purchase(self, player_id: PlayerId, ship_symbol: str, good: str) -> LedgerEntry | None:
        """The ship's latest purchase of the good: what its cargo cost, and for whom; None when it never bought any."""
        ...

    def hold(self, player_id: PlayerId, intent_id: IntentId, amount: int, now: datetime) -> None:
        """Writes the spend reservation of an intent."""
        ...

    def end_hold(self, intent_id: IntentId, now: datetime) -> int:
        """HELD → ENDED; the amount that was held, 0 when none was."""
        ...

    def held(self, player_id: PlayerId) -> int:
        """Sum of what is HELD."""
        ...


class ProfitForecastRepository(Protocol):
    """Forecasts; they outlive their pipelines."""

    def create(self, forecast: ProfitForecast) -> None: ...
    def find_by_id(self, forecast_id: str) -> ProfitForecast:
        """UnknownThing when there is none."""
        ...

    def find_by_pipeline_id(self, pipeline_id: PipelineId) -> ProfitForecast | None:
        """The pipeline's latest forecast, if it has any."""
        ...

    def find_unvalidated(self, player_id: PlayerId) -> list[ProfitForecast]:
        """Forecasts whose pipeline has not ended, oldest first."""
        ...

    def of_completed(self, player_id: PlayerId, limit: int) -> list[PastForecast]:
        """What came of the forecasts of completed pipelines, the latest first."""
        ...


class DecisionRepository(Protocol):
    """Why."""

    def note(
        self,
        player_id: PlayerId,
        kind: DecisionKind,
        subject: str,
        reason: str,
        at: datetime,
        details: dict[str, Any] | None = None,
    ) -> None:
        """Writes a decision. The same kind, subject and reason as the subject's last one of that kind is counted on
        that row."""
        ...

    def about(self, player_id: PlayerId, subject: str, limit: int) -> list[Decision]:
        """Newest first."""
        ...

    def recent(self, player_id: PlayerId, limit: int, kind: DecisionKind | None = None) -> list[Decision]: ...


class UsageRepository(Protocol):
    """API calls by hour, purpose and endpoint."""

    def add(self, usage: Sequence[ApiUsage]) -> None:
        """Adds the counts to what is there."""
        ...

    def by_purpose(self, player_id: PlayerId) -> dict[str, int]: ...
    def totals(self, player_id: PlayerId) -> tuple[int, int]:
        """Calls, and how many of them were answered 429."""
        ...


class UnitOfWork(Protocol):
    """One transaction. Leaving it without ``commit`` rolls back; events are published only after a commit."""

    players: PlayerRepository
    waypoints: WaypointRepository
    markets: MarketRepository
    ships: ShipRepository
    pipelines: PipelineRepository
    tasks: TaskRepository
    factories: FactoryStateRepository
    estimates: ProductionEstimateRepository
    positionings: PrePositioningRepository
    reservations: FactoryReservationRepository
    pools: PoolRepository
    intents: IntentRepository
    ledger: LedgerRepository
    forecasts: ProfitForecastRepository
    decisions: DecisionRepository
    usage: UsageRepository

    def __enter__(self) -> Self: ...
    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...
    def emit(self, event: Event) -> None:
        """Keeps an event to be published after the commit."""
        ...

    def resume(self, *entities: object) -> None:
        """Goes on with entities that an earlier unit of work left behind, as they were then, without asking for them
        again: to change one that someone else has changed meanwhile raises StaleRow, and whoever decides again reads
        them anew."""
        ...

    def flush(self) -> None:
        """Sends what changed so far to the database, so that its constraints speak now (StaleRow, …)."""
        ...

    def commit(self) -> None:
        """Makes everything permanent, then publishes the events; StaleRow when a row was changed by someone else."""
        ...


#: Opens a new unit of work.
UnitOfWorkFactory = Callable[[], UnitOfWork]


class LockHeld(Exception):
    """Someone else holds the lock."""


class Lock(Protocol):
    """A held lock; leaving its ``with`` block gives it up."""

    def __enter__(self) -> Self: ...
    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...


class Locks(Protocol):
    """Named locks across processes. They spare double work; the database is what keeps it correct."""

    def lock(self, name: str, ttl: timedelta) -> Lock:
        """Takes the lock for at most ``ttl`` of wall time, or raises LockHeld at once."""
        ...
