"""consent, privacy requests, breaches."""

import sqlalchemy as sa
from alembic import op

revision = "0041"
down_revision = "0020"
branch_labels = None
depends_on = None


def upgrade() -> None:

    op.create_table(
        "breaches",
        sa.Column("province_code", sa.String(2), nullable=False),
        sa.Column("id", sa.LargeBinary(16).with_variant(sa.Uuid(), "postgresql"), nullable=False),
        sa.Column("commune_code", sa.String(5), nullable=True),
        sa.Column("discovered_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("what", sa.String(300), nullable=False),
        sa.Column("measures", sa.String(300), nullable=False),
        sa.Column("reported_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("person_id", sa.LargeBinary(16).with_variant(sa.Uuid(), "postgresql"), nullable=False),
        sa.PrimaryKeyConstraint("province_code", "id", name=op.f("pk_breaches")),
    )
    op.create_table(
        "consents",
        sa.Column("province_code", sa.String(2), nullable=False),
        sa.Column("id", sa.LargeBinary(16).with_variant(sa.Uuid(), "postgresql"), nullable=False),
        sa.Column("household_id", sa.LargeBinary(16).with_variant(sa.Uuid(), "postgresql"), nullable=False),
        sa.Column("purpose", sa.String(20), nullable=False),
        sa.Column(
            "answer",
            sa.Enum(
                "not_asked", "given", "refused", "withdrawn", name="consent", native_enum=False, length=20
            ),
            nullable=False,
        ),
        sa.Column("method", sa.String(20), nullable=False),
        sa.Column("text_version", sa.Integer(), nullable=True),
        sa.Column("person_id", sa.LargeBinary(16).with_variant(sa.Uuid(), "postgresql"), nullable=False),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("province_code", "id", name=op.f("pk_consents")),
    )
    with op.batch_alter_table("consents", schema=None) as batch_op:
        batch_op.create_index("ix_consents_household", ["province_code", "household_id"], unique=False)

    op.create_table(
        "privacy_requests",
        sa.Column("province_code", sa.String(2), nullable=False),
        sa.Column("id", sa.LargeBinary(16).with_variant(sa.Uuid(), "postgresql"), nullable=False),
        sa.Column("commune_code", sa.String(5), nullable=False),
        sa.Column(
            "kind",
            sa.Enum(
                "see",
                "correct",
                "withdraw",
                "restrict",
                "erase",
                name="requestkind",
                native_enum=False,
                length=20,
            ),
            nullable=False,
        ),
        sa.Column("house_code", sa.String(20), nullable=False),
        sa.Column("household_id", sa.LargeBinary(16).with_variant(sa.Uuid(), "postgresql"), nullable=True),
        sa.Column("note", sa.String(300), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("acknowledged_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("extended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("settled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column(
            "settled",
            sa.Enum("done", "refused", "taken_back", name="settled", native_enum=False, length=20),
            nullable=True,
        ),
        sa.Column("person_id", sa.LargeBinary(16).with_variant(sa.Uuid(), "postgresql"), nullable=False),
        sa.PrimaryKeyConstraint("province_code", "id", name=op.f("pk_privacy_requests")),
    )
    with op.batch_alter_table("privacy_requests", schema=None) as batch_op:
        batch_op.create_index(
            "ix_privacy_requests_place", ["province_code", "commune_code", "received_at"], unique=False
        )
