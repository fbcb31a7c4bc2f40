"""What lasts of the skills learned in a month, by place; counted every night."""

import sqlalchemy as sa
from alembic import op

revision = "0195"
down_revision = "0194"
branch_labels = None
depends_on = None

PARTS = ("due", "still", "same", "fell", "unneeded")
KEY = ("province_code", "area", "month", "service", "place")


def upgrade() -> None:
    names = ["learned", *(f"{part}_{days}" for days in (30, 90, 180) for part in PARTS)]
    op.create_table(
        "cohorts",
        sa.Column("province_code", sa.String(2), nullable=False),
        sa.Column("area", sa.String(5), nullable=False),
        sa.Column("month", sa.Date(), nullable=False),
        sa.Column("service", sa.String(40), nullable=False),
        sa.Column("place", sa.String(32), nullable=False),
        sa.Column("as_of", sa.Date(), nullable=False),
        *(sa.Column(name, sa.Integer(), nullable=False) for name in names),
        sa.PrimaryKeyConstraint(*KEY, name="pk_cohorts"),
        sqlite_with_rowid=False,
    )
