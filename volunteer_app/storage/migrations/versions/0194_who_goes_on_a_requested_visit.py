"""A citizen's request names whom the leader sends, and on which day."""

import sqlalchemy as sa
from alembic import op

revision = "0194"
down_revision = "0193"
branch_labels = None
depends_on = None


def upgrade() -> None:
    number = sa.LargeBinary(16).with_variant(sa.Uuid(), "postgresql")
    op.add_column("visit_requests", sa.Column("person_id", number, nullable=True))
    op.add_column("visit_requests", sa.Column("visit_on", sa.Date(), nullable=True))
