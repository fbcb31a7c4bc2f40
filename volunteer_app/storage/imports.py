"""Imports: what each one changed, so that the last can be taken back exactly."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from hashlib import blake2b
from typing import Any, NamedTuple
from uuid import UUID

import msgspec
import sqlalchemy as sa
from sqlmodel import Field, SQLModel, col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from volunteer_app.domain.problems import N_, Problem
from volunteer_app.storage import feeds
from volunteer_app.storage.database import Id, at_once
from volunteer_app.storage.households import HouseholdRow
from volunteer_app.storage.places import (
    BoundaryRow,
    CommuneRow,
    FormerUnitRow,
    HamletBoundaryRow,
    HamletPredecessorRow,
    HamletRow,
    ProvinceRow,
)
from volunteer_app.storage.schema import schema

IMPORTED: dict[str, type[SQLModel]] = {
    "provinces": ProvinceRow,
    "communes": CommuneRow,
    "former_units": FormerUnitRow,
    "boundaries": BoundaryRow,
    "hamlets": HamletRow,
    "hamlet_predecessors": HamletPredecessorRow,
    "hamlet_boundaries": HamletBoundaryRow,
    "households": HouseholdRow,
}
"""Tables that imports fill, those that others point to first."""

_NAMED_BY = {
    "provinces": ("province_code", "code"),
    "communes": ("commune_code", "code"),
    "hamlets": ("hamlet_id", "id"),
    "households": ("household_id", "id"),
}
"""By which column other tables name a row of this one, and which of its own columns that is."""

_CHUNK = 500
_NOT_IN_DIGEST = {"label"}  # a name: nothing that could be guessed from may stay behind after it is erased


class ImportRow(SQLModel, table=True):
    """One import, as kept (lần nhập).

    changes: what it did, one entry a row: table, key, the values before (None: added) and a digest of the
    values after (None: removed).
    """

    __tablename__ = "imports"
    id: int | None = Field(default=None, primary_key=True)  # grows: the last import has the largest
    kind: str = Field(max_length=20)
    file_name: str = Field(max_length=200)
    sha256: str = Field(max_length=64)
    at: datetime
    person_id: UUID | None = Field(default=None, sa_type=Id)
    counts: dict[str, int] = Field(sa_column=sa.Column(sa.JSON, nullable=False))
    changes: list[dict[str, Any]] = Field(sa_column=sa.Column(sa.JSON, nullable=False))
    undone_at: datetime | None = None


class ImportChange(NamedTuple):
    """One row that an import adds (before is None), changes, or removes (after is None)."""

    before: SQLModel | None
    after: SQLModel | None


class Counts(NamedTuple):
    """How many rows an import adds, changes, removes, and finds as they should be."""

    added: int
    changed: int
    removed: int
    unchanged: int


class UndoneImport(NamedTuple):
    """What was taken back."""

    kind: str
    file_name: str
    counts: dict[str, int]


NOTHING_TO_UNDO = Problem("import.nothing_to_undo", N_("There is no import to take back."))
STILL_NEEDED = N_("%(file)s cannot be taken back: what was entered since then depends on it (%(count)s).")
CHANGED_SINCE = N_("%(file)s cannot be taken back: some of it was changed since then (%(count)s).")


def differences(
    wanted: Iterable[SQLModel], kept: Iterable[SQLModel], *, remove_others: bool
) -> list[ImportChange]:
    """What must change so that the kept rows are as wanted; rows of one table only.

    remove_others: do kept rows go that nobody wants?
    """
    by_key = {_key(row): row for row in kept}
    changes = []
    for row in wanted:
        before = by_key.pop(_key(row), None)
        if before is None or before.model_dump() != row.model_dump():
            changes.append(ImportChange(before, row))
    if remove_others:
        changes += [ImportChange(row, None) for row in by_key.values()]
    return changes


def count(changes: Sequence[ImportChange], wanted: int) -> Counts:
    """The figures of an import that wants so many rows."""
    added = sum(change.before is None for change in changes)
    removed = sum(change.after is None for change in changes)
    changed = len(changes) - added - removed
    return Counts(added, changed, removed, wanted - added - changed)


async def keep(
    db: AsyncSession,
    changes: Sequence[ImportChange],
    counts: Counts,
    *,
    kind: str,
    file_name: str,
    sha256: str,
    at: datetime,
    person_id: UUID | None,
) -> None:
    """Make the changes and remember how to take them back. Nothing to change leaves no trace."""
    if not changes:
        return
    await _tell_phones(db, changes)
    remembered = [_remembered(change) for change in changes]  # before writing: that expires the rows
    await _write(db, changes)
    db.add(
        ImportRow(
            kind=kind,
            file_name=file_name[-200:],
            sha256=sha256,
            at=at,
            person_id=person_id,
            counts=counts._asdict(),
            changes=remembered,
        )
    )
    await db.flush()


async def undo_last(db: AsyncSession, *, now: datetime) -> UndoneImport | Problem:
    """Take the last import back: everything it touched is as it was. Or why that cannot be."""
    query = select(ImportRow).where(col(ImportRow.undone_at).is_(None)).order_by(col(ImportRow.id).desc())
    last = (await db.exec(query.limit(1))).first()
    if last is None:
        return NOTHING_TO_UNDO
    changes = []
    since = 0
    rows = await _rows_of(db, last.changes)
    for entry in last.changes:
        row_type = IMPORTED[entry["table"]]
        now_kept = rows.get((entry["table"], *_typed(row_type, entry["key"])))
        since += _digest(now_kept) != entry["after"]
        before = None if entry["before"] is None else row_type.model_validate(entry["before"])
        changes.append(ImportChange(now_kept, before))
    if since:
        return Problem("import.changed_since", CHANGED_SINCE, {"file": last.file_name, "count": since})
    if problem := await _still_needed(db, changes, last.file_name):
        return problem
    await _tell_phones(db, changes)
    await _write(db, changes)
    last.undone_at = now
    last.changes = []
    await db.flush()
    return UndoneImport(last.kind, last.file_name, last.counts)


async def _tell_phones(db: AsyncSession, changes: Sequence[ImportChange]) -> None:
    """Number added households in their hamlet's feed, and note those that go, so that phones follow."""
    new = [c.after for c in changes if isinstance(c.after, HouseholdRow) and c.before is None]
    gone = [c.before for c in changes if isinstance(c.before, HouseholdRow) and c.after is None]
    for province_code in {row.province_code for row in new}:
        of_it = {row.id: row for row in new if row.province_code == province_code}
        places = {id_: row.hamlet_id for id_, row in of_it.items()}
        for id_, number in await at_once(db, feeds.numbered, province_code, places.items()):
            of_it[id_].feed_seq = number
    for province_code in {row.province_code for row in gone}:
        places = {row.id: row.hamlet_id for row in gone if row.province_code == province_code}
        await at_once(db, feeds.note_gone, province_code, places)


