"""Posters (áp phích): printed codes that know where they hang, so that it shows which places are used."""

from collections.abc import Collection
from datetime import date
from uuid import UUID

from sqlmodel import Field, SQLModel

from volunteer_app.domain.free_text import problems_with_text
from volunteer_app.domain.problems import N_, Problem

LONGEST_PLACE = 80


class Poster(SQLModel):
    """One code at one place: a poster, the household cards or the stickers given out there.

    place: where it hangs, as people there say it. guide_number: None leads to the library of all guides.
    """

    province_code: str = Field(max_length=2)
    code: str = Field(max_length=6)
    commune_code: str | None = Field(default=None, max_length=5)
    place: str
    guide_number: int | None = None
    language: str = Field(max_length=20)
    made_on: date
    made_by: UUID


def problems_with(
    poster: Poster, *, guide_numbers: Collection[int], languages: Collection[str]
) -> dict[str, Problem]:
    """Why the poster cannot be made, by field; empty when it can."""
    problems: dict[str, Problem] = {}
    if not poster.place:
        problems["place"] = Problem("poster.no_place", N_("Please say where it will hang."))
    elif len(poster.place) > LONGEST_PLACE:
        problems["place"] = Problem(
            "poster.long_place", N_("At most %(most)s letters, please."), {"most": LONGEST_PLACE}
        )
    elif found := problems_with_text(poster.place):
        problems["place"] = found[0]
    if poster.guide_number is not None and poster.guide_number not in guide_numbers:
        problems["guide"] = Problem("poster.no_guide", N_("Please choose a guide from the list."))
    if poster.language not in languages:
        problems["language"] = Problem("poster.no_language", N_("Please choose a language from the list."))
    return problems
