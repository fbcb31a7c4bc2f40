"""Words that are published stay so while others wait for a second person."""

import sqlalchemy as sa
from alembic import op

revision = "0196"
down_revision = "0195"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("translations", sa.Column("published", sa.JSON(), nullable=True))
