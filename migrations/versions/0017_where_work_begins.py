"""Where work of pipelines usually begins is asked for whenever a ship is idle."""

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index(
        "idx_manufacturing_tasks_begun",
        "manufacturing_tasks",
        ["player_id", "ready_at"],
        postgresql_where=sa.text("factory_symbol IS NOT NULL"),
    )


def downgrade() -> None:
    op.drop_index("idx_manufacturing_tasks_begun", "manufacturing_tasks")
