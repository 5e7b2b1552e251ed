"""What the tables refuse, constraint by constraint: a valid world, one wrong change, and the name of who objects."""

from collections.abc import Iterator

import pytest
from sqlalchemy import CheckConstraint, Connection, Engine, Enum, ForeignKeyConstraint, Table, UniqueConstraint, text
from sqlalchemy.exc import IntegrityError

from manufacturing.adapters.postgres import database
from manufacturing.adapters.postgres.market_repository import PostgresMarketRepository
from manufacturing.adapters.postgres.tables import metadata
from manufacturing.domain.decision import ApiUsage, Decision, DecisionKind
from manufacturing.domain.errors import ManufacturingError
from manufacturing.domain.factory_reservation import ReservationStatus
from manufacturing.domain.ledger import SpendReservation
from manufacturing.domain.manufacturing_task import TaskType
from tests import servers
from tests.postgres.builders import (
    NOW,
    a_factory_state,
    a_forecast,
    a_level_change,
    a_liquidation,
    a_listing,
    a_listing_change,
    a_lot,
    a_pipeline,
    a_player,
    a_pool,
    a_pool_reservation,
    a_pre_positioning,
    a_ready_task,
    a_reservation,
    a_ship,
    a_task_with_ship,
    a_waypoint,
    an_entry,
    an_estimate,
    an_intent,
)

