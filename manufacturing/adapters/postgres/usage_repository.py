"""API calls by hour, purpose and endpoint."""

from collections.abc import Sequence

from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from manufacturing.adapters.postgres.tables import api_usage
from manufacturing.domain.decision import ApiUsage
from manufacturing.domain.ids import PlayerId

_usage = api_usage.c
_KEY = ("player_id", "hour", "purpose", "endpoint")


class PostgresUsageRepository:
    """See ports.UsageRepository."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def add(self, usage: Sequence[ApiUsage]) -> None:
        """Adds the counts to what is there."""
        if not usage:
            return
        # Each key once, and always in one order: two processes that report at the same time must not block each other.
        sums: dict[tuple[object, ...], tuple[int, int]] = {}
        for count in usage:
            key = (count.player_id, count.hour, count.purpose, count.endpoint)
            calls, rejected = sums.get(key, (0, 0))
            sums[key] = (calls + count.calls, rejected + count.rejected_429)
        rows = [
            dict(zip(_KEY, key, strict=True)) | {"calls": calls, "rejected_429": rejected}
            for key, (calls, rejected) in sorted(sums.items())
        ]
        statement = insert(api_usage).values(rows)
        self._session.execute(
            statement.on_conflict_do_update(
                constraint="unique_api_usage",
                set_={
                    "calls": _usage.calls + statement.excluded.calls,
                    "rejected_429": _usage.rejected_429 + statement.excluded.rejected_429,
                },
            )
        )

    def by_purpose(self, player_id: PlayerId) -> dict[str, int]:
        """Calls of each purpose, in the order of purposes."""
        sums = self._session.execute(
            select(_usage.purpose, func.sum(_usage.calls))
            .where(_usage.player_id == player_id)
            .group_by(_usage.purpose)
            .order_by(_usage.purpose.collate("C"))
        )
        return {purpose: int(calls) for purpose, calls in sums}

    def totals(self, player_id: PlayerId) -> tuple[int, int]:
        """Calls, and how many of them were answered 429."""
        calls, rejected = self._session.execute(
            select(func.coalesce(func.sum(_usage.calls), 0), func.coalesce(func.sum(_usage.rejected_429), 0)).where(
                _usage.player_id == player_id
            )
        ).one()
        return int(calls), int(rejected)
