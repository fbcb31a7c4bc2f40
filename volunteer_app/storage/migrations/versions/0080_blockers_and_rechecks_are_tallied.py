"""What stands in the way, relapses and rechecks are tallied too; every tally is counted anew at the next start."""

import sqlalchemy as sa
from alembic import op

revision = "0080"
down_revision = "0050"
branch_labels = None
depends_on = None

NEW = ("relapsed", "rechecks", "second_rechecks", "confirmed_rechecks", "rechecked", "first_rechecked")


def upgrade() -> None:
    op.create_table(
        "blocker_tallies",
        sa.Column("province_code", sa.String(2), nullable=False),
        sa.Column("area", sa.String(5), nullable=False),
        sa.Column(
            "span",
            sa.Enum(
                "all", "day", "week", "month", "quarter", "dates", name="span", native_enum=False, length=8
            ),
            nullable=False,
        ),
        sa.Column("start", sa.Date(), nullable=False),
        sa.Column("place", sa.String(32), nullable=False),
        sa.Column("blocker", sa.String(20), nullable=False),
        sa.Column("stuck", sa.Integer(), nullable=False),
        sa.Column("households", sa.Integer(), nullable=False),
        sa.Column("first_households", sa.Integer(), nullable=False),
        sa.Column("standing", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint(
            "province_code", "area", "span", "start", "place", "blocker", name=op.f("pk_blocker_tallies")
        ),
        sqlite_with_rowid=False,
    )
    for name in NEW:
        op.add_column("tallies", sa.Column(name, sa.Integer(), nullable=False, server_default="0"))
    op.execute("DELETE FROM tallies")
    op.execute("DELETE FROM level_tallies")
