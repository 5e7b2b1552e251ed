"""TradeDesk: trades and refuels that happen exactly once (docs/domain.md, "Trades happen once").

Before each an intent is committed; after the answer it is confirmed together with its ledger entry. An answer that
never came leaves the intent open, and it is settled against the server before anything is issued again.
"""

import logging
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from manufacturing.domain.clock import Clock
from manufacturing.domain.errors import StaleRow
from manufacturing.domain.events import WorkChanged
from manufacturing.domain.gateway import GatewayError, Purpose, RequestNotSent, ServerUnavailable, SpaceTradersGateway
from manufacturing.domain.ids import IdSource, IntentId, PlayerId, TaskId
from manufacturing.domain.ledger import EntryKind
from manufacturing.domain.manufacturing_pipeline import PipelineKind
from manufacturing.domain.manufacturing_task import ManufacturingTask, TaskType
from manufacturing.domain.ports import UnitOfWork, UnitOfWorkFactory
from manufacturing.domain.ship import Ship
from manufacturing.domain.trade_intent import IntentKind, IntentStatus, TradeIntent
from manufacturing.domain.universe import (
    Cargo,
    Fuel,
    Nav,
    RefuelReceipt,
    ShipState,
    TradeKind,
    TradeReceipt,
    Transaction,
)
from manufacturing.services.conflicts import deciding_again
from manufacturing.services.market_service import MarketService
from manufacturing.services.predictive_supply_monitor import PredictiveSupplyMonitor
from manufacturing.services.shared_resource_coordinator import SharedResourceCoordinator
from manufacturing.services.treasury import Treasury

log = logging.getLogger(__name__)

#: A request that was lost may still arrive: an intent younger than this, in wall time, is not judged yet.
_IN_FLIGHT = timedelta(seconds=25)