async def _write(db: AsyncSession, changes: Sequence[ImportChange]) -> None:
    """Remove, add and change rows, in an order that leaves no row pointing at nothing."""
    connection = await db.connection()
    tables = [row_type.__table__ for row_type in IMPORTED.values()]  # type: ignore[attr-defined]
    for table in reversed(tables):
        gone = [c.before for c in changes if c.after is None and c.before is not None and _of(c, table)]
        if gone:
            await connection.execute(sa.delete(table).where(_is_row(table)), [_bound(row) for row in gone])
    for table in tables:
        new = [c.after for c in changes if c.before is None and c.after is not None and _of(c, table)]
        if new:
            await connection.execute(sa.insert(table), [row.model_dump() for row in new])
        moved = [c.after for c in changes if c.before is not None and c.after is not None and _of(c, table)]
        if moved:
            rest = {column.name: sa.bindparam(column.name) for column in table.c if not column.primary_key}
            update = sa.update(table).where(_is_row(table)).values(rest)
            await connection.execute(update, [_bound(row) | row.model_dump() for row in moved])
    db.expire_all()


async def _still_needed(db: AsyncSession, changes: Sequence[ImportChange], file_name: str) -> Problem | None:
    """What else in the database names a row that would go; by column name, so that new tables are covered."""
    connection = await db.connection()
    going = [change.before for change in changes if change.after is None and change.before is not None]
    keys = {_key(row) for row in going}
    for table_name, (naming, own) in _NAMED_BY.items():
        ids = [getattr(row, own) for row in going if row.__tablename__ == table_name]
        if not ids:
            continue
        for table in schema().sorted_tables:
            if naming not in table.c:
                continue
            count = 0
            for start in range(0, len(ids), _CHUNK):
                these = table.c[naming].in_(ids[start : start + _CHUNK])
                found = await connection.execute(sa.select(*table.primary_key.columns).where(these))
                count += sum((table.name, *row) not in keys for row in found)
            if count:
                values = {"file": file_name, "count": count, "table": table.name}
                return Problem("import.still_needed", STILL_NEEDED, values)
    return None


def _of(change: ImportChange, table: sa.Table) -> bool:
    return (change.after or change.before).__tablename__ == table.name  # type: ignore[union-attr]


def _key(row: SQLModel) -> tuple:
    table = row.__table__  # type: ignore[attr-defined]
    return (table.name, *(getattr(row, column.name) for column in table.primary_key.columns))


def _is_row(table: sa.Table) -> sa.ColumnElement[bool]:
    return sa.and_(*(column == sa.bindparam(f"key_{column.name}") for column in table.primary_key.columns))


def _bound(row: SQLModel) -> dict[str, Any]:
    table = row.__table__  # type: ignore[attr-defined]
    return {f"key_{column.name}": getattr(row, column.name) for column in table.primary_key.columns}


def _remembered(change: ImportChange) -> dict[str, Any]:
    row = change.after or change.before
    table = row.__table__  # type: ignore[union-attr]
    plain = row.model_dump(mode="json")  # type: ignore[union-attr]
    return {
        "table": table.name,
        "key": {column.name: plain[column.name] for column in table.primary_key.columns},
        "before": None if change.before is None else change.before.model_dump(mode="json"),
        "after": _digest(change.after),
    }


def _typed(row_type: type[SQLModel], key: dict[str, str]) -> tuple:
    """A key as JSON keeps it, as the database wants it."""
    columns = row_type.__table__.primary_key.columns  # type: ignore[attr-defined]
    return tuple(UUID(key[c.name]) if isinstance(c.type, Id) else key[c.name] for c in columns)


async def _rows_of(db: AsyncSession, entries: list[dict[str, Any]]) -> dict[tuple, SQLModel]:
    """The rows that an import's entries speak of, as they are now."""
    found: dict[tuple, SQLModel] = {}
    for name, row_type in IMPORTED.items():
        keys = [_typed(row_type, entry["key"]) for entry in entries if entry["table"] == name]
        columns = row_type.__table__.primary_key.columns  # type: ignore[attr-defined]
        for start in range(0, len(keys), _CHUNK):
            these = sa.tuple_(*columns).in_(keys[start : start + _CHUNK])
            found |= {_key(row): row for row in await db.exec(select(row_type).where(these))}
    return found


def _digest(row: SQLModel | None) -> str | None:
    """Eight bytes that tell whether a row was changed."""
    if row is None:
        return None
    plain = row.model_dump(mode="json", exclude=_NOT_IN_DIGEST)
    return blake2b(msgspec.json.encode(plain, order="sorted"), digest_size=8).hexdigest()
