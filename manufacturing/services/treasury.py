"""Treasury: the one owner of spending (docs/domain.md, "Money")."""

from datetime import datetime

from manufacturing.domain.errors import BelowFloor
from manufacturing.domain.ids import PlayerId
from manufacturing.domain.ledger import EntryKind, LedgerEntry
from manufacturing.domain.player import Player
from manufacturing.domain.policy import FleetPolicy
from manufacturing.domain.ports import UnitOfWork
from manufacturing.domain.trade_intent import IntentKind, TradeIntent

#: What a purchase may cost beyond its quote: another ship may trade between our look and our purchase.
_WORST_CASE = 1.10

_ENTRY_OF = {
    IntentKind.BUY: EntryKind.PURCHASE,
    IntentKind.SELL: EntryKind.SALE,
    IntentKind.REFUEL: EntryKind.REFUEL,
}


class Treasury:
    """Reserves credits before they are spent, so that purchases in parallel can never cross the floor together."""

    def __init__(self, policy: FleetPolicy) -> None:
        self._policy = policy

    def floor(self, player: Player) -> int:
        """The credits that this player's purchases never touch: its own floor, else the policy's."""
        own = player.own_floor
        return own.of(player.floor_basis) if own is not None else self._policy.floor(player.floor_basis)

    def spendable(self, uow: UnitOfWork, player_id: PlayerId) -> int:
        """The credits above the floor that nothing is reserved for."""
        return uow.players.spendable(player_id, self.floor(uow.players.get(player_id)))

    def hold_for_purchase(
        self, uow: UnitOfWork, player_id: PlayerId, unit_price: int, units: int, at_least: int = 1
    ) -> tuple[int, int]:
        """Reserves the worst-case cost of as many of ``units`` as can be paid above the floor.

        Returns the units that may be bought and the credits reserved for them. Raises BelowFloor when fewer than
        ``at_least`` can be paid.
        """
        worst = max(1, int(unit_price * _WORST_CASE) + 1)
        floor = self.floor(uow.players.get(player_id))
        while units >= at_least:
            if uow.players.claim_credits(player_id, units * worst, floor):
                return units, units * worst
            # Shrink to what is affordable now; someone else may still take it first, so claim again.
            units = min(units - 1, uow.players.spendable(player_id, floor) // worst)
        raise BelowFloor(
            f"{units} units at {unit_price} cannot be paid without falling below the floor of {floor:,} credits"
        )

    def open(self, uow: UnitOfWork, intent: TradeIntent) -> None:
        """Stores the intent, with the credits it holds."""
        uow.intents.add(intent)
        if intent.credits_reserved:
            uow.ledger.hold(intent.player_id, intent.id, intent.credits_reserved, intent.created_at)

    def confirm(
        self,
        uow: UnitOfWork,
        intent: TradeIntent,
        *,
        unit_price: int,
        total: int,
        units: int,
        at: datetime,
        outcome: str,
    ) -> None:
        """The intent took effect for ``total`` credits: ledger, credits and reservation move together."""
        amount = total if intent.kind is IntentKind.SELL else -total
        uow.ledger.add(
            LedgerEntry(
                player_id=intent.player_id,
                kind=_ENTRY_OF[intent.kind],
                amount=amount,
                at=at,
                ship_symbol=intent.ship_symbol,
                waypoint=intent.waypoint,
                good=intent.good,
                units=units,
                unit_price=unit_price,
                task_id=intent.task_id,
                pipeline_id=intent.pipeline_id,
                intent_id=intent.id,
            )
        )
        released = uow.ledger.end_hold(intent.id, at) if intent.credits_reserved else 0
        uow.players.move_credits(intent.player_id, amount=amount, released=released)
        intent.confirm(at, outcome)

    def refuse(self, uow: UnitOfWork, intent: TradeIntent, outcome: str, at: datetime) -> None:
        """The intent took no effect: its credits are free again."""
        released = uow.ledger.end_hold(intent.id, at)
        if released:
            uow.players.move_credits(intent.player_id, amount=0, released=released)
        intent.refuse(at, outcome)

    def reconcile(self, uow: UnitOfWork, player_id: PlayerId, server_credits: int, at: datetime) -> int:
        """Enters credits that moved without us, so that the floor guards what there really is; how many they were.

        Only for a moment without open intents: the caller makes sure.
        """
        player = uow.players.get(player_id)
        difference = server_credits - player.credits
        if difference:
            uow.ledger.add(LedgerEntry(player_id=player_id, kind=EntryKind.RECONCILIATION, amount=difference, at=at))
            uow.players.move_credits(player_id, amount=difference, released=0)
            # Who bought ships by hand wants the fleet to go on with what is left.
            player.peak_credits = player.credits
        return difference
