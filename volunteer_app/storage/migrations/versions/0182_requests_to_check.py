"""Requests that came in a flood are kept, in a pile to be checked."""

import sqlalchemy as sa
from alembic import op

revision = "0182"
down_revision = "0181"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "visit_requests", sa.Column("to_check", sa.Boolean(), nullable=False, server_default=sa.false())
    )
