"""What is kept of families only with their consent, in tables: every text that somebody writes, and what members have.

The rule is `domain/operations/personal.py`'s; here it is read off the tables. A column that is added later is under it
unless it stands among our own words.
"""

from collections.abc import Collection, Iterable, Iterator
from contextlib import suppress
from typing import Any
from uuid import UUID

import msgspec
import sqlalchemy as sa
from sqlmodel import AutoString, col

from volunteer_app.domain.households import PREREQUISITES, Consent
from volunteer_app.domain.operations.kinds import KINDS
from volunteer_app.domain.operations.personal import (
    REASONS,
    SOMETHING,
    said_in_words_of_ours,
    said_without,
)
from volunteer_app.storage.changes import ChangeRow
from volunteer_app.storage.clashes import ClashRow
from volunteer_app.storage.households import HouseholdRow
from volunteer_app.storage.mergers import MergerRow
from volunteer_app.storage.operations import log, lookups
from volunteer_app.storage.operations.log import OperationRow
from volunteer_app.storage.privacy import tables_that_name_households
from volunteer_app.storage.schema import schema

OUR_WORDS = frozenset(
    {
        "province_code",
        "commune_code",
        "code",
        "house_code",
        "service",
        "guide",
        "stuck_step",
        "purpose",
        "field",
    }
)
"""Columns of text in which only the app itself writes."""

PERSONAL = frozenset({"label", *PREREQUISITES})
"""Fields of households and members that go with the consent, wherever fields are written down by name."""


def texts_of(table: sa.Table) -> list[str]:
    """The columns of a table in which a person may have written whatever they liked."""
    return [
        column.name
        for column in table.columns
        if isinstance(column.type, sa.String | AutoString)
        and not isinstance(column.type, sa.Enum)
        and not column.primary_key
        and column.name not in OUR_WORDS
    ]


def forget_without_consent(
    connection: sa.Connection, province_code: str, household_ids: Iterable[UUID]
) -> None:
    """Forget what is personal of those among these families that have not agreed."""
    if not (ids := list(household_ids)):
        return
    home = HouseholdRow.__table__  # type: ignore[attr-defined]
    query = sa.select(home.c.id).where(
        home.c.province_code == province_code, home.c.id.in_(ids), home.c.consent != Consent.GIVEN
    )
    if without := list(connection.execute(query).scalars()):
        forget(connection, province_code, without)


def forget(connection: sa.Connection, province_code: str, household_ids: Collection[UUID]) -> None:
    """Take everything personal of these families out of every table. Visits, levels and returns count on."""
    home = HouseholdRow.__table__  # type: ignore[attr-defined]
    ticked, sessions = schema().tables["attendances"], schema().tables["outreach_sessions"]
    attended = sa.select(ticked.c.session_id).where(
        ticked.c.province_code == province_code, ticked.c.household_id.in_(household_ids)
    )
    theirs_in = {home: home.c.id.in_(household_ids), sessions: sessions.c.id.in_(attended)}
    for table in (home, sessions, *tables_that_name_households()):
        named = theirs_in[table] if table in theirs_in else table.c.household_id.in_(household_ids)
        theirs = sa.and_(table.c.province_code == province_code, named)
        for name in texts_of(table):
            blank = SOMETHING if name in REASONS else ""
            connection.execute(
                sa.update(table).where(theirs, table.c[name].not_in(("", blank))).values({name: blank})
            )
    members = schema().tables["members"]
    connection.execute(
        sa.update(members)
        .where(members.c.province_code == province_code, members.c.household_id.in_(household_ids))
        .values(dict.fromkeys(PREREQUISITES))
    )
    connection.execute(
        sa.delete(ClashRow).where(
            col(ClashRow.province_code) == province_code,
            col(ClashRow.household_id).in_(household_ids),
            col(ClashRow.field).in_(PERSONAL),
        )
    )
    changes, mergers = ChangeRow.__table__, MergerRow.__table__  # type: ignore[attr-defined]
    for column in ("fields", "outdated", "knew"):
        _blank(connection, province_code, changes, column, changes.c.household_id.in_(household_ids))
    merged = sa.or_(mergers.c.kept_id.in_(household_ids), mergers.c.lost_id.in_(household_ids))
    for column in ("lost", "kept"):
        _blank(connection, province_code, mergers, column, merged)
    _leave_out_of_what_waits(connection, province_code)


