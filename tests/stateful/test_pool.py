"""The pool of intermediate goods against plain lists: whatever happens in whatever order, both say the same."""

from collections import Counter
from dataclasses import dataclass, replace
from datetime import datetime

from hypothesis import assume, settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, consumes, initialize, invariant, multiple, rule, run_state_machine_as_test

from manufacturing.domain.ids import PipelineId
from manufacturing.domain.intermediate_good_pool import LotStatus, PoolReservationStatus, PoolTooSmall
from manufacturing.domain.ledger import EntryKind, LedgerEntry
from tests.builders import SYSTEM, a_ship
from tests.stateful.ground import MachineOnDatabase, few_and_many

SHIPS = ["HAULER-1", "HAULER-2", "HAULER-3"]
GOODS = ["IRON", "COPPER"]


@dataclass
class Lot:
    """Units aboard a ship, as the model has them."""

    id: int
    ship: str
    good: str
    cost: int
    source: PipelineId | None
    added_at: datetime
    added: int
    held: int
    reserved: int = 0
    consumed: int = 0
    liquidated: int = 0
    status: LotStatus = LotStatus.OPEN

    @property
    def free(self) -> int:
        """Units promised to nobody."""
        return self.held - self.reserved if self.status is LotStatus.OPEN else 0

    def lose(self, units: int) -> None:
        """Units leave the hold."""
        self.held -= units
        if self.held == 0:
            self.status = LotStatus.CLOSED


@dataclass
class Promise:
    """Units of a lot for a pipeline, as the model has them."""

    id: str
    lot: Lot
    pipeline: PipelineId
    open: int
    expires_at: datetime
    consumed: int = 0


