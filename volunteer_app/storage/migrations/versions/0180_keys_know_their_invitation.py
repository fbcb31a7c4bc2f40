"""A key knows the invitation that it was made on, and so does a session that waits; a phone's word can end.

What was made on an invitation that was refused or never settled was good until now: it is given its invitation, and is
no longer. Who was waiting begins again.
"""

import sqlalchemy as sa
from alembic import op

revision = "0180"
down_revision = "0172"
branch_labels = None
depends_on = None

UNDECIDED = """
UPDATE {0} SET invite_id = (
  SELECT i.id FROM invites i
  WHERE i.province_code = {0}.province_code AND i.person_id = {0}.person_id AND i.claimed_at <= {0}.created_at
    AND (i.settled_at IS NULL OR i.is_refused OR i.settled_at >= {0}.created_at)
  ORDER BY i.claimed_at DESC LIMIT 1)
"""


def upgrade() -> None:
    id_ = sa.LargeBinary(16).with_variant(sa.Uuid(), "postgresql")
    for table in ("passkeys", "pins", "sign_ins"):
        op.add_column(table, sa.Column("invite_id", id_, nullable=True))
    for table in ("passkeys", "pins"):
        op.execute(UNDECIDED.format(table))
    op.execute(sa.text("DELETE FROM sign_ins WHERE is_pending = :yes").bindparams(yes=True))
    op.add_column("device_people", sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True))
