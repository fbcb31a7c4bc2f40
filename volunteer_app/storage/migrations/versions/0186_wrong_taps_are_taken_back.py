"""A wrong tap that was taken back: who did it, when, and what had been said first."""

import sqlalchemy as sa
from alembic import op

revision = "0186"
down_revision = "0185"
branch_labels = None
depends_on = None

ID = sa.LargeBinary(16).with_variant(sa.Uuid(), "postgresql")


def upgrade() -> None:
    op.create_table(
        "taken_back",
        sa.Column("province_code", sa.String(2), nullable=False),
        sa.Column("id", ID, nullable=False),
        sa.Column("commune_code", sa.String(5), nullable=False),
        sa.Column("hamlet_id", ID, nullable=False),
        sa.Column("household_id", ID, nullable=False),
        sa.Column("record_id", ID, nullable=False),
        sa.Column("said", sa.JSON(), nullable=False),
        sa.Column("person_id", ID, nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("province_code", "id", name="pk_taken_back"),
    )
    op.create_index("ix_taken_back_household", "taken_back", ["province_code", "household_id"])
    op.create_index("ix_taken_back_record", "taken_back", ["province_code", "record_id"])
