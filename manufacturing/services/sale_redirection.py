"""SaleRedirection: another sink for cargo whose own has been flooded (docs/domain.md, "Selling")."""

from collections import defaultdict
from datetime import datetime

from manufacturing.domain.clock import Clock
from manufacturing.domain.decision import DecisionKind
from manufacturing.domain.errors import TaskAlreadyTaken
from manufacturing.domain.events import WorkChanged
from manufacturing.domain.ids import IdSource, PlayerId, TaskId
from manufacturing.domain.intermediate_good_pool import LotStatus, PoolLot
from manufacturing.domain.manufacturing_task import ManufacturingTask, TaskStatus, TaskType
from manufacturing.domain.market_listing import MarketListing
from manufacturing.domain.policy import FleetPolicy
from manufacturing.domain.ports import UnitOfWork, UnitOfWorkFactory
from manufacturing.domain.price_ladder import sale_rungs
from manufacturing.domain.ship import Ship
from manufacturing.services.intermediate_goods import IntermediateGoods
from manufacturing.services.system_survey import SystemSurvey


class SaleRedirection:
    """Finds where cargo brings most, for sales that are stuck and for cargo that belongs to no task."""

    def __init__(
        self,
        uow: UnitOfWorkFactory,
        clock: Clock,
        ids: IdSource,
        policy: FleetPolicy,
        survey: SystemSurvey,
        goods: IntermediateGoods,
    ) -> None:
        self._uow = uow
        self._clock = clock
        self._ids = ids
        self._policy = policy
        self._survey = survey
        self._goods = goods

    def redirect(self, uow: UnitOfWork, task: ManufacturingTask) -> bool:
        """Binds a stuck sale to another market, priced anew, if one takes the goods at the task's limit; whether it
        did."""
        if task.good is None or task.ship_symbol is None:
            return False
        ship = uow.ships.get(task.player_id, task.ship_symbol)
        sink = self._best_sink(uow, ship, task.good, but_not=task.waypoint)
        if sink is None or sink.quote.bid < (task.price_limit or 0):
            return False
        reason = f"{task.waypoint} is flooded with {task.good}: sold at {sink.waypoint} for {sink.quote.bid} instead"
        uow.decisions.note(task.player_id, DecisionKind.PLAN, task.id, reason, self._clock.now())
        task.waypoint = sink.waypoint
        task.quoted_price = sink.quote.bid
        return True

    def liquidate_strays(self, player_id: PlayerId) -> int:
        """Cargo that belongs to no task goes into the pool where a factory could use it, and is sold where not, or when
        nobody has wanted it for long: one LIQUIDATE task for each ship and good; how many were made."""
        try:
            return self._liquidate_strays(player_id)
        except TaskAlreadyTaken:
            # Another worker is at it in this moment, and finds them all.
            return 0

    def _liquidate_strays(self, player_id: PlayerId) -> int:
        now = self._clock.now()
        made = 0
        with self._uow() as uow:
            lots: dict[str, list[PoolLot]] = defaultdict(list)
            for lot in uow.pools.lots_aboard(player_id):
                lots[lot.holder_ship].append(lot)
            if lots:
                self._goods.begin_sale_of_idle(uow, player_id, now)
            for ship in uow.ships.free(player_id):
                if ship.is_flying(now):
                    continue
                for good, units in self._strays(uow, ship, lots[ship.symbol], now):
                    was_offered = any(lot.good == good for lot in lots[ship.symbol])
                    if not was_offered and self._is_for_the_pool(uow, ship, good):
                        self._pool(uow, ship, good, units, now)
                    else:
                        made += self._liquidate(uow, ship, good, was_offered=was_offered)
            if made:
                uow.emit(WorkChanged(player_id=player_id))
            uow.commit()
        return made

    def _strays(self, uow: UnitOfWork, ship: Ship, lots: list[PoolLot], now: datetime) -> list[tuple[str, int]]:
        """Goods aboard, with their units, that neither a task nor the pool speaks for."""
        if lots:
            self._goods.match_hold(uow, ship, now)
        if not ship.cargo_units:
            return []
        spoken_for = {task.good for task in uow.tasks.open_of_ship(ship.player_id, ship.symbol)}
        strays = []
        for good, aboard in sorted(ship.cargo_items.items()):
            pooled = sum(lot.units_held for lot in lots if lot.good == good and lot.status is LotStatus.OPEN)
            if good not in spoken_for and aboard > pooled:
                strays.append((good, aboard - pooled))
        return strays

    def _is_for_the_pool(self, uow: UnitOfWork, ship: Ship, good: str) -> bool:
        if not self._policy.pool:
            return False
        return self._survey.markets(uow, ship.player_id, ship.system_symbol).is_ingredient(good)

    def _pool(self, uow: UnitOfWork, ship: Ship, good: str, units: int, now: datetime) -> None:
        bought = uow.ledger.last_purchase(ship.player_id, ship.symbol, good)
        self._goods.add(
            uow,
            ship,
            good,
            units,
            unit_cost=bought.unit_price if bought is not None else 0,
            source=bought.pipeline_id if bought is not None else None,
            now=now,
        )
        uow.emit(WorkChanged(player_id=ship.player_id))

    def _liquidate(self, uow: UnitOfWork, ship: Ship, good: str, *, was_offered: bool) -> int:
        now = self._clock.now()
        sink = self._best_sink(uow, ship, good, but_not=None)
        if sink is None:
            reason = f"no known market takes the {good} aboard"
            uow.decisions.note(ship.player_id, DecisionKind.SKIP, ship.symbol, reason, now)
            return 0
        task = ManufacturingTask(
            id=TaskId(self._ids()),
            player_id=ship.player_id,
            pipeline_id=None,
            type=TaskType.LIQUIDATE,
            good=good,
            waypoint=sink.waypoint,
            quantity=ship.units_of(good),
            quoted_price=sink.quote.bid,
            created_at=now,
            bound_ship=ship.symbol,
            status=TaskStatus.READY,
            ready_at=now,
        )
        uow.tasks.add(task)
        kind, why = (
            (DecisionKind.PLAN, "were wanted by nobody") if was_offered else (DecisionKind.RECOVER, "belong to no task")
        )
        reason = f"{ship.units_of(good)} {good} aboard {why}: to be sold at {sink.waypoint}"
        uow.decisions.note(ship.player_id, kind, ship.symbol, reason, now)
        return 1

    def _best_sink(self, uow: UnitOfWork, ship: Ship, good: str, *, but_not: str | None) -> MarketListing | None:
        markets = self._survey.markets(uow, ship.player_id, ship.system_symbol)
        places = [s for s in (*markets.sinks(good), *markets.sources(good)) if s.waypoint != but_not]
        return max(
            places,
            key=lambda s: (
                sum(rung.units * rung.price for rung in sale_rungs(s, ship.units_of(good))),
                -markets.distance(ship.waypoint, s.waypoint),
                s.waypoint,
            ),
            default=None,
        )
