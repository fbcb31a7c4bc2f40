"""A refusal keeps only what it says: what stands there of families that have not agreed goes, visits count on."""

import json

import sqlalchemy as sa
from alembic import op

revision = "0183"
down_revision = "0182"
branch_labels = None
depends_on = None

WITHOUT = (
    "household_id IN (SELECT h.id FROM households h"
    " WHERE h.province_code = {0}.province_code AND h.consent <> 'given')"
)
TRAITS = ("own_phone", "own_sim", "chip_card", "vneid_level", "signal_at_home")


def upgrade() -> None:
    for table, column, blank in (
        ("members", "label", ""),
        ("visits", "note", ""),
        ("walk_throughs", "note", ""),
        ("notes", "text", ""),
        ("observations", "reason", "–"),
        ("settlements", "why", "–"),
    ):
        op.execute(
            sa.text(
                f"UPDATE {table} SET {column} = :blank WHERE {column} <> '' AND {WITHOUT.format(table)}"  # noqa: S608
            ).bindparams(blank=blank)
        )
    blank = ", ".join(f"{name} = NULL" for name in TRAITS)
    op.execute(f"UPDATE members SET {blank} WHERE {WITHOUT.format('members')}")  # noqa: S608
    fields = ", ".join(f"'{name}'" for name in ("label", *TRAITS))
    op.execute(f"DELETE FROM clashes WHERE field IN ({fields}) AND {WITHOUT.format('clashes')}")  # noqa: S608
    _blank_changes()


def _blank_changes() -> None:
    connection = op.get_bind()
    changes = sa.table(
        "changes",
        sa.column("province_code"),
        sa.column("id"),
        sa.column("household_id"),
        sa.column("fields", sa.JSON),
    )
    rows = connection.execute(sa.select(changes).where(sa.text(WITHOUT.format("changes")))).all()
    for row in rows:
        fields = json.loads(row.fields) if isinstance(row.fields, str) else row.fields
        kept = {
            name: ("" if name == "label" else None if name in TRAITS else said)
            for name, said in fields.items()
        }
        if kept != fields:
            connection.execute(
                sa.update(changes)
                .where(changes.c.province_code == row.province_code, changes.c.id == row.id)
                .values(fields=kept)
            )
