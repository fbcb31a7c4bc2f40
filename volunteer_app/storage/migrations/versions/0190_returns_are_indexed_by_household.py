"""Returns are found by their household: erasing one looked through all returns of the installation."""

from alembic import op

revision = "0190"
down_revision = "0189"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index("ix_follow_ups_household", "follow_ups", ["province_code", "household_id"])
