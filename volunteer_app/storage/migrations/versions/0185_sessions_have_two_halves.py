"""A session has two halves: the token that scripts cannot read, and one that the phone puts away when it is locked.

Sessions begun before have one, and end by themselves within thirty days.
"""

import sqlalchemy as sa
from alembic import op

revision = "0185"
down_revision = "0184"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("sign_ins", sa.Column("half_hash", sa.String(64), nullable=False, server_default=""))