#: For each check: a change to the world that it must refuse. (Checks on enumerations are tried below, all alike.)
FORBIDDEN_CHANGES = {
    "ck_players_not_negative": ["UPDATE players SET credits_reserved = -1"],
    "ck_players_floor": [
        "UPDATE players SET floor_amount = 1",
        "UPDATE players SET floor_share = 0.1",
        "UPDATE players SET floor_amount = -1, floor_share = 0",
        "UPDATE players SET floor_amount = 0, floor_share = 1",
    ],
    "ck_players_budget_weight": ["UPDATE players SET budget_weight = 0"],
    "ck_market_listings_trade_volume": ["UPDATE market_listings SET trade_volume = 0"],
    "ck_market_listings_not_negative": [
        "UPDATE market_listings SET ask = -1",
        "UPDATE market_listings SET bid = -1",
    ],
    "ck_market_listings_quote_is_observed": [
        "UPDATE market_listings SET ask = NULL",
        "UPDATE market_listings SET bid = NULL",
        "UPDATE market_listings SET observed_at = NULL",
    ],
    "ck_market_listing_history_trade_volume": ["UPDATE market_listing_history SET trade_volume = 0"],
    "ck_market_listing_history_not_negative": ["UPDATE market_listing_history SET ask = -1"],
    "ck_supply_level_changes_is_a_change": ["UPDATE supply_level_changes SET to_supply = from_supply"],
    "ck_ships_not_negative": [
        "UPDATE ships SET fuel_current = -1",
        "UPDATE ships SET fuel_capacity = -1",
        "UPDATE ships SET cargo_capacity = -1",
        "UPDATE ships SET speed = -1",
    ],
    "ck_manufacturing_pipelines_not_negative": ["UPDATE manufacturing_pipelines SET planned_quantity = -1"],
    "ck_manufacturing_pipelines_ended": [
        "UPDATE manufacturing_pipelines SET status = 'COMPLETED'",
        "UPDATE manufacturing_pipelines SET ended_at = now()",
    ],
    "ck_manufacturing_tasks_not_negative": [
        "UPDATE manufacturing_tasks SET quantity = -1",
        "UPDATE manufacturing_tasks SET units_moved = -1",
        "UPDATE manufacturing_tasks SET trades = -1",
        "UPDATE manufacturing_tasks SET retry_count = -1",
        "UPDATE manufacturing_tasks SET attempts = -1",
    ],
    "ck_manufacturing_tasks_pipeline": ["UPDATE manufacturing_tasks SET pipeline_id = NULL WHERE type = 'ACQUIRE'"],
    "ck_manufacturing_tasks_good": ["UPDATE manufacturing_tasks SET good = NULL WHERE type = 'ACQUIRE'"],
    "ck_manufacturing_tasks_has_ship": [
        "UPDATE manufacturing_tasks SET status = 'EXECUTING' WHERE status = 'READY'",
        "UPDATE manufacturing_tasks SET ship_symbol = NULL WHERE status = 'ASSIGNED'",
    ],
    "ck_manufacturing_tasks_completed_moved_units": [
        "UPDATE manufacturing_tasks SET status = 'COMPLETED' WHERE status = 'ASSIGNED'"
    ],
    "ck_manufacturing_tasks_liquidate_is_bound": [
        "UPDATE manufacturing_tasks SET bound_ship = NULL WHERE type = 'LIQUIDATE'"
    ],
    "ck_manufacturing_tasks_waiting_is_due": [
        "UPDATE manufacturing_tasks SET due_at = NULL WHERE step_state = 'WAITING'"
    ],
    "ck_manufacturing_tasks_queued_has_lease": [
        "UPDATE manufacturing_tasks SET step_state = 'QUEUED' WHERE step_state = 'WAITING'"
    ],
    "ck_manufacturing_task_dependencies_not_itself": [
        "UPDATE manufacturing_task_dependencies SET depends_on = task_id"
    ],
    "ck_manufacturing_factory_states_not_negative": ["UPDATE manufacturing_factory_states SET polls = -1"],
    "ck_manufacturing_factory_states_queued_has_lease": [
        "UPDATE manufacturing_factory_states SET step_state = 'QUEUED'"
    ],
    "ck_factory_reservations_fencing_token": ["UPDATE factory_reservations SET fencing_token = 0"],
    "ck_factory_reservations_ended": [
        "UPDATE factory_reservations SET status = 'EXPIRED'",
        "UPDATE factory_reservations SET ended_at = now()",
    ],
    "ck_trade_intents_units": ["UPDATE trade_intents SET units = 0"],
    "ck_trade_intents_not_negative": [
        "UPDATE trade_intents SET unit_price = -1",
        "UPDATE trade_intents SET held_before = -1",
        "UPDATE trade_intents SET credits_reserved = -1",
    ],
    "ck_trade_intents_to_ship": [
        "UPDATE trade_intents SET to_ship = 'AGENT-2'",
        "UPDATE trade_intents SET kind = 'TRANSFER'",
    ],
    "ck_trade_intents_settled": [
        "UPDATE trade_intents SET status = 'CONFIRMED'",
        "UPDATE trade_intents SET settled_at = now()",
    ],
    "ck_spend_reservations_not_negative": ["UPDATE spend_reservations SET amount = -1"],
    "ck_spend_reservations_ended": [
        "UPDATE spend_reservations SET status = 'ENDED'",
        "UPDATE spend_reservations SET ended_at = now()",
    ],
    "ck_ledger_entries_not_negative": [
        "UPDATE ledger_entries SET units = -1",
        "UPDATE ledger_entries SET unit_price = -1",
    ],
    "ck_ledger_entries_sign": [
        "UPDATE ledger_entries SET amount = 1",
        "UPDATE ledger_entries SET kind = 'SALE'",
        "UPDATE ledger_entries SET kind = 'REFUEL', amount = 1",
        "UPDATE ledger_entries SET kind = 'FEE', amount = 1",
    ],
    "ck_profit_forecasts_not_negative": [
        "UPDATE profit_forecasts SET quantity = -1",
        "UPDATE profit_forecasts SET estimated_cost = -1, estimated_profit = estimated_revenue + 1",
        "UPDATE profit_forecasts SET estimated_revenue = -1, estimated_profit = -1 - estimated_cost",
        "UPDATE profit_forecasts SET break_even_quantity = -1",
    ],
    "ck_profit_forecasts_estimated_profit": [
        "UPDATE profit_forecasts SET estimated_profit = 0",
        "UPDATE profit_forecasts SET correction = 1",
    ],
    "ck_profit_forecasts_validated": [
        "UPDATE profit_forecasts SET actual_profit = 1",
        "UPDATE profit_forecasts SET validated_at = now()",
    ],
    "ck_production_estimates_not_negative": ["UPDATE production_estimates SET overdue_polls = -1"],
    "ck_production_estimates_band": [
        "UPDATE production_estimates SET ready_from = now(), ready_to = now() - interval '1 minute'"
    ],
    "ck_pre_positionings_not_negative": [
        "UPDATE pre_positionings SET expected_saving = -1",
        "UPDATE pre_positionings SET fuel_cost = -1",
    ],
    "ck_pre_positionings_ended": [
        "UPDATE pre_positionings SET status = 'HIT'",
        "UPDATE pre_positionings SET ended_at = now()",
    ],
    "ck_intermediate_good_pools_not_negative": [
        "UPDATE intermediate_good_pools SET available_units = -1",
        "UPDATE intermediate_good_pools SET reserved_units = -1",
    ],
    "ck_pool_lots_not_negative": [
        "UPDATE pool_lots SET units_held = -1, units_consumed = 21, units_reserved = -1",
        "UPDATE pool_lots SET units_reserved = -1",
        "UPDATE pool_lots SET units_consumed = -1, units_added = 19",
        "UPDATE pool_lots SET units_liquidated = -1, units_added = 19",
        "UPDATE pool_lots SET unit_cost = -1",
    ],
    "ck_pool_lots_reserved_is_held": ["UPDATE pool_lots SET units_reserved = units_held + 1"],
    "ck_pool_lots_conservation": [
        "UPDATE pool_lots SET units_held = 19",
        "UPDATE pool_lots SET units_consumed = 1",
        "UPDATE pool_lots SET units_liquidated = 1",
        "UPDATE pool_lots SET units_added = 21",
    ],
    "ck_pool_lots_closed_is_empty": ["UPDATE pool_lots SET status = 'CLOSED', units_reserved = 0"],
    "ck_pool_lots_sold_is_not_reserved": ["UPDATE pool_lots SET status = 'SELLING'"],
    "ck_pool_reservations_consumed": [
        "UPDATE pool_reservations SET units_consumed = -1",
        "UPDATE pool_reservations SET units_consumed = units + 1",
    ],
    "ck_pool_reservations_units": ["UPDATE pool_reservations SET units = 0"],
    "ck_pool_reservations_ended": [
        "UPDATE pool_reservations SET status = 'CONSUMED'",
        "UPDATE pool_reservations SET ended_at = now()",
    ],
    "ck_decisions_not_negative": ["UPDATE decisions SET times = -1"],
    "ck_api_usage_not_negative": ["UPDATE api_usage SET calls = -1", "UPDATE api_usage SET rejected_429 = -1"],
}

