"""Edits that contradict each other, kept for the leader; how many operations a phone has made."""

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0040"
branch_labels = None
depends_on = None


def upgrade() -> None:
    an_id = sa.LargeBinary(16).with_variant(sa.Uuid(), "postgresql")
    op.create_table(
        "clashes",
        sa.Column("province_code", sa.String(2), nullable=False),
        sa.Column("id", an_id, nullable=False),
        sa.Column("field", sa.String(20), nullable=False),
        sa.Column("commune_code", sa.String(5), nullable=False),
        sa.Column("hamlet_id", an_id, nullable=False),
        sa.Column("household_id", an_id, nullable=False),
        sa.Column("member_id", an_id, nullable=True),
        sa.Column("stood", sa.JSON(), nullable=False),
        sa.Column("said", sa.JSON(), nullable=False),
        sa.Column("person_id", an_id, nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("settled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("settled_by", an_id, nullable=True),
        sa.PrimaryKeyConstraint("province_code", "id", "field", name=op.f("pk_clashes")),
    )
    with op.batch_alter_table("clashes", schema=None) as batch_op:
        batch_op.create_index("ix_clashes_household", ["province_code", "household_id"], unique=False)
    with op.batch_alter_table("devices", schema=None) as batch_op:
        batch_op.add_column(sa.Column("made", sa.Integer(), nullable=False, server_default="0"))
