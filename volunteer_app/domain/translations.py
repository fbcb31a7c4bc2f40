"""Translations (bản dịch) made at the desk: one text in one language, published by a second person like a recording.

They go over the catalogs sentence by sentence: what is published here is shown instead, what nobody has translated is
shown in Vietnamese with a mark.
"""

from collections.abc import Iterable
from datetime import datetime
from enum import StrEnum
from typing import Any, Generic, TypeVar
from uuid import UUID

from sqlmodel import Field, SQLModel

from volunteer_app.domain.free_text import problems_with_text
from volunteer_app.domain.problems import Problem
from volunteer_app.domain.recordings import Review, Standing
from volunteer_app.domain.spoken_texts import SpokenText, mark_of

LONGEST = 2000
Row = TypeVar("Row", bound="Translation")


class Part(StrEnum):
    """Which words of a spoken text: those said, or those added when people ask."""

    TEXT = "text"
    MORE = "more"


class Translation(SQLModel):
    """A text's words in a language. source_mark, source: what the Vietnamese said when it was translated.

    published: the words that stay published while these wait, as `PUBLISHED` fields; None when these are, or none are.
    No words at all wait for a second person too: then the published ones are taken down.
    """

    province_code: str = Field(max_length=2)
    language: str = Field(max_length=20)
    text_key: str = Field(max_length=120)
    part: Part
    source_mark: str = Field(max_length=16)
    text: str = Field(max_length=LONGEST)
    translated_by: UUID
    translated_at: datetime
    review: Review = Review.WAITING
    reviewed_by: UUID | None = None
    reviewed_at: datetime | None = None
    source: str = Field(default="", max_length=LONGEST)
    published: dict[str, Any] | None = None


PUBLISHED = (
    *(
        "text",
        "source_mark",
        "source",
        "translated_by",
        "translated_at",
        "review",
        "reviewed_by",
        "reviewed_at",
    ),
)


def as_published(row: Translation) -> Translation | None:
    """What of it everybody reads: the approved words, also while others wait in their place."""
    if row.review is Review.APPROVED:
        return row
    return (
        Translation.model_validate(row.model_dump() | row.published | {"published": None})
        if row.published
        else None
    )


def kept_over(row: Translation, new: Translation) -> Translation | None:
    """What stands when new words come; None: nothing does. What is published stays so until somebody else approves the
    new words, and words that say the same are as approved as they were."""
    said, stands = (new.text, new.source_mark), as_published(row)
    if said == (row.text, row.source_mark):
        return row
    if stands is None:
        return new if new.text else None
    if said == (stands.text, stands.source_mark):
        return stands
    kept = stands.model_dump(mode="json", include=set(PUBLISHED))
    return Translation.model_validate(new.model_dump() | {"published": kept})


def words_of(text: SpokenText, part: Part) -> str:
    """The Vietnamese words of a part."""
    return text.text if part is Part.TEXT else text.more


def standing_of(translation: Translation | None, source: str) -> Standing:
    """How these words stand in the language."""
    if translation is None:
        return Standing.MISSING
    if translation.source_mark != mark_of(source):
        return Standing.OUT_OF_DATE
    return Standing.APPROVED if translation.review is Review.APPROVED else Standing.RECORDED


class Translated(Generic[Row]):
    """One language's translations, found by text: those of its own, else of another text that says the same."""

    def __init__(self, rows: Iterable[Row]) -> None:
        some = sorted(rows, key=lambda row: row.translated_at)
        self._by_key = {(row.text_key, row.part): row for row in some}
        self._by_mark = {row.source_mark: row for row in some}

    def of(self, text: SpokenText, part: Part) -> Row | None:
        """What stands for these words of a text; what is out of date only where nothing newer does."""
        own, mark = self._by_key.get((text.key, part)), mark_of(words_of(text, part))
        return own if own and own.source_mark == mark else self._by_mark.get(mark, own)


def problems_with(text: str) -> list[Problem]:
    """Why these words may not be kept; empty means they may."""
    return problems_with_text(text)
