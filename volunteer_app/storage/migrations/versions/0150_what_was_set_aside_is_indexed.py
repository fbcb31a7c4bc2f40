"""What was not taken is found without a look at everything that was ever delivered."""

import sqlalchemy as sa
from alembic import op

revision = "0150"
down_revision = "0140"
branch_labels = None
depends_on = None

ASIDE = sa.text("outcome <> 'accepted'")


def upgrade() -> None:
    op.create_index(
        "ix_operations_aside",
        "operations",
        ["province_code", "received_at"],
        sqlite_where=ASIDE,
        postgresql_where=ASIDE,
    )
