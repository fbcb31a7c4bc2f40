"""A leader's notes on a household (lời dặn): readable in the field without a network, marked done there."""

from datetime import datetime
from uuid import UUID

from sqlmodel import Field, SQLModel

from volunteer_app.domain.free_text import problems_with_text
from volunteer_app.domain.households import Consent
from volunteer_app.domain.problems import N_, Problem

LONGEST = 300
EMPTY = Problem("note.empty", N_("Please write the note."))
NOTE_TOO_LONG = Problem("note.long", N_("At most %(most)s letters, please."), {"most": LONGEST})

WITHOUT_CONSENT = Problem(
    "note.without_consent",
    N_("This family has not agreed that anything about them is written down. Tell the volunteer in person."),
)


class Note(SQLModel):
    """One note. person_id: who wrote it."""

    province_code: str = Field(max_length=2)
    id: UUID
    commune_code: str = Field(max_length=5)
    hamlet_id: UUID
    household_id: UUID
    text: str = Field(max_length=LONGEST)
    person_id: UUID
    written_at: datetime


def problems_with(text: str, consent: Consent) -> dict[str, Problem]:
    """Why a note about a family that answered so may not be kept, by field; empty means it may."""
    if consent is not Consent.GIVEN:
        return {"text": WITHOUT_CONSENT}
    if not text.strip():
        return {"text": EMPTY}
    if len(text) > LONGEST:
        return {"text": NOTE_TOO_LONG}
    found = problems_with_text(text)
    return {"text": found[0]} if found else {}
