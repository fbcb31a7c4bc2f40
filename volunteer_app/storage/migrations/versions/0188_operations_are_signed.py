"""Every operation is signed: the keys of people's phones, and of each operation who delivered it and its key."""

import sqlalchemy as sa
from alembic import op

revision = "0188"
down_revision = "0187"
branch_labels = None
depends_on = None

ID = sa.LargeBinary(16).with_variant(sa.Uuid(), "postgresql")


def upgrade() -> None:
    op.create_table(
        "signing_keys",
        sa.Column("province_code", sa.String(2), nullable=False),
        sa.Column("id", ID, nullable=False),
        sa.Column("person_id", ID, nullable=False),
        sa.Column("device_id", ID, nullable=False),
        sa.Column("sign_in_id", ID, nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("province_code", "id", name="pk_signing_keys"),
    )
    op.create_index("ix_signing_keys_person", "signing_keys", ["province_code", "person_id"])
    for name in ("delivered_by", "signed_with"):
        op.add_column("operations", sa.Column(name, ID, nullable=True))
    op.execute(
        "UPDATE operations SET reason = 'operation.not_proven'"
        " WHERE outcome <> 'accepted' AND reason = 'operation.other_author'"
    )
