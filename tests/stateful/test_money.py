"""Spending against plain numbers: whatever happens in whatever order, both say the same."""

import math
from collections.abc import Callable
from functools import partial

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import initialize, invariant, precondition, rule, run_state_machine_as_test

from manufacturing.domain.errors import BelowFloor, IllegalTransition, StaleRow
from manufacturing.domain.ids import IntentId
from manufacturing.domain.policy import FleetPolicy
from manufacturing.domain.ports import UnitOfWork
from manufacturing.domain.trade_intent import IntentKind, IntentStatus, TradeIntent
from manufacturing.services.treasury import Treasury
from tests.builders import an_intent
from tests.stateful.ground import MachineOnDatabase, few_and_many

SHIPS = ["HAULER-1", "HAULER-2", "HAULER-3"]


class MoneyMachine(MachineOnDatabase):
    """Ships buy and sell, each one thing at a time; some answers are refusals, and credits move without us."""

    ships = st.sampled_from(SHIPS)
    prices = st.integers(1, 2_000)

    @initialize(floor=st.sampled_from([0, 25_000, 120_000]), share=st.sampled_from([0.0, 0.5]))
    def begin(self, floor: int, share: float) -> None:
        """A player with credits and a floor under them, which may lie above them."""
        self.least, self.share = floor, share
        self.treasury = Treasury(FleetPolicy(credit_floor=floor, credit_floor_share=share))
        with self.uow() as uow:
            self.credits = uow.players.get(self.player_id).credits
        self.peak = 0
        """The most credits there were since some moved without us."""
        self.entered = 0
        self.opened: dict[str, TradeIntent] = {}
        """The open intent of each ship."""
        self.settled: list[IntentId] = []

    @property
    def floor(self) -> int:
        """The floor, by the model."""
        return max(self.least, math.ceil(max(self.credits, self.peak) * self.share))

    @property
    def held(self) -> int:
        """Credits promised to purchases, by the model."""
        return sum(intent.credits_reserved for intent in self.opened.values())

    @rule(ship=ships, price=prices, units=st.integers(1, 80), at_least=st.integers(1, 3))
    def order(self, ship: str, price: int, units: int, at_least: int) -> None:
        """What can be paid above the floor is ordered, and not a unit more."""
        dearest = max(1, int(price * 1.10) + 1)
        affordable = min(units, max(0, self.credits - self.held - self.floor) // dearest)
        try:
            with self.uow() as uow:
                bought, held = self.treasury.hold_for_purchase(uow, self.player_id, price, units, at_least)
                assert (bought, held) == (affordable, affordable * dearest)
                intent = self._intent(ship, IntentKind.BUY, price, bought, held)
                self.treasury.open(uow, intent)
                uow.commit()
        except BelowFloor:
            assert affordable < at_least
        except StaleRow:
            assert ship in self.opened, "a ship does one thing at a time"
        else:
            assert ship not in self.opened
            self.opened[ship] = intent
            assert self.credits - self.held >= self.floor

    @rule(ship=ships, price=prices, units=st.integers(1, 80))
    def offer(self, ship: str, price: int, units: int) -> None:
        """Selling holds no credits."""
        intent = self._intent(ship, IntentKind.SELL, price, units, 0)
        if ship in self.opened:
            with pytest.raises(StaleRow):
                self._change(lambda uow: self.treasury.open(uow, intent))
        else:
            self._change(lambda uow: self.treasury.open(uow, intent))
            self.opened[ship] = intent

    @rule(ship=ships, change=st.floats(0.5, 1.10))
    def answer(self, ship: str, change: float) -> None:
        """It took effect, at the price of that moment."""
        intent = self.opened.pop(ship, None)
        if intent is None:
            return
        total = int(intent.unit_price * change) * intent.units
        self._change(lambda uow: self._confirm(uow, intent.id, total))
        self._move(total if intent.kind is IntentKind.SELL else -total)
        self.settled.append(intent.id)

    @rule(ship=ships)
    def refuse(self, ship: str) -> None:
        """It took no effect."""
        intent = self.opened.pop(ship, None)
        if intent is None:
            return
        self._change(lambda uow: self._refuse(uow, intent.id))
        self.settled.append(intent.id)

    @precondition(lambda self: self.settled)
    @rule(number=st.integers(0, 50), refused=st.booleans())
    def answer_again(self, number: int, refused: bool) -> None:
        """What is settled stays settled."""
        intent_id = self.settled[number % len(self.settled)]
        settle = self._refuse if refused else partial(self._confirm, total=1_000)
        with pytest.raises((IllegalTransition, StaleRow)):
            self._change(lambda uow: settle(uow, intent_id))

    @precondition(lambda self: not self.opened)
    @rule(difference=st.integers(-50_000, 50_000))
    def move_without_us(self, difference: int) -> None:
        """The player spent or earned by hand: entered as what it is, and the floor guards what there is now."""
        with self.uow() as uow:
            entered = self.treasury.reconcile(uow, self.player_id, self.credits + difference, self.clock.now())
            uow.commit()
        assert entered == difference
        self._move(difference)
        if difference:
            self.peak = self.credits

    @invariant()
    def both_have_the_same_money(self) -> None:
        """Credits, what of them is held, and a ledger that says how they came to be."""
        with self.uow() as uow:
            player = uow.players.get(self.player_id)
            assert (player.credits, player.credits_reserved) == (self.credits, self.held)
            assert player.credits == player.start_credits + uow.ledger.total(self.player_id)
            assert uow.ledger.total(self.player_id) == self.entered
            assert uow.ledger.held(self.player_id) == self.held
            assert {i.id for i in uow.intents.open_of_player(self.player_id)} == {i.id for i in self.opened.values()}
            assert all(uow.intents.get(intent_id).status is not IntentStatus.OPEN for intent_id in self.settled)

    def _intent(self, ship: str, kind: IntentKind, price: int, units: int, held: int) -> TradeIntent:
        return an_intent(
            kind,
            id=IntentId(self.new_id("intent")),
            player_id=self.player_id,
            task_id=None,
            pipeline_id=None,
            ship_symbol=ship,
            units=units,
            unit_price=price,
            held_before=units,
            credits_reserved=held,
        )

    def _confirm(self, uow: UnitOfWork, intent_id: IntentId, total: int) -> None:
        intent = uow.intents.get(intent_id)
        self.treasury.confirm(
            uow,
            intent,
            unit_price=total // intent.units,
            total=total,
            units=intent.units,
            at=self.clock.now(),
            outcome="answered",
        )

    def _refuse(self, uow: UnitOfWork, intent_id: IntentId) -> None:
        self.treasury.refuse(uow, uow.intents.get(intent_id), "refused", self.clock.now())

    def _change(self, change: Callable[[UnitOfWork], None]) -> None:
        with self.uow() as uow:
            change(uow)
            uow.commit()

    def _move(self, amount: int) -> None:
        self.peak = max(self.peak, self.credits, self.credits + amount)
        self.credits += amount
        self.entered += amount


@few_and_many
def test_money_is_what_plain_numbers_say(examples: settings) -> None:
    run_state_machine_as_test(MoneyMachine, settings=examples)
