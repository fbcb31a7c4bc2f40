"""Recordings, as kept. A province's people record for their province."""

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Field, col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from volunteer_app.domain.permissions import Scope
from volunteer_app.domain.recordings import Recording, Review
from volunteer_app.storage import register
from volunteer_app.storage.database import Id, words


class RecordingRow(Recording, table=True):
    """A recording, as kept."""

    __tablename__ = "recordings"
    __table_args__ = (
        sa.Index("ix_recordings_language", "province_code", "language", "text_key"),
        sa.Index("ix_recordings_file", "file"),
    )
    province_code: str = Field(primary_key=True, max_length=2)
    id: UUID = Field(primary_key=True, sa_type=Id)
    text_key: str = Field(max_length=120)
    text_mark: str = Field(max_length=16)
    language: str = Field(max_length=20)
    recorded_by: UUID = Field(sa_type=Id)
    file: str = Field(max_length=40)
    review: Review = Field(default=Review.WAITING, sa_type=words(Review))  # type: ignore[call-overload]
    reviewed_by: UUID | None = Field(default=None, sa_type=Id)
    why: str = Field(default="", max_length=300)
    said: str = Field(default="", max_length=2000)


async def recording_of(db: AsyncSession, scope: Scope, id_: UUID) -> RecordingRow | None:
    """One recording of the scope's province."""
    return await db.get(RecordingRow, (scope.province_code, id_))


async def keep(db: AsyncSession, scope: Scope, recording: Recording) -> None:
    """Keep a new recording once: the same id again changes nothing."""
    if await recording_of(db, scope, recording.id) is None:
        db.add(RecordingRow.model_validate(recording, update={"province_code": scope.province_code}))


async def in_languages(db: AsyncSession, scope: Scope, languages: Iterable[str]) -> list[RecordingRow]:
    """What the province has recorded in these languages, the newest first."""
    query = select(RecordingRow).where(
        RecordingRow.province_code == scope.province_code, col(RecordingRow.language).in_(list(languages))
    )
    return list((await db.exec(query.order_by(col(RecordingRow.recorded_at).desc()))).all())


async def settle(
    db: AsyncSession, recording: RecordingRow, review: Review, *, by: UUID, at: datetime, why: str = ""
) -> None:
    """The second person has listened and decided; one that was published can be taken down."""
    if recording.review is Review.APPROVED and review is not Review.APPROVED:
        await register.note_in(db, register.VOICE_TAKEN_DOWN, recording.province_code, [recording.id])
    recording.review, recording.reviewed_by, recording.reviewed_at = review, by, at
    recording.why = why
    db.add(recording)


async def is_published(db: AsyncSession, file: str) -> bool:
    """Has somebody approved this speech file? Published sound is for everybody: no scope."""
    query = select(RecordingRow.id).where(RecordingRow.file == file, RecordingRow.review == Review.APPROVED)
    return (await db.exec(query.limit(1))).first() is not None


async def published_anywhere(db: AsyncSession) -> list[RecordingRow]:
    """Every approved recording, whichever province made it. Published sound is for everybody: no scope."""
    return list((await db.exec(select(RecordingRow).where(RecordingRow.review == Review.APPROVED))).all())


async def wanted_files(db: AsyncSession) -> set[str]:
    """The speech files of every recording that is published or waits for review."""
    query = select(RecordingRow.file).where(RecordingRow.review != Review.SENT_BACK)
    return set((await db.exec(query.distinct())).all())


async def is_of_province(db: AsyncSession, scope: Scope, file: str) -> bool:
    """Was this speech file made in the scope's province?"""
    query = select(RecordingRow.id).where(
        RecordingRow.province_code == scope.province_code, RecordingRow.file == file
    )
    return (await db.exec(query.limit(1))).first() is not None
