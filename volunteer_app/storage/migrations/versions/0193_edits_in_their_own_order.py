"""A change says what its phone knew before, and what it said too late: edits of one phone stand in its own order."""

import sqlalchemy as sa
from alembic import op

revision = "0193"
down_revision = "0192"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for name in ("outdated", "knew"):
        op.add_column("changes", sa.Column(name, sa.JSON(), nullable=True))
    # what waited for a household that was erased waited for ever
    op.execute(
        "UPDATE operations SET outcome = 'discarded', reason = 'operation.erased'"
        " WHERE reason = 'household.erased' AND body IS NULL"
    )
