"""Errors that nobody foresaw are told where decisions are."""

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None

_BEFORE = ("ASSIGN", "SKIP", "PLAN", "PARK", "POLL", "REFUSE", "END", "RECOVER")


def upgrade() -> None:
    _replace_check((*_BEFORE, "ERROR"))


def downgrade() -> None:
    op.execute("DELETE FROM decisions WHERE kind = 'ERROR'")
    _replace_check(_BEFORE)


def _replace_check(kinds: tuple[str, ...]) -> None:
    op.drop_constraint("ck_decisions_kind", "decisions")
    op.create_check_constraint("ck_decisions_kind", "decisions", sa.column("kind").in_(kinds))
