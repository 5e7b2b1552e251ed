"""Factory reservations against a plain list: whatever happens in whatever order, both say the same."""

from dataclasses import dataclass, field
from datetime import datetime

from hypothesis import event, settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, consumes, invariant, multiple, rule, run_state_machine_as_test

from manufacturing.domain.errors import FactoryAlreadyReserved, StaleFencingToken
from manufacturing.domain.factory_reservation import FactoryReservation, ReservationStatus
from manufacturing.domain.ids import PipelineId
from manufacturing.domain.manufacturing_task import ManufacturingTask, TaskType
from tests.builders import a_task
from tests.stateful.ground import MachineOnDatabase, few_and_many

FACTORIES = ["X1-PX-B2", "X1-PX-C3", "X1-PX-E6", "X1-PX-F7"]
INPUTS = ["IRON", "COPPER"]
OUTPUT = "MACHINERY"

ACTIVE, FULFILLED = ReservationStatus.ACTIVE, ReservationStatus.FULFILLED


@dataclass
class Right:
    """A reservation as the model has it."""

    pipeline: PipelineId
    factory: str
    token: int
    expires_at: datetime
    status: ReservationStatus = ACTIVE
    fulfilled_at: datetime | None = None
    collect_until: datetime | None = None
    collected: bool = False
    delivered: dict[str, int] = field(default_factory=lambda: dict.fromkeys(INPUTS, 0))

    def may_collect(self, now: datetime) -> bool:
        """While held, and for a while after it was fulfilled, once."""
        if self.status is ACTIVE:
            return True
        return not self.collected and self.waits_to_collect(now)

    def waits_to_collect(self, now: datetime) -> bool:
        """Whether those who fulfilled later must wait for it."""
        fulfilled = self.status is FULFILLED and not self.collected
        return fulfilled and self.collect_until is not None and now < self.collect_until


