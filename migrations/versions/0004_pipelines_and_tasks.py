"""Pipelines, their tasks with the due queue, and what each task waits for."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

ACTIVE_PIPELINE = "status IN ('PLANNING', 'EXECUTING')"
OPEN_TASK = "status IN ('PENDING', 'READY', 'ASSIGNED', 'EXECUTING')"
TASK_WITH_SHIP = "status IN ('ASSIGNED', 'EXECUTING')"


def upgrade() -> None:
    op.create_table(
        "manufacturing_pipelines",
        sa.Column("id", sa.String(36), primary_key=True),
        sa.Column("player_id", sa.Integer, sa.ForeignKey("players.id"), nullable=False),
        sa.Column("system_symbol", sa.String(20), nullable=False),
        sa.Column("product_good", sa.String(50), nullable=False),
        sa.Column("sell_market", sa.String(50), nullable=False),
        sa.Column("factory_symbol", sa.String(50), nullable=False),
        sa.Column("kind", sa.String(20), nullable=False),
        sa.Column("status", sa.String(20), nullable=False),
        sa.Column("planned_quantity", sa.Integer, nullable=False),
        sa.Column("forecast_id", sa.String(36)),  # its foreign key comes with the forecasts
        sa.Column("estimated_profit", sa.BigInteger),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True)),
        sa.Column("ended_at", sa.DateTime(timezone=True)),
        sa.Column("progress_at", sa.DateTime(timezone=True)),
        sa.Column("reason", sa.Text),
        sa.Column("version", sa.Integer, nullable=False),
        sa.CheckConstraint("kind IN ('FABRICATION', 'COLLECTION')", name="ck_manufacturing_pipelines_kind"),
        sa.CheckConstraint(
            "status IN ('PLANNING', 'EXECUTING', 'COMPLETED', 'FAILED', 'CANCELLED')",
            name="ck_manufacturing_pipelines_status",
        ),
        sa.CheckConstraint("planned_quantity >= 0", name="ck_manufacturing_pipelines_not_negative"),
        sa.CheckConstraint(f"({ACTIVE_PIPELINE}) = (ended_at IS NULL)", name="ck_manufacturing_pipelines_ended"),
    )
    op.create_index(
        "unique_active_pipeline_good",
        "manufacturing_pipelines",
        ["player_id", "product_good"],
        unique=True,
        postgresql_where=sa.text(ACTIVE_PIPELINE),
    )
    op.create_index("idx_manufacturing_pipelines_recent", "manufacturing_pipelines", ["player_id", "created_at"])
    create_tasks()
    create_dependencies()


def create_tasks() -> None:
    op.create_table(
        "manufacturing_tasks",
        sa.Column("id", sa.String(36), primary_key=True),
        sa.Column("player_id", sa.Integer, sa.ForeignKey("players.id"), nullable=False),
        sa.Column(
            "pipeline_id",
            sa.String(36),
            sa.ForeignKey("manufacturing_pipelines.id", ondelete="CASCADE", deferrable=True, initially="DEFERRED"),
        ),
        sa.Column("sequence", sa.Integer, nullable=False),
        sa.Column("type", sa.String(20), nullable=False),
        sa.Column("status", sa.String(20), nullable=False),
        sa.Column("good", sa.String(50)),
        sa.Column("waypoint", sa.String(50), nullable=False),
        sa.Column("quantity", sa.Integer, nullable=False),
        sa.Column("factory_symbol", sa.String(50)),
        sa.Column("output_good", sa.String(50)),
        sa.Column("ship_symbol", sa.String(50)),
        sa.Column("bound_ship", sa.String(50)),
        sa.Column("source_bonus", sa.Integer, nullable=False),
        sa.Column("price_limit", sa.Integer),
        sa.Column("quoted_price", sa.Integer),
        sa.Column("units_moved", sa.Integer, nullable=False),
        sa.Column("trades", sa.Integer, nullable=False),
        sa.Column("retry_count", sa.Integer, nullable=False),
        sa.Column("attempts", sa.Integer, nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ready_at", sa.DateTime(timezone=True)),
        sa.Column("assigned_at", sa.DateTime(timezone=True)),
        sa.Column("started_at", sa.DateTime(timezone=True)),
        sa.Column("ended_at", sa.DateTime(timezone=True)),
        sa.Column("parked_until", sa.DateTime(timezone=True)),
        sa.Column("pool_reservation_id", sa.String(36)),
        sa.Column("reason", sa.Text),
        sa.Column("step_state", sa.String(20), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True)),
        sa.Column("lease_until", sa.DateTime(timezone=True)),
        sa.Column("version", sa.Integer, nullable=False),
        sa.CheckConstraint(
            "type IN ('ACQUIRE', 'DELIVER', 'COLLECT', 'SELL', 'LIQUIDATE', 'OBSERVE')",
            name="ck_manufacturing_tasks_type",
        ),
        sa.CheckConstraint(
            "status IN ('PENDING', 'READY', 'ASSIGNED', 'EXECUTING', 'COMPLETED', 'FAILED', 'CANCELLED')",
            name="ck_manufacturing_tasks_status",
        ),
        sa.CheckConstraint("step_state IN ('IDLE', 'WAITING', 'QUEUED')", name="ck_manufacturing_tasks_step_state"),
        sa.CheckConstraint(
            "quantity >= 0 AND units_moved >= 0 AND trades >= 0 AND retry_count >= 0 AND attempts >= 0",
            name="ck_manufacturing_tasks_not_negative",
        ),
        sa.CheckConstraint(
            "pipeline_id IS NOT NULL OR type IN ('LIQUIDATE', 'OBSERVE')", name="ck_manufacturing_tasks_pipeline"
        ),
        sa.CheckConstraint("good IS NOT NULL OR type = 'OBSERVE'", name="ck_manufacturing_tasks_good"),
        sa.CheckConstraint(
            f"ship_symbol IS NOT NULL OR NOT ({TASK_WITH_SHIP})", name="ck_manufacturing_tasks_has_ship"
        ),
        sa.CheckConstraint(
            "units_moved > 0 OR status <> 'COMPLETED' OR type = 'OBSERVE'",
            name="ck_manufacturing_tasks_completed_moved_units",
        ),
        sa.CheckConstraint(
            "bound_ship IS NOT NULL OR type <> 'LIQUIDATE'", name="ck_manufacturing_tasks_liquidate_is_bound"
        ),
        sa.CheckConstraint(
            "due_at IS NOT NULL OR step_state <> 'WAITING'", name="ck_manufacturing_tasks_waiting_is_due"
        ),
        sa.CheckConstraint(
            "lease_until IS NOT NULL OR step_state <> 'QUEUED'", name="ck_manufacturing_tasks_queued_has_lease"
        ),
    )
    op.create_index(
        "idx_manufacturing_tasks_due",
        "manufacturing_tasks",
        ["due_at"],
        postgresql_where=sa.text("step_state = 'WAITING'"),
    )
    op.create_index(
        "idx_manufacturing_tasks_lease",
        "manufacturing_tasks",
        ["lease_until"],
        postgresql_where=sa.text("step_state = 'QUEUED'"),
    )
    op.create_index(
        "idx_manufacturing_tasks_open",
        "manufacturing_tasks",
        ["player_id", "status", "created_at"],
        postgresql_where=sa.text(OPEN_TASK),
    )
    op.create_index("idx_manufacturing_tasks_pipeline", "manufacturing_tasks", ["pipeline_id", "sequence"])
    op.create_index(
        "unique_task_of_ship",
        "manufacturing_tasks",
        ["player_id", "ship_symbol"],
        unique=True,
        postgresql_where=sa.text(TASK_WITH_SHIP),
    )
    op.create_index(
        "unique_open_liquidation",
        "manufacturing_tasks",
        ["player_id", "bound_ship", "good"],
        unique=True,
        postgresql_where=sa.text(f"type = 'LIQUIDATE' AND {OPEN_TASK}"),
    )


def create_dependencies() -> None:
    task = {"ondelete": "CASCADE", "deferrable": True, "initially": "DEFERRED"}
    op.create_table(
        "manufacturing_task_dependencies",
        sa.Column("task_id", sa.String(36), sa.ForeignKey("manufacturing_tasks.id", **task), primary_key=True),
        sa.Column("depends_on", sa.String(36), sa.ForeignKey("manufacturing_tasks.id", **task), primary_key=True),
        sa.Column("player_id", sa.Integer, sa.ForeignKey("players.id"), nullable=False),
        sa.Column("same_ship", sa.Boolean, nullable=False),
        sa.CheckConstraint("task_id <> depends_on", name="ck_manufacturing_task_dependencies_not_itself"),
    )
    op.create_index("idx_manufacturing_task_dependencies_depends_on", "manufacturing_task_dependencies", ["depends_on"])


def downgrade() -> None:
    op.drop_table("manufacturing_task_dependencies")
    op.drop_table("manufacturing_tasks")
    op.drop_table("manufacturing_pipelines")
