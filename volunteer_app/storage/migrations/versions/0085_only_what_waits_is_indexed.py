"""Only operations that wait are in the index of what is waited for."""

import sqlalchemy as sa
from alembic import op

revision = "0085"
down_revision = "0074"
branch_labels = None
depends_on = None

WAITING = sa.text("waits_for IS NOT NULL")


def upgrade() -> None:
    op.drop_index("ix_operations_waits_for", "operations")
    op.create_index(
        "ix_operations_waiting",
        "operations",
        ["province_code", "waits_for"],
        sqlite_where=WAITING,
        postgresql_where=WAITING,
    )
