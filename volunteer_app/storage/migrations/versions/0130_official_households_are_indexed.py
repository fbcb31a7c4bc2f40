"""A map of a province adds up the official households of its communes from an index alone."""

from alembic import op

revision = "0130"
down_revision = "0090"
branch_labels = None
depends_on = None

COLUMNS = (
    "province_code",
    "commune_code",
    "household_count_source",
    "household_count_date",
    "household_count",
    "valid_from",
    "valid_to",
)


def upgrade() -> None:
    op.create_index("ix_hamlets_official", "hamlets", COLUMNS)
