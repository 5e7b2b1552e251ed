"""What the processes of ``test_races`` do: each function runs in several processes at the same moment."""

import uuid
from collections.abc import Callable
from datetime import datetime
from multiprocessing.synchronize import Barrier
from typing import Concatenate, ParamSpec, TypeVar

from manufacturing.adapters.postgres import database
from manufacturing.adapters.postgres.unit_of_work import PostgresUnitOfWork
from manufacturing.domain.decision import ApiUsage, DecisionKind
from manufacturing.domain.errors import FactoryAlreadyReserved, StaleRow
from manufacturing.domain.events import Event
from manufacturing.domain.factory_reservation import ReservationStatus
from manufacturing.domain.ids import PipelineId, PlayerId, ReservationId, TaskId
from manufacturing.domain.prices import Quote
from tests.postgres.builders import (
    MINUTE,
    NOW,
    SECOND,
    a_pipeline,
    a_player,
    a_pool_reservation,
    a_reservation,
    an_entry,
    an_intent,
)

Open = Callable[[], PostgresUnitOfWork]
Given = ParamSpec("Given")
Outcome = TypeVar("Outcome")

LEASE = NOW + 30 * SECOND

_starting_line: Barrier | None = None


class NoPublisher:
    """Publishes to nobody."""

    def publish(self, events: list[Event]) -> None:
        """Forgets them."""


def line_up(barrier: Barrier) -> None:
    """Called once in each process: where they wait for each other."""
    global _starting_line
    _starting_line = barrier


def race(
    url: str, run: Callable[Concatenate[Open, Given], Outcome], *args: Given.args, **kwargs: Given.kwargs
) -> Outcome:
    """Runs ``run`` in this process as soon as all the others are ready too."""
    engine = database.connect(url, pool_size=1)
    sessions = database.session_factory(engine)
    with engine.connect():
        pass  # connected before the start, so that all start alike
    assert _starting_line is not None
    _starting_line.wait(timeout=60)
    try:
        return run(lambda: PostgresUnitOfWork(sessions, NoPublisher()), *args, **kwargs)
    finally:
        engine.dispose()


def claim_tasks(uow: Open, ship: str, task_ids: list[str]) -> list[str]:
    """Claims each task for a ship of its own; the ones it got."""
    won = []
    for place, task_id in enumerate(task_ids):
        with uow() as work:
            if work.tasks.claim(TaskId(task_id), f"{ship}-{place}", NOW):
                work.commit()
                won.append(task_id)
    return won


def claim_for_one_ship(uow: Open, ship: str, task_id: str) -> bool:
    """Claims a task for a ship that the others want as well."""
    with uow() as work:
        claimed = work.tasks.claim(TaskId(task_id), ship, NOW)
        work.commit()
    return claimed


def sweep(uow: Open) -> list[tuple[str, int]]:
    """Claims due steps in small batches until there are none; which, at which versions."""
    swept: list[tuple[str, int]] = []
    while True:
        with uow() as work:
            claimed = work.tasks.claim_due(NOW, NOW, LEASE, 7)
            work.commit()
        if not claimed:
            return swept
        swept += [(task.id, task.version) for task in claimed]


def take_steps(uow: Open, steps: list[tuple[str, int]]) -> list[str]:
    """Takes each queued step; the ones it got."""
    taken = []
    for task_id, version in steps:
        with uow() as work:
            if work.tasks.claim_step(TaskId(task_id), version, LEASE + MINUTE) is not None:
                work.commit()
                taken.append(task_id)
    return taken


def spend_all(uow: Open, player_id: PlayerId, amounts: list[int], floor: int) -> tuple[int, int]:
    """Claims one amount after the other, small ones last; the sum, and the least ever left free."""
    claimed, least_left = 0, 10**12
    for amount in [*amounts, *[500] * 20]:
        with uow() as work:
            if work.players.claim_credits(player_id, amount, floor):
                player = work.players.get(player_id)
                least_left = min(least_left, player.credits - player.credits_reserved)
                claimed += amount
                work.commit()
    return claimed, least_left


def move_back_and_forth(uow: Open, player_id: PlayerId, times: int) -> None:
    """Adds and takes credits; together nothing."""
    for _ in range(times):
        for amount in (7, -7):
            with uow() as work:
                work.players.move_credits(player_id, amount=amount, released=0)
                work.commit()


def reserve_all(uow: Open, player_id: PlayerId, factories: list[str]) -> str | None:
    """Starts a pipeline with all these factories, in one order for everybody; None when one was taken."""
    pipeline = a_pipeline(a_player(id=player_id), id=f"p-{'-'.join(factories)}-{_unique()}", product_good=_unique())
    try:
        with uow() as work:
            work.pipelines.add(pipeline)
            for factory in sorted(factories):
                reservation = a_reservation(pipeline, id=f"r-{_unique()}", factory_symbol=factory)
                work.reservations.create(reservation)
            work.commit()
    except FactoryAlreadyReserved:
        return None
    return pipeline.id


