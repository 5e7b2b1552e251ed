"""Idle ships that wait where work is expected: their moves, and what came of them."""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

_BEFORE = ("ACQUIRE", "DELIVER", "COLLECT", "SELL", "LIQUIDATE", "OBSERVE")


def upgrade() -> None:
    _replace_checks((*_BEFORE, "POSITION"), ("LIQUIDATE", "OBSERVE", "POSITION"), ("OBSERVE", "POSITION"))
    op.create_table(
        "pre_positionings",
        sa.Column("id", sa.String(36), primary_key=True),
        sa.Column("player_id", sa.Integer, sa.ForeignKey("players.id"), nullable=False),
        sa.Column("ship_symbol", sa.String(50), nullable=False),
        sa.Column("waypoint", sa.String(50), nullable=False),
        sa.Column(
            "predicted_task_id",
            sa.String(36),
            sa.ForeignKey("manufacturing_tasks.id", ondelete="CASCADE", deferrable=True, initially="DEFERRED"),
            nullable=False,
        ),
        sa.Column("predicted_type", sa.String(20), nullable=False),
        sa.Column("probability", sa.Double, nullable=False),
        sa.Column("expected_saving", sa.BigInteger, nullable=False),
        sa.Column("fuel_cost", sa.BigInteger, nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("status", sa.String(20), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True)),
        sa.Column("version", sa.Integer, nullable=False),
        sa.CheckConstraint("status IN ('OPEN', 'HIT', 'MISS')", name="ck_pre_positionings_status"),
        sa.CheckConstraint(
            "predicted_type IN ('ACQUIRE', 'DELIVER', 'COLLECT', 'SELL', 'LIQUIDATE', 'OBSERVE', 'POSITION')",
            name="ck_pre_positionings_predicted_type",
        ),
        sa.CheckConstraint("expected_saving >= 0 AND fuel_cost >= 0", name="ck_pre_positionings_not_negative"),
        sa.CheckConstraint("(status = 'OPEN') = (ended_at IS NULL)", name="ck_pre_positionings_ended"),
    )
    op.create_index(
        "unique_open_pre_positioning_of_ship",
        "pre_positionings",
        ["player_id", "ship_symbol"],
        unique=True,
        postgresql_where=sa.text("status = 'OPEN'"),
    )
    op.create_index(
        "unique_open_pre_positioning_of_task",
        "pre_positionings",
        ["predicted_task_id"],
        unique=True,
        postgresql_where=sa.text("status = 'OPEN'"),
    )
    op.create_index("idx_pre_positionings_ended", "pre_positionings", ["player_id", "ended_at"])


def downgrade() -> None:
    op.drop_table("pre_positionings")
    op.execute(
        "UPDATE ships SET container_id = NULL WHERE container_id IN "
        "(SELECT id FROM manufacturing_tasks WHERE type = 'POSITION')"
    )
    op.execute("DELETE FROM manufacturing_tasks WHERE type = 'POSITION'")
    _replace_checks(_BEFORE, ("LIQUIDATE", "OBSERVE"), ("OBSERVE",))


def _replace_checks(types: tuple[str, ...], without_pipeline: tuple[str, ...], without_cargo: tuple[str, ...]) -> None:
    table = "manufacturing_tasks"
    checks = {
        "ck_manufacturing_tasks_type": _one_of(types),
        "ck_manufacturing_tasks_pipeline": f"pipeline_id IS NOT NULL OR {_one_of(without_pipeline)}",
        "ck_manufacturing_tasks_good": f"good IS NOT NULL OR {_one_of(without_cargo)}",
        "ck_manufacturing_tasks_completed_moved_units": (
            f"units_moved > 0 OR status <> 'COMPLETED' OR {_one_of(without_cargo)}"
        ),
    }
    for name, condition in checks.items():
        op.drop_constraint(name, table)
        op.create_check_constraint(name, table, condition)


def _one_of(types: tuple[str, ...]) -> str:
    return f"type IN ({', '.join(repr(type_) for type_ in types)})"
