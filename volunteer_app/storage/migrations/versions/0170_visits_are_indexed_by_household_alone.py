"""A household's visits are few: its index need not repeat each one's moment."""

from alembic import op

revision = "0170"
down_revision = "0150"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.drop_index("ix_visits_household", "visits")
    op.create_index("ix_visits_household", "visits", ["province_code", "household_id"])