def reserve_and_release(uow: Open, pipeline_id: str, player_id: PlayerId, times: int) -> list[tuple[int, int]]:
    """Reserves one factory again and again; each time its token, and the highest there was while it was held."""
    held: list[tuple[int, int]] = []
    pipeline = a_pipeline(a_player(id=player_id), id=pipeline_id)
    while len(held) < times:
        reservation = a_reservation(pipeline, id=f"r-{_unique()}")
        try:
            with uow() as work:
                work.reservations.create(reservation)
                work.commit()
        except FactoryAlreadyReserved:
            continue
        with uow() as work:
            highest = max(r.fencing_token for r in work.reservations.find_by_pipeline_id(PipelineId(pipeline_id)))
            held.append((reservation.fencing_token, highest))
            work.reservations.end(reservation.id, ReservationStatus.FULFILLED, NOW)
            work.commit()
    return held


def end_reservation(uow: Open, reservation_id: str, how: str) -> bool:
    """Ends a reservation one way or another; whether it was us."""
    with uow() as work:
        if how == ReservationStatus.EXPIRED:
            ended = bool(work.reservations.expire_stale(NOW + 60 * MINUTE))
        else:
            ended = work.reservations.end(ReservationId(reservation_id), how, NOW)
        work.commit()
    return ended


def reserve_from_pool(uow: Open, player_id: PlayerId, pipeline_id: str, at_once: int) -> int:
    """Reserves from the oldest lot that has enough, until none has; the units it got."""
    got = 0
    while True:
        with uow() as work:
            pool = work.pools.lock(player_id, "X1-T1", "IRON", NOW)
            lot = next((lot for lot in work.pools.open_lots(pool.id) if lot.free_units >= at_once), None)
            if lot is None:
                return got
            pool.reserve(lot, at_once, NOW)
            work.pools.add_reservation(
                a_pool_reservation(lot, a_pipeline(a_player(), id=pipeline_id), id=f"c-{_unique()}", units=at_once)
            )
            work.commit()
        got += at_once


def start_pipeline(uow: Open, player_id: PlayerId, good: str) -> bool:
    """Starts a pipeline for a good; whether it was ours."""
    try:
        with uow() as work:
            work.pipelines.add(a_pipeline(a_player(id=player_id), id=f"p-{_unique()}", product_good=good))
            work.commit()
    except StaleRow:
        return False
    return True


def open_intent(uow: Open, player_id: PlayerId) -> bool:
    """Opens an intent for the same ship as everybody; whether it was ours."""
    try:
        with uow() as work:
            work.intents.add(an_intent(a_player(id=player_id), id=f"i-{_unique()}"))
            work.commit()
    except StaleRow:
        return False
    return True


def settle(uow: Open, player_id: PlayerId, intent_id: str) -> bool:
    """Enters an intent in the ledger and moves its credits; whether it was us."""
    try:
        with uow() as work:
            work.players.move_credits(player_id, amount=-500, released=0)
            work.ledger.add(an_entry(a_player(id=player_id), intent_id=intent_id))
            work.commit()
    except StaleRow:
        return False
    return True


def raise_the_ask(uow: Open, player_id: PlayerId, times: int, now: datetime) -> None:
    """Adds 1 to the ask of a listing, again and again, each time from what it is then."""
    for _ in range(times):
        with uow() as work:
            (listing,) = work.markets.lock_at(player_id, "X1-T1-A1")
            quote = Quote(ask=listing.quote.ask + 1, bid=listing.quote.bid)
            listing.ask = quote.ask
            listing.observed_at = now
            work.markets.store([listing])
            work.commit()


def take_notes(uow: Open, player_id: PlayerId, subjects: list[str], times: int) -> None:
    """Notes the same about each subject, several subjects in one transaction."""
    for _ in range(times):
        with uow() as work:
            for subject in subjects:
                work.decisions.note(player_id, DecisionKind.SKIP, subject, "too dear", NOW)
            work.commit()


def count_calls(uow: Open, player_id: PlayerId, endpoints: list[str], times: int) -> None:
    """Adds one call to each endpoint, in the order given."""
    for _ in range(times):
        with uow() as work:
            work.usage.add(
                [
                    ApiUsage(player_id=player_id, hour=NOW, purpose="TRADE", endpoint=endpoint, calls=1)
                    for endpoint in endpoints
                ]
            )
            work.commit()


def _unique() -> str:
    return uuid.uuid4().hex[:12]
