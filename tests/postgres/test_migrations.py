"""The migrations: up, down, up again, from every revision; and what they make is what the tables declare."""

import os
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, inspect, text

from manufacturing.adapters.postgres import database, schema
from manufacturing.adapters.postgres.tables import metadata
from tests import servers

ROOT = Path(__file__).parents[2]
REVISIONS = [step.revision for step in ScriptDirectory.from_config(schema.config()).walk_revisions()][::-1]

#: Everything the schema consists of, as PostgreSQL itself words it.
CATALOG = {
    "columns": """
        SELECT c.relname, a.attname, format_type(a.atttypid, a.atttypmod), a.attnotnull, pg_get_expr(d.adbin, d.adrelid)
          FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid AND c.relkind = 'r'
          LEFT JOIN pg_attrdef d ON (d.adrelid, d.adnum) = (a.attrelid, a.attnum)
         WHERE c.relnamespace = 'public'::regnamespace AND a.attnum > 0 AND NOT a.attisdropped""",
    "constraints": """
        SELECT conrelid::regclass::text, conname, pg_get_constraintdef(oid)
          FROM pg_constraint WHERE connamespace = 'public'::regnamespace""",
    "indexes": "SELECT tablename, indexname, indexdef FROM pg_indexes WHERE schemaname = 'public'",
    "sequences": "SELECT sequencename, data_type::text, start_value, increment_by FROM pg_sequences",
}


@pytest.fixture
def empty(empty_database_url: str) -> Iterator[Engine]:
    engine = database.connect(empty_database_url)
    yield engine
    engine.dispose()


def migrate(engine: Engine, revision: str) -> None:
    """To ``revision``, in whichever direction that is."""
    with engine.begin() as connection:
        config = schema.config(connection)
        have = MigrationContext.configure(connection).get_current_revision()
        if revision == "base" or (have is not None and REVISIONS.index(revision) < REVISIONS.index(have)):
            command.downgrade(config, revision)
        else:
            command.upgrade(config, revision)


def catalog(connection: Connection) -> dict[str, set[tuple[object, ...]]]:
    """The schema as a set of facts, without Alembic's own table."""
    return {
        name: {tuple(row) for row in connection.execute(text(query)) if row[0] != "alembic_version"}
        for name, query in CATALOG.items()
    }


def schema_of(engine: Engine) -> dict[str, set[tuple[object, ...]]]:
    with engine.connect() as connection:
        return catalog(connection)


def test_an_empty_database_has_no_revision_and_is_not_current(empty: Engine) -> None:
    assert schema.current_revision(empty) is None
    assert not schema.is_current(empty)


def test_upgrading_an_empty_database_makes_every_table(empty: Engine) -> None:
    schema.upgrade(empty)
    assert schema.is_current(empty)
    assert set(inspect(empty).get_table_names()) == {*metadata.tables, "alembic_version"}


def test_upgrading_twice_changes_nothing(empty: Engine) -> None:
    schema.upgrade(empty)
    before = schema_of(empty)
    schema.upgrade(empty)
    assert schema_of(empty) == before


def test_down_to_nothing_leaves_nothing_and_up_again_makes_the_same(empty: Engine) -> None:
    schema.upgrade(empty)
    before = schema_of(empty)
    migrate(empty, "base")
    assert schema_of(empty) == {name: set() for name in CATALOG}
    assert schema.current_revision(empty) is None
    schema.upgrade(empty)
    assert schema_of(empty) == before


def test_revisions_are_numbered_in_order_without_gaps_or_branches() -> None:
    assert [f"{number:04}" for number in range(1, len(REVISIONS) + 1)] == REVISIONS


def test_each_step_down_undoes_exactly_its_step_up(empty: Engine) -> None:
    seen = {}
    for revision in REVISIONS:
        migrate(empty, revision)
        seen[revision] = schema_of(empty)
    for revision in reversed(REVISIONS[:-1]):
        migrate(empty, revision)
        assert schema_of(empty) == seen[revision], f"the step down to {revision}"


@pytest.mark.parametrize("revision", REVISIONS)
def test_every_older_revision_upgrades_to_the_newest_schema_and_keeps_its_rows(empty: Engine, revision: str) -> None:
    migrate(empty, revision)
    with empty.begin() as connection:
        connection.execute(text(PLAYER))
    schema.upgrade(empty)
    assert schema.is_current(empty)
    assert schema_of(empty) == _declared()
    with empty.connect() as connection:
        assert connection.execute(text("SELECT credits FROM players")).scalar_one() == 175_000


PLAYER = """
    INSERT INTO players (agent_symbol, server_url, reset_date, faction, headquarters, system_symbol, credits,
                         start_credits, credits_reserved, status, created_at, version)
    VALUES ('OLD', 'http://old', '2031-01-01', 'COSMIC', 'X1-T1-A1', 'X1-T1', 175000, 175000, 0, 'ACTIVE', now(), 1)
"""


@cache
def _declared() -> dict[str, set[tuple[object, ...]]]:
    """The schema the tables declare, made by SQLAlchemy itself in a database of its own."""
    with servers.empty_database() as url:
        engine = database.connect(url)
        metadata.create_all(engine)
        declared = schema_of(engine)
        engine.dispose()
    return declared


