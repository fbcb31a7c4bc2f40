"""translations made at the desk."""

import sqlalchemy as sa
from alembic import op

revision = "0076"
down_revision = "0061"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "translations",
        sa.Column("province_code", sa.String(2), nullable=False),
        sa.Column("language", sa.String(20), nullable=False),
        sa.Column("text_key", sa.String(120), nullable=False),
        sa.Column("part", sa.Enum("text", "more", name="part", native_enum=False, length=20), nullable=False),
        sa.Column("source_mark", sa.String(16), nullable=False),
        sa.Column("text", sa.String(2000), nullable=False),
        sa.Column("translated_by", sa.LargeBinary(16).with_variant(sa.Uuid(), "postgresql"), nullable=False),
        sa.Column("translated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column(
            "review",
            sa.Enum("waiting", "approved", "sent_back", name="review", native_enum=False, length=20),
            nullable=False,
        ),
        sa.Column("reviewed_by", sa.LargeBinary(16).with_variant(sa.Uuid(), "postgresql"), nullable=True),
        sa.Column("reviewed_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint(
            "province_code", "language", "text_key", "part", name=op.f("pk_translations")
        ),
    )
