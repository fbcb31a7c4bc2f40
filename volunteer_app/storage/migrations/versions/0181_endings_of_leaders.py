"""Leaders whose duty another leader wants to end: a second person agrees first."""

import sqlalchemy as sa
from alembic import op

revision = "0181"
down_revision = "0180"
branch_labels = None
depends_on = None


def upgrade() -> None:
    def id_(name: str, nullable: bool = False) -> sa.Column:
        return sa.Column(name, sa.LargeBinary(16).with_variant(sa.Uuid(), "postgresql"), nullable=nullable)

    op.create_table(
        "endings",
        sa.Column("province_code", sa.String(2), nullable=False),
        id_("id"),
        sa.Column("commune_code", sa.String(5), nullable=True),
        id_("membership_id"),
        id_("person_id"),
        sa.Column("last_day", sa.Date(), nullable=False),
        id_("asked_by"),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        id_("settled_by", nullable=True),
        sa.Column("settled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("is_refused", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("province_code", "id", name="pk_endings"),
    )
