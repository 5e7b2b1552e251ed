"""Work: pipelines, their tasks, and the factories that work for them."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    ForeignKey,
    Index,
    Integer,
    Sequence,
    Table,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB

from manufacturing.adapters.postgres.tables.columns import (
    Ident,
    Moment,
    Symbol,
    SystemSymbol,
    choice,
    in_list,
    metadata,
    not_negative,
    one_of,
    player_id,
    reference,
    version,
)
from manufacturing.domain.factory_reservation import ReservationStatus
from manufacturing.domain.manufacturing_pipeline import PipelineKind, PipelineStatus
from manufacturing.domain.manufacturing_task import StepState, TaskStatus, TaskType
from manufacturing.domain.prices import Activity, Supply

_ACTIVE_PIPELINE = in_list("status", [status for status in PipelineStatus if not status.is_final])
_OPEN_TASK = in_list("status", [status for status in TaskStatus if not status.is_final])
_TASK_WITH_SHIP = in_list("status", [TaskStatus.ASSIGNED, TaskStatus.EXECUTING])
_WITHOUT_PIPELINE = in_list("type", [TaskType.LIQUIDATE, TaskType.OBSERVE, TaskType.POSITION])
_WITHOUT_CARGO = in_list("type", [type_ for type_ in TaskType if not type_.moves_cargo])

manufacturing_pipelines = Table(
    "manufacturing_pipelines",
    metadata,
    Column("id", Ident, primary_key=True),
    player_id(),
    Column("system_symbol", SystemSymbol, nullable=False),
    Column("product_good", Symbol, nullable=False),
    Column("sell_market", Symbol, nullable=False),
    Column("factory_symbol", Symbol, nullable=False),
    Column("kind", choice(PipelineKind), nullable=False),
    Column("status", choice(PipelineStatus), nullable=False),
    Column("planned_quantity", Integer, nullable=False),
    Column(
        "forecast_id",
        Ident,
        # A forecast refers back to its pipeline: this key is the one that is added last.
        ForeignKey(
            "profit_forecasts.id",
            name="manufacturing_pipelines_forecast_id_fkey",
            ondelete="SET NULL",
            deferrable=True,
            initially="DEFERRED",
            use_alter=True,
        ),
    ),
    Column("estimated_profit", BigInteger),
    Column("created_at", Moment, nullable=False),
    Column("started_at", Moment),
    Column("ended_at", Moment),
    Column("progress_at", Moment),
    Column("reason", Text),
    version(),
    one_of("manufacturing_pipelines", "kind", PipelineKind),
    one_of("manufacturing_pipelines", "status", PipelineStatus),
    not_negative("manufacturing_pipelines", "planned_quantity"),
    CheckConstraint(
        f"({_ACTIVE_PIPELINE}) = (ended_at IS NULL)",
        name="ck_manufacturing_pipelines_ended",
    ),
    Index(
        "unique_active_pipeline_good",
        "player_id",
        "product_good",
        unique=True,
        # Several ships may carry one good at a time; one pipeline makes it.
        postgresql_where=text(f"{_ACTIVE_PIPELINE} AND kind <> 'HAUL'"),
    ),
    Index(
        "idx_manufacturing_pipelines_active",
        "player_id",
        "created_at",
        postgresql_where=text(_ACTIVE_PIPELINE),
    ),
    Index("idx_manufacturing_pipelines_recent", "player_id", "created_at"),
)

manufacturing_tasks = Table(
    "manufacturing_tasks",
    metadata,
    Column("id", Ident, primary_key=True),
    player_id(),
    reference("pipeline_id", "manufacturing_pipelines.id", on_delete="CASCADE", required=False),
    Column("sequence", Integer, nullable=False),
    Column("type", choice(TaskType), nullable=False),
    Column("status", choice(TaskStatus), nullable=False),
    Column("good", Symbol),
    Column("waypoint", Symbol, nullable=False),
    Column("quantity", Integer, nullable=False),
    Column("factory_symbol", Symbol),
    Column("output_good", Symbol),
    Column("ship_symbol", Symbol),
    Column("bound_ship", Symbol),
    Column("giver_ship", Symbol),
    Column("source_bonus", Integer, nullable=False),
    Column("price_limit", Integer),
    Column("quoted_price", Integer),
    Column("units_moved", Integer, nullable=False),
    Column("trades", Integer, nullable=False),
    Column("retry_count", Integer, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("created_at", Moment, nullable=False),
    Column("ready_at", Moment),
    Column("assigned_at", Moment),
    Column("started_at", Moment),
    Column("ended_at", Moment),
    Column("parked_until", Moment),
    Column("pool_reservation_id", Ident),
    Column("reason", Text),
    Column("step_state", choice(StepState), nullable=False),
    Column("due_at", Moment),
    Column("lease_until", Moment),
    version(),
    one_of("manufacturing_tasks", "type", TaskType),
    one_of("manufacturing_tasks", "status", TaskStatus),
    one_of("manufacturing_tasks", "step_state", StepState),
    not_negative("manufacturing_tasks", "quantity", "units_moved", "trades", "retry_count", "attempts"),
    CheckConstraint(f"pipeline_id IS NOT NULL OR {_WITHOUT_PIPELINE}", name="ck_manufacturing_tasks_pipeline"),
    CheckConstraint(f"good IS NOT NULL OR {_WITHOUT_CARGO}", name="ck_manufacturing_tasks_good"),
    CheckConstraint(f"ship_symbol IS NOT NULL OR NOT ({_TASK_WITH_SHIP})", name="ck_manufacturing_tasks_has_ship"),
    CheckConstraint(
        f"units_moved > 0 OR status <> 'COMPLETED' OR {_WITHOUT_CARGO}",
        name="ck_manufacturing_tasks_completed_moved_units",
    ),
    CheckConstraint("bound_ship IS NOT NULL OR type <> 'LIQUIDATE'", name="ck_manufacturing_tasks_liquidate_is_bound"),
    # A step that waits without a moment, or is queued without a lease, would never be swept up again.
    CheckConstraint("due_at IS NOT NULL OR step_state <> 'WAITING'", name="ck_manufacturing_tasks_waiting_is_due"),
    CheckConstraint(
        "lease_until IS NOT NULL OR step_state <> 'QUEUED'", name="ck_manufacturing_tasks_queued_has_lease"
    ),
    Index("idx_manufacturing_tasks_due", "due_at", postgresql_where=text("step_state = 'WAITING'")),
    Index("idx_manufacturing_tasks_lease", "lease_until", postgresql_where=text("step_state = 'QUEUED'")),
    Index("idx_manufacturing_tasks_open", "player_id", "status", "created_at", postgresql_where=text(_OPEN_TASK)),
    Index("idx_manufacturing_tasks_pipeline", "pipeline_id", "sequence"),
    Index(
        "idx_manufacturing_tasks_begun", "player_id", "ready_at", postgresql_where=text("factory_symbol IS NOT NULL")
    ),
    Index(
        "unique_task_of_ship",
        "player_id",
        "ship_symbol",
        unique=True,
        postgresql_where=text(_TASK_WITH_SHIP),
    ),
    Index(
        "unique_open_liquidation",
        "player_id",
        "bound_ship",
        "good",
        unique=True,
        postgresql_where=text(f"type = 'LIQUIDATE' AND {_OPEN_TASK}"),
    ),
)

manufacturing_task_dependencies = Table(
    "manufacturing_task_dependencies",
    metadata,
    reference("task_id", "manufacturing_tasks.id", on_delete="CASCADE", primary_key=True),
    reference("depends_on", "manufacturing_tasks.id", on_delete="CASCADE", primary_key=True),
    player_id(),
    Column("same_ship", Boolean, nullable=False),
    CheckConstraint("task_id <> depends_on", name="ck_manufacturing_task_dependencies_not_itself"),
    Index("idx_manufacturing_task_dependencies_depends_on", "depends_on"),
)

manufacturing_factory_states = Table(
    "manufacturing_factory_states",
    metadata,
    Column("id", Ident, primary_key=True),
    player_id(),
    reference("pipeline_id", "manufacturing_pipelines.id", on_delete="CASCADE"),
    Column("factory_symbol", Symbol, nullable=False),
    Column("output_good", Symbol, nullable=False),
    Column("required_inputs", JSONB, nullable=False),
    Column("inputs_delivered", JSONB, nullable=False),
    Column("inputs_delivered_at", JSONB, nullable=False),
    Column("all_inputs_at", Moment),
    Column("supply", choice(Supply)),
    Column("activity", choice(Activity)),
    Column("observed_at", Moment),
    Column("ready_at", Moment),
    Column("is_watched", Boolean, nullable=False),
    Column("next_poll_at", Moment),
    Column("polls", Integer, nullable=False),
    Column("step_state", choice(StepState), nullable=False),
    Column("lease_until", Moment),
    Column("created_at", Moment, nullable=False),
    version(),
    UniqueConstraint("pipeline_id", "factory_symbol", "output_good", name="unique_factory_state"),
    one_of("manufacturing_factory_states", "supply", Supply),
    one_of("manufacturing_factory_states", "activity", Activity),
    one_of("manufacturing_factory_states", "step_state", StepState),
    not_negative("manufacturing_factory_states", "polls"),
    CheckConstraint(
        "lease_until IS NOT NULL OR step_state <> 'QUEUED'",
        name="ck_manufacturing_factory_states_queued_has_lease",
    ),
    Index(
        "idx_manufacturing_factory_states_due",
        "next_poll_at",
        postgresql_where=text("is_watched AND step_state = 'WAITING'"),
    ),
    Index(
        "idx_manufacturing_factory_states_lease",
        "lease_until",
        postgresql_where=text("is_watched AND step_state = 'QUEUED'"),
    ),
    Index(
        "idx_manufacturing_factory_states_watched",
        "player_id",
        "factory_symbol",
        postgresql_where=text("is_watched"),
    ),
)

#: Every reservation takes the next one: of two for the same factory, the later has the higher.
fencing_tokens = Sequence("factory_fencing_tokens", metadata=metadata)

factory_reservations = Table(
    "factory_reservations",
    metadata,
    Column("id", Ident, primary_key=True),
    Column("factory_symbol", Symbol, nullable=False),
    Column("output_good", Symbol, nullable=False),
    reference("pipeline_id", "manufacturing_pipelines.id", on_delete="CASCADE"),
    player_id(),
    Column("status", choice(ReservationStatus), nullable=False),
    Column("fencing_token", BigInteger, nullable=False),
    Column("reserved_at", Moment, nullable=False),
    Column("expires_at", Moment, nullable=False),
    Column("collect_until", Moment),
    Column("collected_at", Moment),
    Column("ended_at", Moment),
    Column("delivery_slots", JSONB, nullable=False),
    version(),
    UniqueConstraint("fencing_token", name="unique_fencing_token"),
    one_of("factory_reservations", "status", ReservationStatus),
    CheckConstraint("fencing_token > 0", name="ck_factory_reservations_fencing_token"),
    CheckConstraint("(status = 'ACTIVE') = (ended_at IS NULL)", name="ck_factory_reservations_ended"),
    Index(
        "unique_active_factory_reservation",
        "player_id",
        "factory_symbol",
        "output_good",
        unique=True,
        postgresql_where=text("status = 'ACTIVE'"),
    ),
    Index("idx_factory_reservations_pipeline", "pipeline_id"),
    Index("idx_factory_reservations_factory", "player_id", "factory_symbol", "output_good", "reserved_at"),
    Index("idx_factory_reservations_expiry", "expires_at", postgresql_where=text("status = 'ACTIVE'")),
)