class NotSettledYet(Exception):
    """An open intent is too young to be judged: its request may still be under way. Come back at ``at``."""

    def __init__(self, at: datetime) -> None:
        super().__init__(f"a trade is still in flight until {at.isoformat()}")
        self.at = at


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """What to trade for which task; ``units`` of cargo, or of fuel for REFUEL."""

    task_id: TaskId
    version: int
    """The task's version when this was decided: a changed task is decided anew."""
    kind: IntentKind
    good: str
    units: int
    unit_price: int
    nav: Nav | None = None
    """Where the ship is, as the server last said, when its row does not say so yet …"""
    fuel: Fuel | None = None
    """… and what is in its tank."""
    from_ship: str | None = None
    """TRANSFER: the ship that hands over."""
    as_stored: "Executed | None" = None
    """The task and the ship, where whoever orders has them as they were last stored: they need not be read again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Executed:
    """What an order left behind, as stored."""

    task: ManufacturingTask
    ship: Ship


class TradeDesk:
    """Issues trades for ships, and settles those whose answers were lost."""

    def __init__(
        self,
        uow: UnitOfWorkFactory,
        clock: Clock,
        ids: IdSource,
        *,
        treasury: Treasury,
        markets: MarketService,
        coordinator: SharedResourceCoordinator,
        supply_monitor: PredictiveSupplyMonitor,
    ) -> None:
        self._uow = uow
        self._clock = clock
        self._ids = ids
        self._treasury = treasury
        self._markets = markets
        self._coordinator = coordinator
        self._supply_monitor = supply_monitor

    def execute(self, gateway: SpaceTradersGateway, order: Order) -> Executed:
        """Carries the order out; the task and the ship after it.

        Raises BelowFloor when nothing of it can be paid, StaleFencingToken when the pipeline lost its factory,
        StaleRow when the task changed meanwhile, and GatewayError as the gateway does: after a ServerUnavailable the
        intent may be left open.
        """
        intent, opened = self._open(order)
        try:
            receipt = self._issue(gateway, intent)
        except ServerUnavailable as error:
            if isinstance(error, RequestNotSent):
                self._refuse(intent.id, str(error))
            raise
        except GatewayError as error:
            self._refuse(intent.id, str(error))
            raise
        # As they are now, unless someone else turns out to have changed one of them.
        known = iter([(intent, opened.task, opened.ship)])
        return deciding_again(lambda: self._confirm(intent.id, receipt, next(known, ())))

    def _open(self, order: Order) -> tuple[TradeIntent, Executed]:
        with self._uow() as uow:
            if order.as_stored is not None:
                uow.tasks.resume(order.as_stored.task)
                uow.resume(order.as_stored.ship)
            task = uow.tasks.get(order.task_id)
            if task.version != order.version or task.ship_symbol is None:
                raise StaleRow(f"task {task.id} changed while its ship was about to trade")
            ship = uow.ships.get(task.player_id, task.ship_symbol)
            if order.nav is not None:
                ship.take_nav(order.nav)
            if order.fuel is not None:
                ship.take_fuel(order.fuel)
            token = self._fencing_token(uow, task) if order.kind is not IntentKind.REFUEL else None
            actor = ship if order.from_ship is None else uow.ships.get(task.player_id, order.from_ship)
            units, held = order.units, 0
            if order.kind is IntentKind.BUY:
                units, held = self._treasury.hold_for_purchase(uow, task.player_id, order.unit_price, order.units)
            intent = TradeIntent(
                id=IntentId(self._ids()),
                player_id=task.player_id,
                task_id=task.id,
                pipeline_id=task.pipeline_id,
                ship_symbol=actor.symbol,
                to_ship=ship.symbol if actor is not ship else None,
                kind=order.kind,
                waypoint=ship.waypoint,
                good=order.good,
                units=units,
                unit_price=order.unit_price,
                held_before=_held(actor, order.kind, order.good),
                credits_reserved=held,
                created_at=self._clock.now(),
                fencing_token=token,
            )
            self._treasury.open(uow, intent)
            uow.commit()
        return intent, Executed(task=task, ship=ship)

    def _fencing_token(self, uow: UnitOfWork, task: ManufacturingTask) -> int | None:
        if task.type not in (TaskType.DELIVER, TaskType.COLLECT) or task.pipeline_id is None:
            return None
        if task.factory_symbol is None or task.output_good is None:
            return None
        right = (
            self._coordinator.right_to_collect if task.type is TaskType.COLLECT else self._coordinator.right_to_deliver
        )
        reservation = right(uow, task.pipeline_id, task.factory_symbol, task.output_good)
        return reservation.fencing_token if reservation is not None else None

    @staticmethod
    def _issue(gateway: SpaceTradersGateway, intent: TradeIntent) -> TradeReceipt | RefuelReceipt | Cargo:
        if intent.to_ship is not None:
            return gateway.transfer(intent.ship_symbol, intent.good, intent.units, intent.to_ship)
        if intent.kind is IntentKind.BUY:
            return gateway.purchase(intent.ship_symbol, intent.good, intent.units)
        if intent.kind is IntentKind.SELL:
            return gateway.sell(intent.ship_symbol, intent.good, intent.units)
        return gateway.refuel(intent.ship_symbol, intent.units)

    def _refuse(self, intent_id: IntentId, why: str) -> None:
        with self._uow() as uow:
            intent = uow.intents.get(intent_id)
            self._treasury.refuse(uow, intent, why, self._clock.now())
            uow.commit()

    def _confirm(
        self, intent_id: IntentId, receipt: TradeReceipt | RefuelReceipt | Cargo, known: Iterable[object]
    ) -> Executed:
        if isinstance(receipt, Cargo):
            return self._confirm_transfer(intent_id, receipt)
        with self._uow() as uow:
            uow.resume(*known)
            intent = uow.intents.get(intent_id)
            ship = uow.ships.get(intent.player_id, intent.ship_symbol)
            if isinstance(receipt, RefuelReceipt):
                ship.take_fuel(receipt.fuel)
            else:
                ship.take_cargo(receipt.cargo)
                moved = {"bought" if intent.kind is IntentKind.BUY else "sold": receipt.transaction.units}
                self._markets.note_trade(
                    uow,
                    intent.player_id,
                    intent.waypoint,
                    intent.good,
                    unit_price=receipt.transaction.unit_price,
                    **moved,
                )
            self._enter(uow, intent, receipt.transaction, "confirmed by the answer")
            assert intent.task_id is not None
            done = Executed(task=uow.tasks.get(intent.task_id), ship=ship)
            uow.commit()
        return done

    def _confirm_transfer(self, intent_id: IntentId, left: Cargo) -> Executed:
        with self._uow() as uow:
            intent = uow.intents.get(intent_id)
            assert intent.to_ship is not None
            assert intent.task_id is not None
            uow.ships.get(intent.player_id, intent.ship_symbol).take_cargo(left)
            receiver = uow.ships.get(intent.player_id, intent.to_ship)
            receiver.receive(intent.good, intent.units)
            self._hand_over(uow, intent, receiver, "confirmed by the answer")
            done = Executed(task=uow.tasks.get(intent.task_id), ship=receiver)
            uow.commit()
        return done

    def _hand_over(self, uow: UnitOfWork, intent: TradeIntent, receiver: Ship, outcome: str) -> None:
        """The goods are in the receiver's hold: pool and task know of it, and the giver is free."""
        now = self._clock.now()
        intent.confirm(now, outcome)
        giver = uow.ships.get(intent.player_id, intent.ship_symbol)
        if intent.task_id is None:
            return
        task = uow.tasks.get(intent.task_id)
        task.received()
        if task.pool_reservation_id is not None:
            self._coordinator.goods.hand_over(uow, task.pool_reservation_id, receiver, intent.units, now)
        if giver.container_id == task.id:
            giver.needs_observation = False
            giver.stand_idle(now)
            uow.emit(WorkChanged(player_id=intent.player_id))

    def _enter(self, uow: UnitOfWork, intent: TradeIntent, transaction: Transaction, outcome: str) -> None:
        now = self._clock.now()
        self._treasury.confirm(
            uow,
            intent,
            unit_price=transaction.unit_price,
            total=transaction.total,
            units=transaction.units,
            at=now,
            outcome=outcome,
        )
        if intent.task_id is None:
            return
        task = uow.tasks.get(intent.task_id)
        if intent.kind is not IntentKind.REFUEL:
            task.record_trade(intent.units)
            self._follow_goods(uow, task, intent, transaction.unit_price, now)
        if intent.pipeline_id is not None and not task.is_hauled:
            pipeline = uow.pipelines.get(intent.pipeline_id)
            noted = pipeline.is_active and pipeline.note_progress(now)
            # A haul reserves no factory.
            if noted and pipeline.kind is not PipelineKind.HAUL:
                self._coordinator.renew(uow, pipeline.id, now)

    def _follow_goods(
        self, uow: UnitOfWork, task: ManufacturingTask, intent: TradeIntent, unit_price: int, now: datetime
    ) -> None:
        """Where the goods of a trade came from or went: factories, their reservations, and the pool know of it."""
        if task.type is TaskType.DELIVER:
            self._supply_monitor.record_delivery(uow, task, intent.units, now)
            self._coordinator.note_delivery(uow, task, intent.units, now)
        if task.pool_reservation_id is not None:
            taken = self._coordinator.goods.consume(uow, task.pool_reservation_id, intent.units, now)
        elif task.type is TaskType.LIQUIDATE:
            taken = 0
        else:
            return
        # What no promise covers (it expired on the way, or nobody wanted the lot) has left the pool all the same.
        ship = uow.ships.get(intent.player_id, intent.ship_symbol)
        self._coordinator.goods.sold_from(
            uow, ship, intent.good, intent.units - taken, now, seller=task, price=unit_price
        )

    def settle(self, gateway: SpaceTradersGateway, player_id: PlayerId, ship_symbol: str) -> bool:
        """Settles the ship's open intents against the server; whether there were any.

        The hold (or tank) tells whether it took effect, the market's transactions for how much. Raises NotSettledYet
        when one is too young to be judged as not having happened, and GatewayError.
        """
        with self._uow() as uow:
            intents = uow.intents.open_of_ship(player_id, ship_symbol)
        for intent in intents:
            self._settle(gateway, intent)
        return bool(intents)

    def _settle(self, gateway: SpaceTradersGateway, intent: TradeIntent) -> None:
        # The giver is looked at first: if it has lost the goods, the receiver has them when it is looked at after it.
        state = gateway.get_ship(intent.ship_symbol)
        held = state.fuel.current if intent.kind is IntentKind.REFUEL else state.cargo.units_of(intent.good)
        took_effect = held != intent.held_before
        if not took_effect:
            judged_from = intent.created_at + self._clock.game_time(_IN_FLIGHT)
            if self._clock.now() < judged_from:
                raise NotSettledYet(judged_from)
        if intent.to_ship is not None:
            received = gateway.get_ship(intent.to_ship) if took_effect else None
            self._settle_transfer(intent, state, received)
            return
        transaction = self._find_transaction(gateway, intent) if took_effect else None
        with self._uow() as uow:
            current = uow.intents.get(intent.id)
            ship = uow.ships.get(intent.player_id, intent.ship_symbol)
            ship.observe(state, self._clock.now())
            if took_effect:
                moved = abs(held - intent.held_before)
                found = transaction or _reckoned(intent, moved, self._clock.now())
                how = "found in the market's transactions" if transaction else "reckoned at its quote"
                self._enter(uow, current, found, f"settled: {how}")
            else:
                self._treasury.refuse(uow, current, "settled: it took no effect", self._clock.now())
            uow.commit()
        log.warning("%s of %s by %s was settled: %s", intent.kind, intent.good, intent.ship_symbol, current.outcome)

    def _settle_transfer(self, intent: TradeIntent, given: ShipState, received: ShipState | None) -> None:
        now = self._clock.now()
        with self._uow() as uow:
            current = uow.intents.get(intent.id)
            if current.status is not IntentStatus.OPEN:
                return  # the other ship's worker has settled it meanwhile
            assert current.to_ship is not None
            uow.ships.get(intent.player_id, intent.ship_symbol).observe(given, now)
            receiver = uow.ships.get(intent.player_id, current.to_ship)
            if received is not None:
                receiver.observe(received, now)
                self._hand_over(uow, current, receiver, "settled: found in the holds")
            else:
                self._treasury.refuse(uow, current, "settled: it took no effect", now)
            uow.commit()
        log.warning("handover of %s by %s was settled: %s", intent.good, intent.ship_symbol, current.outcome)

    def _find_transaction(self, gateway: SpaceTradersGateway, intent: TradeIntent) -> Transaction | None:
        market = self._markets.look(gateway, intent.player_id, intent.waypoint, Purpose.STATE)
        kind = TradeKind.SELL if intent.kind is IntentKind.SELL else TradeKind.PURCHASE
        # The server's clock and ours may differ by a moment.
        since = intent.created_at - self._clock.game_time(timedelta(seconds=1))
        entered = self._entered_since(intent.player_id, intent.ship_symbol, intent.good, since)
        latest = None
        for its in sorted(market.transactions, key=lambda t: t.at):
            if (its.ship, its.good, its.kind) != (intent.ship_symbol, intent.good, kind) or its.at < since:
                continue
            if entered[its.units, its.unit_price]:
                entered[its.units, its.unit_price] -= 1
            elif intent.kind is IntentKind.REFUEL or its.units == intent.units:
                latest = its
        return latest

    def _entered_since(
        self, player_id: PlayerId, ship_symbol: str, good: str, since: datetime
    ) -> Counter[tuple[int, int]]:
        """Units and prices of the ship's trades that are in the ledger already and that the market may list as well."""
        with self._uow() as uow:
            recent = uow.ledger.entries(player_id, limit=50)
        kinds = (EntryKind.PURCHASE, EntryKind.SALE, EntryKind.REFUEL)
        return Counter(
            (entry.units, entry.unit_price)
            for entry in recent
            if (entry.ship_symbol, entry.good) == (ship_symbol, good) and entry.at >= since and entry.kind in kinds
        )


def _held(ship: Ship, kind: IntentKind, good: str) -> int:
    return ship.fuel_current if kind is IntentKind.REFUEL else ship.units_of(good)


def _reckoned(intent: TradeIntent, moved: int, now: datetime) -> Transaction:
    """What the trade must have been, when the market no longer lists it."""
    units = -(-moved // 100) if intent.kind is IntentKind.REFUEL else moved
    return Transaction(
        waypoint=intent.waypoint,
        ship=intent.ship_symbol,
        good=intent.good,
        kind=TradeKind.SELL if intent.kind is IntentKind.SELL else TradeKind.PURCHASE,
        units=units,
        unit_price=intent.unit_price,
        total=units * intent.unit_price,
        at=now,
    )