#: For each rule of uniqueness: a second row that it must refuse, as a copy of the first with these columns changed.
FORBIDDEN_COPIES = {
    "unique_player": ("players", {"id": "99"}),
    "unique_active_pipeline_good": ("manufacturing_pipelines", {"id": "'other'"}),
    "unique_task_of_ship": ("manufacturing_tasks WHERE status = 'ASSIGNED'", {"id": "'other'"}),
    "unique_open_liquidation": ("manufacturing_tasks WHERE type = 'LIQUIDATE'", {"id": "'other'"}),
    "unique_factory_state": ("manufacturing_factory_states", {"id": "'other'"}),
    "unique_fencing_token": ("factory_reservations", {"id": "'other'", "output_good": "'OTHER'"}),
    "unique_active_factory_reservation": ("factory_reservations", {"id": "'other'", "fencing_token": "99"}),
    "unique_open_intent_of_ship": ("trade_intents", {"id": "'other'"}),
    "unique_spend_reservation_of_intent": ("spend_reservations", {"id": "99"}),
    "unique_ledger_entry_of_intent": ("ledger_entries", {"id": "99"}),
    "unique_open_pre_positioning_of_ship": ("pre_positionings", {"id": "'other'", "predicted_task_id": "'another'"}),
    "unique_open_pre_positioning_of_task": ("pre_positionings", {"id": "'other'", "ship_symbol": "'AGENT-2'"}),
    "unique_pool_good": ("intermediate_good_pools", {"id": "99"}),
    "unique_api_usage": ("api_usage", {"id": "99"}),
}

