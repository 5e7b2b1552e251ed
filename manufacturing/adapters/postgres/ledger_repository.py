"""The ledger, and the credits reserved for purchases under way."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import bindparam, func, select, update
from sqlalchemy.orm import Session
from sqlalchemy.sql.dml import ReturningUpdate

from manufacturing.adapters.postgres.returning import updated
from manufacturing.adapters.postgres.shared_statement import shared_statement
from manufacturing.adapters.postgres.tables import ledger_entries, manufacturing_pipelines, spend_reservations
from manufacturing.domain.ids import IntentId, PipelineId, PlayerId, TaskId
from manufacturing.domain.ledger import EntryKind, LedgerEntry, SpendReservation, SpendStatus
from manufacturing.domain.manufacturing_pipeline import PipelineKind, PipelineStatus
from manufacturing.domain.production_rates import MarketTrade
from manufacturing.domain.realised_profit import GoodsMovement

_entries = ledger_entries.c
_pipelines = manufacturing_pipelines.c
_holds = spend_reservations.c


class PostgresLedgerRepository:
    """See ports.LedgerRepository."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def add(self, entry: LedgerEntry) -> None:
        """Stores an entry. At the latest the commit raises StaleRow when its intent has one already."""
        self._session.add(entry)

    def total(self, player_id: PlayerId) -> int:
        """Sum of all amounts, in credits."""
        self._session.flush()
        total = select(func.coalesce(func.sum(_entries.amount), 0)).where(_entries.player_id == player_id)
        return int(self._session.execute(total).scalar_one())

    def earned_since(self, player_id: PlayerId, since: datetime) -> int:
        """Sum of the amounts entered from ``since`` on, in credits, but for what moved without us."""
        self._session.flush()
        earned = select(func.coalesce(func.sum(_entries.amount), 0)).where(
            _entries.player_id == player_id, _entries.at >= since, _entries.kind != EntryKind.RECONCILIATION
        )
        return int(self._session.execute(earned).scalar_one())

    def marginal_haul(self, player_id: PlayerId, since: datetime) -> float | None:
        """Credits an hour, by the ledger, that every fourth of the hauls that ended from ``since`` on earned less than;
        None without any."""
        self._session.flush()
        took = func.extract("epoch", _pipelines.ended_at - _pipelines.created_at)
        hauls = (
            select((func.sum(_entries.amount) * 3600 / func.greatest(took, 1)).label("rate"))
            .select_from(manufacturing_pipelines.join(ledger_entries, _entries.pipeline_id == _pipelines.id))
            .where(
                _pipelines.player_id == player_id,
                _pipelines.kind == PipelineKind.HAUL,
                _pipelines.status == PipelineStatus.COMPLETED,
                _pipelines.ended_at >= since,
            )
            .group_by(_pipelines.id)
            .subquery()
        )
        quartile = self._session.execute(select(func.percentile_cont(0.25).within_group(hauls.c.rate))).scalar_one()
        return None if quartile is None else float(quartile)

    def profit_of_pipeline(self, pipeline_id: PipelineId) -> int:
        """Sum of its amounts, in credits."""
        return self.profits([pipeline_id])[pipeline_id]

    def profits(self, pipeline_ids: Sequence[PipelineId]) -> dict[PipelineId, int]:
        """Sum of the amounts of each pipeline, in credits; 0 for one without entries."""
        self._session.flush()
        sums = self._session.execute(
            select(_entries.pipeline_id, func.sum(_entries.amount))
            .where(_entries.pipeline_id.in_(pipeline_ids))
            .group_by(_entries.pipeline_id)
        )
        return dict.fromkeys(pipeline_ids, 0) | {pipeline_id: int(amount) for pipeline_id, amount in sums}

    def movements_of_pipeline(self, pipeline_id: PipelineId) -> list[GoodsMovement]:
        """Its entries, those of one kind, good and direction added up."""
        self._session.flush()
        came_in = _entries.amount >= 0
        sums = self._session.execute(
            select(_entries.kind, _entries.good, func.sum(_entries.units), func.sum(_entries.amount))
            .where(_entries.pipeline_id == pipeline_id)
            .group_by(_entries.kind, _entries.good, came_in)
        )
        return [
            GoodsMovement(kind=kind, good=good, units=int(units), amount=int(amount))
            for kind, good, units, amount in sums
        ]

    def entries(
        self,
        player_id: PlayerId,
        *,
        limit: int,
        pipeline_id: PipelineId | None = None,
        kind: EntryKind | None = None,
    ) -> list[LedgerEntry]:
        """Newest first."""
        wanted = select(LedgerEntry).where(_entries.player_id == player_id)
        if pipeline_id is not None:
            wanted = wanted.where(_entries.pipeline_id == pipeline_id)
        if kind is not None:
            wanted = wanted.where(_entries.kind == kind)
        return list(self._session.scalars(wanted.order_by(_entries.id.desc()).limit(limit)))

    def market_trades_after(self, player_id: PlayerId, last_id: int, since: datetime) -> tuple[list[MarketTrade], int]:
        """What was bought from markets and sold to them since, as entered after ``last_id``; and the newest entry."""
        self._session.flush()
        rows = self._session.execute(
            select(_entries.id, _entries.kind, _entries.waypoint, _entries.good, _entries.units, _entries.at)
            .where(
                _entries.player_id == player_id,
                _entries.id > last_id,
                _entries.at >= since,
                _entries.kind.in_((EntryKind.PURCHASE, EntryKind.SALE)),
            )
            .order_by(_entries.id)
        ).all()
        trades = [
            MarketTrade(waypoint, good, units if kind is EntryKind.SALE else -units, at)
            for _, kind, waypoint, good, units, at in rows
        ]
        return trades, rows[-1][0] if rows else last_id

    def units_bought(self, task_id: TaskId) -> tuple[int, int]:
        """Units purchased for the task, and what they cost in credits."""
        self._session.flush()
        units, amount = self._session.execute(
            select(func.coalesce(func.sum(_entries.units), 0), func.coalesce(func.sum(_entries.amount), 0)).where(
                _entries.task_id == task_id, _entries.kind == EntryKind.PURCHASE
            )
        ).one()
        return int(units), -int(amount)

    def last_purchase(self, player_id: PlayerId, ship_symbol: str, good: str) -> LedgerEntry | None:
        """The ship's latest purchase of the good: what its cargo cost, and for whom; None when it never bought any."""
        self._session.flush()
        return self._session.scalar(
            select(LedgerEntry)
            .where(
                _entries.player_id == player_id,
                _entries.ship_symbol == ship_symbol,
                _entries.good == good,
                _entries.kind == EntryKind.PURCHASE,
            )
            .order_by(_entries.id.desc())
            .limit(1)
        )

    def hold(self, player_id: PlayerId, intent_id: IntentId, amount: int, now: datetime) -> None:
        """Writes the spend reservation of an intent."""
        self._session.add(SpendReservation(player_id=player_id, intent_id=intent_id, amount=amount, created_at=now))

    def end_hold(self, intent_id: IntentId, now: datetime) -> int:
        """HELD → ENDED; the amount that was held, 0 when none was."""
        ended: list[SpendReservation] = updated(self._session, _end_hold(), {"intent": intent_id, "at_now": now})
        return sum(hold.amount for hold in ended)

    def held(self, player_id: PlayerId) -> int:
        """Sum of what is HELD, in credits."""
        self._session.flush()
        held = select(func.coalesce(func.sum(_holds.amount), 0)).where(
            _holds.player_id == player_id, _holds.status == SpendStatus.HELD
        )
        return int(self._session.execute(held).scalar_one())


@shared_statement
def _end_hold() -> ReturningUpdate[tuple[SpendReservation]]:
    return (
        update(SpendReservation)
        .where(_holds.intent_id == bindparam("intent"), _holds.status == SpendStatus.HELD)
        .values(status=SpendStatus.ENDED, ended_at=bindparam("at_now"))
        .returning(SpendReservation)
    )
