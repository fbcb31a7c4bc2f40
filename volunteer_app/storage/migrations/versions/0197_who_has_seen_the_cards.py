"""Who has gone through the training cards before the first house, on which phone."""

import sqlalchemy as sa
from alembic import op

revision = "0197"
down_revision = "0196"
branch_labels = None
depends_on = None
older_programs_go_on = True


def upgrade() -> None:
    op.add_column("device_people", sa.Column("cards", sa.Integer(), nullable=True))