#: Copies that differ just enough to be allowed.
ALLOWED_COPIES = [
    ("players", {"id": "99", "reset_date": "'2031-06-01'"}),
    ("waypoints", {"player_id": "2"}),
    ("ships", {"player_id": "2"}),
    ("market_listings", {"player_id": "2"}),
    ("manufacturing_pipelines", {"id": "'other'", "player_id": "2"}),
    ("manufacturing_pipelines", {"id": "'other'", "status": "'FAILED'", "ended_at": "now()"}),
    ("manufacturing_tasks WHERE status = 'ASSIGNED'", {"id": "'other'", "player_id": "2"}),
    ("manufacturing_tasks WHERE status = 'ASSIGNED'", {"id": "'other'", "status": "'FAILED'"}),
    ("manufacturing_tasks WHERE type = 'LIQUIDATE'", {"id": "'other'", "good": "'COPPER'"}),
    ("manufacturing_tasks WHERE type = 'LIQUIDATE'", {"id": "'other'", "bound_ship": "'AGENT-2'"}),
    ("manufacturing_tasks WHERE type = 'LIQUIDATE'", {"id": "'other'", "status": "'CANCELLED'"}),
    ("factory_reservations", {"id": "'other'", "fencing_token": "99", "output_good": "'OTHER'"}),
    ("factory_reservations", {"id": "'other'", "fencing_token": "99", "player_id": "2"}),
    ("factory_reservations", {"id": "'other'", "fencing_token": "99", "status": "'EXPIRED'", "ended_at": "now()"}),
    ("trade_intents", {"id": "'other'", "status": "'REFUSED'", "settled_at": "now()"}),
    ("trade_intents", {"id": "'other'", "player_id": "2"}),
    ("ledger_entries", {"id": "99", "intent_id": "NULL"}),
    ("pre_positionings", {"id": "'other'", "status": "'MISS'", "ended_at": "now()"}),
    ("intermediate_good_pools", {"id": "99", "player_id": "2"}),
]


@pytest.fixture(scope="module")
def world() -> Iterator[Engine]:
    """A database with one valid row in every table (a few tasks), and a second player without rows."""
    with servers.migrated_database() as url:
        engine = database.connect(url)
        _fill(engine)
        yield engine
        engine.dispose()


def _fill(engine: Engine) -> None:
    with database.session_factory(engine)() as session:
        player = a_player()
        session.add(player)
        session.flush()
        session.add(a_player())
        pipeline = a_pipeline(player)
        ready, laden = a_ready_task(pipeline), a_task_with_ship(pipeline, "AGENT-1", type=TaskType.COLLECT)
        intent = an_intent(player, task_id=laden.id, pipeline_id=pipeline.id)
        reservation = a_reservation(pipeline)
        reservation.fencing_token = 7
        session.execute(metadata.tables["market_recalculations"].insert().values(player_id=player.id, at=NOW))
        PostgresMarketRepository(session).add_all([a_listing(player)])
        pool = a_pool(player, available_units=15, reserved_units=5)
        session.add(pool)
        session.flush()
        lot = a_lot(pool)
        session.add(lot)
        session.flush()
        session.add_all(
            [
                a_waypoint(player),
                a_listing_change(player),
                a_level_change(player),
                a_ship(player),
                pipeline,
                ready,
                laden,
                a_liquidation(player, "AGENT-1"),
                a_factory_state(pipeline),
                reservation,
                intent,
                SpendReservation(player_id=player.id, intent_id=intent.id, amount=600, created_at=NOW),
                an_entry(player, intent_id=intent.id, task_id=laden.id, pipeline_id=pipeline.id),
                a_forecast(player, pipeline_id=pipeline.id),
                an_estimate(player, pipeline_id=pipeline.id),
                a_pre_positioning(player, ready),
                a_pool_reservation(lot, pipeline),
                Decision(
                    player_id=player.id, kind=DecisionKind.SKIP, subject="s", reason="r", first_at=NOW, last_at=NOW
                ),
                ApiUsage(player_id=player.id, hour=NOW, purpose="TRADE", endpoint="purchase", calls=1),
            ]
        )
        session.flush()
        session.execute(
            text(
                "INSERT INTO manufacturing_task_dependencies (task_id, depends_on, player_id, same_ship) "
                "VALUES (:task, :needed, :player, false)"
            ),
            {"task": laden.id, "needed": ready.id, "player": player.id},
        )
        session.commit()


@pytest.fixture
def connection(world: Engine) -> Iterator[Connection]:
    """A transaction on that world which is rolled back."""
    with world.connect() as connection:
        yield connection
        connection.rollback()


def objection(connection: Connection, statement: str) -> str:
    """The name of the constraint that refuses ``statement``."""
    try:
        done = connection.execute(text(statement))
        connection.execute(text("SET CONSTRAINTS ALL IMMEDIATE"))
    except IntegrityError as error:
        return str(error.orig.diag.constraint_name)  # type: ignore[union-attr]
    except ManufacturingError as error:
        return str(error.__cause__.diag.constraint_name)  # type: ignore[union-attr]
    raise AssertionError(f"nobody objected to: {statement} ({done.rowcount} rows)")


