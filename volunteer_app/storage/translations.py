"""Translations made at the desk, as kept. A province's people translate for their province."""

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from sqlmodel import Field, col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from volunteer_app.domain.permissions import Scope
from volunteer_app.domain.recordings import Review
from volunteer_app.domain.translations import LONGEST, Part, Translation
from volunteer_app.storage.database import Id, words


class TranslationRow(Translation, table=True):
    """A translation, as kept."""

    __tablename__ = "translations"
    province_code: str = Field(primary_key=True, max_length=2)
    language: str = Field(primary_key=True, max_length=20)
    text_key: str = Field(primary_key=True, max_length=120)
    part: Part = Field(primary_key=True, sa_type=words(Part))  # type: ignore[call-overload]
    source_mark: str = Field(max_length=16)
    text: str = Field(max_length=LONGEST)
    translated_by: UUID = Field(sa_type=Id)
    review: Review = Field(default=Review.WAITING, sa_type=words(Review))  # type: ignore[call-overload]
    reviewed_by: UUID | None = Field(default=None, sa_type=Id)
    source: str = Field(default="", max_length=LONGEST)


async def translation_of(
    db: AsyncSession, scope: Scope, language: str, text_key: str, part: Part
) -> TranslationRow | None:
    """One text's translation."""
    return await db.get(TranslationRow, (scope.province_code, language, text_key, part))


async def in_languages(db: AsyncSession, scope: Scope, languages: Iterable[str]) -> list[TranslationRow]:
    """What the province has translated into these languages."""
    query = select(TranslationRow).where(
        TranslationRow.province_code == scope.province_code, col(TranslationRow.language).in_(list(languages))
    )
    return list((await db.exec(query)).all())


async def published_anywhere(db: AsyncSession) -> list[TranslationRow]:
    """Every approved translation, the oldest first. Published words are for everybody: no scope."""
    query = select(TranslationRow).where(TranslationRow.review == Review.APPROVED)
    return list((await db.exec(query.order_by(col(TranslationRow.translated_at)))).all())


async def keep(db: AsyncSession, scope: Scope, translation: Translation) -> None:
    """Keep a translation in place of an older one; empty words take it away. What changed waits for review again."""
    row = await translation_of(db, scope, translation.language, translation.text_key, translation.part)
    if not translation.text:
        if row is not None:
            await db.delete(row)
    elif row is None or (row.text, row.source_mark) != (translation.text, translation.source_mark):
        await db.merge(TranslationRow.model_validate(translation))


async def approve(db: AsyncSession, row: TranslationRow, *, by: UUID, at: datetime) -> None:
    """The second person has read it."""
    row.review, row.reviewed_by, row.reviewed_at = Review.APPROVED, by, at
    db.add(row)
