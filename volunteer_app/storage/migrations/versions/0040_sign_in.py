"""invitations, passkeys, PINs, the audit chain."""

import sqlalchemy as sa
from alembic import op

revision = "0040"
down_revision = "0075"
branch_labels = None
depends_on = None


def upgrade() -> None:

    op.create_table(
        "audit",
        sa.Column("province_code", sa.String(2), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("person_id", sa.LargeBinary(16).with_variant(sa.Uuid(), "postgresql"), nullable=True),
        sa.Column("action", sa.String(40), nullable=False),
        sa.Column("object_id", sa.String(80), nullable=False),
        sa.Column("commune_code", sa.String(5), nullable=True),
        sa.Column("reason", sa.String(80), nullable=False),
        sa.Column("hash", sa.String(64), nullable=False),
        sa.PrimaryKeyConstraint("province_code", "seq", name=op.f("pk_audit")),
    )
    with op.batch_alter_table("audit", schema=None) as batch_op:
        batch_op.create_index("ix_audit_object", ["province_code", "object_id"], unique=False)
        batch_op.create_index("ix_audit_place", ["province_code", "commune_code", "seq"], unique=False)

    op.create_table(
        "audit_heads",
        sa.Column("province_code", sa.String(2), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("hash", sa.String(64), nullable=False),
        sa.Column("first_seq", sa.BigInteger(), nullable=False),
        sa.Column("before_first", sa.String(64), nullable=False),
        sa.PrimaryKeyConstraint("province_code", name=op.f("pk_audit_heads")),
    )
    op.create_table(
        "challenges",
        sa.Column("challenge", sa.LargeBinary(length=32), nullable=False),
        sa.Column("person_id", sa.LargeBinary(16).with_variant(sa.Uuid(), "postgresql"), nullable=True),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("challenge", name=op.f("pk_challenges")),
    )
    op.create_table(
        "invites",
        sa.Column("province_code", sa.String(2), nullable=False),
        sa.Column("id", sa.LargeBinary(16).with_variant(sa.Uuid(), "postgresql"), nullable=False),
        sa.Column(
            "kind",
            sa.Enum("join", "device", "recovery", "first", name="invitekind", native_enum=False, length=20),
            nullable=False,
        ),
        sa.Column("secret_hash", sa.String(64), nullable=False),
        sa.Column("code_hash", sa.String(64), nullable=False),
        sa.Column(
            "role",
            sa.Enum(
                "volunteer",
                "leader",
                "reviewer",
                "editor",
                "admin",
                name="role",
                native_enum=False,
                length=20,
            ),
            nullable=False,
        ),
        sa.Column("commune_code", sa.String(5), nullable=True),
        sa.Column("team_id", sa.LargeBinary(16).with_variant(sa.Uuid(), "postgresql"), nullable=True),
        sa.Column("last_day", sa.Date(), nullable=True),
        sa.Column("person_id", sa.LargeBinary(16).with_variant(sa.Uuid(), "postgresql"), nullable=False),
        sa.Column("membership_id", sa.LargeBinary(16).with_variant(sa.Uuid(), "postgresql"), nullable=False),
        sa.Column("issued_by", sa.LargeBinary(16).with_variant(sa.Uuid(), "postgresql"), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("claimed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("name", sa.String(80), nullable=False),
        sa.Column("match_code", sa.String(2), nullable=False),
        sa.Column("confirmed_by", sa.LargeBinary(16).with_variant(sa.Uuid(), "postgresql"), nullable=True),
        sa.Column("seconded_by", sa.LargeBinary(16).with_variant(sa.Uuid(), "postgresql"), nullable=True),
        sa.Column("settled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("is_refused", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("province_code", "id", name=op.f("pk_invites")),
    )
    with op.batch_alter_table("invites", schema=None) as batch_op:
        batch_op.create_index("ix_invites_code", ["code_hash"], unique=True)
        batch_op.create_index("ix_invites_membership", ["province_code", "membership_id"], unique=False)
        batch_op.create_index("ix_invites_secret", ["secret_hash"], unique=True)

    op.create_table(
        "passkeys",
        sa.Column("province_code", sa.String(2), nullable=False),
        sa.Column("id", sa.LargeBinary(16).with_variant(sa.Uuid(), "postgresql"), nullable=False),
        sa.Column("person_id", sa.LargeBinary(16).with_variant(sa.Uuid(), "postgresql"), nullable=False),
        sa.Column("credential_id", sa.LargeBinary(), nullable=False),
        sa.Column("public_key", sa.LargeBinary(), nullable=False),
        sa.Column("sign_count", sa.BigInteger(), nullable=False),
        sa.Column("is_synced", sa.Boolean(), nullable=False),
        sa.Column("is_backed_up", sa.Boolean(), nullable=False),
        sa.Column("phone", sa.String(40), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_used_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("province_code", "id", name=op.f("pk_passkeys")),
    )
    with op.batch_alter_table("passkeys", schema=None) as batch_op:
        batch_op.create_index("ix_passkeys_credential", ["credential_id"], unique=True)
        batch_op.create_index(batch_op.f("ix_passkeys_person_id"), ["person_id"], unique=False)

    op.create_table(
        "pins",
        sa.Column("province_code", sa.String(2), nullable=False),
        sa.Column("id", sa.LargeBinary(16).with_variant(sa.Uuid(), "postgresql"), nullable=False),
        sa.Column("person_id", sa.LargeBinary(16).with_variant(sa.Uuid(), "postgresql"), nullable=False),
        sa.Column("phone_hash", sa.String(64), nullable=False),
        sa.Column("salt", sa.LargeBinary(), nullable=False),
        sa.Column("pin_hash", sa.LargeBinary(), nullable=False),
        sa.Column("wrong_tries", sa.Integer(), nullable=False),
        sa.Column("phone", sa.String(40), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_used_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("province_code", "id", name=op.f("pk_pins")),
    )
    with op.batch_alter_table("pins", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_pins_person_id"), ["person_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_pins_phone_hash"), ["phone_hash"], unique=False)

    op.execute("DELETE FROM sign_ins")  # everybody signs in once more; nothing recorded is touched
    with op.batch_alter_table("sign_ins", schema=None) as batch_op:
        batch_op.add_column(
            sa.Column("id", sa.LargeBinary(16).with_variant(sa.Uuid(), "postgresql"), nullable=False)
        )
        batch_op.add_column(sa.Column("is_pending", sa.Boolean(), nullable=False))
        batch_op.add_column(sa.Column("method", sa.String(10), nullable=False))
        batch_op.add_column(sa.Column("phone", sa.String(40), nullable=False))
        batch_op.add_column(sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True))
