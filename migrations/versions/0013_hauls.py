"""Hauls: pipelines of one trip, of which several may carry one good at a time."""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

_ACTIVE = "status IN ('PLANNING', 'EXECUTING')"


def upgrade() -> None:
    op.create_index(
        "idx_manufacturing_pipelines_active",
        "manufacturing_pipelines",
        ["player_id", "created_at"],
        postgresql_where=sa.text(_ACTIVE),
    )
    _replace("kind IN ('FABRICATION', 'COLLECTION', 'HAUL')", f"{_ACTIVE} AND kind <> 'HAUL'")


def downgrade() -> None:
    op.drop_index("idx_manufacturing_pipelines_active", "manufacturing_pipelines")
    op.execute(
        "UPDATE manufacturing_pipelines SET status = 'CANCELLED', ended_at = created_at, reason = 'hauls are no more' "
        f"WHERE kind = 'HAUL' AND {_ACTIVE}"
    )
    op.execute("UPDATE manufacturing_pipelines SET kind = 'COLLECTION' WHERE kind = 'HAUL'")
    _replace("kind IN ('FABRICATION', 'COLLECTION')", _ACTIVE)


def _replace(kinds: str, unique_where: str) -> None:
    op.drop_constraint("ck_manufacturing_pipelines_kind", "manufacturing_pipelines")
    op.create_check_constraint("ck_manufacturing_pipelines_kind", "manufacturing_pipelines", kinds)
    op.drop_index("unique_active_pipeline_good", "manufacturing_pipelines")
    op.create_index(
        "unique_active_pipeline_good",
        "manufacturing_pipelines",
        ["player_id", "product_good"],
        unique=True,
        postgresql_where=sa.text(unique_where),
    )
