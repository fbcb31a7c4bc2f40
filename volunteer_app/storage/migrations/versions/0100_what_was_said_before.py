"""what a text said when it was recorded or translated."""

import sqlalchemy as sa
from alembic import op

revision = "0100"
down_revision = "0130"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("recordings", schema=None) as batch_op:
        batch_op.add_column(sa.Column("said", sa.String(length=2000), nullable=False, server_default=""))
    with op.batch_alter_table("translations", schema=None) as batch_op:
        batch_op.add_column(sa.Column("source", sa.String(length=2000), nullable=False, server_default=""))
