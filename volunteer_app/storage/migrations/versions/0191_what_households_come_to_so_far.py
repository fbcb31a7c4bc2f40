"""A delivery costs the same however long a household has been known: a small row of what its past comes to, and its
days and skills found by index."""

import sqlalchemy as sa
from alembic import op

revision = "0191"
down_revision = "0190"
branch_labels = None
depends_on = None

ID = sa.LargeBinary(16).with_variant(sa.Uuid(), "postgresql")
KEY = ["province_code", "household_id"]


def upgrade() -> None:
    op.create_table(
        "so_far",
        sa.Column("province_code", sa.String(2), nullable=False),
        sa.Column("household_id", ID, nullable=False),
        sa.Column("said", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint(*KEY, name="pk_so_far"),
        sa.ForeignKeyConstraint(
            KEY,
            ["households.province_code", "households.id"],
            name="fk_so_far_province_code_household_id",
            deferrable=True,
            initially="IMMEDIATE",
        ),
    )
    for table, more in (("visits", ["visited_on"]), ("observations", ["member_id", "service"])):
        op.drop_index(f"ix_{table}_household", table)
        op.create_index(f"ix_{table}_household", table, [*KEY, *more])
