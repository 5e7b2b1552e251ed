"""Every periodic question has an index that answers it, however many rows there are."""

import re
from collections.abc import Callable

import pytest
from sqlalchemy import Engine, text

from manufacturing.adapters.postgres import database
from manufacturing.adapters.postgres.unit_of_work import PostgresUnitOfWork
from manufacturing.domain.decision import DecisionKind
from manufacturing.domain.ids import PipelineId, TaskId
from manufacturing.domain.manufacturing_task import TaskStatus
from manufacturing.domain.player import Player
from tests.postgres.builders import NOW, a_player
from tests.postgres.conftest import Mailbox
from tests.postgres.statements import recorded

Ask = Callable[[PostgresUnitOfWork, Player], object]

SWEEPS: dict[str, tuple[Ask, set[str]]] = {
    "due steps": (
        lambda work, _: work.tasks.claim_due(NOW, NOW, NOW, 10),
        {"idx_manufacturing_tasks_due", "idx_manufacturing_tasks_lease"},
    ),
    "due polls": (
        lambda work, _: work.factories.claim_due(NOW, NOW, NOW, 10),
        {"idx_manufacturing_factory_states_due", "idx_manufacturing_factory_states_lease"},
    ),
    "expiring reservations": (
        lambda work, _: work.reservations.expire_stale(NOW),
        {"idx_factory_reservations_expiry"},
    ),
    "open intents": (lambda work, player: work.intents.open_of_player(player.id), {"unique_open_intent_of_ship"}),
    "waiting tasks": (
        lambda work, player: work.tasks.with_status(player.id, TaskStatus.PENDING, TaskStatus.READY),
        {"idx_manufacturing_tasks_open"},
    ),
    "a ship's tasks": (
        lambda work, player: work.tasks.open_of_ship(player.id, "AGENT-1"),
        {"idx_manufacturing_tasks_open"},
    ),
    "a pipeline's tasks": (
        lambda work, _: work.tasks.of_pipeline(PipelineId("p")),
        {"idx_manufacturing_tasks_pipeline"},
    ),
    "active pipelines": (
        lambda work, player: work.pipelines.active(player.id),
        {"idx_manufacturing_pipelines_active"},
    ),
    "watched factories": (
        lambda work, player: work.factories.watched_at(player.id, "X1-T1-A1"),
        {"idx_manufacturing_factory_states_watched"},
    ),
    "held credits": (lambda work, player: work.ledger.held(player.id), {"idx_spend_reservations_held"}),
    "profits": (lambda work, _: work.ledger.profits([PipelineId("p")]), {"idx_ledger_entries_pipeline"}),
    "units bought": (lambda work, _: work.ledger.units_bought(TaskId("t")), {"idx_ledger_entries_task"}),
    "cost of cargo": (
        lambda work, player: work.ledger.last_purchase(player.id, "AGENT-1", "IRON"),
        {"idx_ledger_entries_cost_of_cargo"},
    ),
    "a note": (
        lambda work, player: work.decisions.note(player.id, DecisionKind.SKIP, "GOLD", "dear", NOW),
        {"idx_decisions_subject"},
    ),
    "recent decisions": (lambda work, player: work.decisions.recent(player.id, 20), {"idx_decisions_recent"}),
}


#: What a season leaves behind, of one player.
HISTORY = """
    INSERT INTO manufacturing_pipelines (id, player_id, system_symbol, product_good, sell_market, factory_symbol, kind,
            status, planned_quantity, created_at, ended_at, version)
        SELECT 'p' || n, :player, 'X1-T1', 'GOOD', 'B', 'A', 'COLLECTION', 'COMPLETED', 1, :now, :now, 1 FROM numbers;
    INSERT INTO manufacturing_tasks (id, player_id, pipeline_id, sequence, type, status, good, waypoint, quantity,
            source_bonus, units_moved, trades, retry_count, attempts, created_at, ended_at, step_state, ship_symbol,
            version)
        SELECT 't' || n, :player, 'p' || n, 0, 'SELL', 'COMPLETED', 'GOOD', 'B', 1, 0, 1, 1, 0, 0, :now, :now, 'IDLE',
            'AGENT-' || n % 20, 1 FROM numbers;
    INSERT INTO manufacturing_factory_states (id, player_id, pipeline_id, factory_symbol, output_good, required_inputs,
            inputs_delivered, inputs_delivered_at, is_watched, polls, step_state, next_poll_at, created_at, version)
        SELECT 'f' || n, :player, 'p' || n, 'X1-T1-A' || n % 50, 'GOOD', '[]', '{}', '{}', true, 1, 'WAITING',
            :now + n * interval '1 minute', :now, 1 FROM numbers;
    INSERT INTO factory_reservations (id, player_id, pipeline_id, factory_symbol, output_good, status, fencing_token,
            reserved_at, expires_at, ended_at, delivery_slots, version)
        SELECT 'r' || n, :player, 'p' || n, 'X1-T1-A1', 'GOOD', 'FULFILLED', n, :now, :now, :now, '[]', 1 FROM numbers;
    INSERT INTO trade_intents (id, player_id, task_id, pipeline_id, ship_symbol, kind, status, waypoint, good, units,
            unit_price, held_before, credits_reserved, created_at, settled_at, version)
        SELECT 'i' || n, :player, 't' || n, 'p' || n, 'AGENT-' || n % 20, 'BUY', 'CONFIRMED', 'B', 'GOOD', 1, 1, 0, 1,
            :now, :now, 1 FROM numbers;
    INSERT INTO spend_reservations (player_id, intent_id, amount, status, created_at, ended_at)
        SELECT :player, 'i' || n, 1, 'ENDED', :now, :now FROM numbers;
    INSERT INTO ledger_entries (player_id, kind, amount, at, ship_symbol, good, units, unit_price, task_id, pipeline_id,
            intent_id)
        SELECT :player, 'PURCHASE', -1, :now, 'AGENT-' || n % 20, 'GOOD-' || n % 7, 1, 1, 't' || n, 'p' || n, 'i' || n
        FROM numbers;
    INSERT INTO decisions (player_id, kind, subject, reason, first_at, last_at, times, details)
        SELECT :player, 'SKIP', 'subject-' || n % 500, 'reason', :now, :now + n * interval '1 second', 1, '{}'
        FROM numbers;
"""
ROWS = 4000


@pytest.fixture(scope="module")
def season(shared_engine: Engine) -> Player:
    """A player with a long history, far more factories to watch than any fleet, and nothing due."""
    with database.session_factory(shared_engine)() as session:
        veteran = a_player()
        session.add(veteran)
        session.commit()
    numbers = f"generate_series(1, {ROWS}) AS n"
    with shared_engine.begin() as connection:
        for statement in filter(str.strip, HISTORY.replace("numbers", numbers).split(";")):
            connection.execute(text(statement), {"player": veteran.id, "now": NOW})
    with shared_engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("VACUUM ANALYZE"))
    return veteran


@pytest.mark.parametrize("sweep", SWEEPS)
def test_a_sweep_is_answered_by_its_index(shared_engine: Engine, season: Player, sweep: str) -> None:
    ask, indexes = SWEEPS[sweep]
    opened = PostgresUnitOfWork(database.session_factory(shared_engine), Mailbox())
    with recorded(shared_engine) as statements, opened as work:
        ask(work, season)
    statement, parameters = statements[-1]
    with shared_engine.connect() as connection:
        plan = "\n".join(connection.exec_driver_sql(f"EXPLAIN {statement}", parameters).scalars())
    assert all(index in plan for index in indexes), plan
    assert not re.search(r"Seq Scan on (?!players)", plan), plan
