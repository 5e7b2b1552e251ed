"""What fleets fail to notice, and how this one does (docs/guarantees.md, "Not noticing")."""

import dataclasses

from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext

from manufacturing.adapters.postgres.tables import metadata
from manufacturing.domain.decision import DecisionKind
from manufacturing.domain.ledger import EntryKind
from manufacturing.domain.manufacturing_pipeline import ManufacturingPipeline, PipelineStatus
from manufacturing.domain.manufacturing_task import TaskType
from manufacturing.domain.prices import Supply
from tests.guarantees.fleet_at_work import HAULER, FleetAtWork
from tests.world import World


def test_wiring_complete(world: World) -> None:
    open_guards = [
        f"{type(service).__name__}.{name}"
        for field in dataclasses.fields(world.fleet)
        for service in [getattr(world.fleet, field.name)]
        if type(service).__module__.startswith("manufacturing.services")
        for name, part in vars(service).items()
        if part is None
    ]
    assert open_guards == []


def test_profit_is_ledger_sum(at_work: FleetAtWork) -> None:
    world = at_work.world
    world.stock("ELECTRONICS", "the works", Supply.ABUNDANT)
    at_work.play_to_the_end()
    assert at_work.pipeline.status is PipelineStatus.COMPLETED
    with world.uow() as uow:
        profit = uow.ledger.profit_of_pipeline(at_work.pipeline.id)
    assert profit == sum(entry.amount for entry in world.ledger() if entry.pipeline_id == at_work.pipeline.id)
    assert profit == world.agent.credits - world.credits != 0
    assert [f.name for f in dataclasses.fields(ManufacturingPipeline) if f.name in ("profit", "actual_profit")] == []


def test_ask_is_what_we_pay(at_work: FleetAtWork) -> None:
    world = at_work.world
    ask = world.real_listing("COPPER", "the refinery").quote.ask
    bid = world.real_listing("COPPER", "the works").quote.bid
    at_work.carry_out(at_work.task(TaskType.ACQUIRE, "COPPER"))
    bought, sold = at_work.entries(EntryKind.PURCHASE, "COPPER")[0], at_work.entries(EntryKind.SALE, "COPPER")[0]
    assert (bought.unit_price, bought.amount) == (ask, -ask * bought.units)
    assert (sold.unit_price, sold.amount) == (bid, bid * sold.units)
    assert ask > world.real_listing("COPPER", "the refinery").quote.bid


def test_api_calls_accounted(at_work: FleetAtWork) -> None:
    world = at_work.world
    world.budget.calls.clear()
    world.game.requests.clear()
    at_work.carry_out(at_work.task(TaskType.ACQUIRE, "COPPER"))
    assert sum(world.budget.calls.values()) == len(world.game.requests) > 0


def test_no_schema_drift(world: World) -> None:
    with world.fleet.engine.connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), metadata) == []


def test_idle_ship_says_why(at_work: FleetAtWork) -> None:
    world = at_work.world
    for good in ("COPPER", "SILICON_CRYSTALS"):
        for place in world.sellers(good):
            world.stock(good, place, Supply.LIMITED)
    world.fleet.orchestrator.coordinate(world.player_id)
    reasons = [d.reason for d in world.decisions(world.symbol(HAULER)) if d.kind is DecisionKind.SKIP]
    assert any("no task is ready" in reason and "LIMITED" in reason for reason in reasons), reasons
    assert [task.id for task in world.tasks() if not task.has_ship and not task.reason] == []
