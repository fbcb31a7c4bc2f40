"""Whose word an operation's time is; work that arrived when its lease was over is found without reading all."""

import sqlalchemy as sa
from alembic import op

revision = "0090"
down_revision = "0120"
branch_labels = None
depends_on = None

MARKED = sa.text("outcome = 'accepted' AND reason = 'assignment.over_on_arrival'")


def upgrade() -> None:
    op.add_column(
        "operations",
        sa.Column(
            "time_quality",
            sa.Enum("device", "corrected", name="timequality", native_enum=False, length=12),
            nullable=False,
            server_default="device",
        ),
    )
    op.create_index(
        "ix_operations_marked",
        "operations",
        ["province_code", "received_at"],
        sqlite_where=MARKED,
        postgresql_where=MARKED,
    )
