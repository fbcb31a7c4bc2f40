"""how consent was asked."""

import sqlalchemy as sa
from alembic import op

revision = "0074"
down_revision = "0072"
branch_labels = None
depends_on = None

METHOD = sa.Enum("spoken", "recording", "phone_voice", name="consentmethod", native_enum=False, length=20)


def upgrade() -> None:
    with op.batch_alter_table("households", schema=None) as batch_op:
        batch_op.add_column(sa.Column("consent_method", METHOD, nullable=True))