def _blank(connection: sa.Connection, province_code: str, table: sa.Table, column: str, theirs: Any) -> None:
    """Empty what is personal within a column of fields."""
    in_province = table.c.province_code == province_code
    rows = connection.execute(sa.select(table.c.id, table.c[column]).where(in_province, theirs)).all()
    for id_, fields in rows:
        if fields and any(fields.get(name) not in (None, "") for name in PERSONAL):
            kept = {
                name: ("" if name == "label" else None) if name in PERSONAL else said
                for name, said in fields.items()
            }
            connection.execute(sa.update(table).where(in_province, table.c.id == id_).values({column: kept}))


def leave_out(connection: sa.Connection, province_code: str, rows: Iterable[dict[str, Any]]) -> None:
    """Operations that were not taken keep their bodies for a second look: without what their family has not agreed to.

    Of what a newer app says about them, which this server cannot read, only what nobody can have typed is kept.
    """
    about = [
        (row, read) for row in rows if row["body"] is not None and (read := _read(row["kind"], row["body"]))
    ]
    if not about:
        return
    ids = {id_ for _, read in about for id_ in read.households}
    known = lookups.consents(connection, province_code, ids) if ids else {}
    for row, read in about:
        answers = [known.get(id_) for id_ in read.households] or [read.said.get("consent")]
        if any(answer is not None and answer != Consent.GIVEN for answer in answers):
            row["body"] = read.without()


class _Read(msgspec.Struct):
    """A body that waits. whole: what stands around it, when not even that could be read."""

    kind: Any
    said: dict[str, Any]
    households: list[UUID]
    whole: dict[str, Any] | None

    def without(self) -> str:
        is_known = isinstance(self.kind, str) and self.kind in KINDS
        kept = (
            said_without(KINDS[self.kind].body, self.said) if is_known else said_in_words_of_ours(self.said)
        )
        return msgspec.json.encode(kept if self.whole is None else self.whole | {"body": kept}).decode()


def _read(kind: str, text: str) -> _Read | None:
    try:
        said, whole = msgspec.json.decode(text), None
        if kind == log.UNREAD_KIND:
            whole, kind, said = said, said.get("kind"), said.get("body")
        if not isinstance(said, dict):
            return None
        households = [] if kind == "household" else list(_households_in(said))
        return _Read(kind, said, households, whole) if households or kind == "household" else None
    except (msgspec.DecodeError, AttributeError, TypeError):
        return None


def _households_in(said: Any) -> Iterator[UUID]:
    """The households that a body names, also in its lists."""
    if isinstance(said, list):
        for one in said:
            yield from _households_in(one)
    elif isinstance(said, dict):
        for name, value in said.items():
            if name == "household_id" and isinstance(value, str):
                with suppress(ValueError):
                    yield UUID(value)
            else:
                yield from _households_in(value)


def _leave_out_of_what_waits(connection: sa.Connection, province_code: str) -> None:
    table = OperationRow.__table__  # type: ignore[attr-defined]
    query = sa.select(table.c.id, table.c.kind, table.c.body).where(
        table.c.province_code == province_code, sa.text(log.ASIDE), table.c.body.is_not(None)
    )
    before = [dict(row) for row in connection.execute(query).mappings()]
    after = [dict(row) for row in before]
    leave_out(connection, province_code, after)
    for old, new in zip(before, after, strict=True):
        if old["body"] != new["body"]:
            connection.execute(
                sa.update(table)
                .where(table.c.province_code == province_code, table.c.id == old["id"])
                .values(body=new["body"])
            )
