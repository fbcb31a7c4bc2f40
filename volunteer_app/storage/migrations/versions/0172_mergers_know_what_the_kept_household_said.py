"""Mergers remember what the kept household said of itself, so that undoing gives each family its own answer back."""

import sqlalchemy as sa
from alembic import op

revision = "0172"
down_revision = "0160"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("mergers", sa.Column("kept", sa.JSON(), nullable=True))
