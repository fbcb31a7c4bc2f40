"""${message}."""

import sqlalchemy as sa
from alembic import op
${imports if imports else ""}
revision = ${repr(up_revision)}
down_revision = ${repr(down_revision)}
branch_labels = ${repr(branch_labels)}
depends_on = ${repr(depends_on)}
older_programs_go_on = False
"""True: it only adds, and the release before goes on with what it leaves (see `migrations/__init__.py`)."""


def upgrade() -> None:
    ${upgrades if upgrades else "pass"}