def test_the_migrated_schema_is_the_declared_one_to_the_last_check_and_index(engine: Engine) -> None:
    migrated, declared = schema_of(engine), _declared()
    for part in CATALOG:
        assert migrated[part] == declared[part], f"{part} differ"
    assert len(migrated["indexes"]) > 50, "the comparison saw the indexes"


def test_alembic_finds_nothing_to_generate(engine: Engine) -> None:
    with engine.connect() as connection:
        options = {"compare_type": True, "compare_server_default": True}
        context = MigrationContext.configure(connection, opts=options)
        assert compare_metadata(context, metadata) == []


def test_a_pipeline_keeps_its_row_when_the_forecasts_are_taken_down_and_put_back(engine: Engine) -> None:
    with engine.begin() as connection:
        connection.execute(text(PLAYER))
        connection.execute(
            text(
                """
                INSERT INTO manufacturing_pipelines (id, player_id, system_symbol, product_good, sell_market,
                    factory_symbol, kind, status, planned_quantity, forecast_id, created_at, version)
                SELECT 'p', id, 'X1-T1', 'G', 'B', 'A', 'COLLECTION', 'PLANNING', 1, 'f', now(), 1 FROM players;
                INSERT INTO profit_forecasts (id, player_id, pipeline_id, target_good, quantity, estimated_cost,
                    estimated_revenue, correction, estimated_profit, feeding_value, confidence_level, price_snapshots,
                    valid_until, created_at, kind, version)
                SELECT 'f', id, 'p', 'G', 1, 10, 30, -5, 15, 0, 'HIGH', '[]', now(), now(), 'COLLECTION', 1 FROM players
                """
            )
        )
    migrate(engine, "0006")
    schema.upgrade(engine)
    with engine.connect() as connection:
        assert connection.execute(text("SELECT id, forecast_id FROM manufacturing_pipelines")).one() == ("p", None)


def _alembic(*arguments: str, **environment: str) -> "subprocess.CompletedProcess[str]":
    clean = {name: value for name, value in os.environ.items() if name != "DATABASE_URL"}
    return subprocess.run(
        [sys.executable, "-m", "alembic", *arguments],
        cwd=ROOT,
        env=clean | environment,
        capture_output=True,
        text=True,
        check=False,
    )


def test_the_alembic_command_takes_the_database_from_the_environment_in_any_spelling(empty_database_url: str) -> None:
    spelled = empty_database_url.replace("postgresql+psycopg2://", "postgres://")
    done = _alembic("upgrade", "head", DATABASE_URL=spelled)
    assert done.returncode == 0, done.stderr
    assert _is_current(empty_database_url)


def test_the_alembic_command_takes_the_database_from_its_arguments(empty_database_url: str) -> None:
    done = _alembic("-x", f"url={empty_database_url}", "upgrade", "head")
    assert done.returncode == 0, done.stderr
    assert _is_current(empty_database_url)


def _is_current(url: str) -> bool:
    engine = database.connect(url)
    try:
        return schema.is_current(engine)
    finally:
        engine.dispose()


def test_the_alembic_command_says_what_it_needs_when_no_database_is_named() -> None:
    done = _alembic("upgrade", "head")
    assert done.returncode != 0
    assert "DATABASE_URL" in done.stderr + done.stdout


def test_the_steps_can_be_written_out_as_a_script() -> None:
    done = _alembic("upgrade", "head", "--sql")
    assert done.returncode == 0, done.stderr
    for table in metadata.tables:
        assert f"CREATE TABLE {table} (" in done.stdout


def test_six_processes_that_upgrade_at_once_do_it_one_after_the_other(empty_database_url: str) -> None:
    program = (
        "import sys; from manufacturing.adapters.postgres import database, schema; "
        "schema.upgrade(database.connect(sys.argv[1]))"
    )
    upgrading = [
        subprocess.Popen(
            [sys.executable, "-c", program, empty_database_url],
            cwd=ROOT,
            stderr=subprocess.PIPE,
            text=True,
        )
        for _ in range(6)
    ]
    errors = [process.communicate(timeout=60)[1] for process in upgrading]
    assert [process.returncode for process in upgrading] == [0] * 6, "\n".join(errors)
    assert _is_current(empty_database_url)


def test_a_migration_that_fails_leaves_the_database_as_it_was(empty: Engine) -> None:
    migrate(empty, "0004")
    before = schema_of(empty)
    with empty.begin() as connection:
        connection.execute(text("CREATE TABLE trade_intents (id int)"))  # in the way of 0006
    with pytest.raises(Exception, match="already exists"):
        schema.upgrade(empty)
    with empty.begin() as connection:
        connection.execute(text("DROP TABLE trade_intents"))
    assert schema.current_revision(empty) == "0004"
    assert schema_of(empty) == before


def test_migrations_are_found_from_the_project_when_the_package_lies_elsewhere(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr("manufacturing.__path__", [str(tmp_path / "site-packages" / "manufacturing")])
    monkeypatch.chdir(ROOT)
    assert schema.migrations_folder() == ROOT / "migrations"
    monkeypatch.chdir(tmp_path)
    with pytest.raises(schema.MigrationsMissing, match="project directory"):
        schema.migrations_folder()