def a_copy(source: str, changes: dict[str, str]) -> str:
    """The statement that inserts a copy of the first player's row in ``source`` with ``changes``."""
    table = metadata.tables[source.split()[0]]
    columns = ", ".join(column.name for column in table.columns)
    values = ", ".join(changes.get(column.name, column.name) for column in table.columns)
    where = source.partition(" ")[2] or f"WHERE {'id' if table.name == 'players' else 'player_id'} = 1"
    return f"INSERT INTO {table.name} ({columns}) SELECT {values} FROM {table.name} {where}"


@pytest.mark.parametrize(
    ("constraint", "change"), [(name, change) for name, changes in FORBIDDEN_CHANGES.items() for change in changes]
)
def test_a_wrong_value_is_refused(connection: Connection, constraint: str, change: str) -> None:
    assert objection(connection, change) == constraint


ENUMERATIONS = [
    (table.name, column.name)
    for table in metadata.tables.values()
    for column in table.columns
    if isinstance(column.type, Enum)
]


@pytest.mark.parametrize(("table", "column"), ENUMERATIONS)
def test_a_value_outside_its_enumeration_is_refused(connection: Connection, table: str, column: str) -> None:
    # Another rule may be the first to speak, since the odd value breaks it as well: both refuse it.
    connection.execute(text(f"ALTER TABLE {table} DISABLE TRIGGER ALL"))
    for other in _checks(metadata.tables[table]) - {f"ck_{table}_{column}"}:
        connection.execute(text(f"ALTER TABLE {table} DROP CONSTRAINT {other}"))
    assert objection(connection, f"UPDATE {table} SET {column} = 'NONSENSE'") == f"ck_{table}_{column}"


@pytest.mark.parametrize("constraint", FORBIDDEN_COPIES)
def test_a_second_row_is_refused(connection: Connection, constraint: str) -> None:
    source, changes = FORBIDDEN_COPIES[constraint]
    assert objection(connection, a_copy(source, changes)) == constraint


@pytest.mark.parametrize(("source", "changes"), ALLOWED_COPIES)
def test_a_second_row_that_differs_enough_is_welcome(
    connection: Connection, source: str, changes: dict[str, str]
) -> None:
    assert connection.execute(text(a_copy(source, changes))).rowcount == 1


def _checks(table: Table) -> set[str]:
    return {str(rule.name) for rule in table.constraints if isinstance(rule, CheckConstraint)}


def test_every_named_rule_of_the_tables_is_tried_here() -> None:
    tables = metadata.tables.values()
    checks = set().union(*(_checks(table) for table in tables))
    unique = {str(rule.name) for table in tables for rule in table.constraints if isinstance(rule, UniqueConstraint)}
    unique |= {str(index.name) for table in tables for index in table.indexes if index.unique}
    assert checks == FORBIDDEN_CHANGES.keys() | {f"ck_{table}_{column}" for table, column in ENUMERATIONS}
    assert unique == FORBIDDEN_COPIES.keys() | {"unique_open_transfer_to_ship"}


def test_a_ship_is_handed_goods_by_one_ship_at_a_time(connection: Connection) -> None:
    connection.execute(text("UPDATE trade_intents SET kind = 'TRANSFER', to_ship = 'AGENT-9'"))
    second = a_copy("trade_intents", {"id": "'other'", "ship_symbol": "'AGENT-2'"})
    assert objection(connection, second) == "unique_open_transfer_to_ship"


def test_every_row_belongs_to_a_player(connection: Connection) -> None:
    for table in metadata.tables.values():
        if table.name == "players":
            continue
        assert not table.c.player_id.nullable, table.name
        assert "players.id" in {key.target_fullname for key in table.c.player_id.foreign_keys}, table.name


def test_times_are_stored_with_their_zone(connection: Connection) -> None:
    naive = connection.execute(
        text(
            "SELECT table_name, column_name FROM information_schema.columns WHERE table_schema = 'public' "
            "AND (data_type = 'timestamp without time zone' OR data_type = 'date')"
        )
    ).all()
    assert naive == []


