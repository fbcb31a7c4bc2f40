"""recorded voices."""

import sqlalchemy as sa
from alembic import op

revision = "0075"
down_revision = "0060"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "recordings",
        sa.Column("province_code", sa.String(2), nullable=False),
        sa.Column("id", sa.LargeBinary(16).with_variant(sa.Uuid(), "postgresql"), nullable=False),
        sa.Column("text_key", sa.String(120), nullable=False),
        sa.Column("text_mark", sa.String(16), nullable=False),
        sa.Column("language", sa.String(20), nullable=False),
        sa.Column("recorded_by", sa.LargeBinary(16).with_variant(sa.Uuid(), "postgresql"), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("file", sa.String(40), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("seconds", sa.Float(), nullable=False),
        sa.Column(
            "review",
            sa.Enum("waiting", "approved", "sent_back", name="review", native_enum=False, length=20),
            nullable=False,
        ),
        sa.Column("reviewed_by", sa.LargeBinary(16).with_variant(sa.Uuid(), "postgresql"), nullable=True),
        sa.Column("reviewed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("why", sa.String(300), nullable=False),
        sa.PrimaryKeyConstraint("province_code", "id", name=op.f("pk_recordings")),
    )
    with op.batch_alter_table("recordings", schema=None) as batch_op:
        batch_op.create_index("ix_recordings_file", ["file"], unique=False)
        batch_op.create_index(
            "ix_recordings_language", ["province_code", "language", "text_key"], unique=False
        )
