"""What citizens see: posters and their openings, badges, facilities, requests for a visit."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "badges",
        sa.Column("province_code", sa.String(2), nullable=False),
        sa.Column("code", sa.String(16), nullable=False),
        sa.Column("membership_id", sa.LargeBinary(16).with_variant(sa.Uuid(), "postgresql"), nullable=False),
        sa.Column("issued_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("revoked_by", sa.LargeBinary(16).with_variant(sa.Uuid(), "postgresql"), nullable=True),
        sa.PrimaryKeyConstraint("province_code", "code", name=op.f("pk_badges")),
    )
    with op.batch_alter_table("badges", schema=None) as batch_op:
        batch_op.create_index("ix_badges_code", ["code"], unique=False)
        batch_op.create_index("ix_badges_membership", ["province_code", "membership_id"], unique=False)

    op.create_table(
        "facilities",
        sa.Column("province_code", sa.String(2), nullable=False),
        sa.Column("id", sa.LargeBinary(16).with_variant(sa.Uuid(), "postgresql"), nullable=False),
        sa.Column("commune_code", sa.String(5), nullable=False),
        sa.Column(
            "kind",
            sa.Enum(
                "administration_centre",
                "service_centre",
                "commune_police",
                "id_point",
                "support_point",
                name="facilitykind",
                native_enum=False,
                length=30,
            ),
            nullable=False,
        ),
        sa.Column("name", sa.String(80), nullable=False),
        sa.Column("place", sa.String(120), nullable=False),
        sa.Column("hours", sa.String(80), nullable=False),
        sa.Column("phone", sa.String(15), nullable=False),
        sa.PrimaryKeyConstraint("province_code", "id", name=op.f("pk_facilities")),
    )
    with op.batch_alter_table("facilities", schema=None) as batch_op:
        batch_op.create_index("ix_facilities_commune_code", ["commune_code"], unique=False)

    op.create_table(
        "poster_opens",
        sa.Column("province_code", sa.String(2), nullable=False),
        sa.Column("code", sa.String(6), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("opens", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("province_code", "code", "day", name=op.f("pk_poster_opens")),
    )
    op.create_table(
        "posters",
        sa.Column("province_code", sa.String(2), nullable=False),
        sa.Column("code", sa.String(6), nullable=False),
        sa.Column("commune_code", sa.String(5), nullable=True),
        sa.Column("place", sa.String(80), nullable=False),
        sa.Column("guide_number", sa.Integer(), nullable=True),
        sa.Column("language", sa.String(20), nullable=False),
        sa.Column("made_on", sa.Date(), nullable=False),
        sa.Column("made_by", sa.LargeBinary(16).with_variant(sa.Uuid(), "postgresql"), nullable=False),
        sa.PrimaryKeyConstraint("province_code", "code", name=op.f("pk_posters")),
    )
    with op.batch_alter_table("posters", schema=None) as batch_op:
        batch_op.create_index("ix_posters_code", ["code"], unique=False)

    op.create_table(
        "visit_requests",
        sa.Column("province_code", sa.String(2), nullable=False),
        sa.Column("id", sa.LargeBinary(16).with_variant(sa.Uuid(), "postgresql"), nullable=False),
        sa.Column("commune_code", sa.String(5), nullable=False),
        sa.Column("hamlet_id", sa.LargeBinary(16).with_variant(sa.Uuid(), "postgresql"), nullable=True),
        sa.Column("name", sa.String(60), nullable=True),
        sa.Column("phone", sa.String(11), nullable=True),
        sa.Column("guide_number", sa.Integer(), nullable=True),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column(
            "status",
            sa.Enum("new", "planned", "done", "declined", name="requeststatus", native_enum=False, length=20),
            nullable=False,
        ),
        sa.Column("settled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("settled_by", sa.LargeBinary(16).with_variant(sa.Uuid(), "postgresql"), nullable=True),
        sa.PrimaryKeyConstraint("province_code", "id", name=op.f("pk_visit_requests")),
    )
    with op.batch_alter_table("visit_requests", schema=None) as batch_op:
        batch_op.create_index("ix_visit_requests_phone", ["province_code", "phone"], unique=False)
        batch_op.create_index(
            "ix_visit_requests_place",
            ["province_code", "commune_code", "status", "received_at"],
            unique=False,
        )
