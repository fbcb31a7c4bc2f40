"""Translations made at the desk, as kept. A province's people translate for their province."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Field, col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from volunteer_app.domain.permissions import Scope
from volunteer_app.domain.recordings import Review
from volunteer_app.domain.translations import LONGEST, Part, Translation, as_published, kept_over
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
    published: dict[str, Any] | None = Field(default=None, sa_type=sa.JSON(none_as_null=True))  # type: ignore[call-overload]


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


async def published_anywhere(db: AsyncSession) -> list[Translation]:
    """Every approved translation, the oldest first. Published words are for everybody: no scope."""
    query = select(TranslationRow).where(
        sa.or_(col(TranslationRow.review) == Review.APPROVED, col(TranslationRow.published).is_not(sa.null()))
    )
    found = filter(None, map(as_published, await db.exec(query)))
    return sorted(found, key=lambda one: one.translated_at)


async def keep(db: AsyncSession, scope: Scope, translation: Translation) -> None:
    """Keep a translation in place of an older one. What changed waits for review; what is published stays meanwhile."""
    row = await translation_of(db, scope, translation.language, translation.text_key, translation.part)
    if row is None:
        if translation.text:
            db.add(TranslationRow.model_validate(translation))
        return
    after = kept_over(row, translation)
    if after is None:
        await db.delete(row)
    elif after is not row:
        await db.merge(TranslationRow.model_validate(after))


async def approve(db: AsyncSession, row: TranslationRow, *, by: UUID, at: datetime) -> None:
    """The second person has read it. No words: what is published is taken down."""
    if not row.text:
        await db.delete(row)
        return
    row.published = None
    row.review, row.reviewed_by, row.reviewed_at = Review.APPROVED, by, at
    db.add(row)
