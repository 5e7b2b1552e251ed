"""Why."""

from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, exists, func, literal, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from manufacturing.adapters.postgres.tables import decisions
from manufacturing.domain.decision import Decision, DecisionKind
from manufacturing.domain.ids import PlayerId

_decisions = decisions.c

_COLUMNS = ("player_id", "kind", "subject", "reason", "first_at", "last_at", "times", "details")
_value = {
    "player_id": bindparam("of_player", type_=_decisions.player_id.type),
    "kind": bindparam("of_kind", type_=_decisions.kind.type),
    "subject": bindparam("of_subject", type_=_decisions.subject.type),
    "reason": bindparam("because", type_=_decisions.reason.type),
    "first_at": bindparam("at", type_=_decisions.first_at.type),
    "last_at": bindparam("at", type_=_decisions.last_at.type),
    "times": literal(1),
    "details": bindparam("knowing", type_=_decisions.details.type),
}

_last = (
    select(_decisions.id)
    .where(
        _decisions.player_id == _value["player_id"],
        _decisions.subject == _value["subject"],
        _decisions.kind == _value["kind"],
    )
    .order_by(_decisions.id.desc())
    .limit(1)
    .scalar_subquery()
)
# A note never waits: while another transaction counts on the same row, this one writes a row of its own.
_same = (
    select(_decisions.id)
    .where(_decisions.id == _last, _decisions.reason == _value["reason"])
    .with_for_update(skip_locked=True, key_share=True)
    .cte("same")
)
_counted = (
    update(decisions)
    .where(_decisions.id.in_(select(_same.c.id)))
    .values(
        times=_decisions.times + 1,
        last_at=func.greatest(_decisions.last_at, _value["last_at"]),
        details=_value["details"],
    )
    .returning(_decisions.id)
    .cte("counted")
)
_NOTE = insert(decisions).from_select(
    _COLUMNS, select(*(_value[name] for name in _COLUMNS)).where(~exists(select(_counted.c.id)))
)


class PostgresDecisionRepository:
    """See ports.DecisionRepository."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def note(
        self,
        player_id: PlayerId,
        kind: DecisionKind,
        subject: str,
        reason: str,
        at: datetime,
        details: dict[str, Any] | None = None,
    ) -> None:
        """Writes a decision in one statement. The same kind, subject and reason as the subject's last one of that
        kind is counted on that row."""
        self._session.execute(
            _NOTE,
            {
                "of_player": player_id,
                "of_kind": kind,
                "of_subject": subject,
                "because": reason,
                "at": at,
                "knowing": details or {},
            },
        )

    def about(self, player_id: PlayerId, subject: str, limit: int) -> list[Decision]:
        """Newest first."""
        newest = select(Decision).where(_decisions.player_id == player_id, _decisions.subject == subject)
        return self._newest(newest, limit)

    def recent(self, player_id: PlayerId, limit: int, kind: DecisionKind | None = None) -> list[Decision]:
        """Newest first."""
        newest = select(Decision).where(_decisions.player_id == player_id)
        return self._newest(newest if kind is None else newest.where(_decisions.kind == kind), limit)

    def _newest(self, wanted: Any, limit: int) -> list[Decision]:
        ordered = wanted.order_by(_decisions.last_at.desc(), _decisions.id.desc()).limit(limit)
        return list(self._session.scalars(ordered, execution_options={"populate_existing": True}))