class ReservationMachine(MachineOnDatabase):
    """Pipelines come, deliver, collect, dawdle and end."""

    pipelines = Bundle("pipelines")
    factories = st.sampled_from(FACTORIES)

    def __init__(self) -> None:
        super().__init__()
        self.rights: list[Right] = []

    def held(self, factory: str) -> Right | None:
        """Who holds a factory, by the model."""
        return next((r for r in self.rights if r.factory == factory and r.status is ACTIVE), None)

    def right(self, pipeline: PipelineId, factory: str) -> Right | None:
        """The pipeline's right to a factory, held or not."""
        return next((r for r in self.rights if (r.pipeline, r.factory) == (pipeline, factory)), None)

    def task(self, type: TaskType, pipeline: PipelineId, factory: str, good: str) -> ManufacturingTask:
        """An errand of the pipeline at a factory."""
        return a_task(
            type,
            player_id=self.player_id,
            pipeline_id=pipeline,
            good=good,
            factory_symbol=factory,
            output_good=OUTPUT,
            ship_symbol="HAULER-1",
        )

    @rule(target=pipelines, wanted=st.lists(factories, min_size=1, max_size=3, unique=True))
    def start(self, wanted: list[str]) -> object:
        """A pipeline gets all it wants, or does not begin to be."""
        taken = [self.held(factory) for factory in wanted]
        cycles = {(factory, OUTPUT): INPUTS for factory in wanted}
        try:
            with self.uow() as uow:
                pipeline = self.add_pipeline(uow)
                got = self.coordinator.reserve_factories(uow, self.player_id, pipeline, cycles)
                uow.commit()
        except FactoryAlreadyReserved as refusal:
            refused_for = (refusal.holder, refusal.until)
            event("a set was refused")
            assert refused_for in [(right.pipeline, right.expires_at) for right in taken if right is not None]
            return multiple()
        assert not any(taken)
        newest = max((right.token for right in self.rights), default=0)
        for reservation in got:
            assert reservation.fencing_token > newest, "tokens grow"
            newest = reservation.fencing_token
            self.rights.append(
                Right(
                    pipeline,
                    reservation.factory_symbol,
                    reservation.fencing_token,
                    self.clock.now() + self.policy.reservation_time,
                )
            )
        return pipeline

    @rule(pipeline=pipelines, factory=factories, good=st.sampled_from(INPUTS), units=st.integers(1, 60))
    def deliver(self, pipeline: PipelineId, factory: str, good: str, units: int) -> None:
        """Counts in the slot of the input, as long as the factory is held."""
        with self.uow() as uow:
            task = self.task(TaskType.DELIVER, pipeline, factory, good)
            self.coordinator.note_delivery(uow, task, units, self.clock.now())
            uow.commit()
        right = self.right(pipeline, factory)
        if right is not None and right.status is ACTIVE:
            right.delivered[good] += units

    @rule(pipeline=pipelines, factory=factories)
    def deliver_the_last(self, pipeline: PipelineId, factory: str) -> None:
        """The factory is free for others; its output is ours first."""
        with self.uow() as uow:
            self.coordinator.fulfil(uow, pipeline, factory, OUTPUT)
            uow.commit()
        right = self.right(pipeline, factory)
        if right is not None and right.status is ACTIVE:
            self._fulfil(right)
            right.collect_until = self.clock.now() + self.policy.collect_time

    @rule(pipeline=pipelines, factory=factories)
    def collect(self, pipeline: PipelineId, factory: str) -> None:
        """Uses the right up."""
        with self.uow() as uow:
            task = self.task(TaskType.COLLECT, pipeline, factory, OUTPUT)
            self.coordinator.note_collection(uow, task, self.clock.now())
            uow.commit()
        right = self.right(pipeline, factory)
        if right is not None and right.may_collect(self.clock.now()):
            if right.status is ACTIVE:
                self._fulfil(right)
            right.collected = True

    @rule(pipeline=pipelines)
    def progress(self, pipeline: PipelineId) -> None:
        """Makes what the pipeline holds last longer."""
        with self.uow() as uow:
            self.coordinator.renew(uow, pipeline, self.clock.now())
            uow.commit()
        for right in self._of(pipeline):
            if right.status is ACTIVE:
                right.expires_at = max(right.expires_at, self.clock.now() + self.policy.reservation_time)

    @rule(pipeline=consumes(pipelines), fulfilled=st.booleans())
    def end(self, pipeline: PipelineId, fulfilled: bool) -> None:
        """Nothing is held or waited for any more."""
        with self.uow() as uow:
            self.coordinator.end_all(uow, pipeline, fulfilled=fulfilled, now=self.clock.now())
            uow.commit()
        for right in self._of(pipeline):
            if right.status is ACTIVE and fulfilled:
                self._fulfil(right)
            elif right.status is ACTIVE:
                right.status = ReservationStatus.CANCELLED
            elif right.collect_until is not None and not right.collected:
                right.collect_until = min(right.collect_until, self.clock.now())

    @rule(pipeline=pipelines, factory=factories)
    def release(self, pipeline: PipelineId, factory: str) -> None:
        """Works once."""
        right = self.right(pipeline, factory)
        if right is not None:
            assert self.coordinator.release_reservation(self._row(right).id) == (right.status is ACTIVE)
            if right.status is ACTIVE:
                right.status = ReservationStatus.CANCELLED

    @rule(minutes=st.sampled_from([1, 60, 239, 240, 480]))
    def dawdle(self, minutes: int) -> None:
        """Time passes."""
        self.clock.advance(minutes=minutes)

    @rule()
    def expire(self) -> None:
        """Ends what saw no progress, and nothing else."""
        late = [r for r in self.rights if r.status is ACTIVE and r.expires_at <= self.clock.now()]
        expired = self.coordinator.expire_stale_reservations()
        assert sorted(r.fencing_token for r in expired) == sorted(right.token for right in late)
        for right in late:
            right.status = ReservationStatus.EXPIRED

    @invariant()
    def both_say_who_holds_what(self) -> None:
        """One at most, and the same one."""
        active = {r.factory_symbol: r for r in self.coordinator.get_active_reservations(self.player_id)}
        for factory in FACTORIES:
            right = self.held(factory)
            assert self.coordinator.is_factory_available(self.player_id, factory, OUTPUT) == (right is None)
            assert (right is None) == (factory not in active)
            if right is not None:
                assert self._as_model(active[factory]) == (
                    right.pipeline,
                    right.token,
                    right.expires_at,
                    right.delivered,
                )

    @invariant()
    def both_say_who_may_do_what(self) -> None:
        """Who holds a factory may deliver; who may collect is told apart from who is ahead."""
        now = self.clock.now()
        with self.uow() as uow:
            for right in self.rights:
                place = (uow, right.pipeline, right.factory, OUTPUT)
                assert _allowed(self.coordinator.right_to_deliver, *place) == (right.status is ACTIVE)
                assert _allowed(self.coordinator.right_to_collect, *place) == right.may_collect(now)
                waiting = [r for r in self.rights if r.factory == right.factory and r.waits_to_collect(now)]
                first = min(waiting, key=lambda r: (r.fulfilled_at, r.token)).pipeline if waiting else None
                task = self.task(TaskType.COLLECT, right.pipeline, right.factory, OUTPUT)
                assert self.coordinator.ahead_of(uow, task) == (first if first != right.pipeline else None)

    def _of(self, pipeline: PipelineId) -> list[Right]:
        return [right for right in self.rights if right.pipeline == pipeline]

    def _fulfil(self, right: Right) -> None:
        right.status, right.fulfilled_at = FULFILLED, self.clock.now()

    def _row(self, right: Right) -> FactoryReservation:
        with self.uow() as uow:
            rows = uow.reservations.find_by_pipeline_id(right.pipeline)
        return next(row for row in rows if row.factory_symbol == right.factory)

    @staticmethod
    def _as_model(row: FactoryReservation) -> tuple[PipelineId, int, datetime, dict[str, int]]:
        delivered = {slot["input_good"]: slot["delivered"] for slot in row.delivery_slots}
        return row.pipeline_id, row.fencing_token, row.expires_at, delivered


def _allowed(asked: object, *place: object) -> bool:
    try:
        asked(*place)  # type: ignore[operator]
    except StaleFencingToken:
        return False
    return True


@few_and_many
def test_reservations_are_what_a_plain_list_says(examples: settings) -> None:
    run_state_machine_as_test(ReservationMachine, settings=examples)
