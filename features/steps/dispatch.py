"""Steps about free ships."""

from typing import Any

from behave import then, when

from manufacturing.domain.errors import UnknownThing
from manufacturing.domain.events import WorkChanged


@when('{name:Ship} is assigned to container "{container}"')
def assign_container(context: Any, name: str, container: str) -> None:
    world = context.world
    world.fleet.dispatch.assign_ship_to_container(world.player_id, world.symbol(name), container)


@when("{name:Ship} is released")
def release(context: Any, name: str) -> None:
    world = context.world
    world.mailbox.events.clear()
    world.fleet.dispatch.release_ship(world.player_id, world.symbol(name), "its task has ended")


@when("a ship nobody has is released")
def release_unknown(context: Any) -> None:
    try:
        context.world.fleet.dispatch.release_ship(context.world.player_id, "NOBODY-1", "its task has ended")
    except UnknownThing as error:
        context.error = error


@then("{name:Ship} is available")
def is_available(context: Any, name: str) -> None:
    world = context.world
    assert world.fleet.dispatch.is_ship_available(world.player_id, world.symbol(name))


@then("{name:Ship} is not available")
def is_not_available(context: Any, name: str) -> None:
    world = context.world
    assert not world.fleet.dispatch.is_ship_available(world.player_id, world.symbol(name))


@then("{name:Ship} is among the idle ships")
def is_idle(context: Any, name: str) -> None:
    assert context.world.symbol(name) in _idle(context)


@then("{name:Ship} is not among the idle ships")
def is_not_idle(context: Any, name: str) -> None:
    assert context.world.symbol(name) not in _idle(context)


def _idle(context: Any) -> list[str]:
    return [ship.symbol for ship in context.world.fleet.dispatch.get_idle_ships(context.world.player_id)]


@then('{name:Ship} works for "{container}"')
def works_for(context: Any, name: str, container: str) -> None:
    assert context.world.ship(name).container_id == container


@then("{name:Ship} has been idle since now")
def idle_since_now(context: Any, name: str) -> None:
    assert context.world.ship(name).idle_since == context.world.clock.now()


@then("whoever assigns tasks is told once")
def told_once(context: Any) -> None:
    assert context.world.mailbox.events == [WorkChanged(player_id=context.world.player_id)]


@then("nobody is told anything")
def told_nothing(context: Any) -> None:
    assert context.world.mailbox.events == []
