"""What was counted in each place, by calendar spans; walk-throughs by place and day."""

import sqlalchemy as sa
from alembic import op

revision = "0050"
down_revision = "0076"
branch_labels = None
depends_on = None


SPAN = sa.Enum("all", "day", "week", "month", "quarter", "dates", name="span", native_enum=False, length=8)


def upgrade() -> None:
    op.create_table(
        "level_tallies",
        sa.Column("province_code", sa.String(2), nullable=False),
        sa.Column("area", sa.String(5), nullable=False),
        sa.Column("service", sa.String(40), nullable=False),
        sa.Column(
            "span",
            sa.Enum(
                "all", "day", "week", "month", "quarter", "dates", name="span", native_enum=False, length=8
            ),
            nullable=False,
        ),
        sa.Column("start", sa.Date(), nullable=False),
        sa.Column("place", sa.String(32), nullable=False),
        sa.Column("not_needed", sa.Integer(), nullable=False),
        sa.Column("not_started", sa.Integer(), nullable=False),
        sa.Column("done_for", sa.Integer(), nullable=False),
        sa.Column("with_help", sa.Integer(), nullable=False),
        sa.Column("alone_watched", sa.Integer(), nullable=False),
        sa.Column("confirmed_alone", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint(
            "province_code", "area", "service", "span", "start", "place", name=op.f("pk_level_tallies")
        ),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "tallies",
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
        sa.Column("turns", sa.Integer(), nullable=False),
        sa.Column("attempted", sa.Integer(), nullable=False),
        sa.Column("met", sa.Integer(), nullable=False),
        sa.Column("first_attempted", sa.Integer(), nullable=False),
        sa.Column("first_met", sa.Integer(), nullable=False),
        sa.Column("independent", sa.Integer(), nullable=False),
        sa.Column("runs", sa.Integer(), nullable=False),
        sa.Column("alone_runs", sa.Integer(), nullable=False),
        sa.Column("help_runs", sa.Integer(), nullable=False),
        sa.Column("done_runs", sa.Integer(), nullable=False),
        sa.Column("persons", sa.Integer(), nullable=False),
        sa.Column("guided", sa.Integer(), nullable=False),
        sa.Column("first_persons", sa.Integer(), nullable=False),
        sa.Column("first_guided", sa.Integer(), nullable=False),
        sa.Column("last_on", sa.Date(), nullable=True),
        sa.PrimaryKeyConstraint("province_code", "area", "span", "start", "place", name=op.f("pk_tallies")),
        sqlite_with_rowid=False,
    )
    with op.batch_alter_table("walk_throughs", schema=None) as batch_op:
        batch_op.create_index(
            "ix_walk_throughs_place", ["province_code", "commune_code", "recorded_at"], unique=False
        )
