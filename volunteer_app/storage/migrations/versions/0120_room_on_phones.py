"""how much room phones say they have."""

import sqlalchemy as sa
from alembic import op

revision = "0120"
down_revision = "0085"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("devices", schema=None) as batch_op:
        batch_op.add_column(sa.Column("free_mb", sa.Integer(), nullable=True))
