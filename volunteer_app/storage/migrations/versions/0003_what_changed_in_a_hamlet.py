"""What changed in a hamlet, by number: what phones fetch by."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "feeds",
        sa.Column("province_code", sa.String(2), nullable=False),
        sa.Column("hamlet_id", sa.LargeBinary(16).with_variant(sa.Uuid(), "postgresql"), nullable=False),
        sa.Column("head", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("province_code", "hamlet_id", name=op.f("pk_feeds")),
    )
    op.create_table(
        "gone",
        sa.Column("province_code", sa.String(2), nullable=False),
        sa.Column("hamlet_id", sa.LargeBinary(16).with_variant(sa.Uuid(), "postgresql"), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("household_id", sa.LargeBinary(16).with_variant(sa.Uuid(), "postgresql"), nullable=False),
        sa.PrimaryKeyConstraint("province_code", "hamlet_id", "seq", name=op.f("pk_gone")),
    )
    with op.batch_alter_table("households", schema=None) as batch_op:
        batch_op.add_column(sa.Column("feed_seq", sa.BigInteger(), nullable=False, server_default="0"))
        batch_op.create_index("ix_households_feed", ["province_code", "hamlet_id", "feed_seq"], unique=False)
