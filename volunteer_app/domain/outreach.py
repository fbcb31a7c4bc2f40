"""Outreach sessions (buổi hỗ trợ lưu động): the same help to many at a market or the centre's door.

One record ticks many people. It counts persons (người), never visits: nobody's door was knocked on, so coverage does
not rise. In a crowd nobody can watch one person do it all alone, so a session proves at most "with help".
"""

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlmodel import Field, SQLModel

from volunteer_app.domain.free_text import problems_with_text
from volunteer_app.domain.independence import IndependenceLevel
from volunteer_app.domain.problems import N_, Problem

MOST_TICKED = 100
HIGHEST = IndependenceLevel.WITH_HELP


class SessionPlace(StrEnum):
    """Where a session was held. The value is stored; never rename one."""

    MARKET = "market"
    MEETING_HOUSE = "meeting_house"
    CENTRE = "centre"
    SCHOOL = "school"
    OTHER = "other"


PLACE_NAMES = {
    SessionPlace.MARKET: N_("Market"),
    SessionPlace.MEETING_HOUSE: N_("Hamlet meeting house"),
    SessionPlace.CENTRE: N_("At the administration centre's door"),
    SessionPlace.SCHOOL: N_("School"),
    SessionPlace.OTHER: N_("Somewhere else"),
}


class OutreachSession(SQLModel):
    """One session. people_count: everybody who came, also those whom nobody ticked."""

    province_code: str = Field(max_length=2)
    id: UUID
    commune_code: str = Field(max_length=5)
    hamlet_id: UUID
    place: SessionPlace
    service: str = Field(max_length=40)
    people_count: int = Field(ge=1, le=2000)
    note: str = Field(default="", max_length=500)
    person_id: UUID
    recorded_at: datetime


FEWER_THAN_TICKED = Problem(
    "session.fewer", N_("Fewer people came than you ticked. Please check the number.")
)
TOO_HIGH = Problem(
    "session.too_high", N_("A session proves at most “with help”. Visit the family to see them do it alone.")
)


def problems_with(session: OutreachSession, levels: list[int]) -> dict[str, Problem]:
    """Why a session may not be kept, by field. levels: of those who were ticked."""
    problems = {}
    if session.people_count < len(levels):
        problems["people_count"] = FEWER_THAN_TICKED
    if any(level > HIGHEST for level in levels):
        problems["ticked"] = TOO_HIGH
    if found := problems_with_text(session.note):
        problems["note"] = found[0]
    return problems
