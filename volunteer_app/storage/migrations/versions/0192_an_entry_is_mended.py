"""An entry stands in the place of one that was set aside; what is set aside says which field it is about."""

import sqlalchemy as sa
from alembic import op

revision = "0192"
down_revision = "0191"
branch_labels = None
depends_on = None


ID = sa.LargeBinary(16).with_variant(sa.Uuid(), "postgresql")


def upgrade() -> None:
    op.add_column("operations", sa.Column("mends", ID, nullable=True))
    op.add_column("operations", sa.Column("field", sa.String(40), nullable=True))
    mends = sa.text("mends IS NOT NULL")
    op.create_index(
        "ix_operations_mends",
        "operations",
        ["province_code", "mends"],
        sqlite_where=mends,
        postgresql_where=mends,
    )
