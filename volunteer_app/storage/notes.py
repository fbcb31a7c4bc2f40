"""Leaders' notes on households, as kept, and that somebody has done them."""

from collections.abc import Collection
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Field, SQLModel, col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from volunteer_app.domain.notes import LONGEST, Note
from volunteer_app.domain.operations.notes import NoteDone
from volunteer_app.domain.permissions import Scope
from volunteer_app.storage import feeds
from volunteer_app.storage.database import Id, at_once, tie
from volunteer_app.storage.households import in_scope
from volunteer_app.storage.kept import Kept, row_by_somebody


class NoteRow(Note, table=True):
    """A note, as kept."""

    __tablename__ = "notes"
    __table_args__ = (
        sa.Index("ix_notes_household", "province_code", "household_id", "id", unique=True),
        tie("households", "household_id"),
    )
    province_code: str = Field(primary_key=True, max_length=2)
    id: UUID = Field(primary_key=True, sa_type=Id)
    hamlet_id: UUID = Field(sa_type=Id)
    household_id: UUID = Field(sa_type=Id)
    text: str = Field(max_length=LONGEST)
    person_id: UUID = Field(sa_type=Id)


class NoteDoneRow(SQLModel, table=True):
    """Somebody has done what a note asked for; the id is the operation's. The first one counts."""

    __tablename__ = "notes_done"
    __table_args__ = (
        sa.Index("ix_notes_done_household", "province_code", "household_id"),
        tie("notes", "household_id", "note_id"),
    )
    province_code: str = Field(primary_key=True, max_length=2)
    id: UUID = Field(primary_key=True, sa_type=Id)
    household_id: UUID = Field(sa_type=Id)
    note_id: UUID = Field(sa_type=Id)
    person_id: UUID = Field(sa_type=Id)
    done_at: datetime


def note_done_row(record: NoteDone, kept: Kept) -> dict[str, Any]:
    """When a note was done, and by whom."""
    row = row_by_somebody(record, kept)
    return row | {"done_at": row.pop("recorded_at")}


class NoteWithDone(NamedTuple):
    """A note, and who did it when; None while it is open."""

    note: NoteRow
    done: NoteDoneRow | None


async def notes_of(db: AsyncSession, scope: Scope, household_ids: Collection[UUID]) -> list[NoteWithDone]:
    """The notes on these households within the scope, the newest first; not those whose words were let go."""
    theirs = sa.and_(col(NoteRow.household_id).in_(household_ids), col(NoteRow.text) != "")
    query = in_scope(select(NoteRow).where(theirs), NoteRow, scope)
    notes = list(await db.exec(query.order_by(col(NoteRow.written_at).desc())))
    rows = await db.exec(
        select(NoteDoneRow)
        .where(
            NoteDoneRow.province_code == scope.province_code,
            col(NoteDoneRow.household_id).in_({note.household_id for note in notes}),
        )
        .order_by(col(NoteDoneRow.done_at).desc())
    )
    done = {row.note_id: row for row in rows}
    return [NoteWithDone(note, done.get(note.id)) for note in notes]


async def write(db: AsyncSession, note: Note) -> None:
    """Keep a note and let the phones that carry the household fetch it."""
    db.add(NoteRow.model_validate(note))
    await at_once(db, feeds.note_changes, note.province_code, {note.household_id: note.hamlet_id})
