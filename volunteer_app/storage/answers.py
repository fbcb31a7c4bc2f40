"""What is changed about households is written here, whoever changes it: a phone, the leader, a merger.

One rule writes the fields and the register of consents, so that they never disagree; and a "no" takes along every name
that is written elsewhere: open clashes, earlier changes, mergers that could be undone. It never comes back with them.
"""

from collections.abc import Collection
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import col

from volunteer_app.domain.households import Consent
from volunteer_app.storage import privacy, register
from volunteer_app.storage.changes import ChangeRow, set_fields
from volunteer_app.storage.clashes import ClashRow
from volunteer_app.storage.mergers import MergerRow

NAME = "label"
"""The field of households and members that may hold a name."""


def note(
    connection: sa.Connection,
    province_code: str,
    changes: list[dict[str, Any]],
    households: list[dict[str, Any]] | None = None,
) -> None:
    """Let households have what changes say, and keep every answer about consent.

    changes: rows of `changes`, kept already; households: rows of households that were registered with them.
    """
    set_fields(connection, province_code, changes)
    privacy.note_consents(connection, households or [], changes)
    said_no = {
        change["household_id"]: change
        for change in changes
        if change["member_id"] is None and is_no(change["fields"].get("consent"))
    }
    if said_no:
        for household_id, change in said_no.items():
            answer, at = str(change["fields"]["consent"]), change["recorded_at"]
            register.note(connection, register.SAID_NO, province_code, [household_id], at, answer)
        forget_names(connection, province_code, said_no)


def is_no(consent: str | None) -> bool:
    """Has the family refused, or taken their consent back?"""
    return consent in (Consent.REFUSED, Consent.WITHDRAWN)


def forget_names(connection: sa.Connection, province_code: str, household_ids: Collection[UUID]) -> None:
    """Take the names of these households out of everything that could show them or bring them back."""
    connection.execute(
        sa.delete(ClashRow).where(
            col(ClashRow.province_code) == province_code,
            col(ClashRow.household_id).in_(household_ids),
            col(ClashRow.field) == NAME,
        )
    )
    changes, mergers = ChangeRow.__table__, MergerRow.__table__  # type: ignore[attr-defined]
    theirs = changes.c.household_id.in_(household_ids)
    _blank(connection, province_code, changes, "fields", theirs)
    merged = sa.or_(mergers.c.kept_id.in_(household_ids), mergers.c.lost_id.in_(household_ids))
    for column in ("lost", "kept"):
        _blank(connection, province_code, mergers, column, merged)


def _blank(connection: sa.Connection, province_code: str, table: sa.Table, column: str, theirs: Any) -> None:
    """Empty the name within a column of fields."""
    in_province = table.c.province_code == province_code
    rows = connection.execute(sa.select(table.c.id, table.c[column]).where(in_province, theirs)).all()
    for id_, fields in rows:
        if fields and fields.get(NAME):
            connection.execute(
                sa.update(table).where(in_province, table.c.id == id_).values({column: {**fields, NAME: ""}})
            )
