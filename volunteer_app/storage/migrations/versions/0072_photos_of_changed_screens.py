"""photos of changed screens."""

import sqlalchemy as sa
from alembic import op

revision = "0072"
down_revision = "0080"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "screen_photos",
        sa.Column("province_code", sa.String(2), nullable=False),
        sa.Column("report_id", sa.LargeBinary(16).with_variant(sa.Uuid(), "postgresql"), nullable=False),
        sa.Column("jpeg", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("province_code", "report_id", name=op.f("pk_screen_photos")),
    )
