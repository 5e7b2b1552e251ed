"""Steps about factory reservations."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

from behave import given, then, when

from manufacturing.domain.errors import FactoryAlreadyReserved, StaleFencingToken, StaleRow
from manufacturing.domain.factory_reservation import FactoryReservation
from manufacturing.domain.ids import PipelineId
from manufacturing.domain.manufacturing_task import ManufacturingTask, TaskStatus, TaskType
from tests.pocket_universe import PLACES
from tests.world import World


@given('a pipeline "{name}" for {good:Good}')
def a_pipeline_called(context: Any, name: str, good: str) -> None:
    context.world.add_pipeline(id=PipelineId(name), product_good=good)


@given('"{name}" has reserved {place:Place} for {good:Good}')
def has_reserved(context: Any, name: str, place: str, good: str) -> None:
    _reserve(context.world, name, place, good)


@when('"{name}" reserves {place:Place} for {good:Good} for {minutes:Number} minutes')
def reserves(context: Any, name: str, place: str, good: str, minutes: int) -> None:
    try:
        _reserve(context.world, name, place, good, timedelta(minutes=minutes))
    except FactoryAlreadyReserved as error:
        context.error = error


def _reserve(world: World, name: str, place: str, good: str, duration: timedelta | None = None) -> FactoryReservation:
    reserve = world.fleet.coordinator.reserve_factory
    return reserve(world.player_id, PLACES[place], good, PipelineId(name), duration)


@given('"{name}" has fed {place:Place} for {good:Good} and waits to collect')
def has_fed(context: Any, name: str, place: str, good: str) -> None:
    world = context.world
    coordinator, factory = world.fleet.coordinator, PLACES[place]
    with world.uow() as uow:
        coordinator.reserve_factories(uow, world.player_id, PipelineId(name), {(factory, good): ["COPPER"]})
        coordinator.fulfil(uow, PipelineId(name), factory, good)
        collect = world.a_task(TaskType.COLLECT, good, place, pipeline_id=PipelineId(name))
        collect.factory_symbol, collect.output_good = factory, good
        uow.tasks.add(collect)
        uow.commit()


@when('"{name}" has collected')
def has_collected(context: Any, name: str) -> None:
    world = context.world
    with world.uow() as uow:
        (collect,) = uow.tasks.of_pipeline(PipelineId(name))
        world.fleet.coordinator.note_collection(uow, collect, world.clock.now())
        collect.cancel("done", world.clock.now())
        uow.commit()


@then('"{name}" may not collect yet, and says that "{first}" collects first')
def may_not_collect(context: Any, name: str, first: str) -> None:
    (collect,) = _tasks(context.world, name)
    assert collect.status is TaskStatus.PENDING, collect.status
    assert f"pipeline {first} fed" in (collect.reason or ""), collect.reason


@then('"{name}" may collect')
def may_collect(context: Any, name: str) -> None:
    (collect,) = _tasks(context.world, name)
    assert collect.status is TaskStatus.READY, collect.reason


def _tasks(world: World, name: str) -> list[ManufacturingTask]:
    with world.uow() as uow:
        return uow.tasks.of_pipeline(PipelineId(name))


@when('the reservation of "{name}" is released')
def release_reservation(context: Any, name: str) -> None:
    context.released = context.world.fleet.coordinator.release_reservation(_reservation(context.world, name).id)


@when("{count:Number} pipelines reserve {place:Place} for {good:Good} at once")
def reserve_at_once(context: Any, count: int, place: str, good: str) -> None:
    world = context.world
    for number in range(count):
        world.add_pipeline(id=PipelineId(f"pipeline-{number}"), product_good=f"PRODUCT_{number}")

    def reserve(number: int) -> bool:
        try:
            _reserve(world, f"pipeline-{number}", place, good)
        except FactoryAlreadyReserved:
            return False
        return True

    with ThreadPoolExecutor(count) as pool:
        context.results = list(pool.map(reserve, range(count)))


@when("stale reservations are expired")
def expire(context: Any) -> None:
    context.expired = context.world.fleet.coordinator.expire_stale_reservations()


@when("{count:Number} workers expire stale reservations at once")
def expire_at_once(context: Any, count: int) -> None:
    expire_stale = context.world.fleet.coordinator.expire_stale_reservations
    with ThreadPoolExecutor(count) as pool:
        context.expired = [r for found in pool.map(lambda _: expire_stale(), range(count)) for r in found]


@when('"{name}" makes progress')
def makes_progress(context: Any, name: str) -> None:
    world = context.world
    with world.uow() as uow:
        world.fleet.coordinator.renew(uow, PipelineId(name), world.clock.now())
        uow.commit()


@when('"{name}" wants {place:Place} for {good:Good} and {other:Place} for {other_good:Good}')
def wants_both(context: Any, name: str, place: str, good: str, other: str, other_good: str) -> None:
    try:
        _reserve_both(context.world, name, [(PLACES[place], good), (PLACES[other], other_good)])
    except FactoryAlreadyReserved as error:
        context.error = error


def _reserve_both(world: World, name: str, factories: list[tuple[str, str]]) -> None:
    with world.uow() as uow:
        cycles = dict.fromkeys(factories, ())
        world.fleet.coordinator.reserve_factories(uow, world.player_id, PipelineId(name), cycles)
        uow.commit()


@when(
    "both want {place:Place} for {good:Good} and {other:Place} for {other_good:Good}, each in another order, "
    "{times:Number} times at once"
)
def both_want_both(context: Any, place: str, good: str, other: str, other_good: str, times: int) -> None:
    world = context.world
    wanted = [(PLACES[place], good), (PLACES[other], other_good)]

    def want(name: str) -> str | None:
        try:
            _reserve_both(world, name, wanted if name == "first" else wanted[::-1])
        except (FactoryAlreadyReserved, StaleRow):
            return None
        return name

    context.winners = []
    with ThreadPoolExecutor(2) as pool:
        for _ in range(times):
            got = [name for name in pool.map(want, ("first", "second")) if name]
            held = world.fleet.coordinator.get_active_reservations(world.player_id)
            context.winners.append((got, {(r.pipeline_id, r.factory_symbol) for r in held}))
            for reservation in held:
                world.fleet.coordinator.release_reservation(reservation.id)


@then("each time exactly one of them got both")
def one_got_both(context: Any) -> None:
    for got, held in context.winners:
        assert len(got) == 1, context.winners
        assert held == {(got[0], PLACES["the works"]), (got[0], PLACES["the foundry"])}, context.winners


@then("{place:Place} is available for {good:Good}")
def is_available(context: Any, place: str, good: str) -> None:
    world = context.world
    assert world.fleet.coordinator.is_factory_available(world.player_id, PLACES[place], good)


@then("{place:Place} is not available for {good:Good}")
def is_not_available(context: Any, place: str, good: str) -> None:
    world = context.world
    assert not world.fleet.coordinator.is_factory_available(world.player_id, PLACES[place], good)


@then('{place:Place} is reserved by "{name}"')
def is_reserved_by(context: Any, place: str, name: str) -> None:
    world = context.world
    held = world.fleet.coordinator.get_active_reservations(world.player_id, PLACES[place])
    assert name in [reservation.pipeline_id for reservation in held]


@then("its reservation ends in {minutes:Number} minutes")
def ends_in(context: Any, minutes: int) -> None:
    world = context.world
    (reservation,) = world.fleet.coordinator.get_active_reservations(world.player_id)
    assert reservation.expires_at == world.clock.now() + timedelta(minutes=minutes)


@then('the refusal names "{name}" and the end of its reservation')
def refusal_names(context: Any, name: str) -> None:
    assert isinstance(context.error, FactoryAlreadyReserved)
    holder = _reservation(context.world, name)
    assert (context.error.holder, context.error.until) == (name, holder.expires_at)
    assert name in str(context.error)


@then("it had ended already")
def had_ended(context: Any) -> None:
    assert context.released is False


@then("one of them got it")
def one_got_it(context: Any) -> None:
    assert context.results.count(True) == 1, context.results


@then("{place:Place} has one active reservation")
def has_one_reservation(context: Any, place: str) -> None:
    world = context.world
    assert len(world.fleet.coordinator.get_active_reservations(world.player_id, PLACES[place])) == 1


@then('the reservation of "{name}" is {status}')
def reservation_is(context: Any, name: str, status: str) -> None:
    assert _reservation(context.world, name).status == status


@then("the reservation was expired once")
def expired_once(context: Any) -> None:
    assert [reservation.pipeline_id for reservation in context.expired] == ["first"]


@then('"{name}" may not trade at {place:Place} for {good:Good} any more')
def may_not_trade(context: Any, name: str, place: str, good: str) -> None:
    try:
        token = _token(context.world, name, place, good)
    except StaleFencingToken:
        return
    raise AssertionError(f"its right has ended, and yet it may trade by number {token}")


@then('"{name}" may trade at {place:Place} for {good:Good}, with a higher number than "{other}" had')
def may_trade(context: Any, name: str, place: str, good: str, other: str) -> None:
    assert _token(context.world, name, place, good) > _reservation(context.world, other).fencing_token


def _token(world: World, name: str, place: str, good: str) -> int:
    with world.uow() as uow:
        return world.fleet.coordinator.right_to_deliver(uow, PipelineId(name), PLACES[place], good).fencing_token


def _reservation(world: World, pipeline: str) -> FactoryReservation:
    with world.uow() as uow:
        return uow.reservations.find_by_pipeline_id(PipelineId(pipeline))[-1]