class PoolMachine(MachineOnDatabase):
    """Goods come in, are promised, taken, given back, sold and lost."""

    promises = Bundle("promises")
    ships = st.sampled_from(SHIPS)
    goods = st.sampled_from(GOODS)
    some_units = st.integers(1, 60)

    def __init__(self) -> None:
        super().__init__()
        self.lots: list[Lot] = []
        self.kept: list[Promise] = []
        self.profits: Counter[PipelineId | None] = Counter()
        self.moved = 0

    @initialize()
    def begin(self) -> None:
        """Three ships, and three pipelines that want goods."""
        with self.uow() as uow:
            for symbol in SHIPS:
                uow.ships.add(a_ship(symbol, player_id=self.player_id))
            self.wanting = [self.add_pipeline(uow) for _ in range(3)]
            uow.commit()

    @rule(ship=ships, good=goods, units=some_units, cost=st.integers(0, 500), source=st.integers(0, 2))
    def add(self, ship: str, good: str, units: int, cost: int, source: int) -> None:
        """What a ship bought for a pipeline becomes anybody's, at what it cost."""
        pipeline = self.wanting[source]
        now = self.clock.now()
        with self.uow() as uow:
            uow.ledger.add(
                LedgerEntry(
                    player_id=self.player_id,
                    kind=EntryKind.PURCHASE,
                    amount=-units * cost,
                    at=now,
                    ship_symbol=ship,
                    good=good,
                    units=units,
                    unit_price=cost,
                    pipeline_id=pipeline,
                )
            )
            hold = uow.ships.get(self.player_id, ship)
            hold.cargo_items = {**hold.cargo_items, good: hold.units_of(good) + units}
            uow.commit()
        lot = self.coordinator.add_to_pool(self.player_id, ship, good, units, pipeline)
        self.lots.append(Lot(lot.id, ship, good, cost, pipeline, now, units, units))
        self.profits[pipeline] -= units * cost

    @rule(target=promises, pipeline=st.integers(0, 2), good=goods, units=some_units)
    def promise(self, pipeline: int, good: str, units: int) -> object:
        """All of it from the oldest lots, or none of it."""
        wanted, able = units, [lot for lot in self.lots if lot.good == good and lot.free]
        try:
            got = self.coordinator.reserve_from_pool(self.player_id, SYSTEM, good, units, self.wanting[pipeline])
        except PoolTooSmall as refusal:
            free = refusal.free
            assert (free, free < units) == (sum(lot.free for lot in able), True)
            return multiple()
        made = []
        for row, lot in zip(got, able, strict=False):
            share = min(lot.free, wanted)
            assert (row.lot_id, row.units) == (lot.id, share)
            wanted -= share
            made.append(self._keep(row.id, lot, self.wanting[pipeline], share))
        assert wanted == 0
        return multiple(*made)

    @rule(target=promises, pipeline=st.integers(0, 2), number=st.integers(0, 20), units=some_units)
    def promise_from_one_lot(self, pipeline: int, number: int, units: int) -> object:
        """As a plan does that has chosen the ship."""
        assume(self.lots)
        lot = self.lots[number % len(self.lots)]
        try:
            with self.uow() as uow:
                (row,) = self.coordinator.goods.reserve(
                    uow,
                    self.player_id,
                    SYSTEM,
                    lot.good,
                    units,
                    self.wanting[pipeline],
                    self.clock.now(),
                    lot_id=lot.id,
                )
                uow.commit()
        except PoolTooSmall:
            assert units > lot.free
            return multiple()
        return self._keep(row.id, lot, self.wanting[pipeline], units)

    @rule(promise=promises, units=some_units)
    def take(self, promise: Promise, units: int) -> None:
        """No more than was promised leaves the pool by it; its cost moves to whoever took it."""
        self.coordinator.consume_reservation(promise.id, units)
        taken = min(units, promise.open)
        promise.open -= taken
        promise.consumed += taken
        promise.lot.reserved -= taken
        promise.lot.consumed += taken
        if taken:
            promise.lot.lose(taken)
        self._unload(promise.lot.ship, promise.lot.good, taken)
        self.profits[promise.pipeline] -= taken * promise.lot.cost
        self.profits[promise.lot.source] += taken * promise.lot.cost
        self.moved += taken

    @rule(promise=promises, receiver=ships, units=some_units)
    def hand_over(self, promise: Promise, receiver: str, units: int) -> None:
        """Goods change ships: those of the promise first, and of the promise no more is left than has moved."""
        lot = promise.lot
        units = min(units, promise.open + lot.held - lot.reserved)
        assume(units > 0 and receiver != lot.ship)
        with self.uow() as uow:
            ship = uow.ships.get(self.player_id, receiver)
            self.coordinator.goods.hand_over(uow, promise.id, ship, units, self.clock.now())
            ship.receive(lot.good, units)
            uow.commit()
        self._unload(lot.ship, lot.good, units)
        promised = min(units, promise.open)
        lot.reserved -= promise.open - promised
        promise.open = promised
        if units == lot.held:
            lot.ship = receiver
            return
        with self.uow() as uow:
            part_id = max(row.id for row in uow.pools.lots_aboard(self.player_id, receiver))
        part = replace(
            lot, id=part_id, ship=receiver, added=units, held=units, reserved=promised, consumed=0, liquidated=0
        )
        lot.added -= units
        lot.held -= units
        lot.reserved -= promised
        if promised:
            promise.lot = part
        self.lots.append(part)
        self.lots.sort(key=lambda each: (each.added_at, each.id))

    @rule(promise=consumes(promises))
    def give_back(self, promise: Promise) -> None:
        """What is left of a promise is free again; giving back twice changes nothing."""
        for _ in range(2):
            with self.uow() as uow:
                self.coordinator.goods.release(uow, promise.id, PoolReservationStatus.RELEASED, self.clock.now())
                uow.commit()
        self._end(promise)

    @rule(pipeline=st.integers(0, 2))
    def end_pipeline(self, pipeline: int) -> None:
        """Whatever was promised to it is free."""
        with self.uow() as uow:
            self.coordinator.goods.release_all(uow, self.wanting[pipeline], self.clock.now())
            uow.commit()
        for promise in self.kept:
            if promise.pipeline == self.wanting[pipeline]:
                self._end(promise)

    @rule(minutes=st.sampled_from([1, 14, 15, 59, 60]))
    def dawdle(self, minutes: int) -> None:
        """Time passes."""
        self.clock.advance(minutes=minutes)

    @rule()
    def expire(self) -> None:
        """Ends the promises whose time has passed."""
        self.coordinator.expire_stale_reservations()
        for promise in self.kept:
            if promise.open and promise.expires_at <= self.clock.now():
                self._end(promise)

    @rule()
    def give_up_idle_lots(self) -> None:
        """What nobody wanted for long is to be sold, and can no longer be promised."""
        with self.uow() as uow:
            given_up = self.coordinator.goods.begin_sale_of_idle(uow, self.player_id, self.clock.now())
            uow.commit()
        old = self.clock.now() - self.policy.pool_idle_time
        idle = [lot for lot in self.lots if lot.status is LotStatus.OPEN and not lot.reserved and lot.added_at <= old]
        assert sorted(lot.id for lot in given_up) == sorted(lot.id for lot in idle)
        for lot in idle:
            lot.status = LotStatus.SELLING

    @rule(ship=ships, good=goods, units=some_units)
    def sell(self, ship: str, good: str, units: int) -> None:
        """A ship sold what was promised to nobody, oldest first."""
        with self.uow() as uow:
            holder = uow.ships.get(self.player_id, ship)
            self.coordinator.goods.sold_from(uow, holder, good, units, self.clock.now())
            uow.commit()
        self._unload(ship, good, self._liquidate(ship, good, units))

    @rule(ship=ships, good=goods, units=some_units)
    def lose(self, ship: str, good: str, units: int) -> None:
        """The player threw cargo away: what is not there any more is written off, but for what is promised."""
        self._unload(ship, good, units)
        with self.uow() as uow:
            holder = uow.ships.get(self.player_id, ship)
            missing = sum(lot.held for lot in self._aboard(ship, good)) - holder.units_of(good)
            self.coordinator.goods.match_hold(uow, holder, self.clock.now())
            uow.commit()
        for other in GOODS:
            gone = missing if other == good else self._missing(ship, other)
            self._liquidate(ship, other, gone)

    @invariant()
    def both_have_the_same_lots(self) -> None:
        """Unit by unit; and nothing appears or vanishes."""
        for lot in self.lots:
            with self.uow() as uow:
                row = uow.pools.lot(lot.id)
            assert (row.units_held, row.units_reserved, row.units_consumed, row.units_liquidated, row.status) == (
                lot.held,
                lot.reserved,
                lot.consumed,
                lot.liquidated,
                lot.status,
            )
            assert lot.added == lot.held + lot.consumed + lot.liquidated

    @invariant()
    def both_have_the_same_sums(self) -> None:
        """What is free, what is promised, what was used, and who paid for it."""
        for good in GOODS:
            lots = [lot for lot in self.lots if lot.good == good]
            sums = (sum(lot.free for lot in lots), sum(lot.reserved for lot in lots))
            assert self.coordinator.get_pool_availability(self.player_id, SYSTEM, good) == sums
        with self.uow() as uow:
            assert sum(lot.consumed for lot in self.lots) == self.moved
            transfers = uow.ledger.entries(self.player_id, limit=10_000, kind=EntryKind.TRANSFER)
            assert sum(entry.amount for entry in transfers) == 0
            assert sum(entry.units for entry in transfers) == 2 * self.moved
            assert uow.ledger.profits(self.wanting) == {p: self.profits[p] for p in self.wanting}
            for pipeline in self.wanting:
                promised = {promise.id: promise.open for promise in self.kept if promise.pipeline == pipeline}
                assert {r.id: r.units_open for r in uow.pools.reserved_by(pipeline)} == {
                    id: units for id, units in promised.items() if units
                }

    def _keep(self, id: str, lot: Lot, pipeline: PipelineId, units: int) -> Promise:
        promise = Promise(id, lot, pipeline, units, self.clock.now() + self.policy.pool_reservation_time)
        lot.reserved += units
        self.kept.append(promise)
        return promise

    @staticmethod
    def _end(promise: Promise) -> None:
        promise.lot.reserved -= promise.open
        promise.open = 0

    def _aboard(self, ship: str, good: str) -> list[Lot]:
        return [lot for lot in self.lots if (lot.ship, lot.good) == (ship, good) and lot.status is not LotStatus.CLOSED]

    def _missing(self, ship: str, good: str) -> int:
        with self.uow() as uow:
            return sum(lot.held for lot in self._aboard(ship, good)) - uow.ships.get(self.player_id, ship).units_of(
                good
            )

    def _liquidate(self, ship: str, good: str, units: int) -> int:
        left = max(0, units)
        for lot in self._aboard(ship, good):
            share = min(left, lot.held - lot.reserved)
            lot.liquidated += share
            left -= share
            if share:
                lot.lose(share)
        return units - left

    def _unload(self, ship: str, good: str, units: int) -> None:
        with self.uow() as uow:
            hold = uow.ships.get(self.player_id, ship)
            hold.cargo_items = {**hold.cargo_items, good: max(0, hold.units_of(good) - units)}
            uow.commit()


@few_and_many
def test_the_pool_is_what_plain_lists_say(examples: settings) -> None:
    run_state_machine_as_test(PoolMachine, settings=examples)