@pytest.mark.parametrize(
    ("table", "key"),
    sorted(
        (table.name, key.column_keys[0])
        for table in metadata.tables.values()
        for key in table.constraints
        if isinstance(key, ForeignKeyConstraint)
    ),
)
def test_a_reference_to_nothing_is_refused(connection: Connection, table: str, key: str) -> None:
    nothing = "999999" if metadata.tables[table].c[key].type.python_type is int else "'nothing'"
    assert objection(connection, f"UPDATE {table} SET {key} = {nothing}").startswith(table[:40])


def test_the_ledger_and_the_learning_data_outlive_a_pipeline(connection: Connection) -> None:
    connection.execute(text("DELETE FROM pool_reservations"))
    connection.execute(text("DELETE FROM manufacturing_pipelines"))
    connection.execute(text("SET CONSTRAINTS ALL IMMEDIATE"))
    for table in ("ledger_entries", "trade_intents", "profit_forecasts", "production_estimates"):
        assert connection.execute(text(f"SELECT pipeline_id FROM {table}")).scalars().all() == [None], table
    assert connection.execute(text("SELECT task_id, amount FROM ledger_entries")).one() == (None, -500)
    assert connection.execute(text("SELECT source_pipeline_id, units_held FROM pool_lots")).one() == (None, 20)


def test_what_only_serves_a_pipeline_goes_with_it(connection: Connection) -> None:
    connection.execute(text("DELETE FROM pool_reservations"))
    connection.execute(text("DELETE FROM manufacturing_pipelines"))
    assert connection.execute(text("SELECT type FROM manufacturing_tasks")).scalars().all() == ["LIQUIDATE"]
    for table in ("manufacturing_task_dependencies", "manufacturing_factory_states", "factory_reservations"):
        assert connection.execute(text(f"SELECT count(*) FROM {table}")).scalar_one() == 0, table


def test_a_pipeline_with_promised_goods_cannot_be_deleted(connection: Connection) -> None:
    assert objection(connection, "DELETE FROM manufacturing_pipelines") == "pool_reservations_pipeline_id_fkey"


def test_an_intent_in_the_ledger_cannot_be_deleted(connection: Connection) -> None:
    connection.execute(text("DELETE FROM spend_reservations"))
    assert objection(connection, "DELETE FROM trade_intents") == "ledger_entries_intent_id_fkey"


def test_a_player_with_rows_cannot_be_deleted(connection: Connection) -> None:
    assert objection(connection, "DELETE FROM players WHERE id = 1").endswith("_player_id_fkey")


def test_losing_a_ship_does_not_touch_what_it_did(connection: Connection) -> None:
    connection.execute(text("DELETE FROM ships"))
    connection.execute(text("SET CONSTRAINTS ALL IMMEDIATE"))
    assert connection.execute(text("SELECT count(*) FROM manufacturing_tasks WHERE ship_symbol IS NOT NULL")).scalar()


def test_money_is_wide_enough_for_a_rich_player(connection: Connection) -> None:
    fortune = 9_000_000_000_000
    for table, column in (
        ("players", "credits"),
        ("players", "start_credits"),
        ("players", "credits_reserved"),
        ("manufacturing_pipelines", "estimated_profit"),
        ("trade_intents", "credits_reserved"),
        ("spend_reservations", "amount"),
    ):
        connection.execute(text(f"UPDATE {table} SET {column} = {fortune}"))
    connection.execute(text(f"UPDATE ledger_entries SET amount = -{fortune}"))
    connection.execute(
        text(
            "UPDATE profit_forecasts SET estimated_cost = 1, estimated_revenue = :much + 1, estimated_profit = :much, "
            "actual_profit = -:much, validated_at = now(), markup = 99999999, profit_margin = -99999999"
        ),
        {"much": fortune},
    )
    assert connection.execute(text("SELECT amount FROM ledger_entries")).scalar_one() == -fortune


def test_a_fulfilled_reservation_frees_the_factory_for_the_next(connection: Connection) -> None:
    status = ReservationStatus.FULFILLED
    connection.execute(text(f"UPDATE factory_reservations SET status = '{status}', ended_at = now()"))
    source = "factory_reservations"
    again = {"id": "'other'", "fencing_token": "99", "status": "'ACTIVE'", "ended_at": "NULL"}
    assert connection.execute(text(a_copy(source, again))).rowcount == 1
