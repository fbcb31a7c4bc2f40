"""A phone says whether its person keeps it behind a lock."""

import sqlalchemy as sa
from alembic import op

revision = "0187"
down_revision = "0186"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("devices", sa.Column("lock", sa.String(10), nullable=True))
